-- +goose Up

-- What calls that upserted contacts answered, for answering them when they are repeated.
CREATE TABLE upsert_results (
  workspace_id integer NOT NULL,
  key bytea NOT NULL, -- a digest of the idempotency key and of who sent it
  digest bytea NOT NULL, -- of what was asked for
  results text NOT NULL, -- in JSON: outcomes and ids, no values
  at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, key)
);

CREATE INDEX upsert_results_by_time ON upsert_results (at, workspace_id);

-- +goose Down
DROP TABLE upsert_results;
