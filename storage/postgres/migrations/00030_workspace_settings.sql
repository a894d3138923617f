-- +goose Up

-- What workspaces decide for themselves. Where nothing is set, it is the server's setting.
ALTER TABLE workspaces
  ADD COLUMN display_name text NOT NULL DEFAULT '',
  ADD COLUMN default_region text NOT NULL DEFAULT '',
  ADD COLUMN export_role text NOT NULL DEFAULT 'ADMIN',
  ADD COLUMN masked_for text NOT NULL DEFAULT '', -- roles, separated by spaces
  ADD COLUMN history_days integer,
  ADD COLUMN audit_days integer,
  ADD COLUMN failure_days integer,
  ADD COLUMN settings_revision integer NOT NULL DEFAULT 0,
  ADD COLUMN erasing_at timestamptz; -- since when it has been deleted, until all of it is gone

-- +goose Down
ALTER TABLE workspaces
  DROP COLUMN display_name,
  DROP COLUMN default_region,
  DROP COLUMN export_role,
  DROP COLUMN masked_for,
  DROP COLUMN history_days,
  DROP COLUMN audit_days,
  DROP COLUMN failure_days,
  DROP COLUMN settings_revision,
  DROP COLUMN erasing_at;
