-- +goose Up

-- What was done to channels and to what they could not have taken in.
ALTER TABLE audit ADD COLUMN channel_id BLOB;
ALTER TABLE audit ADD COLUMN failure_id BLOB; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN channel_id;
ALTER TABLE audit DROP COLUMN failure_id;
