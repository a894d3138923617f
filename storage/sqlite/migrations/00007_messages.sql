-- +goose Up

-- Secrets that the database makes for itself.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The messages that have been taken in. They outlive the contact, so that a redelivery does not bring it back, but do not
-- say then which session they were in.
CREATE TABLE messages_of_2 (
  workspace_id INTEGER NOT NULL,
  message_key BLOB NOT NULL,
  session_id BLOB, -- NULL once the contact is deleted
  keyed INTEGER NOT NULL, -- 0: the key is the bare digest, of before
  day INTEGER NOT NULL, -- that the message came on, since 1970
  PRIMARY KEY (workspace_id, message_key)
) STRICT, WITHOUT ROWID;
INSERT INTO messages_of_2 (workspace_id, message_key, session_id, keyed, day)
SELECT
  m.workspace_id, m.message_key,
  CASE WHEN EXISTS (
    SELECT 1
    FROM sessions s
    JOIN contacts c ON c.workspace_id = s.workspace_id AND c.id = s.contact_id
    WHERE s.workspace_id = m.workspace_id AND s.id = m.session_id
  ) THEN m.session_id END,
  0, unixepoch() / 86400
FROM messages m;
DROP TABLE messages;
ALTER TABLE messages_of_2 RENAME TO messages;
CREATE INDEX messages_of_session ON messages (workspace_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX messages_by_day ON messages (day);
CREATE INDEX messages_unkeyed ON messages (workspace_id) WHERE keyed = 0;

CREATE INDEX ingest_failures_by_time ON ingest_failures (at);
CREATE INDEX ingest_failures_by_channel ON ingest_failures (workspace_id, channel_id, id);
