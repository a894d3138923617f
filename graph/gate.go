package graph

import (
	"context"
	"sync/atomic"
	"time"

	"kith/graph/problem"
)

// The bounds of what waits for its turn: so many for each that may run, and so long.
const (
	queuedPerRunning = 4
	queueTime        = 2 * time.Second
)

// gate lets so many queries and mutations run at a time. A few more may wait, for a moment.
type gate struct {
	running chan struct{}
	waiting atomic.Int64
}

func newGate(running int) *gate { return &gate{running: make(chan struct{}, running)} }

// enter waits for a place, which leave gives back. The error is problem.ErrBusy or the context's.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.running <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(queuedPerRunning*cap(g.running)) {
		return problem.ErrBusy
	}
	late := time.NewTimer(queueTime)
	defer late.Stop()
	select {
	case g.running <- struct{}{}:
		return nil
	case <-late.C:
		return problem.ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait is enter that waits as long as it takes. The error is the context's.
func (g *gate) wait(ctx context.Context) error {
	select {
	case g.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.running }
