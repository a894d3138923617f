package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// world is one case's workspace in a store, with a clock of its own. Its helpers end the test when the store fails where
// the case does not expect it to; only the store's own methods may be called from other goroutines.
type world struct {
	storage.Store
	t   *testing.T
	ctx context.Context //nolint:containedctx // a test's, which ends with it
	id  crm.WorkspaceID
	// name is the workspace's.
	name string
	now  time.Time
}

// start is when the clocks of worlds start. Nothing older is written, but by the cases that forget it.
var start = time.Date(2026, 1, 5, 9, 30, 0, 123456000, time.UTC)

func newWorld(t *testing.T, s storage.Store) *world {
	t.Helper()
	w := &world{Store: s, t: t, ctx: t.Context(), name: "storagetest " + uuid.NewString(), now: start}
	id, err := s.Workspace(w.ctx, w.name)
	w.check(err)
	w.id = id
	return w
}

// forget calls one of the store's methods until it has forgotten everything from before a time. They do so in every
// workspace, those of other cases too, so that the time must lie before what these write.
func (w *world) forget(some func(context.Context, time.Time) (more bool, err error), before time.Time) {
	w.t.Helper()
	if !before.Before(start.AddDate(-1, 0, 0)) {
		w.t.Fatalf("forgetting everything from before %v would take what other cases write: set the clock back", before)
	}
	for more := true; more; {
		var err error
		more, err = some(w.ctx, before)
		w.check(err)
	}
}

// forgetOld is forget for what workspaces can keep for a time of their own.
func (w *world) forgetOld(some func(context.Context, storage.Cutoff) (more bool, err error), before time.Time) {
	w.t.Helper()
	w.forget(func(ctx context.Context, before time.Time) (bool, error) {
		return some(ctx, storage.Cutoff{Before: before})
	}, before)
}

// neighbour is another workspace in the same store.
func (w *world) neighbour() *world {
	w.t.Helper()
	return newWorld(w.t, w.Store)
}

// check ends the test on an error.
func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wantErr fails the test unless err is want.
func (w *world) wantErr(what string, err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// same fails the test when got is not want. An empty list is as good as none.
func (w *world) same(what string, got, want any) {
	w.t.Helper()
	if reflect.DeepEqual(want, got) { // in a fraction of the time, and hardly anything is equal by this alone
		return
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// tick is the next moment: a second later than the one before.
func (w *world) tick() time.Time {
	w.now = w.now.Add(time.Second)
	return w.now
}

// person is a contact to come; an empty text is a value nobody has given.
type person struct{ name, email, phone string }

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// contactOf makes a contact as staff would have entered it at the given time.
func contactOf(p person, at time.Time) crm.Contact {
	from := func(s string) crm.Provenance {
		if s == "" {
			return crm.Provenance{}
		}
		return crm.Provenance{Origin: crm.Staff}
	}
	return crm.Contact{
		ID: crm.NewContactID(at), Name: some(p.name), Email: some(p.email), Phone: some(p.phone),
		Version: 1, CreatedAt: at, UpdatedAt: at,
		NameFrom: from(p.name), EmailFrom: from(p.email), PhoneFrom: from(p.phone),
	}
}

// add loads people as contacts without activity, each a second younger than the one before.
func (w *world) add(people ...person) []crm.Contact {
	w.t.Helper()
	contacts := make([]crm.Contact, len(people))
	loaded := make([]storage.Loaded, len(people))
	for i, p := range people {
		contacts[i] = contactOf(p, w.tick())
		loaded[i] = storage.Loaded{Contact: contacts[i]}
	}
	w.load(loaded...)
	return contacts
}

func (w *world) load(loaded ...storage.Loaded) {
	w.t.Helper()
	w.check(w.Load(w.ctx, w.id, slices.Values(loaded)))
}

// channel creates an active channel.
func (w *world) channel(name string) crm.Channel {
	w.t.Helper()
	at := w.tick()
	c := crm.Channel{ID: crm.NewChannelID(at), Name: name, Type: crm.WhatsApp, Active: true, CreatedAt: at}
	w.check(w.CreateChannel(w.ctx, w.id, c))
	return c
}

// talk is a contact to load with an identity on the channel and sessions there of the given statuses, each with a
// message a minute newer than the one before.
func (w *world) talk(ch crm.Channel, p person, external string, statuses ...crm.SessionStatus) storage.Loaded {
	c := contactOf(p, w.tick())
	l := storage.Loaded{Identities: []crm.Identity{{
		ContactID: c.ID, AccountID: crm.FirstAccount(c.ID), ChannelID: ch.ID, ExternalID: external, DisplayName: c.Name,
		CreatedAt: c.CreatedAt,
	}}}
	for i, status := range statuses {
		at := c.CreatedAt.Add(time.Duration(i) * time.Minute)
		l.Sessions = append(l.Sessions, crm.Session{
			ID: crm.NewSessionID(at), ContactID: &c.ID, AccountID: new(crm.FirstAccount(c.ID)), ChannelID: ch.ID, Status: status,
			LastMessagePreview: new(fmt.Sprintf("Message of session %d", i)), LastMessageAt: at, UnreadCount: 1, StartedAt: at,
		})
		c.LastActivityAt = &at
	}
	l.Contact = c
	return l
}

// message is a customer's message, written and received now.
func (w *world) message(ch crm.Channel, external, id string) crm.Interaction {
	at := w.tick()
	return crm.Interaction{
		ChannelID: ch.ID, ExternalID: external, MessageID: id, At: at, Received: at,
		Direction: crm.Inbound, Preview: new("Preview of " + id), Event: crm.NewEventID(at),
	}
}

func (w *world) record(i crm.Interaction) crm.Recorded {
	w.t.Helper()
	r, err := w.RecordInteraction(w.ctx, w.id, i)
	w.check(err)
	return r
}

// contact reads a contact that must be there.
func (w *world) contact(id crm.ContactID) crm.Contact {
	w.t.Helper()
	got, err := w.ContactsByID(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	c, ok := got[id]
	if !ok {
		w.t.Fatalf("contact %s is not there", id)
	}
	return c
}

// session reads a session that must be there.
func (w *world) session(id crm.SessionID) crm.Session {
	w.t.Helper()
	got, err := w.SessionsByID(w.ctx, w.id, []crm.SessionID{id})
	w.check(err)
	s, ok := got[id]
	if !ok {
		w.t.Fatalf("session %s is not there", id)
	}
	return s
}

// edit changes a contact as staff would.
func (w *world) edit(id crm.ContactID, change func(c *crm.Contact)) crm.Contact {
	w.t.Helper()
	_, c := w.change(id, "staff", change)
	return c
}

// rename is the change of a contact's name by staff; the empty name clears it.
func rename(name string) func(*crm.Contact) {
	return func(c *crm.Contact) {
		c.Name, c.NameFrom = some(name), crm.Provenance{Origin: crm.Staff}
		if name == "" {
			c.NameFrom = crm.Provenance{}
		}
	}
}

func (w *world) remove(id crm.ContactID) {
	w.t.Helper()
	w.check(w.DeleteContact(w.ctx, w.id, id, w.deletion()))
}

// maintain runs the work behind the scenes until none is left.
func (w *world) maintain() {
	w.t.Helper()
	for {
		more, err := w.Maintain(w.ctx)
		w.check(err)
		if !more {
			return
		}
	}
}

func (w *world) count(text string) storage.Count {
	w.t.Helper()
	n, err := w.CountContacts(w.ctx, w.id, storage.ContactQuery{Search: search.Parse(text, "")}, storage.CountLimit)
	w.check(err)
	return n
}

// together calls f n times concurrently and returns what went wrong.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errors.Join(errs...)
}

func ids(contacts []crm.Contact) []crm.ContactID {
	out := make([]crm.ContactID, len(contacts))
	for i, c := range contacts {
		out[i] = c.ID
	}
	return out
}

// deletion is a deletion by staff, now.
func (w *world) deletion() crm.ContactDeletion {
	return crm.ContactDeletion{At: w.now, Event: crm.NewEventID(w.now), Actor: "staff"}
}
