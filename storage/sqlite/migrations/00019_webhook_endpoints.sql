-- +goose Up

-- Where events are sent to, and how far that has come.
CREATE TABLE webhook_endpoints (
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL, -- JSON
  description TEXT NOT NULL,
  secrets BLOB, -- sealed
  former_secret_until INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  disabled_at INTEGER,
  disabled_reason TEXT NOT NULL,
  read_to INTEGER NOT NULL, -- the sequence number of an event
  skipped INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  failing_since INTEGER,
  hold_until INTEGER,
  next_at INTEGER,
  revision INTEGER NOT NULL,
  lease_owner BLOB, -- a process
  lease_until INTEGER,
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;

-- What is sent is made of the event, and never kept.
CREATE TABLE webhook_deliveries (
  workspace_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  endpoint_id BLOB NOT NULL,
  event_id BLOB, -- need not be there any more; NULL: a test
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_at INTEGER,
  next_at INTEGER,
  response_status INTEGER NOT NULL, -- 0: no answer
  error TEXT NOT NULL,
  took INTEGER NOT NULL, -- milliseconds
  PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (workspace_id, endpoint_id, id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (workspace_id, endpoint_id, seq) WHERE status = 'PENDING';

ALTER TABLE audit ADD COLUMN endpoint_id BLOB; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN endpoint_id;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
