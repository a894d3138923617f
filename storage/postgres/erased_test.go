package postgres_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/storage/storagetest"
)

func TestNothingLeadsFromASessionToAContactThatIsGone(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	storagetest.Erased(t, s, func() [][]string { return dump(t, url) })
}

func TestNothingIsLeftOfContactsThatWereMergedOnceTheSurvivorIsGone(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	storagetest.Forgotten(t, s, func() [][]string { return dump(t, url) })
}

// dump returns every row, behind the name of its table, of the database at url.
func dump(t *testing.T, url string) (out [][]string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	for _, table := range column(t, url, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		rows, err := c.Query(ctx, `SELECT * FROM `+pgx.Identifier{table}.Sanitize())
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]string, error) {
			values, err := row.Values()
			out := append(make([]string, 0, len(values)+1), table)
			for _, v := range values {
				switch v := v.(type) {
				case [16]byte:
					out = append(out, hex.EncodeToString(v[:]))
				case []byte:
					out = append(out, hex.EncodeToString(v))
				case time.Time:
					out = append(out, fmt.Sprint(v.UnixMicro()))
				default:
					out = append(out, fmt.Sprint(v))
				}
			}
			return out, err
		})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}
