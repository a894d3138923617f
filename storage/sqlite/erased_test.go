package sqlite_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kith/storage/sqlite/sqlitetest"
	"kith/storage/storagetest"
)

func TestNothingLeadsFromASessionToAContactThatIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	storagetest.Erased(t, sqlitetest.OpenFile(t, path), func() [][]string { return dump(t, path) })
}

func TestNothingIsLeftOfContactsThatWereMergedOnceTheSurvivorIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	storagetest.Forgotten(t, sqlitetest.OpenFile(t, path), func() [][]string { return dump(t, path) })
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ToLower(data)
		if at := bytes.Index(data, []byte(storagetest.Secret)); at >= 0 {
			t.Errorf("%s at %d: %q", filepath.Base(file), at, data[max(0, at-40):at+40])
		}
	}
}

// dump returns every row, behind the name of its table, of the database at path.
func dump(t *testing.T, path string) (out [][]string) {
	t.Helper()
	db := raw(t, path)
	tables := column(t, db, `
		SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE 'contact\_grams%' ESCAPE '\'`)
	for _, table := range tables {
		out = append(out, dumpTable(t, db, table)...)
	}
	return out
}

func dumpTable(t *testing.T, db *sql.DB, table string) (out [][]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		row := []string{table}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				row = append(row, hex.EncodeToString(b))
			} else {
				row = append(row, fmt.Sprint(v))
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
