package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

func TestNothingOfADeletedContactIsLeftInTheFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s := sqlitetest.OpenFile(t, path)
	w := workspace(t, s)
	ch := channel(t, s, w)
	value := func(field string, i int) string { return fmt.Sprintf("%sq%07dq", field, i) }
	ids := make([]crm.ContactID, 200)
	atOnce := func(f func(i int) error) {
		t.Helper()
		var g errgroup.Group
		g.SetLimit(64)
		for i := range ids {
			g.Go(func() error { return f(i) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	atOnce(func(i int) error {
		m := interaction(ch, value("external", i), "1")
		m.Preview = new(value("preview", i))
		m.Profile = crm.Profile{Name: new(value("profile", i)), Email: new(value("email", i) + "@example.com")}
		r, err := s.RecordInteraction(t.Context(), w, m)
		if err != nil {
			return err
		}
		ids[i] = r.Contact.ID
		_, err = s.UpdateContact(t.Context(), w, ids[i], crm.ContactEdit{At: now(), Change: func(c *crm.Contact) error {
			c.Name, c.Phone = new(value("name", i)), new(fmt.Sprintf("+99%07d99", i))
			c.Notes = strings.Repeat(value("notes", i), 1+3*i)
			return nil
		}})
		if err != nil {
			return err
		}
		return s.AddFailure(t.Context(), w, crm.Failure{
			ID: crm.NewFailureID(now()), ChannelID: ch, ExternalID: &m.ExternalID, At: now(), Payload: []byte(value("payload", i)),
		})
	})
	atOnce(func(i int) error {
		if i%2 == 0 {
			return nil
		}
		return s.DeleteContact(t.Context(), w, ids[i], crm.ContactDeletion{At: now()})
	})
	for more := true; more; {
		var err error
		if more, err = s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			for _, v := range []string{value("", i), fmt.Sprintf("99%07d99", i)} {
				if at := bytes.Index(data, []byte(v)); at >= 0 && i%2 == 1 {
					t.Errorf("%s at %d: %q", filepath.Base(file), at, data[max(0, at-40):at+40])
				}
			}
		}
	}
	if found := check(t, s, false); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	if n, err := s.CountContacts(t.Context(), w, storage.ContactQuery{Search: search.Parse("nameq00", "")}, storage.CountLimit); err != nil || n.Value != len(ids)/2 {
		t.Errorf("%d contacts are left to be found, error %v", n.Value, err)
	}
}
