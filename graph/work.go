package graph

import (
	"sync"
	"time"
)

// work records which subjects have been active, so that the subscriptions of one slow down for the others, but not for its
// own queries.
type work struct {
	mu      sync.Mutex
	running map[subject]int
	total   int
	last    subject   // the most recently active one
	lastAt  time.Time // when it was active
	otherAt time.Time // when any other one was before
}

func newWork() *work { return &work{running: make(map[subject]int)} }

func (w *work) begin(who subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[who]++
	w.total++
}

// end goes with an earlier begin.
func (w *work) end(who subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.total--; w.running[who] == 1 {
		delete(w.running, who)
	} else {
		w.running[who]--
	}
	w.did(who)
}

// done records activity that has just ended.
func (w *work) done(who subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did(who)
}

func (w *work) did(who subject) {
	if w.last != who {
		w.last, w.otherAt = who, w.lastAt
	}
	w.lastAt = time.Now()
}

// byOthers is when any other subject was last active; now, if one is.
func (w *work) byOthers(who subject) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.total > w.running[who]:
		return time.Now()
	case w.last == who:
		return w.otherAt
	default:
		return w.lastAt
	}
}
