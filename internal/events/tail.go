package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/internal/share"
)

const (
	// pause is the minimum time between two reads of a workspace: events that come quickly are read, looked up and written
	// to sockets several at a time.
	pause = 20 * time.Millisecond
	// patience is how long the next read waits while even the fastest subscriber has not taken the last one yet: then
	// this machine is slow, and not the subscribers.
	patience = 250 * time.Millisecond
)

// Batch is a run of events from one read. Subscribers of one workspace share it, and the work that it makes, so it must not be
// changed.
type Batch struct {
	Events []crm.Event
	share.Work
}

// tail reads the events of one workspace for its subscribers in this process. It ends with the last of them.
type tail struct {
	hub       *Hub
	workspace crm.WorkspaceID
	stop      context.CancelFunc
	woken     chan struct{}
	taken     chan struct{} // signalled when a subscriber has emptied its queue

	mu          sync.Mutex
	at          position // after the last delivered event
	subscribers map[*Subscription]struct{}
}

// join adds s to the subscribers of its workspace, unless they have received events that s has yet to read.
func (h *Hub) join(s *Subscription) (joined bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false, ErrStopped
	}
	if err := s.ended(); err != nil {
		return false, err
	}
	t := h.tails[s.workspace]
	if t == nil {
		ctx, cancel := context.WithCancel(context.Background()) // it outlives the subscriber that starts it
		t = &tail{
			hub: h, workspace: s.workspace, stop: cancel, at: s.at,
			woken: make(chan struct{}, 1), taken: make(chan struct{}, 1),
			subscribers: make(map[*Subscription]struct{}),
		}
		h.tails[s.workspace] = t
		h.running.Go(func() { t.run(ctx) })
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case s.at.sequence < t.at.sequence:
		return false, nil
	case s.at.sequence == t.at.sequence && s.at.event != t.at.event && s.at.event != none && t.at.event != none:
		return false, ErrResync // one of them is from before a restore: both read again
	}
	t.subscribers[s] = struct{}{}
	return true, nil
}

// leave removes s from the subscribers of its workspace.
func (h *Hub) leave(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.tails[s.workspace]
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if delete(t.subscribers, s); len(t.subscribers) == 0 {
		delete(h.tails, t.workspace)
		t.stop()
	}
}

// end ends the subscriptions and the tail.
func (t *tail) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.subscribers {
		s.fail(err)
	}
	clear(t.subscribers)
	t.stop()
}

func (t *tail) run(ctx context.Context) {
	var (
		retry  backoff
		failed bool
	)
	for ctx.Err() == nil {
		began := time.Now()
		events, err := t.hub.read(ctx, t.workspace, t.at)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrResync):
			t.skip()
			return
		case err != nil:
			if !failed && !errors.Is(err, crm.ErrWorkspaceGone) { // whose connections are about to end
				t.hub.log.Warn("reading events failed", "error", err)
			}
			failed = true
			retry.wait(ctx)
			continue
		}
		if failed {
			t.hub.log.Info("reading events again")
			failed, retry = false, backoff{}
		}
		if len(events) > 0 {
			t.deliver(&Batch{Events: events})
			t.rest(ctx, began)
		}
		if len(events) < readSize {
			t.wait(ctx, pollInterval, t.woken)
		}
	}
}

// skip ends all subscriptions and the tail, because events were deleted before they were read, or the database was
// restored.
func (t *tail) skip() {
	t.hub.mu.Lock()
	defer t.hub.mu.Unlock()
	if t.hub.tails[t.workspace] == t {
		delete(t.hub.tails, t.workspace)
	}
	t.end(ErrResync)
}

// deliver gives a batch to every subscriber that has room for it, and ends the others.
func (t *tail) deliver(b *Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = behind(b.Events)
	for s := range t.subscribers {
		if !s.offer(b, t.taken) {
			delete(t.subscribers, s)
		}
	}
}

// rest waits until it is time for the next read.
func (t *tail) rest(ctx context.Context, began time.Time) {
	t.wait(ctx, time.Until(began.Add(pause)), nil)
	for deadline := began.Add(patience); ctx.Err() == nil && time.Now().Before(deadline) && !t.kept(); {
		t.wait(ctx, time.Until(deadline), t.taken)
	}
}

// kept reports whether a subscriber has emptied its queue, or nobody subscribes any more.
func (t *tail) kept() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.subscribers {
		if s.empty() {
			return true
		}
	}
	return len(t.subscribers) == 0
}

func (t *tail) wait(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-woken:
	}
}
