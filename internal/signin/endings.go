package signin

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// lookInterval is how often a process looks for sign-ins that ended in another.
	lookInterval = time.Second
	// lookTimeout bounds one look.
	lookTimeout = 5 * time.Second
	// lookBack is how much each look overlaps the last: the clocks of processes differ slightly.
	lookBack = 10 * time.Minute
)

// endings are the sign-ins that ended early, in any process. An ending that cannot be written now is written
// later, and counts in this process meanwhile.
type endings struct {
	store storage.SignIns
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	known   map[string]crm.EndedSignIn
	unsaved []crm.EndedSignIn
	looked  time.Time // when the store was last read
	listen  func(crm.EndedSignIn)
}

func newEndings(store storage.SignIns, log *slog.Logger, now func() time.Time) *endings {
	return &endings{store: store, log: log, now: now, known: make(map[string]crm.EndedSignIn)}
}

// covers reports whether the sign-in of p has ended.
func (e *endings) covers(p sessionCookie) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended, ok := e.known[p.signIn()]
	return ok && p.issuedAt().Before(ended.Before)
}

// end ends the session cookies of a sign-in that were issued before the given time, here immediately and in other processes within
// seconds, even if the request is cancelled.
func (e *endings) end(ctx context.Context, p sessionCookie, before time.Time) {
	ended := crm.EndedSignIn{ID: p.signIn(), Before: before, Until: p.endsAt(), At: e.now().UTC().Truncate(time.Microsecond)}
	e.learn(ended)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if err := e.store.EndSignIn(ctx, ended); err != nil {
		e.log.WarnContext(ctx, "cannot write the end of a sign-in for other processes: trying again", "error", err)
		e.mu.Lock()
		e.unsaved = append(e.unsaved, ended)
		e.mu.Unlock()
	}
}

// learn records endings and calls the listener for new ones.
func (e *endings) learn(list ...crm.EndedSignIn) {
	e.mu.Lock()
	var added []crm.EndedSignIn
	for _, ended := range list {
		if known, ok := e.known[ended.ID]; ok && !known.Before.Before(ended.Before) {
			continue
		}
		e.known[ended.ID] = ended
		added = append(added, ended)
	}
	listen := e.listen
	e.mu.Unlock()
	if listen == nil {
		return
	}
	for _, ended := range added {
		listen(ended)
	}
}

// look writes unsaved endings and reads those of other processes.
func (e *endings) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	e.mu.Lock()
	unsaved, since := e.unsaved, e.looked
	e.unsaved = nil
	e.mu.Unlock()
	for i, ended := range unsaved {
		if err := e.store.EndSignIn(ctx, ended); err != nil {
			e.mu.Lock()
			e.unsaved = append(e.unsaved, unsaved[i:]...)
			e.mu.Unlock()
			return err
		}
	}
	if !since.IsZero() {
		since = since.Add(-lookBack)
	}
	now := e.now()
	list, err := e.store.EndedSignIns(ctx, since)
	if err != nil {
		return err
	}
	e.learn(list...)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.looked = now
	for id, ended := range e.known {
		if ended.Until.Before(now) {
			delete(e.known, id)
		}
	}
	return nil
}

// follow polls until ctx ends.
func (e *endings) follow(ctx context.Context, listen func(crm.EndedSignIn)) {
	e.mu.Lock()
	e.listen = listen
	e.mu.Unlock()
	failed := false
	for {
		err := e.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			e.log.WarnContext(ctx, "cannot look for sign-ins that have ended: trying again", "error", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookInterval):
		}
	}
}

// Follow calls ended for each sign-in that ends early, in any process, until ctx ends. Those of other processes arrive
// within a second or two.
func (s *SignIn) Follow(ctx context.Context, ended func(crm.EndedSignIn)) {
	s.endings.follow(ctx, ended)
}
