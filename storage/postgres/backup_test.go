package postgres_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// tool is a program that comes with PostgreSQL. Where it is missing the test is skipped, or fails in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed, and CI must test backups", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func call(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var wrong bytes.Buffer
	c := exec.CommandContext(t.Context(), tool(t, name), args...)
	c.Stderr = &wrong
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, &wrong)
	}
	return out
}

func newStore(t *testing.T) (*postgres.Store, string) {
	t.Helper()
	url := pgtest.Database(t)
	if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, url
}

// took has a customer of odd values write in, and staff note something about them.
func took(t *testing.T, s *postgres.Store, odd string) (crm.WorkspaceID, crm.ContactID) {
	t.Helper()
	ctx, at := t.Context(), time.Now().UTC()
	w, err := s.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	ch := crm.Channel{ID: crm.NewChannelID(at), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: at}
	if err := s.CreateChannel(ctx, w, ch); err != nil {
		t.Fatal(err)
	}
	r, err := s.RecordInteraction(ctx, w, crm.Interaction{
		ChannelID: ch.ID, ExternalID: odd + "-id", MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
		Preview: new(odd + " writes"),
		Profile: crm.Profile{Name: new(odd + " name"), Email: new(odd + "@example.com"), EmailVerified: true, Phone: new("+4930998877665")},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.UpdateContact(ctx, w, r.Contact.ID, crm.ContactEdit{At: at, Actor: "staff", Change: func(c *crm.Contact) error {
		c.Name, c.Notes = new(odd+" renamed"), odd+" notes"
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.AddFailure(ctx, w, crm.Failure{
		ID: crm.NewFailureID(at), ChannelID: ch.ID, ExternalID: new(odd + "-id"), At: at, Reason: "x", Payload: []byte(odd + " payload"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, r.Contact.ID
}

func TestADumpIsRestored(t *testing.T) {
	t.Parallel()
	s, url := newStore(t)
	if err := s.GramsFromBirth(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, id := took(t, s, "zsqwx")
	file := filepath.Join(t.TempDir(), "kith.dump")
	call(t, "pg_dump", "--format=custom", "--no-owner", "--file="+file, url)
	again := pgtest.Database(t)
	call(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+again, file)
	r, err := postgres.Open(t.Context(), again, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	if found := check(t, r, false); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	w, err := r.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Contacts(t.Context(), w, storage.ContactQuery{Search: search.Parse("renamed", ""), Order: storage.Relevance, Page: storage.Page{Size: 5}})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Contact.ID != id {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestNothingOfADeletedContactIsLeftInADump(t *testing.T) {
	t.Parallel()
	s, url := newStore(t)
	w, id := took(t, s, "zsqwx")
	dump := func() []byte { return call(t, "pg_dump", "--data-only", "--inserts", url) }
	before := dump()
	for _, v := range []string{"zsqwx name", "zsqwx renamed", "zsqwx notes", "zsqwx writes", "zsqwx@example", "zsqwx-id", "30998877665"} {
		if !bytes.Contains(before, []byte(v)) {
			t.Errorf("%q was not kept, so that the test shows nothing", v)
		}
	}
	if err := s.DeleteContact(t.Context(), w, id, crm.ContactDeletion{At: time.Now().UTC(), Actor: "staff"}); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := dump()
	for _, v := range []string{"zsqwx", "30998877665"} {
		if at := bytes.Index(after, []byte(v)); at >= 0 {
			t.Errorf("%q is left: %s", v, after[max(0, at-200):min(len(after), at+100)])
		}
	}
}
