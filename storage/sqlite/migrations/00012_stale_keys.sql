-- +goose Up

-- Workspaces whose contacts have the search keys of an older version, and how far bringing them up to date has come: first
-- the contacts, then the terms. A version with other keys adds every workspace again.
CREATE TABLE stale_keys (
  workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (workspace_id),
  contact_id BLOB NOT NULL, -- the last one looked at
  term TEXT -- the last one looked at; NULL while contacts are
) STRICT;
INSERT INTO stale_keys (workspace_id, contact_id)
SELECT workspace_id, X'00000000000000000000000000000000' FROM workspaces;

-- What contacts have in common is made of folded names too.
UPDATE duplicate_progress SET contact_id = X'00000000000000000000000000000000';
