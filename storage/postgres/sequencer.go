package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// batchPause is the least time between two batches: what is committed meanwhile goes into the next.
	batchPause = 15 * time.Millisecond
	// batchRetry is how long a workspace waits after a batch failed.
	batchRetry = time.Second
	// batchTimeout ends a batch.
	batchTimeout = 10 * time.Second
	// batchesAtOnce is how many workspaces have a batch running at the same time.
	batchesAtOnce = 2
	// channelOfEvents is where processes notify each other of workspaces with new events.
	channelOfEvents = "kith_events"
)

// sequencer gives sequence numbers to changes that are committed, and publishes the pending activity that messages leave.
//
// Ids and times cannot order events for readers who go on from the last one they saw: a transaction may commit after
// another that began later, and its event would be skipped. So sequence numbers are given afterwards, by the holder of the
// workspace's row of event_heads, to rows that can be seen by then. Any process may do it for any change; the one that
// wrote does it immediately. All pending work is in the database; what this process remembers only saves queries.
type sequencer struct {
	store  *Store
	origin string // of this process's notifications
	wakeup chan struct{}
	life   context.Context //nolint:containedctx // the store's, which ends with it
	end    context.CancelFunc
	ended  chan struct{}

	stamped atomic.Int64

	mu     sync.Mutex
	due    map[crm.WorkspaceID]time.Time // when the next batch of each workspace is due
	states map[crm.WorkspaceID]*throttleState

	waking    sync.RWMutex // held for reading while followers are called
	followers map[int]func(crm.WorkspaceID)
	following int // followers so far
}

// newSequencer makes a sequencer. Its batches begin with run and go on until stop.
func newSequencer(s *Store) *sequencer {
	life, end := context.WithCancel(context.Background())
	return &sequencer{
		store: s, origin: uuid.NewString(), wakeup: make(chan struct{}, 1), life: life, end: end, ended: make(chan struct{}),
		due: map[crm.WorkspaceID]time.Time{}, states: map[crm.WorkspaceID]*throttleState{},
		followers: map[int]func(crm.WorkspaceID){},
	}
}

// forget drops what was published: the database may no longer have it.
func (t *sequencer) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.states)
}

// stop ends the sequencer and waits for the running batch.
func (t *sequencer) stop() {
	t.end()
	<-t.ended
}

// stamp is the time in microseconds, but higher with each call. It is taken while a writer holds what it changes.
func (t *sequencer) stamp() int64 {
	for {
		last := t.stamped.Load()
		next := max(time.Now().UnixMicro(), last+1)
		if t.stamped.CompareAndSwap(last, next) {
			return next
		}
	}
}

// unpublished says that a workspace has something new that is committed.
func (t *sequencer) unpublished(w crm.WorkspaceID) { t.schedule(w, time.Now()) }

// schedule makes a batch due at a time, or leaves it due earlier.
func (t *sequencer) schedule(w crm.WorkspaceID, at time.Time) {
	t.mu.Lock()
	if was, ok := t.due[w]; !ok || at.Before(was) {
		t.due[w] = at
	}
	t.mu.Unlock()
	select {
	case t.wakeup <- struct{}{}:
	default: // it is awake already
	}
}

func (t *sequencer) run() {
	defer close(t.ended)
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	var last time.Time // the start of the newest batch
	for {
		select {
		case <-t.life.Done():
			return
		case <-t.wakeup:
		case <-alarm.C:
		}
		now := time.Now()
		if rest := batchPause - now.Sub(last); rest > 0 {
			alarm.Reset(rest)
			continue
		}
		todo, next := t.take(now)
		if len(todo) > 0 {
			last = now
			t.batches(t.life, todo)
			next = now.Add(batchPause) // look again: more may have become due
		}
		if !next.IsZero() {
			alarm.Reset(time.Until(next))
		}
	}
}

// take removes the workspaces that are due, and returns when the next is due.
func (t *sequencer) take(now time.Time) (todo []crm.WorkspaceID, next time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for w, at := range t.due {
		switch {
		case !at.After(now):
			todo = append(todo, w)
			delete(t.due, w)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return todo, next
}

// batches runs a batch for each workspace. What fails is tried again later: nothing is lost meanwhile.
func (t *sequencer) batches(ctx context.Context, todo []crm.WorkspaceID) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(batchesAtOnce)
	var mu sync.Mutex
	var news []crm.WorkspaceID
	for _, w := range todo {
		g.Go(func() error {
			r, err := t.guarded(ctx, w)
			switch {
			case err != nil:
				t.schedule(w, time.Now().Add(batchRetry))
			case !r.next.IsZero():
				t.schedule(w, r.next)
			}
			if err == nil && r.published {
				mu.Lock()
				defer mu.Unlock()
				news = append(news, w)
				t.wake(w)
			}
			return nil
		})
	}
	_ = g.Wait() // they keep their errors to themselves
	t.notify(ctx, news)
}

// guarded runs a batch and returns a panic as an error: the next may go better, and the process must live.
func (t *sequencer) guarded(ctx context.Context, w crm.WorkspaceID) (r result, err error) {
	defer func() {
		if err != nil && t.store.panicked != nil {
			if p, ok := errors.AsType[*storage.PanicError](err); ok {
				t.store.panicked(p)
			}
		}
	}()
	defer storage.Recovered(&err)
	err = t.store.within(ctx, w, func(ctx context.Context) (err error) {
		r, err = t.batch(ctx, w, false)
		return err
	})
	return r, err
}

// now gives sequence numbers to what is committed in a workspace before it returns.
func (t *sequencer) now(ctx context.Context, w crm.WorkspaceID) error {
	r, err := t.batch(ctx, w, true)
	if err != nil {
		return err
	}
	if !r.next.IsZero() {
		t.schedule(w, r.next)
	}
	if r.published {
		t.wake(w)
		t.notify(ctx, []crm.WorkspaceID{w})
	}
	return nil
}

// notify informs the other processes. If it fails, they still find the events when they poll.
func (t *sequencer) notify(ctx context.Context, news []crm.WorkspaceID) {
	if len(news) == 0 {
		return
	}
	payloads := make([]string, len(news))
	for i, w := range news {
		payloads[i] = fmt.Sprintf("%d %s", w, t.origin)
	}
	_, _ = t.store.pool.Exec(ctx, `SELECT count(pg_notify(@channel, p)) FROM unnest(@payloads::text[]) p`,
		pgx.NamedArgs{"channel": channelOfEvents, "payloads": payloads})
}

// follow has wake called for every workspace with new events until stop has returned.
func (t *sequencer) follow(wake func(crm.WorkspaceID)) (stop func()) {
	t.waking.Lock()
	defer t.waking.Unlock()
	t.following++
	n := t.following
	t.followers[n] = wake
	return func() {
		t.waking.Lock()
		defer t.waking.Unlock()
		delete(t.followers, n)
	}
}

func (t *sequencer) wake(w crm.WorkspaceID) {
	t.waking.RLock()
	defer t.waking.RUnlock()
	for _, f := range t.followers {
		f(w)
	}
}

// throttleState is what this process remembers of a workspace.
type throttleState struct {
	mu       sync.Mutex   // held for a batch
	known    crm.Sequence // the newest event that throttle has seen
	throttle crm.ActivityThrottle
}

func (t *sequencer) state(w crm.WorkspaceID) *throttleState {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.states[w]
	if s == nil {
		s = &throttleState{throttle: crm.ActivityThrottle{}}
		t.states[w] = s
	}
	return s
}
