package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/storagetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, fresh)
}

func TestSlowSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Slow(t, fresh)
}

// fresh opens a copy of a database that was migrated once for all cases.
func fresh(t *testing.T) storage.Store {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kith.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "kith-migrated-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "kith.db")
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

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
