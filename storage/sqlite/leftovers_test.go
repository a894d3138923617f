package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

func TestTheWordsOfAMergedContactGoBehindTheMerge(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(*testing.T, *Store, crm.WorkspaceID, crm.ContactID){
		"maintenance removes them": func(t *testing.T, s *Store, _ crm.WorkspaceID, _ crm.ContactID) {
			for more := true; more; {
				var err error
				if more, err = s.Maintain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		},
		"deleting the survivor removes them": func(t *testing.T, s *Store, w crm.WorkspaceID, survivor crm.ContactID) {
			if err := s.DeleteContact(t.Context(), w, survivor, crm.ContactDeletion{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, filepath.Join(t.TempDir(), "kith.db"))
			w, err := s.Workspace(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			at := time.Now().UTC().Truncate(time.Microsecond)
			ch := crm.Channel{ID: crm.NewChannelID(at), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: at}
			if err := s.CreateChannel(t.Context(), w, ch); err != nil {
				t.Fatal(err)
			}
			write := func(name string) crm.Contact {
				t.Helper()
				r, err := s.RecordInteraction(t.Context(), w, crm.Interaction{
					ChannelID: ch.ID, ExternalID: name, MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
					Profile: crm.Profile{Name: &name},
				})
				if err != nil {
					t.Fatal(err)
				}
				return *r.Contact
			}
			survivor, other := write("Ann Smith"), write("Zebulon Quixxwyz") // the highest number
			_, err = s.MergeContacts(t.Context(), w, crm.Merge{
				ID: crm.NewMergeID(at), Survivor: crm.MergePart{ID: survivor.ID}, Others: []crm.MergePart{{ID: other.ID}},
				Event: crm.NewEventID(at), Actor: "ann", At: at, Undoable: time.Hour,
			})
			if err != nil {
				t.Fatal(err)
			}
			write("Cem Kaya") // whose number is not the entry's
			sound := func() {
				t.Helper()
				err := s.Check(t.Context(), storage.Inspection{Found: func(f storage.Finding) { t.Errorf("found %v", f) }})
				if err != nil {
					t.Fatal(err)
				}
			}
			words := func() (n int) {
				t.Helper()
				terms := gramTerms(t, s)
				keys := search.KeysOf(other)
				for word := range strings.FieldsSeq(gramWords(w, keys.Name, keys.Text)) {
					if terms["0"+word] {
						n++
					}
				}
				return n
			}
			if words() == 0 {
				t.Error("the merge removed the words")
			}
			sound()
			after(t, s, w, survivor.ID)
			if n := words(); n > 0 {
				t.Errorf("%d words of the merged contact are left", n)
			}
			sound()
			page, err := s.Contacts(t.Context(), w, storage.ContactQuery{
				Search: search.Parse("kaya", ""), Order: storage.Relevance, Page: storage.Page{Size: 5},
			})
			if err != nil || len(page.Rows) != 1 {
				t.Errorf("%d contacts are found, error %v", len(page.Rows), err)
			}
		})
	}
}

func TestAnEntryThatChangesKeepsTheWordsThatStay(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "kith.db"))
	w, err := s.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	c := crm.Contact{ID: crm.NewContactID(at), Version: 1, CreatedAt: at, UpdatedAt: at, Name: new("Ann Smith"), Email: new("ann@example.com")}
	if err := s.Load(t.Context(), w, func(yield func(storage.Loaded) bool) { yield(storage.Loaded{Contact: c}) }); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*crm.Contact){
		func(c *crm.Contact) { c.Phone = new("+4930123456") },
		func(c *crm.Contact) {
			c.Email = new(strings.Repeat("a", 60) + ".bcdefghijklmnopqrstuvwxyz0123456789@example.com")
		},
		func(c *crm.Contact) { c.Name = new("Ann Smithers") },
		func(c *crm.Contact) { c.Name = new("Zoe Smithers") },
		func(c *crm.Contact) { c.Email, c.Phone = nil, nil },
		func(c *crm.Contact) { c.Name = nil },
	} {
		c, err = s.UpdateContact(t.Context(), w, c.ID, crm.ContactEdit{At: at, Change: func(c *crm.Contact) error {
			change(c)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		keys := search.KeysOf(c)
		want := strings.Fields(gramWords(w, keys.Name, keys.Text))
		got, err := read(t.Context(), s, func(c *conn) ([]string, error) {
			return all(t.Context(), c, `SELECT term FROM contact_gram_words ORDER BY term`, nil, scanString)
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("the index has %d words of %+v, want %d", len(got), c, len(want))
		}
		err = s.Check(t.Context(), storage.Inspection{Found: func(f storage.Finding) { t.Errorf("found %v", f) }})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Deleting a contact would else read the identities of the whole workspace.
func TestRemovingAContactReadsItsOwnIdentities(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "kith.db"))
	err := s.write(t.Context(), func(ctx context.Context, tx *tx) error {
		plan, err := all(ctx, tx.conn, `EXPLAIN QUERY PLAN DELETE FROM contacts WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": 1, "id": []byte{1}}, func(rows *sql.Rows) (step string, err error) {
				var none int
				return step, rows.Scan(&none, &none, &none, &step)
			})
		if step := strings.Join(plan, "; "); !strings.Contains(step, "identities_by_contact (workspace_id=? AND contact_id=?)") {
			t.Errorf("the plan is %s", step)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
