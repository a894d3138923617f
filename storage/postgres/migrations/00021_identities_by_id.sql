-- +goose NO TRANSACTION
-- +goose Up

CREATE INDEX CONCURRENTLY IF NOT EXISTS identities_by_id ON identities (workspace_id, id);

-- Those that wait for their id.
CREATE INDEX CONCURRENTLY IF NOT EXISTS identities_without_id ON identities (workspace_id) WHERE id IS NULL;

-- +goose Down
DROP INDEX identities_without_id, identities_by_id;
