package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// readSize is how many events one read returns. It must be well below queueSize.
	readSize = 100
	// readTimeout bounds one read.
	readTimeout = 10 * time.Second
	// pollInterval is how often a workspace with subscribers is read without a wake-up, because one may be lost.
	pollInterval = time.Second
	// firstRetry and lastRetry are the shortest and the longest wait after a failure.
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Hub reads the events of workspaces that have subscribers and delivers them. It is safe for concurrent use.
type Hub struct {
	store storage.Events
	log   *slog.Logger

	mu      sync.Mutex
	tails   map[crm.WorkspaceID]*tail
	stopped bool
	running sync.WaitGroup

	open, dropped atomic.Int64

	// Woken is called when a workspace has new events to read. It must not block. Set it before the hub is used; nil does nothing.
	Woken func(crm.WorkspaceID)

	// Panicked is called for each recovered panic. Set it before the hub is used; nil does nothing.
	Panicked func(*storage.PanicError)
}

// New returns a hub that reads from store. Without [Hub.Run] it works by polling alone.
func New(store storage.Events, logger *slog.Logger) *Hub {
	return &Hub{store: store, log: logger, tails: make(map[crm.WorkspaceID]*tail)}
}

// Run publishes events (see [storage.Events]) and listens for new ones, until ctx ends. Then it ends all
// subscriptions, and returns when all goroutines of the hub have ended. A hub runs once.
func (h *Hub) Run(ctx context.Context) {
	retry := backoff{}
	for ctx.Err() == nil {
		began := time.Now()
		err := h.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > lastRetry {
			retry = backoff{}
		}
		h.log.Warn("following events failed", "error", err)
		retry.wait(ctx)
	}
	h.mu.Lock()
	h.stopped = true
	for w, t := range h.tails {
		delete(h.tails, w)
		t.end(ErrStopped)
	}
	h.mu.Unlock()
	h.running.Wait()
}

func (h *Hub) follow(ctx context.Context) (err error) {
	defer h.recovered(&err)
	return h.store.Follow(ctx, h.wake)
}

// wake has the tail of a workspace look for new events now.
func (h *Hub) wake(w crm.WorkspaceID) {
	if h.Woken != nil {
		h.Woken(w)
	}
	h.mu.Lock()
	t := h.tails[w]
	h.mu.Unlock()
	if t != nil {
		signal(t.woken)
	}
}

// Subscribe starts a subscription of the workspace: after the given event or, without one, after the newest event.
// Everything that is committed after Subscribe returns is delivered. If the event is unknown or no longer stored, the
// error is [ErrResync]; later storage failures are retried. Close the subscription when done.
func (h *Hub) Subscribe(ctx context.Context, w crm.WorkspaceID, after *crm.EventID) (*Subscription, error) {
	s := &Subscription{hub: h, workspace: w, signal: make(chan struct{}, 1)}
	var err error
	if after == nil {
		s.at, err = h.last(ctx, w)
		s.near = true
	} else {
		s.at, err = h.positionOf(ctx, w, *after)
	}
	if err != nil {
		return nil, fmt.Errorf("find where to begin: %w", err)
	}
	h.open.Add(1)
	return s, nil
}

// Open is how many subscriptions there are.
func (h *Hub) Open() int64 { return h.open.Load() }

// Dropped is how many subscriptions have been ended so far because they could not keep up.
func (h *Hub) Dropped() int64 { return h.dropped.Load() }

// ResumeToken returns a resume token for this moment: a subscription after it receives everything that is committed from
// now on. It does not identify an event.
func (h *Hub) ResumeToken(ctx context.Context, w crm.WorkspaceID) (crm.EventID, error) {
	at, err := h.last(ctx, w)
	if err != nil {
		return none, fmt.Errorf("make a resume token: %w", err)
	}
	return resumeToken(at), nil
}

// last is the position after the newest event.
func (h *Hub) last(ctx context.Context, w crm.WorkspaceID) (at position, err error) {
	at.sequence, at.event, err = h.store.LastSequence(ctx, w)
	return at, err
}

// positionOf is the position after an event, or of a resume token.
func (h *Hub) positionOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (position, error) {
	if sequence, ok := tokenSequence(id); ok {
		return h.positionAt(ctx, w, sequence, id)
	}
	sequence, err := h.store.SequenceOf(ctx, w, id)
	if errors.Is(err, crm.ErrNotFound) {
		err = ErrResync
	}
	return position{sequence, id}, err
}

// positionAt is the position of a resume token. A token from before a restore, or a forged one, is [ErrResync].
func (h *Hub) positionAt(ctx context.Context, w crm.WorkspaceID, sequence crm.Sequence, id crm.EventID) (position, error) {
	at, err := h.last(ctx, w)
	switch {
	case err != nil:
		return at, err
	case sequence > at.sequence:
		return at, ErrResync
	case sequence == at.sequence:
	case sequence == 0:
		at = position{}
	default:
		found, err := h.store.Events(ctx, w, sequence-1, 1)
		if err != nil {
			return at, err
		}
		at = position{sequence: sequence}
		if len(found) > 0 && found[0].Sequence == sequence {
			at.event = found[0].ID
		}
	}
	if at.event != none && resumeToken(at) != id {
		return at, ErrResync
	}
	return at, nil
}

// read returns the events after a position, without a gap. It is [ErrResync] if some of them are gone, or if the database
// was restored since.
func (h *Hub) read(ctx context.Context, w crm.WorkspaceID, at position) (events []crm.Event, err error) {
	defer h.recovered(&err)
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	from, n := at.sequence, readSize
	if at.event != none {
		from, n = from-1, n+1 // with the event that has been read: it must be there, as long as anything of its time is
	}
	events, err = h.store.Events(ctx, w, from, n)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	if len(events) > 0 && events[0].Sequence == at.sequence {
		if events[0].ID != at.event {
			return nil, ErrResync
		}
		events = events[1:]
	} else if len(events) == 0 && at.sequence > 0 {
		last, err := h.last(ctx, w)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read events: %w", err)
		case last.sequence < at.sequence:
			return nil, ErrResync
		}
	}
	sequence := at.sequence
	for i := range events {
		if sequence++; events[i].Sequence != sequence {
			return nil, ErrResync
		}
	}
	return events, nil
}

// recovered turns a panic into an error.
func (h *Hub) recovered(err *error) {
	if p := recover(); p != nil {
		caught := storage.NewPanicError(p)
		if h.Panicked != nil {
			h.Panicked(caught)
		}
		*err = caught
	}
}

// signal wakes whoever waits for c, now or when it next does.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// backoff is how long to wait after failures in a row.
type backoff struct{ next time.Duration }

// wait waits, each time about twice as long as the last.
func (b *backoff) wait(ctx context.Context) {
	b.next = min(max(2*b.next, firstRetry), lastRetry)
	select {
	case <-ctx.Done():
	case <-time.After(b.next/2 + rand.N(b.next/2)):
	}
}
