package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"kith/internal/config"
	"kith/internal/crm"
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
		old, failed := m.forget(ctx, now)
		if err = errors.Join(err, failed); !old {
			m.forgot = now
			err = errors.Join(err, m.store.ForgetSignIns(ctx, now))
		}
		more = more || old
	}
	return more, err
}

// forget does one batch of each kind of record that is past its retention, and reports whether there is more.
func (m *maintenance) forget(ctx context.Context, now time.Time) (more bool, err error) {
	note := func(left bool, failed error) { more, err = more || left, errors.Join(err, failed) }
	for _, f := range []struct {
		forget func(context.Context, time.Time) (bool, error)
		after  time.Duration
	}{
		{m.store.ForgetEvents, m.retention.events},
		{m.store.ForgetMessages, m.retention.messages},
		{m.store.ForgetUpserts, upsertRetention},
		{m.store.ForgetJobs, jobRetention},
	} {
		note(f.forget(ctx, now.Add(-f.after)))
	}
	apart, failed := m.store.Retentions(ctx)
	if failed != nil {
		return more, errors.Join(err, failed) // what a workspace keeps for longer must stay
	}
	for _, f := range []struct {
		forget func(context.Context, storage.Cutoff) (bool, error)
		after  time.Duration
		days   func(crm.WorkspaceRetention) *int
	}{
		{m.store.ForgetFailures, m.retention.failures, func(r crm.WorkspaceRetention) *int { return r.Failures }},
		{m.store.ForgetHistory, m.retention.history, func(r crm.WorkspaceRetention) *int { return r.History }},
		{m.store.ForgetAudit, m.retention.audit, func(r crm.WorkspaceRetention) *int { return r.Audit }},
	} {
		note(f.forget(ctx, cutoff(now, f.after, apart, f.days)))
	}
	return more, err
}

// cutoff is before when records are forgotten that are kept so long, or so many days in the workspaces that have set it.
func cutoff(
	now time.Time, after time.Duration, apart map[crm.WorkspaceID]crm.WorkspaceRetention, days func(crm.WorkspaceRetention) *int,
) storage.Cutoff {
	c := storage.Cutoff{Of: map[crm.WorkspaceID]time.Time{}}
	if after != 0 {
		c.Before = now.Add(-after)
	}
	for w, r := range apart {
		switch n := days(r); {
		case n == nil:
		case *n == crm.Forever:
			c.Of[w] = time.Time{}
		default:
			c.Of[w] = now.Add(-time.Duration(*n) * 24 * time.Hour)
		}
	}
	return c
}
