package main

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
	// After a failed write each readiness check tests a write, this often at most: after firstTest,
	// and after twice as long, up to lastTest, each time that writes fail again within steady of one that went well.
	firstTest = time.Second
	lastTest  = 30 * time.Second
	steady    = time.Minute
)

// database is the store, once it is open, and whether it can be written to. A store that could not be, for a reason that
// lasts, is not ready until a write has gone well.
type database struct {
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	store   storage.Store             // nil until it is open
	trouble *storage.UnavailableError // nil while all is well
	noted   map[storage.Cause]bool    // causes logged since then
	next    time.Time                 // when to test again
	wait    time.Duration             // how long after that
	well    time.Time                 // when the last trouble ended
	testing chan struct{}             // closed at the end of the test that runs; nil where none does
}

func newDatabase(logger *slog.Logger, now func() time.Time) *database {
	return &database{logger: logger, now: now, noted: map[storage.Cause]bool{}, wait: firstTest}
}

// open makes s the store, and returns it with an ear on what its calls fail with.
func (d *database) open(s storage.Store) storage.Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store = s
	return storage.Watch(s, func(call string, err *error) func() {
		return func() { d.note(call, *err) }
	})
}

// ping answers nil when the database can be read and, as far as is known, written to.
func (d *database) ping(ctx context.Context) error {
	store, tested := d.due()
	if store == nil {
		return crm.ErrUnavailable
	}
	select {
	case <-tested:
	case <-ctx.Done():
	}
	d.mu.Lock()
	trouble := d.trouble
	d.mu.Unlock()
	if trouble != nil {
		return trouble
	}
	return store.Ping(ctx)
}

// due begins a test where it is time for one, and returns what is closed at its end.
func (d *database) due() (storage.Store, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.testing != nil:
		return d.store, d.testing
	case d.trouble == nil || d.now().Before(d.next):
		done := make(chan struct{})
		close(done)
		return d.store, done
	}
	store, done := d.store, make(chan struct{})
	d.testing = done
	go func() {
		defer close(done)
		// No request is waited for: one that is in a hurry leaves, and the next one finds what came of the test.
		err := store.TestWrite(context.Background())
		d.note("TestWrite", err)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.testing = nil
		if err == nil {
			d.recovered()
		}
	}()
	return store, done
}

// recovered notes that all is well. The lock is held.
func (d *database) recovered() {
	d.trouble, d.well = nil, d.now()
	clear(d.noted)
	d.logger.Info("the database can be written to again")
}

// note hears what a call came to.
func (d *database) note(call string, err error) {
	trouble, ok := errors.AsType[*storage.UnavailableError](err)
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.noted[trouble.Cause] {
		d.noted[trouble.Cause] = true
		d.logger.Error("the database fails", "cause", string(trouble.Cause), "call", call, "error", err)
	}
	if !trouble.Cause.StopsWrites() {
		return
	}
	now := d.now()
	switch {
	case d.trouble == nil && now.Sub(d.well) < steady:
		d.wait = min(2*d.wait, lastTest)
	case d.trouble == nil:
		d.wait = firstTest
	}
	if d.trouble == nil || !now.Before(d.next) {
		d.next = now.Add(d.wait)
	}
	d.trouble = trouble
}
