-- +goose Up

-- Work over many rows that is done in steps.
CREATE TABLE jobs (
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  actor TEXT NOT NULL,
  label TEXT NOT NULL,
  parameters TEXT NOT NULL, -- empty once it has ended
  cursor TEXT NOT NULL, -- how far queuing has come
  total INTEGER, -- once all rows are queued
  queued INTEGER NOT NULL,
  position INTEGER NOT NULL, -- how many rows were handled
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  failure TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_open ON jobs (lease_until) WHERE state IN ('PENDING', 'RUNNING');
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_leftover ON jobs (workspace_id) WHERE finished_at IS NOT NULL AND queued > position;

-- The rows that wait, and those that were refused.
CREATE TABLE job_rows (
  workspace_id INTEGER NOT NULL,
  job_id BLOB NOT NULL,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  code TEXT, -- why it was refused
  field TEXT,
  message TEXT,
  PRIMARY KEY (workspace_id, job_id, position)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE job_rows;
DROP TABLE jobs;
