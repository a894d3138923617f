package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kith/internal/crm"
	"kith/internal/events"
	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
)

// putBack puts a copy in the place of a database's file while a store has it open, in one of the ways that people do it.
var putBack = map[string]func(copied, path string) error{
	"as the manual says, all three files removed first": func(copied, path string) error {
		for _, suffix := range []string{"-wal", "-shm", ""} {
			if err := os.Remove(path + suffix); err != nil {
				return err
			}
		}
		return os.Rename(copied, path)
	},
	"moved over the file, its log left": os.Rename,
}

func TestAStoreGoesOverToAFileThatWasPutInPlaceOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, put := range putBack {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, copied := filepath.Join(dir, "kith.db"), filepath.Join(dir, "copy.db")
			s := sqlitetest.OpenFile(t, path)
			w := workspace(t, s)
			ch := channel(t, s, w)
			kept := record(t, s, w, ch, "kept", "1").Contact.ID
			if err := sqlite.Backup(t.Context(), path, copied); err != nil {
				t.Fatal(err)
			}
			lost := record(t, s, w, ch, "lost", "1").Contact.ID
			late, err := s.Workspace(t.Context(), "made after the backup")
			if err != nil {
				t.Fatal(err)
			}
			hub := events.New(s, slog.New(slog.DiscardHandler)) // does not run: it looks for itself
			subscription, err := hub.Subscribe(t.Context(), w, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer subscription.Close()
			before := s.Generation()
			if err := put(copied, path); err != nil {
				t.Fatal(err)
			}
			var readers sync.WaitGroup
			for n := range 8 { // whoever comes first opens the new file, for all
				readers.Go(func() {
					found, err := s.ContactsByID(t.Context(), w, []crm.ContactID{kept, lost})
					if _, ok := found[kept]; err != nil || !ok || len(found) != 1 {
						t.Errorf("found %v, %v", found, err)
					}
					record(t, s, w, ch, fmt.Sprint("new", n), "1")
				})
			}
			readers.Wait()
			if _, err := subscription.Next(t.Context()); !errors.Is(err, events.ErrResync) {
				t.Errorf("a subscription that had seen what was lost: %v", err)
			}
			if s.Generation() != before+1 {
				t.Errorf("generation %d after %d", s.Generation(), before)
			}
			if again, err := s.Workspace(t.Context(), "made after the backup"); err != nil || again == late {
				t.Errorf("the workspace that was lost has its old number %d, %v", again, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			second := sqlitetest.OpenFile(t, path)
			if found := check(t, second, false); len(found) != 0 {
				t.Errorf("found %v", found)
			}
			if count, err := second.CountContacts(t.Context(), w, storage.ContactQuery{}, storage.CountLimit); err != nil || count.Value != 9 {
				t.Errorf("%d contacts in the file, %v", count.Value, err)
			}
		})
	}
}

func TestAFileThatIsGoneIsWaitedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, away := filepath.Join(dir, "kith.db"), filepath.Join(dir, "away.db")
	s := sqlitetest.OpenFile(t, path)
	w := workspace(t, s)
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("without its file: %v", err)
	}
	if _, err := s.Workspace(t.Context(), "new"); !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("a write without its file: %v", err)
	}
	for name, text := range map[string]string{"an empty file": "", "another file": "Dear diary"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); !errors.Is(err, crm.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s was changed, %v", name, err)
		}
	}
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	if again := workspace(t, s); again != w {
		t.Errorf("workspace %d, was %d", again, w)
	}
}

// What is remembered of a database that is restored under the store would be untrue.
func TestWorkspacesAreThoseOfTheDatabaseAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s := sqlitetest.OpenFile(t, path)
	given := map[crm.WorkspaceID]string{}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for n := range 50 {
		name := fmt.Sprint("workspace ", n)
		w, err := s.Workspace(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := given[w]; ok {
			t.Fatalf("%s has the number of %s, which is gone", name, other)
		}
		given[w] = name
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), `DELETE FROM workspaces`); err != nil {
			t.Fatal(err)
		}
	}
	again, err := s.Workspace(t.Context(), "workspace 0")
	if err != nil || given[again] != "" {
		t.Errorf("a workspace that is not there any more has its number %d, %v", again, err)
	}
}
