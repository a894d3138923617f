-- +goose NO TRANSACTION
-- +goose Up

CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_by_next ON contacts (workspace_id, next, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_next ON messages (workspace_id, day, session_id);
