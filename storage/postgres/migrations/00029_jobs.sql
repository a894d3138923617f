-- +goose Up

-- Work over many rows that is done in steps.
CREATE TABLE jobs (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  revision integer NOT NULL,
  actor text NOT NULL,
  label text NOT NULL,
  parameters text NOT NULL, -- empty once it has ended
  cursor text NOT NULL, -- how far queuing has come
  total integer, -- once all rows are queued
  queued integer NOT NULL,
  position integer NOT NULL, -- how many rows were handled
  created integer NOT NULL,
  updated integer NOT NULL,
  deleted integer NOT NULL,
  unchanged integer NOT NULL,
  refused integer NOT NULL,
  failure text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  lease_until timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

CREATE INDEX jobs_open ON jobs (lease_until, workspace_id) WHERE state IN ('PENDING', 'RUNNING');
CREATE INDEX jobs_finished ON jobs (finished_at, workspace_id) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_leftover ON jobs (workspace_id) WHERE finished_at IS NOT NULL AND queued > position;

-- The rows that wait, and those that were refused.
CREATE TABLE job_rows (
  workspace_id integer NOT NULL,
  job_id uuid NOT NULL,
  position integer NOT NULL,
  data bytea NOT NULL,
  code text, -- why it was refused
  field text,
  message text,
  PRIMARY KEY (workspace_id, job_id, position)
);

-- +goose Down
DROP TABLE job_rows;
DROP TABLE jobs;
