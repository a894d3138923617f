-- +goose Up

-- What clients know an identity by, see crm.IdentityKey.ID.
ALTER TABLE identities ADD COLUMN id uuid;
UPDATE identities
SET id = encode(substring(sha256(uuid_send(channel_id) || convert_to(external_id, 'UTF8')) FOR 16), 'hex')::uuid;
ALTER TABLE identities ALTER COLUMN id SET NOT NULL;
CREATE INDEX identities_by_id ON identities (workspace_id, id);

-- +goose Down
DROP INDEX identities_by_id;
ALTER TABLE identities DROP COLUMN id;
