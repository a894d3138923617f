package operation

import (
	"context"
	"sync/atomic"
	"time"

	"kith/graph/problem"
)

// The bounds of the queue: its length, for each operation that may run, and its time.
const (
	queuedPerRunning = 4
	queueTime        = 2 * time.Second
)

// Limiter limits how many operations run at a time. A few more may wait for a moment.
type Limiter struct {
	running chan struct{}
	waiting atomic.Int64
}

// NewLimiter lets so many operations run at a time.
func NewLimiter(running int) *Limiter { return &Limiter{running: make(chan struct{}, running)} }

// Enter waits until an operation may run; Leave ends it. The error is [problem.ErrBusy] or the context's.
func (l *Limiter) Enter(ctx context.Context) error {
	select {
	case l.running <- struct{}{}:
		return nil
	default:
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > int64(queuedPerRunning*cap(l.running)) {
		return problem.ErrBusy
	}
	late := time.NewTimer(queueTime)
	defer late.Stop()
	select {
	case l.running <- struct{}{}:
		return nil
	case <-late.C:
		return problem.ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wait is Enter without a limit of the time and of how many wait. The error is the context's.
func (l *Limiter) Wait(ctx context.Context) error {
	select {
	case l.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave ends an operation that was let in.
func (l *Limiter) Leave() { <-l.running }
