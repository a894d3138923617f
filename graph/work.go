package graph

import (
	"sync"
	"time"
)

// work notes who is at work, so that somebody's subscriptions can make way for others and need not for their own queries.
type work struct {
	mu      sync.Mutex
	running map[subject]int
	total   int
	last    subject   // who has done something last
	lastAt  time.Time // when that was
	otherAt time.Time // when anybody else had before
}

func newWork() *work { return &work{running: make(map[subject]int)} }

func (w *work) begin(who subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[who]++
	w.total++
}

// end ends what begin began.
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

// done notes that somebody has done something.
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

// byOthers is when anybody but the subject was at work last: now, while somebody is.
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
