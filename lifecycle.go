package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"kith/internal/events"
	"kith/storage"
)

// closers is what has been opened, in order.
type closers []closer

type closer struct {
	name  string
	close func() error
}

func (cs *closers) add(name string, f func() error) { *cs = append(*cs, closer{name, f}) }

// close closes in reverse and names each failure. All of it together gets the time given; what is not closed by then is
// left to the end of the process.
func (cs closers) close(within time.Duration) error {
	deadline := time.After(within)
	var all []error
	for _, c := range slices.Backward(cs) {
		done := make(chan error, 1)
		go func() { done <- c.close() }()
		select {
		case err := <-done:
			if err != nil {
				all = append(all, fmt.Errorf("close %s: %w", c.name, err))
			}
		case <-deadline:
			return errors.Join(append(all, fmt.Errorf("close %s: still busy after %s", c.name, within))...)
		}
	}
	return errors.Join(all...)
}

const (
	// maintainInterval is how soon work is noticed that earlier calls left behind.
	maintainInterval = time.Second
	// maintainPause is how long maintenance rests after a failure.
	maintainPause = 15 * time.Second
	// forgetInterval is how often is dropped what is kept no longer.
	forgetInterval = 10 * time.Second
)

// retention is how long what is kept.
type retention struct{ events, messages, failures time.Duration }

// upkeep is what the store needs while nobody asks it for anything.
type upkeep struct {
	store     storage.Store
	retention retention
	now       func() time.Time
	panicked  func()

	forgot time.Time // when there was nothing more to forget
}

// maintain looks after the store until ctx ends or stop is called, which waits for it.
func maintain(ctx context.Context, work *upkeep, logger *slog.Logger) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		next := maintainInterval
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(next):
			}
			more, err := work.once(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				logger.Warn("maintenance failed", "error", err)
				next = maintainPause
			case more:
				next = 0
			default:
				next = maintainInterval
			}
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}

// once does one bounded helping, and tells whether there is more to do.
func (u *upkeep) once(ctx context.Context) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			u.panicked()
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
		}
	}()
	more, err = u.store.Maintain(ctx)
	if now := u.now(); err == nil && now.Sub(u.forgot) >= forgetInterval {
		old := false
		for _, f := range []struct {
			forget func(context.Context, time.Time) (bool, error)
			after  time.Duration
		}{
			{u.store.ForgetEvents, u.retention.events},
			{u.store.ForgetMessages, u.retention.messages},
			{u.store.ForgetFailures, u.retention.failures},
		} {
			var left bool
			if left, err = f.forget(ctx, now.Add(-f.after)); err != nil {
				return false, err
			}
			old = old || left
		}
		if !old {
			u.forgot = now
			err = u.store.ForgetSignIns(ctx, now)
		}
		more = more || old
	}
	return more, err
}

// generationCheck is how often it is looked whether the database is still the one it was.
const generationCheck = time.Second

// watchGeneration calls changed after the store has found that the database is not the one it was, until ctx ends.
func watchGeneration(ctx context.Context, store storage.Generations, changed func()) {
	every := time.NewTicker(generationCheck)
	defer every.Stop()
	for known := store.Generation(); ; {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if now := store.Generation(); now != known {
			known = now
			changed()
		}
	}
}

// follow runs the hub until ctx ends or stop is called, which waits for it.
func follow(ctx context.Context, hub *events.Hub) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}
