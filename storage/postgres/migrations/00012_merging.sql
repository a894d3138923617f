-- +goose Up

-- Whether a dismissal holds against what a channel proves later.
ALTER TABLE dismissals ADD COLUMN proven boolean NOT NULL DEFAULT true;
