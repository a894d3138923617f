-- +goose Up

-- Keys that programs sign in with. Of a key's text only the hash is kept.
CREATE TABLE api_keys (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  role text COLLATE "C" NOT NULL,
  channel_id uuid, -- the only one to report on
  hash bytea NOT NULL, -- SHA-256
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz, -- the hour
  PRIMARY KEY (workspace_id, id)
);

CREATE INDEX api_keys_by_id ON api_keys (id); -- for those who sign in, whose workspace the key says

ALTER TABLE audit ADD COLUMN key_id uuid; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN key_id;
DROP TABLE api_keys;
