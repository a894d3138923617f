-- +goose Up

ALTER TABLE channels ADD COLUMN domains TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE channels ADD COLUMN secrets BLOB; -- sealed
CREATE INDEX channels_by_id ON channels (id);

-- What a channel reported and could not be taken in.
CREATE TABLE ingest_failures (
  n INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  external_id TEXT,
  digest BLOB NOT NULL, -- of the payload
  at INTEGER NOT NULL,
  position INTEGER NOT NULL,
  reason TEXT NOT NULL,
  payload BLOB NOT NULL,
  UNIQUE (workspace_id, id),
  UNIQUE (workspace_id, channel_id, digest),
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
) STRICT;
CREATE INDEX ingest_failures_by_customer ON ingest_failures (workspace_id, channel_id, external_id)
  WHERE external_id IS NOT NULL;

-- The number of sessions. Those of a deleted contact are anonymous from its deletion on.
CREATE TABLE session_counts (
  workspace_id INTEGER NOT NULL,
  channel_id BLOB NOT NULL,
  status TEXT NOT NULL,
  tag TEXT NOT NULL, -- '': none
  anonymous INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, channel_id, status, tag, anonymous)
) STRICT, WITHOUT ROWID;
INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, sessions)
SELECT
  s.workspace_id, s.channel_id, s.status, coalesce(s.tag, ''),
  s.contact_id IS NULL OR EXISTS (
    SELECT 1 FROM contact_deletions d WHERE d.workspace_id = s.workspace_id AND d.contact_id = s.contact_id
  ),
  count(*)
FROM sessions s
GROUP BY 1, 2, 3, 4, 5;

-- What changed: the record of events, and the history of contacts.
CREATE TABLE changes (
  n INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  seq INTEGER NOT NULL, -- the place; 0 once it is history only
  kind TEXT NOT NULL,
  contact_id BLOB, -- need not be there any more
  session_id BLOB, -- NULL: a change of the contact
  version INTEGER NOT NULL,
  fields TEXT NOT NULL, -- JSON
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (workspace_id, id)
) STRICT;
CREATE INDEX changes_by_place ON changes (workspace_id, seq) WHERE seq > 0;
CREATE INDEX changes_of_contact ON changes (workspace_id, contact_id, id)
  WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED');

-- The place given last.
CREATE TABLE event_heads (
  workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (workspace_id),
  seq INTEGER NOT NULL
) STRICT;

-- Messages that no event has told of yet: when the newest of them came, and when the last event told of activity.
ALTER TABLE sessions ADD COLUMN dirty_at INTEGER; -- NULL: none
ALTER TABLE sessions ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_dirty ON sessions (told_at) WHERE dirty_at IS NOT NULL;
ALTER TABLE contact_activity ADD COLUMN dirty_at INTEGER; -- NULL: none
ALTER TABLE contact_activity ADD COLUMN dirty_channel BLOB; -- where the newest of them came from
ALTER TABLE contact_activity ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX contact_activity_dirty ON contact_activity (told_at) WHERE dirty_at IS NOT NULL;

-- With what a deletion counts by.
DROP INDEX sessions_by_contact;
CREATE INDEX sessions_by_contact ON sessions (workspace_id, contact_id, last_message_at, id, status, channel_id, tag);
DROP INDEX sessions_anonymous;
-- The sessions of each kind in order, for filters that few sessions pass.
CREATE INDEX sessions_by_kind
  ON sessions (workspace_id, channel_id, status, tag, contact_id IS NULL, last_message_at, id);
