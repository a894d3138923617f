package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
)

func TestActivityThatWasNotPublishedOutlivesARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	first, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	w := workspace(t, first)
	ch := channel(t, first, w)
	record(t, first, w, ch, "anna", "1")
	r := record(t, first, w, ch, "anna", "2")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := sqlitetest.OpenFile(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	woken := make(chan bool, 1)
	go func() {
		ended <- second.Follow(ctx, func(crm.WorkspaceID) {
			select {
			case woken <- true:
			default:
			}
		})
	}()
	for published := map[string]bool{}; len(published) < 2; {
		select {
		case <-woken:
		case <-time.After(20 * time.Second):
			t.Fatal("activity is not published")
		}
		events, err := second.Events(t.Context(), w, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			switch {
			case e.Kind != crm.Activity:
			case e.SessionID == nil && *e.ContactID == r.Contact.ID:
				published["contact"] = true
			case *e.SessionID == r.Session.ID:
				published["session"] = true
			}
		}
	}
	cancel()
	<-ended
}

func TestFollowingAClosedStoreEnds(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kith.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Follow(t.Context(), func(crm.WorkspaceID) {}); err == nil {
		t.Error("no error")
	}
}
