package events_test

import (
	"context"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// otherCalls are those that the hub does not make.
type otherCalls = storage.Events

// record is a small storage.Events in memory, so that tests decide what fails and when.
type record struct {
	otherCalls

	mu        sync.Mutex
	events    map[crm.WorkspaceID][]crm.Event
	forgotten map[crm.WorkspaceID]int
	wake      func(crm.WorkspaceID)
	deaf      bool  // wakes are lost
	away      error // of every read
	reads     int
	slow      time.Duration // of every read
}

func newRecord() *record {
	return &record{events: make(map[crm.WorkspaceID][]crm.Event), forgotten: make(map[crm.WorkspaceID]int)}
}

// add commits n events and returns the last.
func (r *record) add(w crm.WorkspaceID, n int) crm.Event {
	r.mu.Lock()
	for range n {
		now := time.Now()
		r.events[w] = append(r.events[w], crm.Event{
			ID: crm.NewEventID(now), Sequence: crm.Sequence(len(r.events[w]) + 1), Kind: crm.Updated, At: now,
		})
	}
	last, wake := r.events[w][len(r.events[w])-1], r.wake
	if r.deaf {
		wake = nil
	}
	r.mu.Unlock()
	if wake != nil {
		wake(w)
	}
	return last
}

// set changes what fails.
func (r *record) set(change func(r *record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *record) countReads() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func (r *record) Events(ctx context.Context, w crm.WorkspaceID, after crm.Sequence, n int) ([]crm.Event, error) {
	r.mu.Lock()
	slow := r.slow
	r.reads++
	r.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away != nil {
		return nil, r.away
	}
	first := max(int(after), r.forgotten[w])
	kept := r.events[w][min(first, len(r.events[w])):]
	return append([]crm.Event(nil), kept[:min(n, len(kept))]...), ctx.Err()
}

func (r *record) SequenceOf(_ context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Sequence, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events[w][r.forgotten[w]:] {
		if e.ID == id {
			return e.Sequence, r.away
		}
	}
	return 0, crm.ErrNotFound
}

func (r *record) LastSequence(_ context.Context, w crm.WorkspaceID) (sequence crm.Sequence, id crm.EventID, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sequence = crm.Sequence(len(r.events[w]))
	if int(sequence) > r.forgotten[w] {
		id = r.events[w][sequence-1].ID
	}
	return sequence, id, r.away
}

// putBack has a workspace's record end behind the first n events, as a backup does, or a server that did not get the others.
func (r *record) putBack(w crm.WorkspaceID, n int) {
	r.set(func(r *record) { r.events[w] = r.events[w][:n:n] })
}

func (r *record) Follow(ctx context.Context, wake func(crm.WorkspaceID)) error {
	r.set(func(r *record) { r.wake = wake })
	<-ctx.Done()
	return ctx.Err()
}

func (r *record) HistoryByContact(
	context.Context, crm.WorkspaceID, []crm.ContactID, storage.Page,
) (map[crm.ContactID]storage.EventPage, error) {
	panic("the hub reads no history")
}

func (r *record) ForgetEvents(context.Context, time.Time) (bool, error) {
	panic("the hub forgets nothing")
}
