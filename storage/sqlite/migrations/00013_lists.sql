-- +goose Up

-- The order by email, those without one last.
CREATE INDEX contacts_by_email ON contacts (workspace_id, coalesce(lower(email), char(1114111)), id);

-- What filters look for where few contacts have it: email, phone and notes; unread messages; open sessions.
CREATE INDEX contacts_by_kind
  ON contacts (workspace_id, (email IS NOT NULL) + 2 * (phone IS NOT NULL) + 4 * (notes <> ''), id);
CREATE INDEX sessions_unread ON sessions (workspace_id, last_message_at, id, account_id, status) WHERE unread_count > 0;
CREATE INDEX sessions_open ON sessions (workspace_id, account_id) WHERE status IN ('ACTIVE', 'ESCALATED');
