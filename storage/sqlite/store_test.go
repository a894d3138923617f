package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
)

func TestWhatWasWrittenOutlivesARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	first, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	w := workspace(t, first)
	want := record(t, first, w, channel(t, first, w), "+491701234567", "m1")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := sqlitetest.OpenFile(t, path)
	if again := workspace(t, second); again != w {
		t.Errorf("workspace is %d after the restart, was %d", again, w)
	}
	got, err := second.ContactsByID(t.Context(), w, []crm.ContactID{want.Contact.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[crm.ContactID]crm.Contact{want.Contact.ID: *want.Contact}, got); diff != "" {
		t.Errorf("contacts after the restart (-want +got):\n%s", diff)
	}
}

func TestTwoStoresOnOneFileSeeEachOthersWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	stores := make([]*sqlite.Store, 2)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() { stores[i], _ = sqlite.Open(t.Context(), path) })
	}
	wg.Wait()
	for i, s := range stores {
		if s == nil {
			t.Fatalf("store %d did not open", i)
		}
		t.Cleanup(func() { _ = s.Close() })
	}
	w := workspace(t, stores[0])
	ch := channel(t, stores[0], w)
	for n := range 20 {
		r := record(t, stores[n%2], w, ch, "anna", fmt.Sprint(n))
		other := stores[(n+1)%2]
		got, err := other.SessionsByID(t.Context(), w, []crm.SessionID{r.Session.ID})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[crm.SessionID]crm.Session{r.Session.ID: *r.Session}, got); diff != "" {
			t.Fatalf("message %d in the other store (-want +got):\n%s", n, diff)
		}
	}
}

func TestAPathMayHoldAnyCharacter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "what?mode=memory.db", "100%41.db", "a#b&c;d.db", "Grüße 😀.db", "file:x.db", ":memory:"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := sqlitetest.OpenFile(t, filepath.Join(dir, name))
			workspace(t, s)
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("the file's mode is %v, want it for its owner alone", info.Mode())
			}
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if !strings.HasPrefix(filepath.Base(f), name) {
					t.Errorf("a stray file %q", f)
				}
			}
		})
	}
}

func TestAFileThatIsNoDatabaseIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Dear diary, ", 1000)
	path := filepath.Join(t.TempDir(), "diary.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		_ = s.Close()
		t.Fatal("the file was opened")
	}
	if !strings.Contains(err.Error(), "not a SQLite database") {
		t.Errorf("got error %q", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file was changed (error %v)", err)
	}
}

func TestAPathThatCannotBeAFileIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"", dir, filepath.Join(dir, "missing", "kith.db"), filepath.Join(dir, "a\x00b")} {
		if s, err := sqlite.Open(t.Context(), path); err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", path)
		}
	}
}

func TestAFailingWriteInAGroupLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	s := sqlitetest.Open(t)
	w := workspace(t, s)
	ch := channel(t, s, w)
	contacts := make([]crm.Contact, 64)
	for i := range contacts {
		contacts[i] = *record(t, s, w, ch, fmt.Sprint(i), "m").Contact
	}
	errOwn := errors.New("refused")
	errs := make([]error, len(contacts))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, c := range contacts {
		wg.Go(func() {
			<-start
			_, errs[i] = s.UpdateContact(t.Context(), w, c.ID, crm.ContactEdit{At: time.Now(), Change: func(c *crm.Contact) error {
				c.Notes = "edited"
				switch i % 4 {
				case 1:
					return errOwn
				case 2:
					panic("in the middle of a write")
				}
				return nil
			}})
		})
	}
	close(start)
	wg.Wait()
	got, err := s.ContactsByID(t.Context(), w, contactIDs(contacts))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range contacts {
		edited := got[c.ID].Notes == "edited"
		switch i % 4 {
		case 1:
			if !errors.Is(errs[i], errOwn) || edited {
				t.Errorf("refused write %d: error %v, edited: %v", i, errs[i], edited)
			}
		case 2:
			if errs[i] == nil || edited {
				t.Errorf("panicking write %d: error %v, edited: %v", i, errs[i], edited)
			}
		default:
			if errs[i] != nil || !edited {
				t.Errorf("write %d: error %v, edited: %v", i, errs[i], edited)
			}
		}
	}
}

func TestAWriteWhoseContextHasEndedIsNotBegun(t *testing.T) {
	t.Parallel()
	s := sqlitetest.Open(t)
	w := workspace(t, s)
	c := record(t, s, w, channel(t, s, w), "anna", "m").Contact
	ctx, cancel := context.WithCancel(t.Context())
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // holds the writer
		_, _ = s.UpdateContact(t.Context(), w, c.ID, crm.ContactEdit{Change: func(*crm.Contact) error {
			close(inside)
			<-leave
			return nil
		}})
	})
	<-inside
	begun := false
	wg.Go(func() {
		_, err := s.UpdateContact(ctx, w, c.ID, crm.ContactEdit{Change: func(*crm.Contact) error {
			begun = true
			return nil
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
		close(leave)
	})
	cancel()
	wg.Wait()
	if begun {
		t.Error("the write was begun")
	}
}

func TestAClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kith.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := workspace(t, s)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.HasContacts(t.Context(), w); !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("reading: got error %v", err)
	}
	if err := s.DeleteContact(t.Context(), w, crm.ContactID{}, crm.ContactDeletion{}); !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("writing: got error %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("ping: got error %v", err)
	}
}

func workspace(t *testing.T, s *sqlite.Store) crm.WorkspaceID {
	t.Helper()
	w, err := s.Workspace(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func channel(t *testing.T, s *sqlite.Store, w crm.WorkspaceID) crm.ChannelID {
	t.Helper()
	at := now()
	c := crm.Channel{ID: crm.NewChannelID(at), Name: "Chat", Type: crm.WhatsApp, Active: true, CreatedAt: at}
	if err := s.CreateChannel(t.Context(), w, c); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func record(t *testing.T, s *sqlite.Store, w crm.WorkspaceID, ch crm.ChannelID, external, message string) crm.Recorded {
	t.Helper()
	r, err := s.RecordInteraction(t.Context(), w, interaction(ch, external, message))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func interaction(ch crm.ChannelID, external, message string) crm.Interaction {
	at := now()
	return crm.Interaction{
		ChannelID: ch, ExternalID: external, MessageID: message, At: at, Received: at, Direction: crm.Inbound,
		Preview: new("Hello"), Profile: crm.Profile{Name: new("Anna Schmidt")},
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func contactIDs(contacts []crm.Contact) []crm.ContactID {
	ids := make([]crm.ContactID, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return slices.Clip(ids)
}
