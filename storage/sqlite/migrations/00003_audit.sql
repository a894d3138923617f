-- +goose Up

-- What people edited, deleted and exported, without the values. It is kept for good.
CREATE TABLE audit (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  action TEXT NOT NULL,
  contact_id BLOB, -- need not be there any more
  session_id BLOB,
  fields TEXT NOT NULL, -- JSON
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

-- What a customer wrote goes with the contact.
UPDATE sessions SET last_message_preview = NULL
WHERE last_message_preview IS NOT NULL AND contact_id IS NULL;
