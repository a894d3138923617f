-- +goose Up

-- What was done to channels and to what they could not have taken in.
ALTER TABLE audit
  ADD COLUMN channel_id uuid,
  ADD COLUMN failure_id uuid; -- need not be there any more

-- +goose Down
ALTER TABLE audit DROP COLUMN channel_id, DROP COLUMN failure_id;
