-- +goose Up

-- Keys that programs sign in with. Of a key's text only the hash is kept.
CREATE TABLE api_keys (
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  channel_id BLOB, -- the only one to report on
  hash BLOB NOT NULL, -- SHA-256
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER, -- the hour
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_id ON api_keys (id); -- for those who sign in, whose workspace the key says

ALTER TABLE audit ADD COLUMN key_id BLOB; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN key_id;
DROP TABLE api_keys;
