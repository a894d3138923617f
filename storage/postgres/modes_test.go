package postgres_test

import (
	"context"
	"testing"

	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// Behind a transaction pooler statements cannot stay prepared. In the mode exec the server is not asked what it expects of
// a parameter, so that our types have to be known by themselves.
func TestPostgresInExecMode(t *testing.T) {
	t.Parallel()
	url, ctx := pgtest.Database(t), context.Background()
	if _, err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, postgres.Options{ExecMode: "exec"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	storagetest.Run(t, func(*testing.T) storage.Store { return store })
}
