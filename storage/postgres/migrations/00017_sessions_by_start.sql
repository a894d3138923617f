-- +goose NO TRANSACTION
-- +goose Up

-- The order by start: of all sessions, of each kind, and of those with unread messages.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_by_start ON sessions (workspace_id, started_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_by_kind_and_start
  ON sessions (workspace_id, channel_id, status, coalesce(tag, ''), (account_id IS NULL), started_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_unread_by_start
  ON sessions (workspace_id, started_at, id) WHERE unread_count > 0;

-- +goose Down
DROP INDEX sessions_unread_by_start, sessions_by_kind_and_start, sessions_by_start;
