package events

import (
	"context"
	"errors"
	"sync"

	"kith/internal/crm"
)

// queueSize is how many events are held for a subscriber.
const queueSize = 256

// Subscription is one reader of a workspace's events. One goroutine reads, any may close.
type Subscription struct {
	hub       *Hub
	workspace crm.WorkspaceID
	signal    chan struct{}

	// Used only by the reader, until it has joined the tail.
	at     position // after the last event that it has read from storage
	near   bool     // it has read everything
	joined bool

	mu     sync.Mutex
	queue  []Part
	queued int // events
	err    error
	closed bool
	taken  chan<- struct{}
}

// Part is the events of a batch from From on; the subscriber already has those before.
type Part struct {
	*Batch
	From int
}

// Next waits for the next events, and returns at least one. If storage cannot be read, it waits until it can. The
// error is the context's, or the reason why the subscription ended: [ErrResync], [ErrSlowConsumer] or [ErrStopped].
func (s *Subscription) Next(ctx context.Context) (Part, error) {
	for !s.joined {
		b, err := s.readOn(ctx)
		if err != nil {
			return Part{}, err
		}
		if b != nil {
			return Part{Batch: b}, nil
		}
	}
	for {
		if p, err := s.take(); p.Batch != nil || err != nil {
			return p, err
		}
		select {
		case <-ctx.Done():
			return Part{}, ctx.Err()
		case <-s.signal:
		}
	}
}

// readOn reads older events from storage, and joins the tail once it has read them all.
func (s *Subscription) readOn(ctx context.Context) (*Batch, error) {
	if s.near {
		var err error
		if s.joined, err = s.hub.join(s); s.joined || err != nil {
			return nil, err
		}
	}
	var retry backoff
	for {
		events, err := s.hub.read(ctx, s.workspace, s.at)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, ErrResync):
			return nil, err
		case err != nil:
			retry.wait(ctx)
			continue
		}
		s.near = len(events) < readSize
		if len(events) == 0 {
			return nil, nil
		}
		s.at = behind(events)
		if s.near { // now, before the tail has more
			if s.joined, err = s.hub.join(s); err != nil {
				return nil, err
			}
		}
		return &Batch{Events: events}, nil
	}
}

// take removes the first part from the queue; it returns a zero Part if the queue is empty.
func (s *Subscription) take() (Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || len(s.queue) == 0 {
		return Part{}, s.err
	}
	p := s.queue[0]
	s.queue[0] = Part{}
	s.queue = s.queue[1:]
	s.queued -= len(p.Events) - p.From
	if len(s.queue) == 0 {
		s.queue = nil // an idle subscriber holds nothing
		signal(s.taken)
	}
	return p, nil
}

// offer queues the part of a batch that the subscriber has not read yet. If there is no room, it ends the subscription.
// Emptying the queue signals taken.
func (s *Subscription) offer(b *Batch, taken chan<- struct{}) (ok bool) {
	from := 0
	for from < len(b.Events) && b.Events[from].Sequence <= s.at.sequence { // at does not change after the subscriber has joined
		if e := b.Events[from]; e.Sequence == s.at.sequence && e.ID != s.at.event && s.at.event != none {
			s.fail(ErrResync) // it has read events from before a restore
			return false
		}
		from++
	}
	n := len(b.Events) - from
	if n == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued+n > queueSize {
		s.failLocked(ErrSlowConsumer)
		s.hub.dropped.Add(1)
		return false
	}
	s.queue = append(s.queue, Part{b, from})
	s.queued += n
	s.taken = taken
	signal(s.signal)
	return true
}

func (s *Subscription) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queued == 0
}

// fail ends the subscription.
func (s *Subscription) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *Subscription) failLocked(err error) {
	if s.err == nil {
		s.err = err
	}
	s.queue, s.queued = nil, 0
	signal(s.signal)
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.fail(ErrStopped) // first, so that it cannot join again
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		s.hub.open.Add(-1)
	}
	s.mu.Unlock()
	s.hub.leave(s)
}

func (s *Subscription) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
