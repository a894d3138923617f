package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/storage"
)

// followEvery is how often those who follow look for what other processes did.
const followEvery = time.Second

// followers are the calls of Follow that are going on.
type followers struct {
	mu  sync.Mutex
	all map[*follower]bool
}

// follower is one call of Follow, with the workspaces that it has yet to wake.
type follower struct {
	mu      sync.Mutex
	waiting map[crm.WorkspaceID]bool
	signal  chan struct{}
}

// Follow calls wake for workspaces with new events, and publishes activity as long as nobody else does.
func (s *Store) Follow(ctx context.Context, wake func(crm.WorkspaceID)) error {
	f := &follower{waiting: map[crm.WorkspaceID]bool{}, signal: make(chan struct{}, 1)}
	s.followers.add(f)
	defer s.followers.remove(f)
	g, inner := errgroup.WithContext(ctx)
	for _, loop := range []func() error{
		func() error { return s.listen(inner, f, wake) },
		func() error { return s.publishActivity(inner) },
	} {
		g.Go(func() (err error) {
			defer storage.Recovered(&err)
			return loop()
		})
	}
	err := g.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return wrap("follow", err)
}

// listen wakes for the commits of this store, and for those of others once a second; at first for every workspace that has
// events.
func (s *Store) listen(ctx context.Context, f *follower, wake func(crm.WorkspaceID)) error {
	every := time.NewTicker(followEvery)
	defer every.Stop()
	var known map[crm.WorkspaceID]int64
	for {
		heads, err := s.heads(ctx)
		if errors.Is(err, errClosed) {
			return err
		}
		if err == nil { // else the next look may succeed
			for w, seq := range heads {
				if known[w] != seq {
					wake(w)
				}
			}
			known = heads
		}
		if err := f.listen(ctx, every.C, wake); err != nil {
			return err
		}
	}
}

// listen wakes for the commits of this store until it is time to look for those of others.
func (f *follower) listen(ctx context.Context, look <-chan time.Time, wake func(crm.WorkspaceID)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look:
			return nil
		case <-f.signal:
			for w := range f.take() {
				wake(w)
			}
		}
	}
}

// heads are the sequence numbers given last.
func (s *Store) heads(ctx context.Context) (map[crm.WorkspaceID]int64, error) {
	return read(ctx, s, func(c *conn) (map[crm.WorkspaceID]int64, error) {
		heads := map[crm.WorkspaceID]int64{}
		_, err := all(ctx, c, `SELECT workspace_id, seq FROM event_heads`, nil, func(rows *sql.Rows) (any, error) {
			var w crm.WorkspaceID
			var seq int64
			err := rows.Scan(&w, &seq)
			heads[w] = seq
			return nil, err
		})
		return heads, err
	})
}

// committed passes on what a commit brought.
func (s *Store) committed(t *tx) {
	if len(t.published) > 0 {
		s.followers.wake(t.published)
	}
	if t.pending {
		notify(s.pending)
	}
	if t.dropped {
		s.eraser.ask()
	}
}

func (f *followers) add(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[*follower]bool{}
	}
	f.all[one] = true
}

func (f *followers) remove(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, one)
}

func (f *followers) wake(workspaces map[crm.WorkspaceID]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one := range f.all {
		one.mu.Lock()
		maps.Copy(one.waiting, workspaces)
		one.mu.Unlock()
		notify(one.signal)
	}
}

func (f *follower) take() map[crm.WorkspaceID]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.waiting
	f.waiting = map[crm.WorkspaceID]bool{}
	return taken
}

// notify leaves a signal unless there is one already.
func notify(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}
