-- +goose NO TRANSACTION
-- +goose Up

-- By which old rows are found when they are kept for a limited time: audit entries, and changes that are history only.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_by_time ON audit (at, workspace_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS changes_kept_by_time ON changes (at, workspace_id) WHERE seq = 0;

-- +goose Down
DROP INDEX changes_kept_by_time, audit_by_time;
