-- +goose NO TRANSACTION
-- +goose Up

-- The order by email, those without one last.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_by_email
  ON contacts (workspace_id, coalesce(lower(email), chr(1114111)), id);

-- What filters look for where few contacts have it: email, phone and notes; unread messages; open sessions.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_by_kind
  ON contacts (workspace_id, ((email IS NOT NULL)::int + 2 * (phone IS NOT NULL)::int + 4 * (notes <> '')::int), id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_unread
  ON sessions (workspace_id, last_message_at, id) INCLUDE (account_id, status) WHERE unread_count > 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_open
  ON sessions (workspace_id, account_id) WHERE status IN ('ACTIVE', 'ESCALATED');

-- +goose Down
DROP INDEX sessions_open, sessions_unread, contacts_by_kind, contacts_by_email;
