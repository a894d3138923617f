-- +goose Up

-- Accounts that are not, or not any more, the first one of the contact with their id: whose they are. See crm.AccountID.
CREATE TABLE accounts (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  account_id BLOB NOT NULL,
  contact_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_contact ON accounts (workspace_id, contact_id);

-- Sessions belong to accounts.
DROP INDEX sessions_by_contact;
ALTER TABLE sessions RENAME COLUMN contact_id TO account_id;
ALTER TABLE contact_deletions RENAME TO account_deletions;
ALTER TABLE account_deletions RENAME COLUMN contact_id TO account_id;
ALTER TABLE sessions ADD COLUMN channel_account TEXT NOT NULL DEFAULT ''; -- '': the channel has one
ALTER TABLE sessions ADD COLUMN closed_at INTEGER; -- NULL: it is open, or nobody knows
ALTER TABLE sessions ADD COLUMN last_inbound_at INTEGER; -- NULL: nobody knows
ALTER TABLE sessions ADD COLUMN last_message BLOB; -- the newest message's key; NULL: nobody knows

-- Identities that share a session are one account. Where a contact has several, each gets the id of its newest session.
ALTER TABLE identities ADD COLUMN account_id BLOB NOT NULL DEFAULT X'00000000000000000000000000000000';
UPDATE identities SET account_id = contact_id;
UPDATE identities SET account_id = session_id
FROM (
  SELECT workspace_id, contact_id FROM identities
  WHERE session_id <> X'00000000000000000000000000000000'
  GROUP BY workspace_id, contact_id
  HAVING count(DISTINCT session_id) > 1
) m
WHERE identities.workspace_id = m.workspace_id AND identities.contact_id = m.contact_id
  AND identities.session_id <> X'00000000000000000000000000000000';
INSERT INTO accounts (workspace_id, account_id, contact_id)
SELECT DISTINCT workspace_id, account_id, contact_id FROM identities WHERE account_id <> contact_id;

-- Their sessions follow where the channel has one account of the contact; else only the newest ones are known to be theirs.
UPDATE sessions SET account_id = o.account_id
FROM (
  SELECT workspace_id, contact_id, channel_id, min(account_id) AS account_id
  FROM identities
  GROUP BY workspace_id, contact_id, channel_id
  HAVING count(DISTINCT account_id) = 1
) o
WHERE sessions.workspace_id = o.workspace_id AND sessions.account_id = o.contact_id AND sessions.channel_id = o.channel_id
  AND o.account_id <> o.contact_id;
UPDATE sessions SET account_id = i.account_id
FROM identities i
WHERE i.workspace_id = sessions.workspace_id AND i.session_id = sessions.id AND i.account_id <> i.contact_id
  AND sessions.account_id = i.contact_id;
CREATE INDEX sessions_by_account ON sessions (workspace_id, account_id, last_message_at, id, status, channel_id, tag);

-- More emails and phones of a contact, as JSON.
ALTER TABLE contacts ADD COLUMN further TEXT NOT NULL DEFAULT '[]';

-- Contacts that have become part of another one.
CREATE TABLE redirects (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  contact_id BLOB NOT NULL, -- the old id
  survivor_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX redirects_by_survivor ON redirects (workspace_id, survivor_id);

-- What was merged. The undo holds personal data as JSON, until the merge cannot be undone any more.
CREATE TABLE merges (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  survivor_id BLOB NOT NULL,
  others TEXT NOT NULL, -- JSON
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  undo TEXT, -- NULL: over
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX merges_by_survivor ON merges (workspace_id, survivor_id, id);
CREATE INDEX merges_undoable ON merges (until) WHERE undo IS NOT NULL;

-- Contacts that a channel has shown to be one person, until that is dealt with.
CREATE TABLE proofs (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  a BLOB NOT NULL, -- the lower id
  b BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  suggest INTEGER NOT NULL, -- a person has to judge
  PRIMARY KEY (workspace_id, a, b)
) STRICT, WITHOUT ROWID;

-- Pairs of contacts that may be one person.
CREATE TABLE duplicates (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  id BLOB NOT NULL,
  a BLOB NOT NULL, -- the lower id
  b BLOB NOT NULL,
  reasons INTEGER NOT NULL, -- bits, a surer reason is a higher one
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX duplicates_of_pair ON duplicates (workspace_id, a, b);
CREATE INDEX duplicates_by_b ON duplicates (workspace_id, b);
CREATE INDEX duplicates_by_reason ON duplicates (workspace_id, reasons, id);

-- Pairs that a person has said are two, and those that were parted.
CREATE TABLE dismissals (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  a BLOB NOT NULL, -- the lower id
  b BLOB NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX dismissals_by_b ON dismissals (workspace_id, b);

-- What contacts have in common: hashes of values, by which pairs are found. Written by the search for duplicates alone.
CREATE TABLE match_keys (
  workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
  key INTEGER NOT NULL,
  contact_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, key, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX match_keys_of_contact ON match_keys (workspace_id, contact_id);

-- How far the search for duplicates has come: in the events, and in the contacts that were there before.
CREATE TABLE duplicate_progress (
  workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (workspace_id),
  seq INTEGER NOT NULL,
  contact_id BLOB -- the last one looked at; NULL: all have been
) STRICT;

-- The history of a contact tells what it was merged with.
ALTER TABLE changes ADD COLUMN into_id BLOB; -- the contact that this one has become part of
DROP INDEX changes_of_contact;
CREATE INDEX changes_of_contact ON changes (workspace_id, contact_id, id)
  WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED', 'MERGED', 'SPLIT');

-- What was done to two contacts.
ALTER TABLE audit ADD COLUMN other_id BLOB; -- need not be there any more
