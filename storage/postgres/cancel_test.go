package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// locked returns a store on a database in which nobody else can read contacts, and a connection to look on.
func locked(t *testing.T, o postgres.Options) (*postgres.Store, *pgx.Conn) {
	t.Helper()
	ctx, url := context.Background(), pgtest.Database(t)
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := connect(t, url).Exec(ctx, `BEGIN; LOCK TABLE contacts`); err != nil {
		t.Fatal(err)
	}
	return store, connect(t, url) // another one: within a transaction the server's activity looks frozen
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestAStatementStopsWhenItsClientLeaves(t *testing.T) {
	t.Parallel()
	store, looking := locked(t, postgres.Options{})
	w, err := store.Workspace(context.Background(), "big")
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() {
		_, err := store.Contacts(ctx, w, storage.ContactQuery{Search: search.Parse("ann", ""), Order: storage.Relevance, Page: storage.Page{Size: 50}})
		left <- err
	}()
	waiting := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; {
			var n int
			err := looking.QueryRow(context.Background(), `
				SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'`).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d statements wait in the server, want %d", n, want)
			}
		}
	}
	waiting(1)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	waiting(0)
}

func TestAStatementThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	store, _ := locked(t, postgres.Options{StatementTimeout: 50 * time.Millisecond})
	w, err := store.Workspace(context.Background(), "big")
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.HasContacts(context.Background(), w)
	if !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, crm.ErrUnavailable)
	}
}
