-- +goose Up

-- Which search keys a workspace waits for. A process of an older version, which makes others, leaves it to the newer ones.
ALTER TABLE stale_keys ADD COLUMN keys integer NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE stale_keys DROP COLUMN keys;
