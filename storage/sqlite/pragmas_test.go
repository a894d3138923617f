package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPragmasAreInForceOnEveryConnection(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "kith.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	pragmas := func(ctx context.Context, c *conn) map[string]int {
		got := map[string]int{}
		for _, name := range []string{"synchronous", "foreign_keys", "busy_timeout", "temp_store", "query_only"} {
			v, _, err := first(ctx, c, `PRAGMA `+name, nil, scanInt)
			if err != nil {
				t.Error(err)
			}
			got[name] = v
		}
		return got
	}
	err = s.write(t.Context(), func(ctx context.Context, tx *tx) error {
		want := map[string]int{"synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000, "temp_store": 2, "query_only": 0}
		if diff := cmp.Diff(want, pragmas(ctx, tx.conn)); diff != "" {
			t.Errorf("the writer (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var taken []*conn
	for range cap(s.opened.Load().readers.slots) {
		c, err := s.opened.Load().readers.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, c)
		got := pragmas(t.Context(), c)
		if got["query_only"] != 1 || got["busy_timeout"] != 10000 {
			t.Errorf("reader %d: %v", len(taken), got)
		}
	}
	for _, c := range taken {
		s.opened.Load().readers.give(c, nil)
	}
}
