package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

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
)

// maintain looks after the store until ctx ends or stop is called, which waits for it.
func maintain(ctx context.Context, store storage.Keeper, logger *slog.Logger) (stop func() error) {
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
			more, err := maintainOnce(ctx, store)
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

func maintainOnce(ctx context.Context, store storage.Keeper) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
		}
	}()
	return store.Maintain(ctx)
}
