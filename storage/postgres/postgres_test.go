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
	store := openWatched(t)
	storagetest.Run(t, func(*testing.T) storage.Store { return store })
}

func TestSlowPostgres(t *testing.T) {
	store := openWatched(t)
	storagetest.Slow(t, func(*testing.T) storage.Store { return store })
}

// Small workspaces are searched by scanning; here each is searched through the gram index, as large ones are.
func TestPostgresThroughGrams(t *testing.T) {
	storagetest.Run(t, throughGrams(t), storagetest.Searching...)
}

func TestSlowPostgresThroughGrams(t *testing.T) {
	storagetest.Slow(t, throughGrams(t), storagetest.Searching...)
}

func throughGrams(t *testing.T) func(*testing.T) storage.Store {
	t.Helper()
	store := openWatched(t)
	gramsFromBirth(t, store)
	return func(*testing.T) storage.Store { return store }
}

func gramsFromBirth(t *testing.T, store *postgres.Store) {
	t.Helper()
	if err := store.GramsFromBirth(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresAlone(t *testing.T) {
	storagetest.Alone(t, func(t *testing.T) storage.Store {
		s, _ := openAt(t)
		return s
	})
}

func TestTwoStoresOfOneDatabase(t *testing.T) {
	storagetest.Shared(t, func(t *testing.T) (a, b storage.Store) {
		one, url := openAt(t)
		two, err := postgres.Open(context.Background(), url, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = two.Close() })
		return one, two
	})
}

// On a Citus cluster the suite runs as it is on one server.
func TestCitus(t *testing.T) {
	store := openCitus(t)
	storagetest.Run(t, func(*testing.T) storage.Store { return store })
}

func TestSlowCitus(t *testing.T) {
	store := openCitus(t)
	storagetest.Slow(t, func(*testing.T) storage.Store { return store })
}

func TestCitusThroughGrams(t *testing.T) {
	store := openCitus(t)
	gramsFromBirth(t, store)
	storagetest.Run(t, func(*testing.T) storage.Store { return store }, storagetest.Searching...)
}

// openCitus returns a store on a database of a Citus cluster.
func openCitus(t testing.TB) *postgres.Store {
	t.Helper()
	store, _ := openCitusAt(t)
	return store
}

// openCitusAt is openCitus, with the URL of the database on the coordinator.
func openCitusAt(t testing.TB) (*postgres.Store, string) {
	t.Helper()
	url := pgtest.Citus(t)
	distribute(t, url)
	store, err := postgres.Open(context.Background(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, url
}

// distribute makes the tables of a database of a Citus cluster.
func distribute(t testing.TB, url string) {
	t.Helper()
	if _, err := postgres.Migrate(context.Background(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Distribute(context.Background(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
}

// openAt returns a store on a database of its own, and the database's URL.
func openAt(t testing.TB) (*postgres.Store, string) {
	t.Helper()
	url := pgtest.Database(t)
	ctx := context.Background()
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, url
}
