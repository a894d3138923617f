package sqlite_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"kith/storage/sqlite"
)

func TestEachDatabaseHasItsOwnKeyForCursors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := func(file string) []byte {
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		key, err := s.CursorKey(t.Context())
		if err != nil || len(key) != 32 {
			t.Fatal(key, err)
		}
		return key
	}
	first := key("a.db")
	if !bytes.Equal(first, key("a.db")) {
		t.Error("another key after a restart")
	}
	if bytes.Equal(first, key("b.db")) {
		t.Error("two databases have the same key")
	}
}
