package postgres_test

import (
	"context"
	"testing"

	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

func TestPostgres(t *testing.T) {
	store := open(t)
	storagetest.Run(t, func(*testing.T) storage.Store { return store })
}

// open returns a store on a database of its own.
func open(t testing.TB) *postgres.Store {
	t.Helper()
	url := pgtest.Database(t)
	ctx := context.Background()
	if _, err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
