-- +goose Up

ALTER TABLE channels ADD COLUMN require_signed_identity INTEGER NOT NULL DEFAULT 0;
