package demo_test

import (
	"slices"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/demo"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

func TestFilledWorkspaceAnswersQueries(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := sqlitetest.Open(t)
	o := demo.Options{Contacts: 500, Seed: 1, Now: time.Now()}
	if err := demo.Fill(ctx, store, "demo", o); err != nil {
		t.Fatal(err)
	}
	w, err := store.Workspace(ctx, "demo")
	if err != nil {
		t.Fatal(err)
	}
	count, err := store.CountContacts(ctx, w, storage.ContactQuery{}, storage.CountLimit)
	if want := (storage.Count{Value: 500, Exact: true}); err != nil || count != want {
		t.Errorf("count %+v, %v", count, err)
	}
	for _, text := range []string{"gmail", "com", "+49", "a"} {
		page, err := store.Contacts(ctx, w, storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 25}})
		if err != nil || len(page.Rows) == 0 {
			t.Errorf("search %q: %d rows, %v", text, len(page.Rows), err)
		}
	}

	// The newest contacts' newest sessions are the ones that were made.
	page, err := store.Contacts(ctx, w, storage.ContactQuery{Order: storage.LastActivity, Descending: true, Page: storage.Page{Size: 25}})
	if err != nil || len(page.Rows) != 25 {
		t.Fatalf("%d rows, %v", len(page.Rows), err)
	}
	var ids []crm.ContactID
	for _, row := range page.Rows {
		ids = append(ids, row.Contact.ID)
	}
	sessions, err := store.SessionsByContact(ctx, w, ids, storage.SessionQuery{Page: storage.Page{Size: 1}})
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[crm.ContactID]storage.Loaded)
	for l := range demo.Contacts(o, demo.Channels(o)) {
		made[l.Contact.ID] = l
	}
	for _, id := range ids {
		want := slices.MaxFunc(made[id].Sessions, func(a, b crm.Session) int { return a.LastMessageAt.Compare(b.LastMessageAt) })
		if got := sessions[id].Sessions; len(got) != 1 || got[0].ID != want.ID {
			t.Errorf("%s: newest session %v, want %v", id, got, want.ID)
		}
	}
}

func TestFillingTwoTimesAddsContactsAndChannels(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := sqlitetest.Open(t)
	w, err := store.Workspace(ctx, "demo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, step := range []struct {
		o                  demo.Options
		contacts, channels int
	}{
		{demo.Options{Contacts: 0, Seed: 1, Now: now}, 0, len(crm.ChannelTypes)},
		{demo.Options{Contacts: 20, Seed: 1, Now: now.Add(time.Second)}, 20, len(crm.ChannelTypes)}, // the channels of an interrupted start
		{demo.Options{Contacts: 10, Seed: 2, Now: now.Add(time.Minute)}, 30, 2 * len(crm.ChannelTypes)},
	} {
		if err := demo.Fill(ctx, store, "demo", step.o); err != nil {
			t.Fatal(err)
		}
		count, err := store.CountContacts(ctx, w, storage.ContactQuery{}, storage.CountLimit)
		if err != nil || count.Value != step.contacts {
			t.Errorf("%+v: count %+v, %v", step.o, count, err)
		}
		channels, err := store.Channels(ctx, w)
		if err != nil || len(channels) != step.channels {
			t.Errorf("%+v: %d channels, %v", step.o, len(channels), err)
		}
	}
}

func TestMoreThanCanBeMadeIsRefused(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	for _, n := range []int{-1, demo.MaxContacts + 1} {
		if err := demo.Fill(t.Context(), store, "demo", demo.Options{Contacts: n, Now: time.Now()}); err == nil {
			t.Errorf("%d contacts: no error", n)
		}
	}
}
