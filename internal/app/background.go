package app

import (
	"context"
	"time"

	"kith/internal/events"
	"kith/internal/jobs"
	"kith/storage"
)

const (
	// generationCheck is how often the generation of the database is checked.
	generationCheck = time.Second
	// goneCheck is how often connections of deleted workspaces are looked for.
	goneCheck = time.Second
)

// watchGeneration calls changed whenever the generation of the database has changed, until ctx ends.
func watchGeneration(ctx context.Context, store storage.Generations, changed func()) {
	known := store.Generation()
	every(ctx, generationCheck, func() {
		if now := store.Generation(); now != known {
			known = now
			changed()
		}
	})
}

// every calls f again and again, until ctx ends.
func every(ctx context.Context, interval time.Duration, f func()) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			f()
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

// runJobs runs jobs until ctx ends or stop is called, which waits for the step that is being done.
func runJobs(ctx context.Context, runner *jobs.Runner) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runner.Run(ctx)
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}
