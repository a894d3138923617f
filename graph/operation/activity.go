package operation

import (
	"sync"
	"time"

	"kith/internal/crm"
)

// Activity records which subjects have been active, so that the subscriptions of one slow down for the others, but not for its
// own queries.
type Activity struct {
	mu      sync.Mutex
	running map[Subject]int
	total   int
	last    Subject   // the most recently active one
	lastAt  time.Time // when it was active
	otherAt time.Time // when any other one was before
}

// NewActivity records no activity yet.
func NewActivity() *Activity { return &Activity{running: make(map[Subject]int)} }

// Begin records that an operation of a subject begins.
func (a *Activity) Begin(who Subject) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[who]++
	a.total++
}

// End records that an operation of a subject has ended.
func (a *Activity) End(who Subject) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total--; a.running[who] == 1 {
		delete(a.running, who)
	} else {
		a.running[who]--
	}
	a.did(who)
}

// Done records activity that has just ended, and did not Begin.
func (a *Activity) Done(who Subject) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.did(who)
}

func (a *Activity) did(who Subject) {
	if a.last != who {
		a.last, a.otherAt = who, a.lastAt
	}
	a.lastAt = time.Now()
}

// ByOthers is when any other subject was last active; now, if one is.
func (a *Activity) ByOthers(who Subject) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.total > a.running[who]:
		return time.Now()
	case a.last == who:
		return a.otherAt
	default:
		return a.lastAt
	}
}

// Subject is a person or program in a workspace, across credentials and connections.
type Subject struct {
	workspace crm.WorkspaceID
	name      string
}

// SubjectOf is the subject of a viewer.
func SubjectOf(v crm.Viewer) Subject { return Subject{v.Workspace, v.Subject} }
