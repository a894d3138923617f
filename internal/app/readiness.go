package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// After a failed write, readiness checks test a write, but wait between tests: firstTest at first,
	// doubled up to lastTest each time that writes fail again within steady of a success.
	firstTest = time.Second
	lastTest  = 30 * time.Second
	steady    = time.Minute
)

// readiness knows whether the store is open and can be written to. After a write has failed for a reason that lasts, the
// store is not ready until a write succeeds.
type readiness struct {
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	store   storage.Store             // nil until it is open
	trouble *storage.UnavailableError // nil while all is well
	noted   map[storage.Cause]bool    // causes logged since then
	next    time.Time                 // when to test again
	wait    time.Duration             // how long after that
	well    time.Time                 // when the last failure ended
	testing chan struct{}             // closed at the end of the test that runs; nil where none does
}

func newReadiness(logger *slog.Logger, now func() time.Time) *readiness {
	return &readiness{logger: logger, now: now, noted: map[storage.Cause]bool{}, wait: firstTest}
}

// open makes s the store, and returns it instrumented, so that readiness sees the errors of its calls.
func (r *readiness) open(s storage.Store) storage.Store {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store = s
	return storage.Instrument(s, func(call string, err *error) func() {
		return func() { r.note(call, *err) }
	})
}

// ready reports whether the store is open and, as far as is known, can be written to. It does not ask the database.
func (r *readiness) ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.store != nil && r.trouble == nil
}

// ping answers nil when the database can be read and, as far as is known, written to.
func (r *readiness) ping(ctx context.Context) error {
	store, tested := r.due()
	if store == nil {
		return crm.ErrUnavailable
	}
	select {
	case <-tested:
	case <-ctx.Done():
	}
	r.mu.Lock()
	trouble := r.trouble
	r.mu.Unlock()
	if trouble != nil {
		return trouble
	}
	return store.Ping(ctx)
}

// due begins a test where it is time for one, and returns what is closed at its end.
func (r *readiness) due() (storage.Store, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.testing != nil:
		return r.store, r.testing
	case r.trouble == nil || r.now().Before(r.next):
		done := make(chan struct{})
		close(done)
		return r.store, done
	}
	store, done := r.store, make(chan struct{})
	r.testing = done
	go func() {
		defer close(done)
		// The test outlives the request: a request that times out leaves, and the next one sees the result.
		err := store.TestWrite(context.Background())
		r.note("TestWrite", err)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.testing = nil
		if err == nil {
			r.recovered()
		}
	}()
	return store, done
}

// recovered ends the trouble. The lock is held.
func (r *readiness) recovered() {
	r.trouble, r.well = nil, r.now()
	clear(r.noted)
	r.logger.Info("the database can be written to again")
}

// note takes the outcome of a call into account.
func (r *readiness) note(call string, err error) {
	trouble, ok := errors.AsType[*storage.UnavailableError](err)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.noted[trouble.Cause] {
		r.noted[trouble.Cause] = true
		r.logger.Error("the database is failing", "cause", string(trouble.Cause), "call", call, "error", err)
	}
	if !trouble.Cause.StopsWrites() {
		return
	}
	now := r.now()
	switch {
	case r.trouble == nil && now.Sub(r.well) < steady:
		r.wait = min(2*r.wait, lastTest)
	case r.trouble == nil:
		r.wait = firstTest
	}
	if r.trouble == nil || !now.Before(r.next) {
		r.next = now.Add(r.wait)
	}
	r.trouble = trouble
}
