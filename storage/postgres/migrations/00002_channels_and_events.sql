-- +goose Up

ALTER TABLE channels
  ADD COLUMN domains text[] COLLATE "C" NOT NULL DEFAULT '{}',
  ADD COLUMN secrets bytea; -- sealed

-- The workspace of each channel, for those who call from outside; on Citus a reference table, as workspaces is.
CREATE TABLE channel_routes (
  channel_id uuid NOT NULL PRIMARY KEY,
  workspace_id integer NOT NULL
);
INSERT INTO channel_routes (channel_id, workspace_id)
SELECT id, workspace_id FROM channels ORDER BY created_at, workspace_id
ON CONFLICT DO NOTHING;

-- What a channel reported and could not be taken in.
CREATE TABLE ingest_failures (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  external_id text COLLATE "C",
  digest uuid NOT NULL, -- of the channel and the payload
  at timestamptz NOT NULL,
  position integer NOT NULL,
  reason text COLLATE "C" NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX ingest_failures_by_digest ON ingest_failures (workspace_id, digest);
CREATE INDEX ingest_failures_by_customer ON ingest_failures (workspace_id, channel_id, external_id)
  WHERE external_id IS NOT NULL;

-- The number of sessions of each kind, spread over rows so that writers do not wait for each other. Those of a deleted
-- contact are anonymous from its deletion on. A kind that there ever was keeps its rows: lists go by them.
CREATE TABLE session_counts (
  workspace_id integer NOT NULL,
  channel_id uuid NOT NULL,
  status text COLLATE "C" NOT NULL,
  tag text COLLATE "C" NOT NULL, -- '': none
  anonymous boolean NOT NULL,
  slot smallint NOT NULL,
  sessions bigint NOT NULL,
  PRIMARY KEY (workspace_id, channel_id, status, tag, anonymous, slot)
) WITH (fillfactor = 50);
INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, slot, sessions)
SELECT s.workspace_id, s.channel_id, s.status, coalesce(s.tag, ''), s.contact_id IS NULL OR d.contact_id IS NOT NULL, 0, count(*)
FROM sessions s
LEFT JOIN contact_deletions d ON d.workspace_id = s.workspace_id AND d.contact_id = s.contact_id
GROUP BY 1, 2, 3, 4, 5;

-- The sessions of each kind in order, for filters that few sessions pass.
CREATE INDEX sessions_by_kind
  ON sessions (workspace_id, channel_id, status, coalesce(tag, ''), (contact_id IS NULL), last_message_at, id);
DROP INDEX sessions_anonymous;

-- What changed: the record of events, and the history of contacts.
CREATE TABLE changes (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  seq bigint, -- the place; NULL until it is given one, 0 once it is history only
  kind text COLLATE "C" NOT NULL,
  contact_id uuid, -- need not be there any more
  session_id uuid, -- NULL: a change of the contact
  version integer NOT NULL,
  fields text[] COLLATE "C" NOT NULL, -- the names
  old_values text[] COLLATE "C", -- in the order of fields; NULL once the contact is deleted
  new_values text[] COLLATE "C",
  actor text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  stamp bigint NOT NULL, -- rises with each write of a process: the order of changes that become visible together
  PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
CREATE UNIQUE INDEX changes_by_place ON changes (workspace_id, seq) WHERE seq > 0;
CREATE INDEX changes_without_place ON changes (workspace_id, stamp, id) WHERE seq IS NULL;
CREATE INDEX changes_of_contact ON changes (workspace_id, contact_id, id)
  WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED');

-- The place given last. Whoever gives places holds the row.
CREATE TABLE event_heads (
  workspace_id integer NOT NULL PRIMARY KEY,
  seq bigint NOT NULL,
  first_at timestamptz -- of the event with the lowest place; NULL where there is none
) WITH (fillfactor = 50);

-- Messages that no event has told of yet. Rows come with messages and go within a second or two.
CREATE TABLE activity_marks (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  channel_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  session_id uuid, -- NULL: only the contact's activity is still to be told of
  moved boolean NOT NULL, -- the contact's activity is to be told of, too
  received_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, vacuum_truncate = off);

-- +goose Down
DROP TABLE activity_marks, event_heads, changes, session_counts, ingest_failures, channel_routes;
CREATE INDEX sessions_anonymous ON sessions (workspace_id, last_message_at, id) WHERE contact_id IS NULL;
DROP INDEX sessions_by_kind;
ALTER TABLE channels DROP COLUMN domains, DROP COLUMN secrets;
