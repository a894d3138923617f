package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

var eventCases = []testCase{
	{"a new customer's message makes an event of the contact, then one of the session", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile = crm.Profile{Name: new("Ann"), Email: new(annsEmail)}
		r := w.record(i)
		w.same("event of the message", r.Event, &i.Event)
		w.wantEvents(i.Event, []crm.Event{
			{
				ID: i.Event, Kind: crm.Created, ContactID: &r.Contact.ID, Version: 1, Actor: ch.ID.String(), At: i.Received,
				Changes: []crm.FieldChange{{Field: "name", New: new("Ann")}, {Field: "email", New: new(annsEmail)}},
			},
			{
				Kind: crm.Created, ContactID: &r.Contact.ID, SessionID: &r.Session.ID, Actor: ch.ID.String(), At: i.Received,
				Changes: []crm.FieldChange{
					{Field: "status", New: new("ACTIVE")}, {Field: "unreadCount", Old: new("0"), New: new("1")},
				},
			},
		})
	}},
	{"a contact that nothing is known of is published without changes", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		r := w.record(i)
		w.same("event", w.published(i.Event)[0], crm.Event{
			ID: i.Event, Kind: crm.Created, ContactID: &r.Contact.ID, Version: 1, Actor: ch.ID.String(), At: i.Received,
		})
	}},
	{"a customer who is known starts a session: an event of the session alone", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Closed)
		w.load(l)
		i := w.message(ch, "ann", "1")
		r := w.record(i)
		w.same("event of the message", r.Event, (*crm.EventID)(nil))
		published := w.published(w.marker())
		if len(published) < 1 || published[0].SessionID == nil || *published[0].SessionID != r.Session.ID || published[0].Kind != crm.Created {
			w.t.Errorf("published %+v", published)
		}
	}},
	{"an edit makes an event with the old and the new values, under the id and the name it brings", func(w *world) {
		ann := w.add(person{name: "Ann", email: annsEmail})[0]
		first, _ := w.change(ann.ID, "anna@service", func(c *crm.Contact) {
			c.Name, c.Email, c.Phone, c.Notes = new(`Ann "\u0000" <b>Smith</b> 😀`), nil, new(annsPhone), "Line 1\nLine 2"
		})
		second, _ := w.change(ann.ID, "ben@service", func(c *crm.Contact) { c.Notes = "" })
		w.wantEvents(second.ID, []crm.Event{first, second})
		w.same("first", first.Changes, []crm.FieldChange{
			{Field: "name", Old: new("Ann"), New: new(`Ann "\u0000" <b>Smith</b> 😀`)},
			{Field: "email", Old: new(annsEmail)},
			{Field: "phone", New: new(annsPhone)},
			{Field: "notes", New: new("Line 1\nLine 2")},
		})
		w.same("second", second.Changes, []crm.FieldChange{{Field: "notes", Old: new("Line 1\nLine 2")}})
		w.same("versions", []int{first.Version, second.Version}, []int{2, 3})
	}},
	{"a profile that changes a contact makes an event of the channel's", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile.Name = new("Ann")
		ann := w.record(i).Contact
		i = w.message(ch, "ann", "2")
		i.Profile.Name = new("Ann Smith")
		w.same("event of the message", w.record(i).Event, &i.Event)
		published := w.published(i.Event)
		w.same("event", published[len(published)-1], crm.Event{
			ID: i.Event, Kind: crm.Updated, ContactID: &ann.ID, Version: 2, Actor: ch.ID.String(), At: i.Received,
			Changes: []crm.FieldChange{{Field: "name", Old: new("Ann"), New: new("Ann Smith")}},
		})
	}},
	{"an edit of a session makes an event of it", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Active)
		w.load(l)
		id := l.Sessions[0].ID
		e := w.changeSession(id, func(s *crm.Session) { s.Status, s.Tag, s.UnreadCount = crm.Escalated, new(crm.Complaint), 0 })
		want := crm.Event{
			ID: e.Event, Kind: crm.Updated, ContactID: &l.Contact.ID, SessionID: &id, Actor: e.Actor, At: e.At,
			Changes: []crm.FieldChange{
				{Field: "status", Old: new("ACTIVE"), New: new("ESCALATED")},
				{Field: "tag", New: new("COMPLAINT")},
				{Field: "unreadCount", Old: new("1"), New: new("0")},
			},
		}
		w.wantEvents(e.Event, []crm.Event{want})
		w.remove(l.Contact.ID)
		e = w.changeSession(id, func(s *crm.Session) { s.Tag = nil })
		published := w.published(e.Event)
		w.same("once the contact is gone", published[len(published)-1], crm.Event{
			ID: e.Event, Kind: crm.Updated, SessionID: &id, Actor: e.Actor, At: e.At,
			Changes: []crm.FieldChange{{Field: "tag", Old: new("COMPLAINT")}},
		})
	}},
	{"a deletion makes an event with the last version, and leaves of the contact's earlier ones their sequence numbers alone", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile = crm.Profile{Name: new("Ann"), Phone: new(annsPhone)}
		ann := w.record(i).Contact
		edit, _ := w.change(ann.ID, "staff", func(c *crm.Contact) { c.Notes, c.Name = "A secret", nil })
		ben := w.add(person{name: "Ben"})[0]
		other, _ := w.change(ben.ID, "staff", rename("Benjamin"))
		d := w.deletion()
		w.check(w.DeleteContact(w.ctx, w.id, ann.ID, d))
		published := w.published(d.Event)
		if len(published) != 5 {
			w.t.Fatalf("published %+v", published)
		}
		w.same("the session keeps its values", len(published[1].Changes), 2)
		w.same("and has no contact any more", published[1].ContactID, (*crm.ContactID)(nil))
		w.same("events", slices.Delete(published, 1, 2), []crm.Event{
			{ID: i.Event, Kind: crm.Created, At: i.Received},
			{ID: edit.ID, Kind: crm.Updated, At: edit.At},
			other,
			{ID: d.Event, Kind: crm.Deleted, ContactID: &ann.ID, Version: 2, Actor: d.Actor, At: d.At},
		})
	}},
	{"what changes nothing makes no event", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Active)
		w.load(l, w.talk(ch, person{name: "Ben"}, "ben", crm.Closed))
		i := w.message(ch, "ann", "1")
		w.same("event of a message of a customer who is known", w.record(i).Event, (*crm.EventID)(nil))
		w.same("event of a message reported again", w.record(i).Event, (*crm.EventID)(nil))
		w.change(l.Contact.ID, "staff", func(*crm.Contact) {})
		w.changeSession(l.Sessions[0].ID, func(*crm.Session) {})
		refused := crm.ContactEdit{Event: crm.NewEventID(w.now), At: w.now, Change: func(c *crm.Contact) error {
			c.Name = new("Anna")
			return errRefused
		}}
		_, err := w.UpdateContact(w.ctx, w.id, l.Contact.ID, refused)
		w.wantErr("refused", err, errRefused)
		_, err = w.UpdateContact(w.ctx, w.id, crm.NewContactID(w.now), refused)
		w.wantErr("not there", err, crm.ErrNotFound)
		_, err = w.UpdateSession(w.ctx, w.id, l.Sessions[0].ID, crm.SessionEdit{
			Event: crm.NewEventID(w.now), At: w.now, Change: func(s *crm.Session) error {
				s.Status = crm.Closed
				return errRefused
			},
		})
		w.wantErr("refused session", err, errRefused)
		w.wantErr("deleted", w.DeleteContact(w.ctx, w.id, crm.NewContactID(w.now), w.deletion()), crm.ErrNotFound)
		inactive := w.channel("Closed")
		_, err = w.UpdateChannel(w.ctx, w.id, inactive.ID, func(c *crm.Channel) error { c.Active = false; return nil })
		w.check(err)
		_, err = w.RecordInteraction(w.ctx, w.id, w.message(inactive, "cem", "1"))
		w.wantErr("inactive channel", err, crm.ErrInactive)
		marker := w.marker()
		w.same("events", idsOf(w.published(marker)), []crm.EventID{marker})
	}},
	{"events are read from a sequence number on, so many at most, and each has the sequence number after the one before", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		var want []crm.EventID
		for n := range 12 {
			e, _ := w.change(ann.ID, "staff", rename(fmt.Sprint("Ann ", n)))
			want = append(want, e.ID)
		}
		sequence := w.sequenceOf(want[11])
		w.same("last sequence number", w.lastSequence(), sequence)
		for n, id := range want {
			w.same("sequence", w.sequenceOf(id), crm.Sequence(n+1))
		}
		for _, size := range []int{1, 5, 12, 100} {
			for from := range crm.Sequence(13) {
				got, err := w.Events(w.ctx, w.id, from, size)
				w.check(err)
				w.same(fmt.Sprintf("%d behind %d", size, from), idsOf(got), want[from:min(12, int(from)+size)])
				for i, e := range got {
					w.same("sequence", e.Sequence, from+crm.Sequence(i)+1)
				}
			}
		}
	}},
	{"an event that never was has no sequence number, nor has one of another workspace", func(w *world) {
		w.same("last sequence number before anything happened", w.lastSequence(), crm.Sequence(0))
		other := w.neighbour()
		id := other.marker()
		for _, id := range []crm.EventID{id, crm.NewEventID(w.now), {}} {
			_, err := w.SequenceOf(w.ctx, w.id, id)
			w.wantErr("SequenceOf", err, crm.ErrNotFound)
		}
		w.same("the neighbour's", other.sequenceOf(id), crm.Sequence(1))
		got, err := w.Events(w.ctx, w.id, 0, 10)
		w.check(err)
		w.same("events", got, []crm.Event{})
		w.same("last sequence number", w.lastSequence(), crm.Sequence(0))
	}},
	{"old events are forgotten from the first on, and who asks for their sequence numbers learns that", func(w *world) {
		w.now = time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
		ch := w.channel("Shop")
		ann := w.record(w.message(ch, "ann", "1"))
		ben := w.record(w.message(ch, "ben", "1"))
		first, _ := w.change(ann.Contact.ID, "staff", rename("Ann"))
		w.change(ben.Contact.ID, "staff", rename("Ben"))
		w.changeSession(ben.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		w.remove(ben.Contact.ID)
		last := w.sequenceOf(first.ID)
		before := w.lastSequence()
		w.now = w.now.AddDate(0, 0, 1)
		limit := w.now
		kept, _ := w.change(ann.Contact.ID, "staff", rename("Ann Smith"))
		w.now = w.now.AddDate(0, 0, -1) // a clock that was set back
		late, _ := w.change(ann.Contact.ID, "staff", rename("Ann Smyth"))
		w.sequenceOf(late.ID)
		w.forget(w.ForgetEvents, limit)
		_, err := w.SequenceOf(w.ctx, w.id, first.ID)
		w.wantErr("sequence number of a forgotten event", err, crm.ErrNotFound)
		if before == 0 || last == 0 {
			w.t.Fatalf("the sequence numbers were %d and %d", last, before)
		}
		got, err := w.Events(w.ctx, w.id, 0, 100)
		w.check(err)
		got = slices.DeleteFunc(got, func(e crm.Event) bool { return e.Kind == crm.Activity })
		w.same("events left", idsOf(got), []crm.EventID{kept.ID, late.ID})
		if p := w.sequenceOf(kept.ID); p <= before {
			w.t.Errorf("the sequence number of a kept event is %d, after %d", p, before)
		}
		page, err := w.historyPage(ann.Contact.ID, storage.Page{Size: 10})
		w.check(err)
		w.same("history", len(page.Events), 4)
		next := w.marker()
		if w.sequenceOf(next) <= w.sequenceOf(late.ID) {
			w.t.Error("a sequence number was given twice")
		}
	}},
	{"who follows is woken for new events, until the context ends", func(w *world) {
		woken, stop := w.follow()
		for range 3 {
			w.hears(woken, w.marker())
		}
		w.wantErr("Follow", stop(), context.Canceled)
	}},
	{"a reader by sequence numbers sees every event once and in order, however many write", func(w *world) {
		_, stop := w.follow()
		ch := w.channel("Shop")
		const writers, rounds = 8, 12
		contacts := w.add(slices.Repeat([]person{{name: "Ann"}}, writers)...)
		messages := make([][]crm.Interaction, writers)
		edits := make([][]crm.ContactEdit, writers)
		deletions := make([][]crm.ContactDeletion, writers)
		want := map[crm.EventID]bool{}
		for i := range writers {
			for n := range rounds {
				m := w.message(ch, fmt.Sprint(i, " ", n), "1")
				e := crm.ContactEdit{At: w.tick(), Event: crm.NewEventID(w.now), Change: func(c *crm.Contact) error {
					c.Notes += "x"
					return nil
				}}
				d := crm.ContactDeletion{At: w.tick(), Event: crm.NewEventID(w.now)}
				want[m.Event], want[e.Event], want[d.Event] = true, true, true
				messages[i], edits[i], deletions[i] = append(messages[i], m), append(edits[i], e), append(deletions[i], d)
			}
		}
		var written atomic.Bool
		read := make([][]crm.Event, 3)
		w.check(together(1+len(read), func(i int) error {
			if i > 0 {
				events, err := w.readAlong(7*i, &written, len(want)+writers*rounds)
				read[i-1] = events
				return err
			}
			defer written.Store(true)
			return together(writers, func(i int) error {
				for n := range rounds {
					r, err := w.RecordInteraction(w.ctx, w.id, messages[i][n])
					if err != nil {
						return err
					}
					if _, err := w.UpdateContact(w.ctx, w.id, contacts[(i+n)%writers].ID, edits[i][n]); err != nil {
						return err
					}
					if err := w.DeleteContact(w.ctx, w.id, r.Contact.ID, deletions[i][n]); err != nil {
						return err
					}
				}
				return nil
			})
		}))
		w.wantErr("Follow", stop(), context.Canceled)
		for _, events := range read {
			seen := map[crm.EventID]bool{}
			versions := map[crm.ContactID]int{}
			for n, e := range events {
				w.same("sequence", e.Sequence, crm.Sequence(n+1))
				if seen[e.ID] {
					w.t.Errorf("%s was read twice", e.ID)
				}
				seen[e.ID] = true
				if e.SessionID == nil && e.Kind == crm.Updated {
					if v := versions[*e.ContactID]; v != 0 && e.Version != v+1 {
						w.t.Errorf("version %d came after %d", e.Version, v)
					}
					versions[*e.ContactID] = e.Version
				}
			}
			for id := range want {
				if !seen[id] {
					w.t.Errorf("%s was not read", id)
				}
			}
			w.same("events", len(events), len(want)+writers*rounds) // each new session has one, too
		}
	}},
}

// change edits a contact and returns the event to expect.
func (w *world) change(id crm.ContactID, actor string, change func(*crm.Contact)) (crm.Event, crm.Contact) {
	w.t.Helper()
	at := w.tick()
	e := crm.Event{ID: crm.NewEventID(at), Kind: crm.Updated, ContactID: &id, Actor: actor, At: at}
	c, err := w.UpdateContact(w.ctx, w.id, id, crm.ContactEdit{At: at, Event: e.ID, Actor: actor, Change: func(c *crm.Contact) error {
		before := c.Clone()
		change(c)
		e.Changes, e.Version = c.ChangesFrom(before), c.Version+1
		return nil
	}})
	w.check(err)
	return e, c
}

// changeSession edits a session and returns the edit.
func (w *world) changeSession(id crm.SessionID, change func(*crm.Session)) crm.SessionEdit {
	w.t.Helper()
	at := w.tick()
	e := crm.SessionEdit{At: at, Event: crm.NewEventID(at), Actor: "ben@service", Change: func(s *crm.Session) error {
		change(s)
		return nil
	}}
	_, err := w.UpdateSession(w.ctx, w.id, id, e)
	w.check(err)
	return e
}

// marker makes an event of a new contact.
func (w *world) marker() crm.EventID {
	w.t.Helper()
	e, _ := w.change(w.add(person{name: "Marker"})[0].ID, "marker", rename("Marked"))
	return e.ID
}

func (w *world) sequenceOf(id crm.EventID) crm.Sequence {
	w.t.Helper()
	p, err := w.SequenceOf(w.ctx, w.id, id)
	w.check(err)
	return p
}

func (w *world) lastSequence() crm.Sequence {
	w.t.Helper()
	p, id, err := w.LastSequence(w.ctx, w.id)
	w.check(err)
	newest, err := w.Events(w.ctx, w.id, p-1, 1)
	w.check(err)
	if len(newest) > 0 && newest[0].Sequence == p { // else it is not kept any more, or there was none
		w.same("event at the last sequence number", id, newest[0].ID)
	} else {
		w.same("event at the last sequence number", id, crm.EventID{})
	}
	return p
}

// upTo reads the events from the first to the given one, with those that come along with it, and fails if a sequence number
// is missing.
func (w *world) upTo(id crm.EventID) []crm.Event {
	w.t.Helper()
	w.sequenceOf(id)
	var events []crm.Event
	for {
		next, err := w.Events(w.ctx, w.id, crm.Sequence(len(events)), 7)
		w.check(err)
		if len(next) == 0 {
			return events
		}
		for _, e := range next {
			if events = append(events, e); e.Sequence != crm.Sequence(len(events)) {
				w.t.Fatalf("event %d has sequence number %d", len(events), e.Sequence)
			}
		}
	}
}

// published is upTo without activity, whose events depend on who else follows the store, and without the sequence numbers.
func (w *world) published(id crm.EventID) []crm.Event {
	w.t.Helper()
	var events []crm.Event
	for _, e := range w.upTo(id) {
		if e.Sequence = 0; e.Kind != crm.Activity {
			events = append(events, e)
		}
	}
	return events
}

// wantEvents fails the test unless these are the workspace's events. A zero id matches any.
func (w *world) wantEvents(last crm.EventID, want []crm.Event) {
	w.t.Helper()
	got := w.published(last)
	for i := range min(len(got), len(want)) {
		want[i].ID = cmp.Or(want[i].ID, got[i].ID)
	}
	w.same("events", got, want)
}

// readAlong reads events by their sequence numbers, n at a time, until everything is written and so many that are no
// activity have been read.
func (w *world) readAlong(n int, written *atomic.Bool, total int) (events []crm.Event, err error) {
	var sequence crm.Sequence
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		done := written.Load()
		next, err := w.Events(w.ctx, w.id, sequence, n)
		if err != nil {
			return events, err
		}
		for _, e := range next {
			events, sequence = append(events, e), e.Sequence
		}
		if len(next) == 0 && done && len(events) >= total {
			return events, nil
		}
		if len(next) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return events, fmt.Errorf("read %d of %d events: %w", len(events), total, errLate)
}

// patience is how long a case waits for what must come.
const patience = 20 * time.Second

var errLate = errors.New("it takes too long")

// until waits for a condition.
func (w *world) until(what string, met func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %v", what, errLate)
		}
	}
}

// wakes are the workspaces that were woken.
type wakes struct {
	mu    sync.Mutex
	woken map[crm.WorkspaceID]bool
}

func (w *wakes) wake(id crm.WorkspaceID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken[id] = true
}

// take reports whether a workspace was woken since the last time.
func (w *wakes) take(id crm.WorkspaceID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	woken := w.woken[id]
	delete(w.woken, id)
	return woken
}

// hears waits until an event can be read by somebody who only looks when woken.
func (w *world) hears(woken *wakes, id crm.EventID) {
	w.t.Helper()
	w.until("an event is heard of", func() bool {
		if !woken.take(w.id) {
			return false
		}
		got, err := w.Events(w.ctx, w.id, 0, 1000)
		w.check(err)
		return slices.Contains(idsOf(got), id)
	})
}

// follow follows the store until stop is called, which returns Follow's error, or the test is over.
func (w *world) follow() (woken *wakes, stop func() error) {
	woken = &wakes{woken: map[crm.WorkspaceID]bool{}}
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Follow(ctx, woken.wake) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	w.t.Cleanup(func() { _ = stop() })
	return woken, stop
}

func idsOf(events []crm.Event) []crm.EventID {
	ids := make([]crm.EventID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return ids
}
