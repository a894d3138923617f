package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
	"kith/storage/storagetest"
)

func TestACheckFindsDamageAndMendsIt(t *testing.T) {
	t.Parallel()
	const takeOutOf = `
		INSERT INTO contact_grams (contact_grams, rowid, grams)
		SELECT 'delete', n, (SELECT group_concat(term, ' ') FROM contact_gram_words WHERE doc = n)
		FROM contacts
		WHERE `
	const takeOut = takeOutOf + `name = 'Zoë Ångström'`
	const gone = `
		PRAGMA foreign_keys = off;` + takeOutOf + `n = (SELECT max(n) FROM contacts);
		DELETE FROM contact_terms WHERE contact_id = (SELECT id FROM contacts ORDER BY created_at DESC LIMIT 1);`
	for name, c := range map[string]struct {
		damage string
		want   []storage.FindingKind
		part   string
		stays  bool // no repair helps
	}{
		"a name key of an older folding":    {`UPDATE contacts SET name_key = 'old' WHERE name = 'Zoë Ångström'`, kinds(storage.StaleKeys), "", false},
		"a search text of an older folding": {`UPDATE contacts SET search_text = 'old' WHERE name = 'Zoë Ångström'`, kinds(storage.StaleKeys), "", false},
		"a term is missing":                 {`DELETE FROM contact_terms WHERE term LIKE '%@%'`, kinds(storage.MissingTerms), "", false},
		"a term too many":                   {`INSERT INTO contact_terms SELECT workspace_id, 'extra', id FROM contacts WHERE name = 'Zoë Ångström'`, kinds(storage.ExtraTerm), "", false},
		"a term of nobody":                  {`INSERT INTO contact_terms SELECT workspace_id, 'extra', randomblob(16) FROM workspaces`, kinds(storage.OrphanTerm), "", false},
		"the counter is too low":            {`UPDATE contact_counts SET contacts = contacts - 1`, kinds(storage.WrongCount), "", false},
		"the counter is gone":               {`DELETE FROM contact_counts`, kinds(storage.WrongCount), "", false},
		"a counter of sessions is too high": {`UPDATE session_counts SET sessions = sessions + 1`, kinds(storage.WrongSessionCount), "", false},
		"the counters of sessions are gone": {`DELETE FROM session_counts`, kinds(storage.WrongSessionCount), "", false},
		"a session is counted as anonymous": {`UPDATE session_counts SET anonymous = 1`, kinds(storage.WrongSessionCount), "", false},
		"no activity":                       {`DELETE FROM contact_activity WHERE contact_id = (SELECT id FROM contacts WHERE name = 'Zoë Ångström')`, kinds(storage.MissingActivity), "", false},
		"an activity of nobody":             {`INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at) SELECT workspace_id, randomblob(16), 0 FROM workspaces`, kinds(storage.OrphanActivity), "", false},
		"an identity's session is gone":     {`DELETE FROM messages; DELETE FROM sessions WHERE n = (SELECT min(n) FROM sessions)`, kinds(storage.LostSession, storage.WrongSessionCount), "", false},
		"a session's contact is gone":       {`UPDATE sessions SET account_id = randomblob(16) WHERE n = 1`, kinds(storage.OrphanSession), "", false},
		"an anonymous session still shows what was written": {
			`UPDATE messages SET session_id = NULL; UPDATE sessions SET account_id = NULL WHERE n = 1; UPDATE session_counts SET anonymous = 1`,
			kinds(storage.KeptPreview, storage.WrongSessionCount), "", false,
		},
		"messages are said to be an anonymous session's": {
			`UPDATE sessions SET account_id = NULL, last_message_preview = NULL WHERE n = 1; UPDATE session_counts SET anonymous = 1`,
			kinds(storage.KeptMessages, storage.WrongSessionCount), "", false,
		},
		"a contact is not in the gram index": {takeOut, kinds(storage.StaleGrams), "", false},
		"a contact has other grams": {
			takeOut + `; INSERT INTO contact_grams (rowid, grams) SELECT n, 'a b c' FROM contacts WHERE name = 'Zoë Ångström'`,
			kinds(storage.StaleGrams), "", false,
		},
		"a contact has a gram too many": {
			`CREATE TEMP TABLE was AS
			 SELECT n, sz, (SELECT group_concat(term, ' ') FROM contact_gram_words WHERE doc = n) AS words
			 FROM contacts JOIN contact_grams_docsize d ON d.id = n WHERE name = 'Zoë Ångström';` + takeOut + `;
			 INSERT INTO contact_grams (rowid, grams) SELECT n, words || ' a' FROM was;
			 UPDATE contact_grams_docsize SET sz = was.sz FROM was WHERE id = n`, kinds(storage.StaleGrams), "", false,
		},
		"grams of nobody": {`INSERT INTO contact_grams (rowid, grams) VALUES (1000, 'a b c')`, kinds(storage.OrphanGrams), "", false},
		"grams without an entry, and an entry without grams": {
			`INSERT INTO contact_grams (rowid, grams) VALUES (1000, 'a b c');
			 UPDATE contact_grams_docsize SET id = 1001 WHERE id = 1000`, kinds(storage.OrphanGrams), "", false,
		},
		"an index is gone": {`DROP INDEX contacts_by_name`, kinds(storage.MissingIndex), "contacts_by_name", false},
		"a channel is gone": {
			`DELETE FROM channels; DELETE FROM identities`, kinds(storage.Damage), "sessions without channels, 2 rows", true,
		},
		"a contact is gone with its terms and grams": {
			gone + `DELETE FROM contacts WHERE id = (SELECT id FROM contacts ORDER BY created_at DESC LIMIT 1)`,
			kinds(storage.OrphanActivity, storage.OrphanIdentity, storage.OrphanSession, storage.WrongCount, storage.KeptValues), "", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "kith.db")
			s := sqlitetest.OpenFile(t, path)
			w := workspace(t, s)
			ch := channel(t, s, w)
			var ids []crm.ContactID
			for n, name := range []string{"Zoë Ångström", "Ben"} {
				r := record(t, s, w, ch, name, name)
				ids = append(ids, r.Contact.ID)
				_, err := s.UpdateContact(t.Context(), w, r.Contact.ID, crm.ContactEdit{Change: func(c *crm.Contact) error {
					c.Name = &name
					if n == 0 {
						c.Email = new("zoe@mail.example.com")
					}
					return nil
				}})
				if err != nil {
					t.Fatal(err)
				}
			}
			if found := check(t, s, false); len(found) != 0 {
				t.Fatalf("found before any damage: %v", found)
			}
			damage(t, path, c.damage)

			found := check(t, s, false)
			if diff := cmp.Diff(c.want, kindsOf(found)); diff != "" {
				t.Fatalf("found %v (-want +got):\n%s", found, diff)
			}
			if found[0].Part != c.part {
				t.Errorf("part %q, want %q", found[0].Part, c.part)
			}
			repaired := check(t, s, true)
			if len(repaired) != len(found) {
				t.Errorf("a repair finds %v, a check %v", repaired, found)
			}
			for _, f := range repaired {
				if f.Repaired == c.stays {
					t.Errorf("%v", f)
				}
			}
			if c.stays {
				return
			}
			if found := check(t, s, false); len(found) != 0 {
				t.Errorf("found after the repair: %v", found)
			}
			for _, text := range []string{"zoe ang", "angstrom", "ngstr", "mail.exa"} {
				page, err := s.Contacts(t.Context(), w, storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 5}})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Rows) != 1 || *page.Rows[0].Contact.Name != "Zoë Ångström" {
					t.Errorf("after the repair, search %q finds %d contacts", text, len(page.Rows))
				}
			}
			if err := s.DeleteContact(t.Context(), w, ids[0], crm.ContactDeletion{At: now()}); err != nil {
				t.Fatal(err)
			}
			if found := check(t, s, false); len(found) != 0 {
				t.Errorf("found after a deletion: %v", found)
			}
		})
	}
}

func TestARepairBuildsIndexesAsMigrationsDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s := sqlitetest.OpenFile(t, path)
	db := raw(t, path)
	const list = `SELECT replace(replace(replace(sql, 'INDEX IF NOT EXISTS', 'INDEX'), char(10), ''), '  ', ' ') FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`
	before := column(t, db, list)
	if len(before) == 0 {
		t.Fatal("there are no indexes")
	}
	for _, name := range column(t, db, `SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`) {
		damage(t, path, `DROP INDEX `+name)
	}
	if found := check(t, s, true); len(found) != len(before) {
		t.Errorf("%d of %d missing indexes were found", len(found), len(before))
	}
	if diff := cmp.Diff(before, column(t, db, list)); diff != "" {
		t.Errorf("indexes (-before +after):\n%s", diff)
	}
}

func TestACheckOfOneWorkspaceLeavesTheGramsOfAnotherAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s := sqlitetest.OpenFile(t, path)
	w := workspace(t, s)
	record(t, s, w, channel(t, s, w), "ann", "1")
	if _, err := s.Workspace(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	damage(t, path, `UPDATE contact_grams_docsize SET sz = x'01'`)
	err := s.Check(t.Context(), storage.Inspection{
		Workspace: "other", Repair: true, Found: func(f storage.Finding) { t.Errorf("found %v", f) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kinds(storage.StaleGrams), kindsOf(check(t, s, true))); diff != "" {
		t.Errorf("a check of all workspaces (-want +got):\n%s", diff)
	}
}

func kinds(k ...storage.FindingKind) []storage.FindingKind {
	slices.Sort(k)
	return k
}

// kindsOf are the kinds among findings, each once.
func kindsOf(found []storage.Finding) []storage.FindingKind {
	var k []storage.FindingKind
	for _, f := range found {
		k = append(k, f.Kind)
	}
	slices.Sort(k)
	return slices.Compact(k)
}

func check(t *testing.T, s *sqlite.Store, repair bool) (found []storage.Finding) {
	t.Helper()
	err := s.Check(t.Context(), storage.Inspection{Repair: repair, Found: func(f storage.Finding) { found = append(found, f) }})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// raw opens a database past the store.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func damage(t *testing.T, path, query string) {
	t.Helper()
	if _, err := raw(t, path).ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestADamagedFile(t *testing.T) {
	t.Parallel()
	storagetest.Damaged(t, func(t *testing.T) (storage.Store, storagetest.Raw) {
		path := filepath.Join(t.TempDir(), "kith.db")
		return sqlitetest.OpenFile(t, path), storagetest.Raw{
			Exec:   func(query string) { damage(t, path, query) },
			Column: func(query string) []string { return column(t, raw(t, path), query) },
		}
	})
}
