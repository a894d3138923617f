-- +goose Up

-- The one table that maps a workspace's name to its number; on Citus a reference table, all others are distributed by
-- workspace_id.
CREATE TABLE workspaces (
  workspace_id integer NOT NULL PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  -- Whether the workspace's contacts are in the gram index: 0 no, 1 on their way, 2 all of them.
  gram_state smallint NOT NULL,
  gram_state_at timestamptz NOT NULL
);

CREATE TABLE contacts (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  name text COLLATE "C",
  email text COLLATE "C",
  phone text COLLATE "C",
  notes text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  name_origin smallint NOT NULL,
  name_channel uuid,
  email_origin smallint NOT NULL,
  email_channel uuid,
  phone_origin smallint NOT NULL,
  phone_channel uuid,
  name_key text COLLATE "C" NOT NULL,
  search_text text COLLATE "C" NOT NULL,
  -- Whether the gram index holds the row.
  grams boolean NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);

-- Lists by name, name prefixes, and an index-only scan for fragments.
CREATE INDEX contacts_by_name ON contacts (workspace_id, name_key, id) INCLUDE (search_text);

-- Apart from contacts, because it changes with every message and an update of an indexed column enters every index.
CREATE TABLE contact_activity (
  workspace_id integer NOT NULL,
  contact_id uuid NOT NULL,
  last_activity_at timestamptz NOT NULL, -- the Unix epoch: never
  PRIMARY KEY (workspace_id, contact_id)
) WITH (fillfactor = 90);
CREATE INDEX contact_activity_by_time ON contact_activity (workspace_id, last_activity_at, contact_id);

-- Later words of the name, the e-mail and its parts, the phone's forms.
CREATE TABLE contact_terms (
  workspace_id integer NOT NULL,
  term text COLLATE "C" NOT NULL,
  contact_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, term, contact_id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);

-- The number of contacts, spread over rows so that writers do not wait for each other.
CREATE TABLE contact_counts (
  workspace_id integer NOT NULL,
  slot smallint NOT NULL,
  contacts bigint NOT NULL,
  PRIMARY KEY (workspace_id, slot)
) WITH (fillfactor = 50);

-- Deleted contacts that sessions still point to.
CREATE TABLE contact_deletions (
  workspace_id integer NOT NULL,
  contact_id uuid NOT NULL,
  deleted_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
);

CREATE TABLE channels (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

CREATE TABLE identities (
  workspace_id integer NOT NULL,
  channel_id uuid NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  contact_id uuid NOT NULL,
  session_id uuid, -- the newest session
  display_name text COLLATE "C",
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, channel_id, external_id),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)
);
CREATE INDEX identities_by_contact ON identities (workspace_id, contact_id);

CREATE TABLE sessions (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  contact_id uuid,
  channel_id uuid NOT NULL,
  status text COLLATE "C" NOT NULL,
  tag text COLLATE "C",
  last_message_preview text COLLATE "C",
  last_message_at timestamptz NOT NULL,
  unread_count integer NOT NULL,
  started_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 90);
CREATE INDEX sessions_by_time ON sessions (workspace_id, last_message_at, id);
CREATE INDEX sessions_by_contact ON sessions (workspace_id, contact_id, last_message_at, id);
CREATE INDEX sessions_anonymous ON sessions (workspace_id, last_message_at, id) WHERE contact_id IS NULL;

-- The messages that have been taken in. They outlive the contact, so that a redelivery does not bring it back.
CREATE TABLE messages (
  workspace_id integer NOT NULL,
  message_key uuid NOT NULL,
  session_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, message_key)
);

-- The bucket a folded name falls into; buckets rise with the name. Package search computes the same in Go.
-- +goose StatementBegin
CREATE FUNCTION name_bucket(k text) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN k < 'a' COLLATE "C" THEN 0
    WHEN ascii(k) < 123 THEN ascii(k) - 96 + (k >= 'ai' COLLATE "C")::int + (k >= 'ji' COLLATE "C")::int + (k >= 'mi' COLLATE "C")::int
    WHEN ascii(k) < 128 THEN 30
    WHEN ascii(k) < 1024 THEN 31
    WHEN ascii(k) < 1328 THEN least(35, greatest(32, 32 + (ascii(k) - 1072) / 8))
    WHEN ascii(k) < 12288 THEN 36
    WHEN ascii(k) < 19968 THEN 37
    WHEN ascii(k) < 28672 THEN 38
    ELSE 39
  END
$$;
-- +goose StatementEnd

-- The grams of a text: runs of two and three characters, and rare single ones, none across a newline; each with the
-- workspace and the bucket in its high bits. Package search computes the same in Go.
-- +goose StatementBegin
CREATE FUNCTION contact_grams(ws int, bucket int, t text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT (ws::bigint << 38) | (bucket::bigint << 32) | ((a * 1000003 + b) * 1000003 + c) % 4294967291), '{}')
  FROM (
    SELECT ch::bigint AS a, lead(ch, 1, 10) OVER w AS b0, lead(ch, 2, 10) OVER w AS c0
    FROM (SELECT n, ascii(x) AS ch FROM string_to_table(t, NULL) WITH ORDINALITY AS s(x, n)) AS y
    WINDOW w AS (ORDER BY n)
  ) AS z
  CROSS JOIN LATERAL (VALUES (b0, 0), (b0, c0), (0, 0)) AS v(b, c)
  WHERE a <> 10 AND b <> 10 AND c <> 10
    AND (b <> 0 OR NOT (a BETWEEN 97 AND 122 OR a BETWEEN 48 AND 57 OR a IN (32, 46, 64)))
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE messages, sessions, identities, channels, contact_deletions, contact_counts, contact_terms, contact_activity, contacts, workspaces;
DROP FUNCTION contact_grams, name_bucket;
