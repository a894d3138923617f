package sqlite_test

import (
	"path/filepath"
	"testing"

	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/storagetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, newStore)
}

func TestSlowSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Slow(t, newStore)
}

func newStore(t *testing.T) storage.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "kith.db"))
}

// open opens the database at path until the test is over.
func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTwoStoresOfOneFile(t *testing.T) {
	t.Parallel()
	storagetest.Shared(t, func(t *testing.T) (a, b storage.Store) {
		path := filepath.Join(t.TempDir(), "kith.db")
		return open(t, path), open(t, path)
	})
}
