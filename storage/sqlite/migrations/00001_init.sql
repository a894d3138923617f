-- +goose Up

CREATE TABLE workspaces (
  workspace_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE contacts (
  n INTEGER PRIMARY KEY, -- the row's number, which the gram index refers to
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  name TEXT,
  email TEXT,
  phone TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  name_origin INTEGER NOT NULL,
  name_channel BLOB,
  email_origin INTEGER NOT NULL,
  email_channel BLOB,
  phone_origin INTEGER NOT NULL,
  phone_channel BLOB,
  name_key TEXT NOT NULL,
  search_text TEXT NOT NULL,
  notes TEXT NOT NULL,
  UNIQUE (workspace_id, id)
) STRICT;

-- Lists by name, name prefixes, and an index-only scan for fragments.
CREATE INDEX contacts_by_name ON contacts (workspace_id, name_key, id, search_text);

-- Apart from contacts, because it changes with every message.
CREATE TABLE contact_activity (
  workspace_id INTEGER NOT NULL,
  contact_id BLOB NOT NULL,
  last_activity_at INTEGER NOT NULL, -- 0: never
  PRIMARY KEY (workspace_id, contact_id),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_activity_by_time ON contact_activity (workspace_id, last_activity_at, contact_id);

-- Later words of the name, the e-mail and its parts, the phone's forms.
CREATE TABLE contact_terms (
  workspace_id INTEGER NOT NULL,
  term TEXT NOT NULL,
  contact_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, term, contact_id)
) STRICT, WITHOUT ROWID;

-- The grams of each contact's search text, as tokens made in Go; the row's number is contacts.n.
CREATE VIRTUAL TABLE contact_grams USING fts5 (
  grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- The number of contacts.
CREATE TABLE contact_counts (
  workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (workspace_id),
  contacts INTEGER NOT NULL
) STRICT;

-- Deleted contacts that sessions still point to.
CREATE TABLE contact_deletions (
  workspace_id INTEGER NOT NULL,
  contact_id BLOB NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE channels (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  workspace_id INTEGER NOT NULL,
  channel_id BLOB NOT NULL,
  external_id TEXT NOT NULL,
  contact_id BLOB NOT NULL,
  session_id BLOB NOT NULL, -- the newest session
  display_name TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, channel_id, external_id),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_contact ON identities (workspace_id, contact_id);

CREATE TABLE sessions (
  n INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  contact_id BLOB, -- may be that of a contact in contact_deletions
  channel_id BLOB NOT NULL,
  status TEXT NOT NULL,
  tag TEXT,
  last_message_preview TEXT,
  last_message_at INTEGER NOT NULL,
  unread_count INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
) STRICT;

-- With what a list of sessions may be filtered by, so that only the page's own rows are fetched.
CREATE INDEX sessions_by_time ON sessions (workspace_id, last_message_at, id, status, channel_id, tag, contact_id);
CREATE INDEX sessions_by_contact ON sessions (workspace_id, contact_id, last_message_at, id);
CREATE INDEX sessions_anonymous ON sessions (workspace_id, last_message_at, id) WHERE contact_id IS NULL;

-- The messages that have been taken in. They outlive the contact, so that a redelivery does not bring it back.
CREATE TABLE messages (
  workspace_id INTEGER NOT NULL,
  message_key BLOB NOT NULL,
  session_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, message_key)
) STRICT, WITHOUT ROWID;
