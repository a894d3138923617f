package storagetest

import (
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
)

// second is how far apart two events of activity of one contact or session are at least, with some leave for clocks.
const second = time.Second - 20*time.Millisecond

var activityCases = []testCase{
	{"a burst of messages is published as activity of the contact and the session, at last after the last of them", func(w *world) {
		w.follow()
		ch := w.channel("Shop")
		r := w.record(w.message(ch, "ann", "first"))
		edit, _ := w.change(r.Contact.ID, "staff", rename("Ann"))
		var i crm.Interaction
		for n := range 30 {
			i = w.message(ch, "ann", fmt.Sprint(n))
			w.record(i)
		}
		began := time.Now()
		i = w.message(ch, "ann", "last")
		w.record(i)
		last := map[bool]crm.Event{} // by whether it is the session's
		w.until("the activity of both is published", func() bool {
			for _, e := range w.activity() {
				if !e.ID.Time().Before(began.Truncate(time.Microsecond)) {
					last[e.SessionID != nil] = e
				}
			}
			return len(last) == 2
		})
		for session, e := range last {
			want := crm.Event{
				ID: e.ID, Sequence: e.Sequence, Kind: crm.Activity, ContactID: &r.Contact.ID, Version: edit.Version,
				Actor: ch.ID.String(), At: e.At,
			}
			if session {
				want.SessionID, want.Version = &r.Session.ID, 0
			}
			w.same("event of activity", e, want)
		}
		w.sparse()
	}},
	{"messages that keep coming are published once a second", func(w *world) {
		w.follow()
		ch := w.channel("Shop")
		w.record(w.message(ch, "ann", "first"))
		began := time.Now()
		last := began
		for n := 0; time.Since(began) < 1500*time.Millisecond; n++ {
			last = time.Now()
			w.record(w.message(ch, "ann", fmt.Sprint(n)))
			time.Sleep(10 * time.Millisecond)
		}
		w.until("the last message is published", func() bool {
			return slices.ContainsFunc(w.activity(), func(e crm.Event) bool { return e.SessionID != nil && e.ID.Time().After(last) })
		})
		w.sparse()
		if n := len(w.activity()); n < 4 || n > 8 {
			w.t.Errorf("%d events of activity in %v", n, time.Since(began))
		}
	}},
	{"a message that does not move the contact's activity is one of the session alone", func(w *world) {
		w.follow()
		ch := w.channel("Shop")
		first := w.message(ch, "ann", "first")
		w.record(first)
		outbound, late := w.message(ch, "ann", "1"), w.message(ch, "ann", "2")
		outbound.Direction, late.At = crm.Outbound, first.At.Add(-time.Minute)
		w.record(outbound)
		w.record(late)
		w.until("the session's activity is published", func() bool { return len(w.activity()) > 0 })
		for _, e := range w.activity() {
			if e.SessionID == nil {
				w.t.Errorf("the contact's activity was published: %+v", e)
			}
		}
	}},
	{"messages that came while nobody followed are published to the next who does", func(w *world) {
		ch := w.channel("Shop")
		for _, external := range []string{"ann", "ben"} {
			w.record(w.message(ch, external, "1"))
			w.record(w.message(ch, external, "2"))
		}
		_, stop := w.follow()
		w.until("all activity is published", func() bool { return len(w.activity()) >= 4 })
		_ = stop()
		w.record(w.message(ch, "ann", "3"))
		w.follow()
		w.until("later activity is published", func() bool { return len(w.activity()) >= 6 })
		w.sparse()
	}},
	{"the activity of a deleted contact is no longer published", func(w *world) {
		ch := w.channel("Shop")
		r := w.record(w.message(ch, "ann", "1"))
		w.record(w.message(ch, "ann", "2"))
		d := w.deletion()
		w.check(w.DeleteContact(w.ctx, w.id, r.Contact.ID, d))
		gone := w.sequenceOf(d.Event)
		w.follow()
		w.record(w.message(ch, "ben", "1"))
		w.record(w.message(ch, "ben", "2"))
		w.until("another's activity is published", func() bool {
			for _, e := range w.activity() {
				if e.SessionID == nil && e.ContactID != nil && *e.ContactID != r.Contact.ID {
					return true
				}
			}
			return false
		})
		for _, e := range w.activity() {
			if e.Sequence > gone && e.ContactID != nil && *e.ContactID == r.Contact.ID {
				w.t.Errorf("the contact was published: %+v", e)
			}
		}
	}},
}

// activity are the events of activity so far.
func (w *world) activity() (events []crm.Event) {
	w.t.Helper()
	var sequence crm.Sequence
	for {
		next, err := w.Events(w.ctx, w.id, sequence, 100)
		w.check(err)
		if len(next) == 0 {
			return events
		}
		for _, e := range next {
			if sequence = e.Sequence; e.Kind == crm.Activity {
				events = append(events, e)
			}
		}
	}
}

// sparse fails the test when two events of activity of one contact or session are less than a second apart.
func (w *world) sparse() {
	w.t.Helper()
	last := map[string]time.Time{}
	for _, e := range w.activity() {
		of := "contact " + e.ContactID.String()
		if e.SessionID != nil {
			of = "session " + e.SessionID.String()
		}
		at := e.ID.Time()
		if before, ok := last[of]; ok && at.Sub(before) < second {
			w.t.Errorf("activity of the %s was published twice within %v", of, at.Sub(before))
		}
		last[of] = at
	}
}
