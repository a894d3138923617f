-- +goose Up

-- Entries that are still in the gram index, though their contacts have become part of others. Hashes, no text.
CREATE TABLE gram_leftovers (
  n INTEGER PRIMARY KEY, -- the number of the entry; no contact gets it before the entry is gone
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  contact_id BLOB NOT NULL, -- an old id
  words TEXT NOT NULL
) STRICT;
CREATE INDEX gram_leftovers_of_contact ON gram_leftovers (workspace_id, contact_id);

-- Whether a dismissal holds against what a channel proves later.
ALTER TABLE dismissals ADD COLUMN proven INTEGER NOT NULL DEFAULT 1;

-- What providers announced of customers whose old id nobody knows yet.
CREATE TABLE notices (
  workspace_id INTEGER NOT NULL,
  channel_id BLOB NOT NULL,
  previous TEXT NOT NULL, -- the old id
  external_id TEXT NOT NULL,
  alias TEXT NOT NULL,
  account TEXT NOT NULL,
  profile TEXT NOT NULL, -- JSON
  at INTEGER NOT NULL,
  day INTEGER NOT NULL, -- when it came
  PRIMARY KEY (workspace_id, channel_id, previous),
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_by_day ON notices (day);

-- Without statistics, SQLite takes a workspace for ten rows, and looks for the identities of a contact that is removed among
-- all those of the workspace.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('identities', 'identities', '1000000 100000 10000 1'),
  ('identities', 'identities_by_contact', '1000000 100000 2');
ANALYZE sqlite_schema; -- read them
