package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/events"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// A backup is put in the place of the database while a store has it open. What the store remembers is of a database that is
// not there any more.
func TestNothingIsRememberedOfADatabaseThatWasPutBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, address := newStore(t)
	w, err := s.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	connect := func() crm.ChannelID {
		ch := crm.Channel{ID: crm.NewChannelID(at), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: at}
		if err := s.CreateChannel(ctx, w, ch); err != nil {
			t.Fatal(err)
		}
		return ch.ID
	}
	ch, message := connect(), 0
	record := func() crm.Recorded {
		t.Helper()
		message++
		r, err := s.RecordInteraction(ctx, w, crm.Interaction{
			ChannelID: ch, ExternalID: "ann", MessageID: fmt.Sprint(message), At: at, Received: at, Direction: crm.Inbound,
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	edit := func(id crm.ContactID, notes string) crm.EventID {
		t.Helper()
		e := crm.ContactEdit{At: at, Event: crm.NewEventID(at), Change: func(c *crm.Contact) error {
			c.Notes = notes
			return nil
		}}
		if _, err := s.UpdateContact(ctx, w, id, e); err != nil {
			t.Fatal(err)
		}
		return e.Event
	}
	ann := record().Contact.ID
	hub := events.New(s, slog.New(slog.DiscardHandler))
	following, stop := context.WithCancel(context.Background())
	ran := make(chan struct{})
	go func() {
		hub.Run(following)
		close(ran)
	}()
	t.Cleanup(func() { stop(); <-ran })

	file := filepath.Join(t.TempDir(), "kith.dump")
	call(t, "pg_dump", "--format=custom", "--no-owner", "--file="+file, address)
	backup := pgtest.Database(t)
	call(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+backup, file)

	seen := edit(ann, "lost")
	if c := record().Contact; c.Version != 2 || c.Notes != "lost" {
		t.Fatalf("%+v", c)
	}
	late, err := s.Workspace(ctx, "late")
	if err != nil {
		t.Fatal(err)
	}
	lost := connect()
	if _, _, err := s.ChannelByID(ctx, lost); err != nil {
		t.Fatal(err)
	}
	until(t, "the event that is lost has been published", func() bool { _, err := s.SequenceOf(ctx, w, seen); return err == nil })
	subscription, err := hub.Subscribe(ctx, w, nil) // who knows of it must read everything again
	if err != nil {
		t.Fatal(err)
	}
	defer subscription.Close()
	before := s.Generation()

	exchange(t, address, backup)
	for s.Generation() == before { // of the store's own accord
		if _, err := s.ContactsByID(ctx, w, nil); err != nil && !errors.Is(err, crm.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	edit(ann, "found")
	if c := record().Contact; c.Version != 2 || c.Notes != "found" {
		t.Errorf("the contact is answered as %+v", c)
	}
	if again, err := s.Workspace(ctx, "late"); err != nil || again == late {
		t.Errorf("a workspace that was lost has its old number %d, %v", again, err)
	}
	if _, _, err := s.ChannelByID(ctx, lost); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("a channel that was lost: %v", err)
	}
	patient, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if _, err := subscription.Next(patient); err != nil {
			if !errors.Is(err, events.ErrResync) {
				t.Errorf("the subscription: %v", err)
			}
			break
		}
	}
}

// exchange gives one database the other's name, as when a backup is put in its place.
func exchange(t *testing.T, address, with string) {
	t.Helper()
	name := func(address string) string { return databaseOf(t, address) }
	server := os.Getenv("KITH_TEST_DATABASE_URL")
	for _, sql := range []string{
		`ALTER DATABASE ` + name(address) + ` ALLOW_CONNECTIONS false`,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + plainName(t, address) + `'`,
		`ALTER DATABASE ` + name(address) + ` RENAME TO ` + pgx.Identifier{plainName(t, address) + "_old"}.Sanitize(),
		`ALTER DATABASE ` + name(with) + ` RENAME TO ` + name(address),
	} {
		pgtest.Exec(t, server, sql)
	}
	t.Cleanup(func() {
		pgtest.Exec(t, server, `DROP DATABASE `+pgx.Identifier{plainName(t, address) + "_old"}.Sanitize()+` WITH (FORCE)`)
	})
}

func plainName(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path[1:]
}

// A restore into the same database, and a pooler that goes over to another server, end no connection.
func TestARestoreThatEndsNoConnectionIsNoticed(t *testing.T) {
	t.Parallel()
	s, address := newStore(t)
	following, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Follow(following, func(crm.WorkspaceID) {}) }()
	if _, err := s.Workspace(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	before := s.Generation()
	pgtest.Exec(t, address, `TRUNCATE workspaces`)
	for s.Generation() == before {
		select {
		case err := <-ended:
			t.Fatalf("Follow: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	<-ended
}

func TestNumbersOfWorkspacesAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	given := map[crm.WorkspaceID]bool{}
	for n := range 20 {
		s, err := postgres.Open(t.Context(), url, postgres.Options{}) // one that remembers nothing
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.Workspace(t.Context(), fmt.Sprint(n))
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if given[w] {
			t.Fatalf("the number %d is given again", w)
		}
		given[w] = true
		pgtest.Exec(t, url, `DELETE FROM workspaces`)
	}
}
