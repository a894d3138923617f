package ingest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/storage"
)

// twoHalves are the contacts that two ids of one customer have made before anybody knew that they are one customer's. Both is
// a message with both ids.
func twoHalves(t *testing.T, in *ingest.Ingest, v crm.Viewer, r ingest.Report) (older, newer crm.ContactID, both ingest.Report) {
	t.Helper()
	first, err := in.Record(t.Context(), v, r)
	if err != nil {
		t.Fatal(err)
	}
	both = r
	both.Alias, both.MessageID = "2", "2"
	r.ExternalID = "2"
	second, err := in.Record(t.Context(), v, r)
	if err != nil || second.Contact.ID == first.Contact.ID {
		t.Fatal(second, err)
	}
	return first.Contact.ID, second.Contact.ID, both
}

func edit(t *testing.T, store storage.Store, v crm.Viewer, id crm.ContactID, change func(*crm.Contact)) {
	t.Helper()
	_, err := store.UpdateContact(t.Context(), v.Workspace, id, crm.ContactEdit{
		At: start, Actor: "staff", Change: func(c *crm.Contact) error { change(c); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pairs are the pairs that a person is to judge.
func pairs(t *testing.T, store storage.Store, v crm.Viewer) []crm.Duplicate {
	t.Helper()
	page, err := store.Duplicates(t.Context(), v.Workspace, storage.DuplicateQuery{Page: storage.Page{Size: 10}})
	if err != nil {
		t.Fatal(err)
	}
	return page.Duplicates
}

// failing is a store that cannot merge for a while.
type failing struct {
	storage.Store
	fails bool
}

func (f *failing) MergeContacts(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	if f.fails {
		return crm.Merged{}, crm.ErrUnavailable
	}
	return f.Store.MergeContacts(ctx, w, m)
}

func TestContactsThatAMessageProvesToBeOneBecomeOne(t *testing.T) {
	t.Parallel()
	t.Run("the message gets the survivor", func(t *testing.T) {
		t.Parallel()
		in, store, v, r := takeIn(t)
		older, newer, both := twoHalves(t, in, v, r)
		edit(t, store, v, newer, func(c *crm.Contact) { c.Notes = "Likes tea" }) // so that it is the survivor
		done, err := in.Record(t.Context(), v, both)
		if err != nil || done.Contact.ID != newer || *done.Session.ContactID != newer || done.Contact.Notes != "Likes tea" {
			t.Errorf("%+v, %v", done, err)
		}
		survivors, err := store.Survivors(t.Context(), v.Workspace, []crm.ContactID{older})
		if err != nil || survivors[older] != newer {
			t.Errorf("%v, %v", survivors, err)
		}
		v.Role = crm.RoleChannel
		if again, err := in.Record(t.Context(), v, both); err != nil || !again.Repeated || again.Contact.ID != newer {
			t.Errorf("%+v, %v", again, err)
		}
		if more, err := in.MergeProven(t.Context()); err != nil || more {
			t.Errorf("something is left: %v, %v", more, err)
		}
	})
	t.Run("where staff entered different values, a person judges", func(t *testing.T) {
		t.Parallel()
		in, store, v, r := takeIn(t)
		older, newer, both := twoHalves(t, in, v, r)
		for i, id := range []crm.ContactID{older, newer} {
			edit(t, store, v, id, func(c *crm.Contact) {
				c.Name, c.NameFrom = new([]string{"Ann", "Bob"}[i]), crm.Provenance{Origin: crm.Staff}
			})
		}
		done, err := in.Record(t.Context(), v, both)
		if err != nil || done.Contact.ID != older {
			t.Errorf("%+v, %v", done, err)
		}
		found := pairs(t, store, v)
		if len(found) != 1 || found[0].Reasons != crm.ReasonsOf(crm.ProvenSame) {
			t.Fatalf("%+v", found)
		}
		_, err = store.DismissDuplicates(t.Context(), v.Workspace, []crm.DuplicateID{found[0].ID}, crm.Dismissal{Actor: "staff", At: start})
		if err != nil {
			t.Fatal(err)
		}
		edit(t, store, v, newer, func(c *crm.Contact) { c.Name = new("Ann") })
		both.MessageID = "3"
		if done, err := in.Record(t.Context(), v, both); err != nil || done.Contact.ID != older || len(pairs(t, store, v)) != 0 {
			t.Errorf("after they were dismissed: %+v, %v", done, err)
		}
		if found, err := store.ContactsByID(t.Context(), v.Workspace, []crm.ContactID{older, newer}); err != nil || len(found) != 2 {
			t.Errorf("after they were dismissed: %+v, %v", found, err)
		}
	})
	t.Run("what fails is done later, and the message is taken", func(t *testing.T) {
		t.Parallel()
		_, store, v, r := takeIn(t)
		failing := &failing{Store: store, fails: true}
		in := ingest.New(failing, "DE", clock)
		older, newer, both := twoHalves(t, in, v, r)
		if done, err := in.Record(t.Context(), v, both); err != nil || done.Contact.ID != older {
			t.Errorf("%+v, %v", done, err)
		}
		if _, err := in.MergeProven(t.Context()); !errors.Is(err, crm.ErrUnavailable) {
			t.Errorf("still failing: %v", err)
		}
		failing.fails = false
		if more, err := in.MergeProven(t.Context()); err != nil || more {
			t.Errorf("%v, %v", more, err)
		}
		survivors, err := store.Survivors(t.Context(), v.Workspace, []crm.ContactID{older, newer})
		if err != nil || len(survivors) != 1 {
			t.Errorf("%v, %v", survivors, err)
		}
		if more, err := in.MergeProven(t.Context()); err != nil || more {
			t.Errorf("something is left: %v, %v", more, err)
		}
	})
}

func TestAnnouncementsThatCameTooEarlyAreTakenInWithTheMessageTheyWaitFor(t *testing.T) {
	t.Parallel()
	in, store, v, r := takeIn(t)
	announce := func(from, to string, after time.Duration) {
		t.Helper()
		at := start.Add(after - time.Hour)
		done, err := in.Record(t.Context(), v, ingest.Report{
			Kind: crm.Announced, ChannelID: r.ChannelID, ExternalID: to, Previous: from, At: &at,
		})
		if err != nil || done.Contact != nil {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	announce("b", "c", 2*time.Second) // the later change comes first
	announce("a", "b", time.Second)
	at := start.Add(-time.Hour)
	r.ExternalID, r.At = "a", &at
	done, err := in.Record(t.Context(), v, r)
	if err != nil {
		t.Fatal(err)
	}
	if done.Waiting != nil {
		t.Errorf("%+v is left", done.Waiting)
	}
	r.MessageID, r.At = "2", nil
	for _, id := range []string{"b", "c"} {
		r.ExternalID = id
		next, err := in.Record(t.Context(), v, r)
		if err != nil || next.Contact.ID != done.Contact.ID || next.Session.ID != done.Session.ID {
			t.Errorf("a message of %s: %+v, %v", id, next, err)
		}
	}
	n, err := store.CountContacts(t.Context(), v.Workspace, storage.ContactQuery{}, 10)
	if err != nil || n.Value != 1 {
		t.Errorf("%d contacts, %v", n.Value, err)
	}
}

// silent is a store with two proofs, which answers nothing about contacts.
type silent struct{ ingest.Store }

func (silent) Proofs(context.Context) ([]storage.Proof, error) { return make([]storage.Proof, 2), nil }

func (silent) ContactsByID(ctx context.Context, _ crm.WorkspaceID, _ []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestMergesDoNotWaitForASilentDatabaseForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		more, err := ingest.New(silent{}, "", time.Now).MergeProven(t.Context())
		if more || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v, %v", more, err)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
