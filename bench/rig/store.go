package rig

import (
	"context"
	"strings"

	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/sqlite"
)

// OpenStore opens the database of a URL, sqlite:PATH or postgres://…, for a benchmark of storage calls alone.
func OpenStore(ctx context.Context, database string) (storage.Store, error) {
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		return sqlite.Open(ctx, path)
	}
	return postgres.Open(ctx, database, postgres.Options{})
}
