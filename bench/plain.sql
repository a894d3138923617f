-- The same data as plain tables, which is how the peers would keep it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SCHEMA plain;
CREATE TABLE plain.channels AS
  SELECT id, workspace_id, name, type, active FROM public.channels;
CREATE TABLE plain.contacts AS
  SELECT c.id, c.workspace_id, c.name COLLATE "default", c.email COLLATE "default", c.phone COLLATE "default",
    CASE WHEN a.last_activity_at > 'epoch' THEN a.last_activity_at END AS last_activity_at
  FROM public.contacts c
  LEFT JOIN public.contact_activity a ON a.workspace_id = c.workspace_id AND a.contact_id = c.id
  ORDER BY c.id;
CREATE TABLE plain.sessions AS
  SELECT s.id, s.workspace_id, coalesce(a.contact_id, s.account_id) AS contact_id, channel_id, status, tag, last_message_preview, last_message_at, unread_count
  FROM public.sessions s
  LEFT JOIN public.accounts a ON a.workspace_id = s.workspace_id AND a.account_id = s.account_id
  WHERE s.account_id IS NOT NULL
  ORDER BY id;
ALTER TABLE plain.channels ADD PRIMARY KEY (id);
ALTER TABLE plain.contacts ADD PRIMARY KEY (id);
ALTER TABLE plain.sessions ADD PRIMARY KEY (id);
CREATE INDEX ON plain.sessions (contact_id, last_message_at DESC);
CREATE INDEX ON plain.sessions (channel_id);
ALTER TABLE plain.sessions ADD FOREIGN KEY (contact_id) REFERENCES plain.contacts (id);
ALTER TABLE plain.sessions ADD FOREIGN KEY (channel_id) REFERENCES plain.channels (id);
CREATE INDEX ON plain.contacts (workspace_id, name, id);

-- The plain gqlgen server has no trigrams: separate contacts, the rest shared.
CREATE SCHEMA naive;
CREATE TABLE naive.contacts AS SELECT * FROM plain.contacts ORDER BY id;
ALTER TABLE naive.contacts ADD PRIMARY KEY (id);
CREATE INDEX ON naive.contacts (workspace_id, name, id);

CREATE INDEX ON plain.contacts USING gin (name gin_trgm_ops);
CREATE INDEX ON plain.contacts USING gin (email gin_trgm_ops);
CREATE INDEX ON plain.contacts USING gin (phone gin_trgm_ops);
