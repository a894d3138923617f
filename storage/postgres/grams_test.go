package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
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

// An edit that takes the rows of a helping in another order is what a deadlock comes from. The helping is the one that has to
// give way, for it waited first; it is done again.
func TestAHelpingOfGramsOutlivesADeadlock(t *testing.T) {
	t.Parallel()
	url, ctx := pgtest.Database(t), context.Background()
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w, err := store.Workspace(ctx, "grown")
	if err != nil {
		t.Fatal(err)
	}
	var loaded []storage.Loaded
	for _, name := range []string{"Ann", "Ben"} {
		loaded = append(loaded, storage.Loaded{Contact: crm.Contact{
			ID: crm.NewContactID(time.Now()), Name: &name, Version: 1, CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}})
	}
	if err := store.Load(ctx, w, slices.Values(loaded)); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `UPDATE workspaces SET gram_state = 1, gram_state_at = now() - interval '1 hour'`)
	edit := connect(t, url)
	ids := make([][16]byte, 0, 2) // in the order of the helping
	rows, _ := edit.Query(ctx, `SELECT id FROM contacts WHERE NOT grams`)
	if ids, err = pgx.AppendRows(ids, rows, pgx.RowTo[[16]byte]); err != nil || len(ids) != 2 {
		t.Fatal(ids, err)
	}
	const touch = `UPDATE contacts SET notes = 'x' WHERE id = $1`
	if _, err := edit.Exec(ctx, `SET deadlock_timeout = '30s'; BEGIN`); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Exec(ctx, touch, ids[1]); err != nil {
		t.Fatal(err)
	}
	maintained := make(chan error, 1)
	go func() {
		_, err := store.Maintain(ctx)
		maintained <- err
	}()
	looking := connect(t, url)
	for waiting := false; !waiting; time.Sleep(10 * time.Millisecond) {
		err := looking.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := edit.Exec(ctx, touch, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Exec(ctx, `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-maintained; err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = store.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var left int
	if err := looking.QueryRow(ctx, `SELECT count(*) FROM contacts WHERE NOT grams`).Scan(&left); err != nil || left > 0 {
		t.Error(left, err)
	}
}
