-- +goose Up

-- Lists of the staff pages that have a name, for everybody in the workspace.
CREATE TABLE saved_views (
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  address TEXT NOT NULL, -- path and query
  version INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX saved_views_by_name ON saved_views (workspace_id, name);

-- +goose Down
DROP TABLE saved_views;
