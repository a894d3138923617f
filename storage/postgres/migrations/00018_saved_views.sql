-- +goose Up

-- Lists of the staff pages that have a name, for everybody in the workspace.
CREATE TABLE saved_views (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  address text NOT NULL, -- path and query
  version integer NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

CREATE UNIQUE INDEX saved_views_by_name ON saved_views (workspace_id, name);

-- +goose Down
DROP TABLE saved_views;
