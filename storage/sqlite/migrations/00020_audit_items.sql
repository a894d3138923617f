-- +goose Up

-- How many contacts an export has handed out; NULL until it has ended.
ALTER TABLE audit ADD COLUMN items INTEGER;

-- +goose Down
ALTER TABLE audit DROP COLUMN items;
