-- +goose Up

-- What clients know an identity by, see crm.IdentityKey.ID. Identities from before get theirs in the background.
ALTER TABLE identities ADD COLUMN id uuid;

-- +goose Down
ALTER TABLE identities DROP COLUMN id;
