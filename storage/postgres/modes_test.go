package postgres_test

import (
	"context"
	"testing"

	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// Behind a transaction pooler statements cannot stay prepared, so they are sent in other ways, which tell the server less
// about their parameters.
func TestPostgresInOtherExecModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_describe", "exec"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			url, ctx := pgtest.Database(t), context.Background()
			if _, err := postgres.Migrate(ctx, url); err != nil {
				t.Fatal(err)
			}
			store, err := postgres.Open(ctx, url, postgres.Options{ExecMode: mode})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			storagetest.Run(t, func(*testing.T) storage.Store { return store })
		})
	}
}
