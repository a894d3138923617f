package postgres

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func TestHotArgsAreWhatNamedArgsAre(t *testing.T) {
	t.Parallel()
	const sql = `SELECT '@b', @b, @a::uuid -- @c
		FROM t WHERE x = @b AND y = @none`
	for n := range 3 { // the first call reads the statement
		args := pgx.NamedArgs{"a": n, "b": "value", "c": nil}
		wantSQL, want, err := args.RewriteQuery(t.Context(), nil, sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		gotSQL, got, err := hotArgs(args).RewriteQuery(t.Context(), nil, sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantSQL, gotSQL); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
