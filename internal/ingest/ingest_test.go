package ingest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)

func clock() time.Time { return start }

func takeIn(t *testing.T) (*ingest.Ingest, storage.Store, crm.Viewer, ingest.Report) {
	t.Helper()
	store := sqlitetest.Open(t)
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	channel := crm.Channel{ID: crm.NewChannelID(start), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: start.Truncate(time.Microsecond)}
	if err := store.CreateChannel(t.Context(), w, channel); err != nil {
		t.Fatal(err)
	}
	return ingest.New(store, "DE", clock), store, crm.Viewer{Workspace: w, Role: crm.RoleAdmin},
		ingest.Report{ChannelID: channel.ID, ExternalID: "1", MessageID: "1", Direction: crm.Inbound}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }

	t.Run("a message without a time was written now", func(t *testing.T) {
		t.Parallel()
		in, _, v, r := takeIn(t)
		done, err := in.Record(t.Context(), v, r)
		if err != nil || !done.Session.LastMessageAt.Equal(start.Truncate(time.Microsecond)) {
			t.Errorf("%+v, %v", done, err)
		}
	})
	t.Run("a malformed profile value is dropped and the message taken", func(t *testing.T) {
		t.Parallel()
		in, _, v, r := takeIn(t)
		r.Profile = crm.Profile{Name: text("  "), Email: text("nobody"), EmailVerified: true, Phone: text("030 123456")}
		done, err := in.Record(t.Context(), v, r)
		if err != nil || done.Contact.Name != nil || done.Contact.Email != nil || *done.Contact.Phone != "+4930123456" {
			t.Errorf("%+v, %v", done.Contact, err)
		}
	})
	t.Run("the same message again is the same answer, and ids alone for a channel", func(t *testing.T) {
		t.Parallel()
		in, store, v, r := takeIn(t)
		first, err := in.Record(t.Context(), v, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.UpdateContact(t.Context(), v.Workspace, first.Contact.ID, crm.ContactEdit{
			At: start, Change: func(c *crm.Contact) error { c.Name, c.Notes = text("Ann"), "Likes tea"; return nil },
		}); err != nil {
			t.Fatal(err)
		}
		if seen, err := in.Record(t.Context(), v, r); err != nil || seen.Contact.Notes != "Likes tea" {
			t.Errorf("%+v, %v", seen, err)
		}
		v.Role = crm.RoleChannel
		again, err := in.Record(t.Context(), v, r)
		if err != nil || !again.Repeated {
			t.Fatalf("%+v, %v", again, err)
		}
		if d := cmp.Diff(crm.Contact{ID: first.Contact.ID}, *again.Contact); d != "" {
			t.Errorf("contact:\n%s", d)
		}
		if d := cmp.Diff(&crm.Session{ID: first.Session.ID}, again.Session); d != "" {
			t.Errorf("session:\n%s", d)
		}
	})
	t.Run("who is told of what was recorded gets all of it", func(t *testing.T) {
		t.Parallel()
		in, _, v, r := takeIn(t)
		var told []crm.Recorded
		in.Recorded = func(i crm.Interaction, done crm.Recorded) {
			if i.ExternalID != r.ExternalID || i.Direction != crm.Inbound {
				t.Errorf("%+v", i)
			}
			told = append(told, done)
		}
		v.Role, r.Profile.Name = crm.RoleChannel, text("Ann")
		for range 2 {
			if _, err := in.Record(t.Context(), v, r); err != nil {
				t.Fatal(err)
			}
		}
		r.ChannelID = crm.NewChannelID(start)
		if _, err := in.Record(t.Context(), v, r); err == nil {
			t.Error("recorded on a channel that is not there")
		}
		if len(told) != 2 || told[0].Contact.Name == nil || told[0].Repeated || !told[1].Repeated {
			t.Errorf("%+v", told)
		}
	})
	t.Run("a channel reports on the one that it is bound to", func(t *testing.T) {
		t.Parallel()
		in, _, v, r := takeIn(t)
		v.Role, v.Channel = crm.RoleChannel, crm.NewChannelID(start)
		if _, err := in.Record(t.Context(), v, r); !errors.Is(err, crm.ErrForbidden) {
			t.Errorf("another channel: %v", err)
		}
		v.Channel = r.ChannelID
		if _, err := in.Record(t.Context(), v, r); err != nil {
			t.Errorf("its own: %v", err)
		}
	})
	t.Run("an unknown channel is not found, an inactive one inactive", func(t *testing.T) {
		t.Parallel()
		in, store, v, r := takeIn(t)
		other := r
		other.ChannelID = crm.NewChannelID(start)
		if _, err := in.Record(t.Context(), v, other); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if _, err := store.UpdateChannel(t.Context(), v.Workspace, r.ChannelID, func(c *crm.Channel) error {
			c.Active = false
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Record(t.Context(), v, r); !errors.Is(err, crm.ErrInactive) {
			t.Errorf("%v", err)
		}
	})
	t.Run("staff report nothing", func(t *testing.T) {
		t.Parallel()
		in, _, v, r := takeIn(t)
		v.Role = crm.RoleStaff
		if _, err := in.Record(t.Context(), v, r); !errors.Is(err, crm.ErrForbidden) {
			t.Errorf("%v", err)
		}
	})
}
