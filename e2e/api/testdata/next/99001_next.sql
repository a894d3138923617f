-- +goose Up

ALTER TABLE contacts ADD COLUMN next integer NOT NULL DEFAULT 0;

-- Their search keys are made again in the background.
INSERT INTO stale_keys (workspace_id, contact_id)
SELECT workspace_id, '00000000-0000-0000-0000-000000000000' FROM workspaces
ON CONFLICT DO NOTHING;
