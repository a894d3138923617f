package sqlite

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
)

func TestNothingOfADeletedContactIsLeftInTheGramIndex(t *testing.T) {
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
	var gone []crm.Contact
	for n, name := range []string{"Ann Smith", "Zebulon Quixxwyz", "Ben Miller", "Жаклин Ярцева", "Cem Kaya"} {
		r, err := s.RecordInteraction(t.Context(), w, crm.Interaction{
			ChannelID: ch.ID, ExternalID: name, MessageID: "1", At: at, Received: at, Direction: crm.Inbound, Profile: crm.Profile{Name: &name},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n%2 == 1 {
			gone = append(gone, *r.Contact)
			if err := s.DeleteContact(t.Context(), w, r.Contact.ID, crm.ContactDeletion{At: at}); err != nil {
				t.Fatal(err)
			}
		}
	}
	replaced, err := s.RecordInteraction(t.Context(), w, crm.Interaction{
		ChannelID: ch.ID, ExternalID: "eve", MessageID: "1", At: at, Received: at, Direction: crm.Inbound, Profile: crm.Profile{Name: new("Öwqx Vyrr")},
	})
	if err != nil {
		t.Fatal(err)
	}
	gone = append(gone, replaced.Contact.Clone())
	_, err = s.UpdateContact(t.Context(), w, replaced.Contact.ID, crm.ContactEdit{At: at, Change: func(c *crm.Contact) error {
		c.Name = new("Eve")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []*Store{s, backedUp(t, s)} { // without any maintenance before
		terms := gramTerms(t, of)
		for _, c := range gone {
			keys := search.KeysOf(c)
			for word := range strings.FieldsSeq(gramWords(w, keys.Name, keys.Text)) {
				if terms["0"+word] {
					t.Errorf("the index holds %s, of a contact that is gone", word)
				}
			}
		}
	}
}

func backedUp(t *testing.T, s *Store) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := Backup(t.Context(), s.path, path); err != nil {
		t.Fatal(err)
	}
	return opened(t, path)
}

func opened(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAnUpgradeMakesTheGramIndexAnewWithoutWordsOfDeletedContacts(t *testing.T) {
	t.Parallel()
	const w = 1
	gone, there := gramWords(w, "zebulon quixxwyz", " zebulon quixxwyz"), gramWords(w, "ann smith", " ann smith")
	path := filepath.Join(t.TempDir(), "kith.db")
	release(t, path, 8, fmt.Sprintf(`
		INSERT INTO workspaces VALUES (%[1]d, 'demo', 0);
		INSERT INTO contacts (
		  n, workspace_id, id, name, version, created_at, updated_at, name_origin, email_origin, phone_origin,
		  name_key, search_text, notes
		) VALUES (1, %[1]d, x'000000000000000000000000000000a1', 'Ann Smith', 1, 0, 0, 1, 0, 0, 'ann smith', ' ann smith', '');
		INSERT INTO contact_grams (rowid, grams) VALUES (1, '%[2]s'), (2, '%[3]s');
		DELETE FROM contact_grams WHERE rowid = 2;`, w, there, gone))
	terms := gramTerms(t, opened(t, path))
	for word := range strings.FieldsSeq(there) {
		if !terms["0"+word] {
			t.Errorf("the index lost %s", word)
		}
	}
	for word := range strings.FieldsSeq(gone) {
		if terms["0"+word] {
			t.Errorf("the index holds %s, of a contact that is gone", word)
		}
	}
}

// gramTerms are the words on the leaves of the gram index, whatever is stored of them elsewhere. See fts5_index.c for the
// layout.
func gramTerms(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	blocks, err := s.opened.Load().readers.db.QueryContext(t.Context(), `SELECT id, block FROM contact_grams_data WHERE id > 10`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = blocks.Close() }()
	terms := map[string]bool{}
	for blocks.Next() {
		var id int64
		var b []byte
		if err := blocks.Scan(&id, &b); err != nil {
			t.Fatal(err)
		}
		if id>>36&1 == 1 || id>>31&0x1f > 0 { // no leaf
			continue
		}
		size := int(b[2])<<8 | int(b[3])
		var term []byte
		at := 0
		for footer := b[size:]; len(footer) > 0; {
			delta, n := varint(footer)
			footer = footer[n:]
			at += delta
			from, prefix := b[at:], 0
			if term != nil {
				prefix, n = varint(from)
				from = from[n:]
			}
			length, n := varint(from)
			term = append(bytes.Clone(term[:prefix]), from[n:n+length]...)
			terms[string(term)] = true
		}
	}
	if err := blocks.Err(); err != nil {
		t.Fatal(fmt.Errorf("read the index: %w", err))
	}
	if len(terms) == 0 {
		t.Error("no words were found in the index")
	}
	return terms
}

func varint(b []byte) (v, n int) {
	for i, c := range b {
		v = v<<7 | int(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return v, len(b)
}
