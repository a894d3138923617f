-- +goose Up

-- What calls that upserted contacts answered, for answering them when they are repeated.
CREATE TABLE upsert_results (
  workspace_id INTEGER NOT NULL,
  key BLOB NOT NULL, -- a digest of the idempotency key and of who sent it
  digest BLOB NOT NULL, -- of what was asked for
  results TEXT NOT NULL, -- in JSON: outcomes and ids, no values
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX upsert_results_by_time ON upsert_results (at);

-- +goose Down
DROP TABLE upsert_results;
