-- +goose Up

-- Where events are sent to, and how far that has come.
CREATE TABLE webhook_endpoints (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  url text NOT NULL,
  events text[] COLLATE "C" NOT NULL,
  description text NOT NULL,
  secrets bytea, -- sealed
  former_secret_until timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  enabled boolean NOT NULL,
  disabled_at timestamptz,
  disabled_reason text COLLATE "C" NOT NULL,
  read_to bigint NOT NULL, -- the sequence number of an event
  skipped bigint NOT NULL,
  failures integer NOT NULL,
  failing_since timestamptz,
  hold_until timestamptz,
  next_at timestamptz,
  revision integer NOT NULL,
  lease_owner uuid, -- a process
  lease_until timestamptz,
  PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 50);

-- What is sent is made of the event, and never kept.
CREATE TABLE webhook_deliveries (
  workspace_id integer NOT NULL,
  id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  event_id uuid, -- need not be there any more; NULL: a test
  seq bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  created_at timestamptz NOT NULL,
  last_at timestamptz,
  next_at timestamptz,
  response_status integer NOT NULL, -- 0: no answer
  error text NOT NULL,
  took integer NOT NULL, -- milliseconds
  PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (workspace_id, endpoint_id, id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (workspace_id, endpoint_id, seq) WHERE status = 'PENDING';

ALTER TABLE audit ADD COLUMN endpoint_id uuid; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN endpoint_id;
DROP TABLE webhook_deliveries, webhook_endpoints;
