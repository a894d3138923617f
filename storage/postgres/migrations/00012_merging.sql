-- +goose Up

-- Whether a dismissal holds against what a channel proves later.
ALTER TABLE dismissals ADD COLUMN proven boolean NOT NULL DEFAULT true;

-- What providers announced of customers whose old id nobody knows yet.
CREATE TABLE notices (
  workspace_id integer NOT NULL,
  channel_id uuid NOT NULL,
  previous text COLLATE "C" NOT NULL, -- the old id
  external_id text COLLATE "C" NOT NULL,
  alias text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  profile text COLLATE "C" NOT NULL, -- JSON
  at timestamptz NOT NULL,
  day integer NOT NULL, -- when it came
  PRIMARY KEY (workspace_id, channel_id, previous)
);
CREATE INDEX notices_by_day ON notices (day, workspace_id);
