package postgres

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"kith/storage/postgres/pgtest"
)

func TestEveryTableHasItsPlaceOnCitus(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	if _, err := Migrate(t.Context(), url, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Distribute(t.Context(), url, Options{}); !errors.Is(err, ErrNoCitus) {
		t.Errorf("without the extension: %v", err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	rows, err := c.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	placed := slices.Concat(citusReference, citusDistributed)
	slices.Sort(tables)
	slices.Sort(placed)
	if !slices.Equal(tables, placed) {
		t.Errorf("the tables are %v, placed are %v", tables, placed)
	}
	for _, table := range citusDistributed {
		var leads bool
		err := c.QueryRow(t.Context(), `
			SELECT bool_and(a.attname = 'workspace_id')
			FROM pg_index i
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indisunique AND i.indrelid = $1::text::regclass`, table).Scan(&leads)
		if err != nil || !leads {
			t.Errorf("%s: the workspace does not lead every unique index, %v", table, err)
		}
	}
}
