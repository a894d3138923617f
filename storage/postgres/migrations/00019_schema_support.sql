-- +goose Up

-- The oldest version of Kith that can use this database, by the newest migration that it knows. Migrations that only add
-- leave it alone; one that removes or renames something raises it.
CREATE TABLE schema_support (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), -- there is one row
  oldest bigint NOT NULL
);
INSERT INTO schema_support (oldest) VALUES (19);

-- An older version may write identities without an id.
ALTER TABLE identities ALTER COLUMN id DROP NOT NULL;

-- +goose Down
DROP TABLE schema_support;
