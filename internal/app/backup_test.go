package app

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/sqlite"
)

func TestABackupIsWholeWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "kith.db"), filepath.Join(dir, "copy.db")
	env := environment{"KITH_DATABASE_URL": "sqlite:" + path}
	if _, _, err := execute(t, env, "demo", "--contacts=300"); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.Workspace(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	page, err := store.Contacts(t.Context(), w, storage.ContactQuery{Order: storage.Name, Page: storage.Page{Size: 20}})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for n := i; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				e := crm.ContactEdit{At: time.Now(), Event: crm.NewEventID(time.Now()), Change: func(c *crm.Contact) error {
					c.Notes += "x"
					return nil
				}}
				if _, err := store.UpdateContact(t.Context(), w, page.Rows[n%len(page.Rows)].Contact.ID, e); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	out, _, err := execute(t, env, "backup", copied)
	close(stop)
	writers.Wait()
	if err != nil || !strings.HasSuffix(out, "Copied the database to "+copied+".\n") {
		t.Fatal(out, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	restored := environment{"KITH_DATABASE_URL": "sqlite:" + copied}
	if out, _, err := execute(t, restored, "check"); err != nil || !strings.HasSuffix(out, "The database is sound.\n") {
		t.Errorf("the copy: %s %v", out, err)
	}
	db, err := sql.Open("sqlite", copied)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var contacts int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM contacts`).Scan(&contacts); err != nil || contacts != 300 {
		t.Errorf("%d contacts in the copy, %v", contacts, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".kith-backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestABackupRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, taken := filepath.Join(dir, "kith.db"), filepath.Join(dir, "taken")
	for _, file := range []string{taken, filepath.Join(dir, "text.db")} {
		if err := os.WriteFile(file, []byte("precious, and no database at all"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := execute(t, environment{"KITH_DATABASE_URL": "sqlite:" + path}, "demo", "--contacts=1"); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url, target string
		exit        int
	}{
		"a file that is there":               {"sqlite:" + path, taken, 2},
		"the database itself":                {"sqlite:" + path, path, 2},
		"PostgreSQL":                         {"postgres://localhost/kith", filepath.Join(dir, "pg"), 2},
		"a database that is not there":       {"sqlite:" + filepath.Join(dir, "no.db"), filepath.Join(dir, "a"), 1},
		"a file that is no database":         {"sqlite:" + filepath.Join(dir, "text.db"), filepath.Join(dir, "b"), 1},
		"an empty file":                      {"sqlite:" + empty, filepath.Join(dir, "c"), 1},
		"a directory that is not there":      {"sqlite:" + path, filepath.Join(dir, "no", "d"), 1},
		"a link that leads nowhere, as name": {"sqlite:" + path, filepath.Join(dir, "link"), 2},
	} {
		if name == "a link that leads nowhere, as name" {
			if err := os.Symlink(filepath.Join(dir, "nowhere"), c.target); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := execute(t, environment{"KITH_DATABASE_URL": c.url}, "backup", c.target)
		if exitCode(err) != c.exit {
			t.Errorf("%s: exit %d: %v", name, exitCode(err), err)
		}
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "precious, and no database at all" {
		t.Errorf("%q %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) < 4 {
		t.Errorf("%v", left)
	}
	for _, none := range []string{"pg", "a", "b", "c", "no"} {
		if _, err := os.Lstat(filepath.Join(dir, none)); err == nil {
			t.Errorf("%s was made", none)
		}
	}
}
