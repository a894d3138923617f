-- +goose Up

ALTER TABLE channels ADD COLUMN require_signed_identity boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE channels DROP COLUMN require_signed_identity;
