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
	// lookInterval is how often a process looks for sign-ins that were ended at another.
	lookInterval = time.Second
	// lookTimeout bounds one look.
	lookTimeout = 5 * time.Second
	// lookBack is how much each look overlaps the last: the clocks of processes are not quite the same.
	lookBack = 10 * time.Minute
)

// endings are the sign-ins that were ended before their time, at whichever process. What cannot be written now is written
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

// covers reports whether the sign-in of a pass was ended.
func (e *endings) covers(p pass) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended, ok := e.known[p.signIn()]
	return ok && p.issuedAt().Before(ended.Before)
}

// end ends the passes of a sign-in that were issued before then, here at once and everywhere else within seconds. A
// request that asks for it may end: it is done all the same.
func (e *endings) end(ctx context.Context, p pass, before time.Time) {
	ended := crm.EndedSignIn{ID: p.signIn(), Before: before, Until: p.endsAt(), At: e.now().UTC().Truncate(time.Microsecond)}
	e.learn(ended)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if err := e.store.EndSignIn(ctx, ended); err != nil {
		e.log.WarnContext(ctx, "cannot tell other processes that a sign-in has ended: trying again", "error", err)
		e.mu.Lock()
		e.unsaved = append(e.unsaved, ended)
		e.mu.Unlock()
	}
}

// learn notes what has ended and calls the listener for what is new.
func (e *endings) learn(list ...crm.EndedSignIn) {
	e.mu.Lock()
	var fresh []crm.EndedSignIn
	for _, ended := range list {
		if known, ok := e.known[ended.ID]; ok && !known.Before.Before(ended.Before) {
			continue
		}
		e.known[ended.ID] = ended
		fresh = append(fresh, ended)
	}
	listen := e.listen
	e.mu.Unlock()
	if listen == nil {
		return
	}
	for _, ended := range fresh {
		listen(ended)
	}
}

// look writes what is unsaved and reads what others have ended.
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

// follow looks again and again until ctx ends.
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

// Follow calls ended for each sign-in that is over before its time, at whichever process somebody signed out, until ctx
// ends. Other processes' are heard of within a second or two.
func (s *SignIn) Follow(ctx context.Context, ended func(crm.EndedSignIn)) {
	s.endings.follow(ctx, ended)
}
