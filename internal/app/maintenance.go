package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"kith/internal/config"
	"kith/storage"
)

const (
	// maintainInterval is how soon work left behind by earlier calls is noticed.
	maintainInterval = time.Second
	// maintainShare is how many times as long as a batch the pause behind it is when there is more to do: requests come first.
	maintainShare = 10
	// maintainPause is how long maintenance waits after a failure.
	maintainPause = 15 * time.Second
	// upsertRetention is how long repeated upserts are answered as before.
	upsertRetention = 24 * time.Hour
	// forgetInterval is how often records past their retention are deleted.
	forgetInterval = 10 * time.Second
	// jobRetention is how long jobs that have ended can be looked up.
	jobRetention = 30 * 24 * time.Hour
)

// retention is how long each kind of record is kept; 0 is forever.
type retention struct{ events, messages, failures, history, audit time.Duration }

func retentionOf(c config.Config) retention {
	return retention{
		events: c.EventRetention, messages: c.MessageRetention, failures: c.FailureRetention,
		history: time.Duration(c.HistoryRetention), audit: time.Duration(c.AuditRetention),
	}
}

// maintenance is the background work of the store.
type maintenance struct {
	store       storage.Store
	mergeProven func(ctx context.Context) (more bool, err error)
	retention   retention
	now         func() time.Time
	panicked    func()

	forgot time.Time // when nothing was left to forget
}

// maintain runs the maintenance until ctx ends or stop is called, which waits for it.
func maintain(ctx context.Context, work *maintenance, logger *slog.Logger) (stop func() error) {
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
			begun := time.Now()
			more, err := work.once(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				logger.Warn("maintenance failed", "error", err)
				next = maintainPause
			case more:
				next = min(maintainShare*time.Since(begun), maintainInterval)
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

// once does one bounded batch of work, and reports whether there is more to do.
func (m *maintenance) once(ctx context.Context) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			m.panicked()
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
		}
	}()
	more, err = m.store.Maintain(ctx)
	merged, failed := m.mergeProven(ctx)
	more, err = more || merged, errors.Join(err, failed)
	if now := m.now(); now.Sub(m.forgot) >= forgetInterval && ctx.Err() == nil {
		old := false
		for _, f := range []struct {
			forget func(context.Context, time.Time) (bool, error)
			after  time.Duration
		}{
			{m.store.ForgetEvents, m.retention.events},
			{m.store.ForgetMessages, m.retention.messages},
			{m.store.ForgetFailures, m.retention.failures},
			{m.store.ForgetUpserts, upsertRetention},
			{m.store.ForgetHistory, m.retention.history},
			{m.store.ForgetAudit, m.retention.audit},
			{m.store.ForgetJobs, jobRetention},
		} {
			if f.after == 0 {
				continue
			}
			left, failed := f.forget(ctx, now.Add(-f.after))
			old, err = old || left, errors.Join(err, failed)
		}
		if !old {
			m.forgot = now
			err = errors.Join(err, m.store.ForgetSignIns(ctx, now))
		}
		more = more || old
	}
	return more, err
}
