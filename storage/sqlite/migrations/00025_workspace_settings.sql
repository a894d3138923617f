-- +goose Up

-- What workspaces decide for themselves. Where nothing is set, it is the server's setting.
ALTER TABLE workspaces ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN default_region TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN export_role TEXT NOT NULL DEFAULT 'ADMIN';
ALTER TABLE workspaces ADD COLUMN masked_for TEXT NOT NULL DEFAULT ''; -- roles, separated by spaces
ALTER TABLE workspaces ADD COLUMN history_days INTEGER;
ALTER TABLE workspaces ADD COLUMN audit_days INTEGER;
ALTER TABLE workspaces ADD COLUMN failure_days INTEGER;
ALTER TABLE workspaces ADD COLUMN settings_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN erasing_at INTEGER; -- since when it has been deleted, until all of it is gone

-- +goose Down
ALTER TABLE workspaces DROP COLUMN display_name;
ALTER TABLE workspaces DROP COLUMN default_region;
ALTER TABLE workspaces DROP COLUMN export_role;
ALTER TABLE workspaces DROP COLUMN masked_for;
ALTER TABLE workspaces DROP COLUMN history_days;
ALTER TABLE workspaces DROP COLUMN audit_days;
ALTER TABLE workspaces DROP COLUMN failure_days;
ALTER TABLE workspaces DROP COLUMN settings_revision;
ALTER TABLE workspaces DROP COLUMN erasing_at;
