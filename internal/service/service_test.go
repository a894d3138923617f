package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)

// openStore opens a database of its own with one workspace, and says who administers it.
func openStore(t *testing.T) (storage.Store, crm.Viewer) {
	t.Helper()
	store := sqlitetest.Open(t)
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	return store, crm.Viewer{Workspace: w, Role: crm.RoleAdmin, Subject: "admin@example.com"}
}

// openService opens a service over a new database with one workspace and one contact.
func openService(t *testing.T) (*service.Service, crm.Viewer, crm.Contact) {
	t.Helper()
	store, v := openStore(t)
	d := service.New(store, service.Options{Now: func() time.Time { return start }})
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp})
	if err != nil {
		t.Fatal(err)
	}
	at := start.Truncate(time.Microsecond)
	done, err := store.RecordInteraction(t.Context(), v.Workspace, crm.Interaction{
		ChannelID: made.Channel.ID, ExternalID: "1", MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, v, *done.Contact
}

func TestOrders(t *testing.T) {
	t.Parallel()
	d, v, _ := openService(t)
	for name, c := range map[string]struct {
		search  string
		field   service.OrderField
		refused bool
	}{
		"activity without a search":       {"", service.ByLastActivity, false},
		"names without a search":          {"", service.ByName, false},
		"creation without a search":       {"", service.ByCreated, false},
		"relevance needs a search":        {"", service.ByRelevance, true},
		"spaces alone are no search":      {"  ", service.ByRelevance, true},
		"spaces alone list by activity":   {"  ", service.ByLastActivity, false},
		"relevance under a search":        {"ann", service.ByRelevance, false},
		"names under a search":            {"ann", service.ByName, false},
		"activity has no index there":     {"ann", service.ByLastActivity, true},
		"creation has no index there too": {"ann", service.ByCreated, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, direction := range []service.Direction{service.Ascending, service.Descending} {
				_, err := d.Contacts(t.Context(), v, service.ContactList{
					Search: c.search, Order: &service.Order{Field: c.field, Direction: direction},
				})
				invalid, ok := errors.AsType[*crm.InvalidError](err)
				if ok != c.refused || err != nil && !ok || ok && invalid.Field != "orderBy" {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestSearchesThatAreRefused(t *testing.T) {
	t.Parallel()
	d, v, _ := openService(t)
	for name, text := range map[string]string{
		"a NUL":          "a\x00",
		"no UTF-8":       "a\xff",
		"too many bytes": strings.Repeat("é", service.MaxSearch/2) + "e",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := d.Contacts(t.Context(), v, service.ContactList{Search: text})
			if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "search" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnEditThatIsRefusedShowsTheContactAsItIs(t *testing.T) {
	t.Parallel()
	d, v, c := openService(t)
	wrong := "not an address"
	got, err := d.UpdateContact(t.Context(), v, c.ID, crm.ContactPatch{Email: crm.To(&wrong)})
	if _, ok := errors.AsType[*crm.InvalidError](err); !ok || got.Now == nil || got.Now.ID != c.ID || got.Now.Email != nil || got.Event != nil {
		t.Errorf("%+v, %v", got, err)
	}
	version := 9
	got, err = d.UpdateContact(t.Context(), v, c.ID, crm.ContactPatch{ExpectedVersion: &version})
	if _, ok := errors.AsType[*crm.ConflictError](err); !ok || got.Now == nil || got.Now.Version != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = d.UpdateContact(t.Context(), v, crm.ContactID{}, crm.ContactPatch{}); got.Now != nil || !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestEveryMethodChecksTheRole calls every method as somebody who may not: not even whether a thing exists is revealed.
func TestEveryMethodChecksTheRole(t *testing.T) {
	t.Parallel()
	d, v, c := openService(t)
	ctx := t.Context()
	all := []crm.Role{crm.RoleChannel, "", "staff"}
	for name, call := range map[string]struct {
		roles []crm.Role
		call  func(ctx context.Context, v crm.Viewer) error
	}{
		"Contacts": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.Contacts(ctx, v, service.ContactList{})
			return err
		}},
		"HasContacts":  {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.HasContacts(ctx, v); return err }},
		"ContactsByID": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.ContactsByID(ctx, v, nil); return err }},
		"IdentitiesByContact": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.IdentitiesByContact(ctx, v, []crm.ContactID{c.ID})
			return err
		}},
		"UpdateContact": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.UpdateContact(ctx, v, crm.ContactID{}, crm.ContactPatch{})
			return err
		}},
		"DeleteContact":  {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.DeleteContact(ctx, v, c.ID); return err }},
		"LivingContacts": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.LivingContacts(ctx, v, nil); return err }},
		"Survivors":      {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.Survivors(ctx, v, nil); return err }},
		"OldIDs":         {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.OldIDs(ctx, v, nil); return err }},
		"IdentitiesByAccount": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.IdentitiesByAccount(ctx, v, nil)
			return err
		}},
		"MergeContacts": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.MergeContacts(ctx, v, crm.Merge{})
			return err
		}},
		"PreviewMerge": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.PreviewMerge(ctx, v, crm.Merge{})
			return err
		}},
		"UndoMerge": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.UndoMerge(ctx, v, crm.MergeID{})
			return err
		}},
		"SplitContact": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.SplitContact(ctx, v, service.Split{Sessions: make([]crm.SessionID, 1000)})
			return err
		}},
		"Duplicates": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.Duplicates(ctx, v, service.DuplicateList{})
			return err
		}},
		"CountDuplicates": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.CountDuplicates(ctx, v, service.DuplicateList{}, service.DefaultMost)
			return err
		}},
		"DuplicatesByID": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.DuplicatesByID(ctx, v, nil); return err }},
		"DismissDuplicates": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.DismissDuplicates(ctx, v, make([]crm.DuplicateID, 1000))
			return err
		}},
		"SessionCount": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.SessionCount(ctx, v, service.MergePreview{IDs: []crm.ContactID{c.ID}})
			return err
		}},
		"IdentityCount": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.IdentityCount(ctx, v, service.MergePreview{})
			return err
		}},
		"Sessions": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.Sessions(ctx, v, service.SessionList{})
			return err
		}},
		"SessionsByContact": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.SessionsByContact(ctx, v, []crm.ContactID{c.ID}, service.SessionList{})
			return err
		}},
		"SessionsByID": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.SessionsByID(ctx, v, nil); return err }},
		"Channels":     {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.Channels(ctx, v); return err }},
		"ChannelsByID": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.ChannelsByID(ctx, v, nil); return err }},
		"CreateChannel": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.CreateChannel(ctx, v, service.NewChannel{Type: crm.TikTok})
			return err
		}},
		"UpdateChannel": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.UpdateChannel(ctx, v, crm.ChannelID{}, service.ChannelEdit{})
			return err
		}},
		"UpdateSession": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.UpdateSession(ctx, v, crm.SessionID{}, crm.SessionPatch{})
			return err
		}},
		"CountSessions": {all, func(ctx context.Context, v crm.Viewer) error {
			_, err := d.CountSessions(ctx, v, storage.SessionFilter{})
			return err
		}},
		"Failures": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.Failures(ctx, v, service.Paging{})
			return err
		}},
		"CountFailures": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.CountFailures(ctx, v, service.DefaultMost)
			return err
		}},
		"FailuresByID": {all, func(ctx context.Context, v crm.Viewer) error { _, err := d.FailuresByID(ctx, v, nil); return err }},
		"ReplayFailures": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.ReplayFailures(ctx, v, make([]crm.FailureID, 1000))
			return err
		}},
		"DismissFailures": {append(all, crm.RoleStaff), func(ctx context.Context, v crm.Viewer) error {
			_, err := d.DismissFailures(ctx, v, make([]crm.FailureID, 1000))
			return err
		}},
	} {
		for _, role := range call.roles {
			asker := v
			asker.Role = role
			if err := call.call(ctx, asker); !errors.Is(err, crm.ErrForbidden) {
				t.Errorf("%s as %q: %v", name, role, err)
			}
		}
	}
}
