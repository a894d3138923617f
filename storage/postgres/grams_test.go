package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// The database computes the grams of a row and Go those of a query, so the two must agree on every text.
func TestGramsOfTheDatabaseAreThoseOfGo(t *testing.T) {
	t.Parallel()
	url, ctx := pgtest.Database(t), context.Background()
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })

	const workspace, last = crm.WorkspaceID(1<<25 - 1), search.Buckets - 1
	for _, text := range []string{
		"", "a", "ann", "ann smith\nann.smith@example.com\n4930123456\n030123456", "ö", "анна", "佐藤 花子", "😀😀", "a\nb", "\n",
		"o'brien (x_%\\)", "\x7f4930", "aïn", "ai", "ah", "aj", "ji", "jh", "mi", "mh", "zz", "{", "é", "ѐ", "а", "я", "ԯ", "ա",
		"　", "〇", "一", "龍", "漢", "가", "\U0010FFFE", "αβγ", "שלום", "مرحبا", "हिन्दी", "ไทย",
	} {
		var grams []int64
		var bucket int
		err := c.QueryRow(ctx, `SELECT contact_grams($1, $2, $3), name_bucket($3)`, int32(workspace), last, text).Scan(&grams, &bucket)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		slices.Sort(grams)
		grams = slices.Compact(grams) // the index takes each once
		want := search.TextGrams(workspace, last, text)
		if len(want) != 0 || len(grams) != 0 {
			if d := cmp.Diff(want, grams); d != "" {
				t.Errorf("grams of %q (-Go +PostgreSQL):\n%s", text, d)
			}
		}
		if got := search.Bucket(text); got != bucket {
			t.Errorf("bucket of %q: Go says %d, PostgreSQL %d", text, got, bucket)
		}
	}
}
