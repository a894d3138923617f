package app

import (
	"context"
	"time"

	"kith/internal/events"
	"kith/internal/jobs"
	"kith/storage"
)

// generationCheck is how often the generation of the database is checked.
const generationCheck = time.Second

// watchGeneration calls changed whenever the generation of the database has changed, until ctx ends.
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
