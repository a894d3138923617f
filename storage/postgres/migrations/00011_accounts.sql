-- +goose Up

-- Accounts that are not, or not any more, the first one of the contact with their id: whose they are. See crm.AccountID.
CREATE TABLE accounts (
  workspace_id integer NOT NULL,
  account_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, account_id)
);
CREATE INDEX accounts_by_contact ON accounts (workspace_id, contact_id);

-- Sessions belong to accounts.
ALTER TABLE sessions RENAME COLUMN contact_id TO account_id;
ALTER INDEX sessions_by_contact RENAME TO sessions_by_account;
ALTER TABLE contact_deletions RENAME TO account_deletions;
ALTER TABLE account_deletions RENAME COLUMN contact_id TO account_id;
ALTER INDEX contact_deletions_pkey RENAME TO account_deletions_pkey;
ALTER TABLE sessions
  ADD COLUMN channel_account text COLLATE "C" NOT NULL DEFAULT '', -- '': the channel has one
  ADD COLUMN closed_at timestamptz, -- NULL: it is open, or nobody knows
  ADD COLUMN last_inbound_at timestamptz, -- NULL: nobody knows
  ADD COLUMN last_message uuid; -- the newest message's key; NULL: nobody knows

-- Identities that share a session are one account. Where a contact has several, each gets the id of its newest session.
ALTER TABLE identities ADD COLUMN account_id uuid;
UPDATE identities SET account_id = contact_id WHERE account_id IS NULL;
ALTER TABLE identities ALTER COLUMN account_id SET NOT NULL;
UPDATE identities i SET account_id = i.session_id
FROM (
  SELECT workspace_id, contact_id FROM identities
  WHERE session_id IS NOT NULL
  GROUP BY workspace_id, contact_id
  HAVING count(DISTINCT session_id) > 1
) m
WHERE i.workspace_id = m.workspace_id AND i.contact_id = m.contact_id AND i.session_id IS NOT NULL;
INSERT INTO accounts (workspace_id, account_id, contact_id)
SELECT DISTINCT workspace_id, account_id, contact_id FROM identities WHERE account_id <> contact_id;

-- Their sessions follow where the channel has one account of the contact; else only the newest ones are known to be theirs.
UPDATE sessions s SET account_id = o.account_id
FROM (
  SELECT workspace_id, contact_id, channel_id, min(account_id::text)::uuid AS account_id
  FROM identities
  GROUP BY workspace_id, contact_id, channel_id
  HAVING count(DISTINCT account_id) = 1
) o
WHERE s.workspace_id = o.workspace_id AND s.account_id = o.contact_id AND s.channel_id = o.channel_id
  AND o.account_id <> o.contact_id;
UPDATE sessions s SET account_id = i.account_id
FROM identities i
WHERE i.workspace_id = s.workspace_id AND i.session_id = s.id AND i.account_id <> i.contact_id AND s.account_id = i.contact_id;

-- More emails and phones of a contact, as JSON.
ALTER TABLE contacts ADD COLUMN further text COLLATE "C" NOT NULL DEFAULT '[]';

-- Contacts that have become part of another one.
CREATE TABLE redirects (
  workspace_id integer NOT NULL,
  contact_id uuid NOT NULL, -- the old id
  survivor_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
);
CREATE INDEX redirects_by_survivor ON redirects (workspace_id, survivor_id);

-- What was merged. The undo holds personal data as JSON, until the merge cannot be undone any more.
CREATE TABLE merges (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  survivor_id uuid NOT NULL,
  others uuid[] NOT NULL,
  actor text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  undo text COLLATE "C", -- NULL: over
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX merges_by_survivor ON merges (workspace_id, survivor_id, id);
CREATE INDEX merges_undoable ON merges (until, workspace_id) WHERE undo IS NOT NULL;

-- Contacts that a channel has shown to be one person, until that is dealt with.
CREATE TABLE proofs (
  workspace_id integer NOT NULL,
  a uuid NOT NULL, -- the lower id
  b uuid NOT NULL,
  channel_id uuid NOT NULL,
  at timestamptz NOT NULL,
  suggest boolean NOT NULL, -- a person has to judge
  PRIMARY KEY (workspace_id, a, b)
);

-- Pairs of contacts that may be one person.
CREATE TABLE duplicates (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  a uuid NOT NULL, -- the lower id
  b uuid NOT NULL,
  reasons smallint NOT NULL, -- bits, a surer reason is a higher one
  at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX duplicates_of_pair ON duplicates (workspace_id, a, b);
CREATE INDEX duplicates_by_b ON duplicates (workspace_id, b);
CREATE INDEX duplicates_by_reason ON duplicates (workspace_id, reasons, id);

-- Pairs that a person has said are two, and those that were parted.
CREATE TABLE dismissals (
  workspace_id integer NOT NULL,
  a uuid NOT NULL, -- the lower id
  b uuid NOT NULL,
  actor text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, a, b)
);
CREATE INDEX dismissals_by_b ON dismissals (workspace_id, b);

-- What contacts have in common: hashes of values, by which pairs are found. Written by the search for duplicates alone.
CREATE TABLE match_keys (
  workspace_id integer NOT NULL,
  key bigint NOT NULL,
  contact_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, key, contact_id)
);
CREATE INDEX match_keys_of_contact ON match_keys (workspace_id, contact_id);

-- How far the search for duplicates has come: in the events, and in the contacts that were there before.
CREATE TABLE duplicate_progress (
  workspace_id integer NOT NULL PRIMARY KEY,
  seq bigint NOT NULL,
  contact_id uuid -- the last one looked at; NULL: all have been
);

-- The history of a contact tells what it was merged with.
ALTER TABLE changes ADD COLUMN into_id uuid; -- the contact that this one has become part of
DROP INDEX changes_of_contact;
CREATE INDEX changes_of_contact ON changes (workspace_id, contact_id, id)
  WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED', 'MERGED', 'SPLIT');

-- What was done to two contacts.
ALTER TABLE audit ADD COLUMN other_id uuid; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN other_id;
DROP INDEX changes_of_contact;
CREATE INDEX changes_of_contact ON changes (workspace_id, contact_id, id) WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED');
ALTER TABLE changes DROP COLUMN into_id;
DROP TABLE duplicate_progress, match_keys, dismissals, duplicates, proofs, merges, redirects;
ALTER TABLE contacts DROP COLUMN further;
UPDATE sessions s SET account_id = a.contact_id FROM accounts a
WHERE a.workspace_id = s.workspace_id AND a.account_id = s.account_id;
ALTER TABLE identities DROP COLUMN account_id;
ALTER TABLE sessions
  DROP COLUMN channel_account, DROP COLUMN closed_at, DROP COLUMN last_inbound_at, DROP COLUMN last_message;
ALTER INDEX account_deletions_pkey RENAME TO contact_deletions_pkey;
ALTER TABLE account_deletions RENAME COLUMN account_id TO contact_id;
ALTER TABLE account_deletions RENAME TO contact_deletions;
ALTER INDEX sessions_by_account RENAME TO sessions_by_contact;
ALTER TABLE sessions RENAME COLUMN account_id TO contact_id;
DROP TABLE accounts;
