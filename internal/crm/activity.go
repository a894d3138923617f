package crm

import (
	"time"

	"github.com/google/uuid"
)

// ActivityInterval is the least time between two activity events of one contact or one session.
const ActivityInterval = time.Second

// ActivityDue is how long after now the next activity event of a contact or session may follow the one published at last.
// A time in the future comes from a clock that was wrong: the next may follow immediately.
func ActivityDue(last, now time.Time, interval time.Duration) time.Duration {
	if last.After(now) {
		return 0
	}
	return max(0, interval-now.Sub(last))
}

// PendingActivity is activity that no event has been published for yet: of a contact, of a session, or of both.
type PendingActivity struct {
	ID        [16]byte
	ChannelID ChannelID
	ContactID ContactID
	SessionID *SessionID // nil when it is not of a session
	Moved     bool       // it is of the contact
	Received  time.Time
	// Version is the contact's; nil when the contact is gone.
	Version *int
}

// parts are the activity of the contact and that of the session, as far as p is of them.
func (p PendingActivity) parts() []PendingActivity {
	var parts []PendingActivity
	if p.Moved && p.Version != nil {
		c := p
		c.SessionID = nil
		parts = append(parts, c)
	}
	if p.SessionID != nil {
		s := p
		s.Moved = false
		parts = append(parts, s)
	}
	return parts
}

// subject is the id of the contact or session that a part is of.
func (p PendingActivity) subject() [16]byte {
	if p.SessionID != nil {
		return *p.SessionID
	}
	return p.ContactID
}

// event is the event of a part.
func (p PendingActivity) event(now time.Time) Event {
	e := Event{ID: NewEventID(now), Kind: Activity, Actor: p.ChannelID.String(), At: p.Received}
	if p.Version != nil {
		e.ContactID = &p.ContactID
	}
	if p.SessionID != nil {
		e.SessionID = p.SessionID
	} else {
		e.Version = *p.Version
	}
	return e
}

// ActivityThrottle remembers when an activity event of each contact and session was last published, as long as that
// delays the next.
type ActivityThrottle map[[16]byte]time.Time

// ThrottledActivity is what a throttle decides.
type ThrottledActivity struct {
	Events []Event           // to publish now
	Done   [][16]byte        // ids of pending activity to delete
	Left   []PendingActivity // to store, with new ids, for the parts of deleted ones that have to wait
	Next   time.Time         // when the first of what waits is due; zero when nothing waits
}

// Decide says which activity is published now. What had an event less than [ActivityInterval] ago waits: one pending
// activity of each contact and session stays behind.
func (t ActivityThrottle) Decide(pending []PendingActivity, now time.Time) (out ThrottledActivity) {
	t.expire(now)
	publishing, waiting := map[[16]byte]int{}, map[[16]byte]bool{}
	for _, p := range pending {
		parts := p.parts()
		var rest []PendingActivity // the parts that wait and have no pending activity yet
		for _, part := range parts {
			subject := part.subject()
			last, early := t[subject]
			n, is := publishing[subject]
			switch {
			case is:
				if e := part.event(now); e.At.After(out.Events[n].At) {
					out.Events[n] = e
				}
			case !early:
				publishing[subject] = len(out.Events)
				out.Events = append(out.Events, part.event(now))
			case !waiting[subject]:
				waiting[subject] = true
				rest = append(rest, part)
				if due := last.Add(ActivityInterval); out.Next.IsZero() || due.Before(out.Next) {
					out.Next = due
				}
			}
		}
		if len(parts) > 0 && len(rest) == len(parts) {
			continue // it stays as it is
		}
		out.Done = append(out.Done, p.ID)
		for _, part := range rest {
			part.ID = uuid.New()
			out.Left = append(out.Left, part)
		}
	}
	return out
}

func (t ActivityThrottle) expire(now time.Time) {
	for subject, at := range t {
		if now.Sub(at) >= ActivityInterval {
			delete(t, subject)
		}
	}
}

// Published remembers that an activity event was published at a time. One that lies after now comes from another clock.
func (t ActivityThrottle) Published(subject [16]byte, at, now time.Time) {
	if at.After(now) {
		at = now
	}
	if at.After(t[subject]) {
		t[subject] = at
	}
}

// Subject is the id of the session or contact that an activity event is of.
func (e Event) Subject() [16]byte {
	if e.SessionID != nil {
		return *e.SessionID
	}
	return *e.ContactID
}
