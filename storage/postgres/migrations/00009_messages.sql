-- +goose Up

-- Secrets that the database keeps for itself; on Citus a reference table.
CREATE TABLE secrets (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  value bytea NOT NULL
);

-- What messages are known again by outlives the contact, but does not say then which session they were in.
ALTER TABLE messages
  ALTER COLUMN session_id DROP NOT NULL, -- NULL once the contact is deleted
  ADD COLUMN keyed boolean NOT NULL DEFAULT false, -- false: the key is the bare digest, of before
  ADD COLUMN day integer NOT NULL DEFAULT floor(extract(epoch FROM now()) / 86400); -- that the message came on, since 1970
CREATE INDEX messages_of_session ON messages (workspace_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX messages_by_day ON messages (day, workspace_id);
CREATE INDEX messages_unkeyed ON messages (workspace_id) WHERE NOT keyed;

CREATE INDEX ingest_failures_by_time ON ingest_failures (at, workspace_id);
CREATE INDEX ingest_failures_by_channel ON ingest_failures (workspace_id, channel_id, id);

-- +goose Down
DROP INDEX ingest_failures_by_time, ingest_failures_by_channel, messages_of_session, messages_by_day, messages_unkeyed;
DELETE FROM messages WHERE session_id IS NULL;
ALTER TABLE messages ALTER COLUMN session_id SET NOT NULL, DROP COLUMN keyed, DROP COLUMN day;
DROP TABLE secrets;
