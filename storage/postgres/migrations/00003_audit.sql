-- +goose Up

-- What people edited, deleted and exported, without the values. It is kept for good.
CREATE TABLE audit (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  action text COLLATE "C" NOT NULL,
  contact_id uuid, -- need not be there any more
  session_id uuid,
  fields text[] COLLATE "C" NOT NULL, -- their names
  actor text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

-- What a customer wrote goes with the contact.
UPDATE sessions SET last_message_preview = NULL
WHERE last_message_preview IS NOT NULL AND contact_id IS NULL;

-- +goose Down
DROP TABLE audit;
