package sqlite_test

import (
	"path/filepath"
	"testing"

	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
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

func newStore(t *testing.T) storage.Store { return sqlitetest.Open(t) }

func TestSQLiteAlone(t *testing.T) {
	t.Parallel()
	storagetest.Alone(t, newStore)
}

func TestTwoStoresOfOneFile(t *testing.T) {
	t.Parallel()
	storagetest.Shared(t, func(t *testing.T) (a, b storage.Store) {
		path := filepath.Join(t.TempDir(), "kith.db")
		return sqlitetest.OpenFile(t, path), sqlitetest.OpenFile(t, path)
	})
}
