package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// pollEvery is how often unpublished changes and activity are looked for.
	pollEvery = time.Second
	// listenRetry is how long a lost connection rests at first, listenRest at most.
	listenRetry = 100 * time.Millisecond
	listenRest  = 5 * time.Second
	// listenPing is how long a silent connection is believed to be alive.
	listenPing = 20 * time.Second
)

var errClosed = errors.New("the store is closed")

// Follow calls wake soon after a workspace has new events. This process's own batches call it immediately; other processes
// are heard on a connection that is not the pool's. What a process left behind that died is found by looking.
func (s *Store) Follow(ctx context.Context, wake func(crm.WorkspaceID)) error {
	stop := s.sequencer.follow(wake)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.sequencer.life, func() { cancel(errClosed) })()
	var loops sync.WaitGroup
	for _, loop := range []func(){func() { s.listen(ctx, wake) }, func() { s.poll(ctx) }} {
		loops.Go(func() {
			var err error
			defer func() {
				if err != nil {
					cancel(err) // the caller follows again
				}
			}()
			defer storage.Recovered(&err)
			loop()
		})
	}
	loops.Wait()
	return context.Cause(ctx)
}

// poll wakes every workspace that has unpublished changes, and checks whether the database is still the same.
func (s *Store) poll(ctx context.Context) {
	for {
		_ = s.meet(ctx) // or at the next look
		left, _ := everywhere(ctx, s, `
			SELECT workspace_id FROM changes WHERE %[1]s AND seq IS NULL
			UNION
			SELECT workspace_id FROM activity_marks WHERE %[1]s`, nil, pgx.RowTo[crm.WorkspaceID]) // or the next look succeeds
		for _, w := range left {
			s.sequencer.unpublished(w)
		}
		if !pause(ctx, pollEvery-pollEvery/10+rand.N(pollEvery/10)) {
			return
		}
	}
}

// listen hears what other processes announce, on a connection that is opened again whenever it is lost.
func (s *Store) listen(ctx context.Context, wake func(crm.WorkspaceID)) {
	rest := listenRetry
	for {
		err := s.listenOnce(ctx, wake, func() { rest = listenRetry })
		if err != nil && ctx.Err() != nil || !pause(ctx, rest/2+rand.N(rest)) {
			return
		}
		rest = min(2*rest, listenRest)
	}
}

// listenOnce listens until the connection is lost, and calls heard as soon as it listens. Notifications do not reach a
// client through a pooler in transaction mode, so without a direct URL it does not listen at all.
func (s *Store) listenOnce(ctx context.Context, wake func(crm.WorkspaceID), heard func()) error {
	conn, direct, err := connectAside(ctx, s.url, s.options)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if !direct {
		_ = conn.Close(ctx)
		<-ctx.Done()
		return ctx.Err()
	}
	if _, err := conn.Exec(ctx, `LISTEN `+channelOfEvents, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	heard()
	var workspaces []crm.WorkspaceID // who knows what was said meanwhile
	err = s.overAll(ctx, nil, func(ctx context.Context, condition string, args pgx.NamedArgs) error {
		rows, err := conn.Query(ctx, `SELECT workspace_id FROM event_heads WHERE `+condition, args)
		workspaces, err = all(ctx, rows, err, pgx.RowTo[crm.WorkspaceID])
		return err
	})
	if err != nil {
		return err
	}
	_, lost := s.cluster(ctx).split() // they look again until their node is back
	for _, w := range slices.Concat(workspaces, lost) {
		wake(w)
	}
	for {
		if err := s.hear(ctx, conn, wake); err != nil {
			return err
		}
	}
}

// hear waits for one notification, or checks after a while that the connection is alive.
func (s *Store) hear(ctx context.Context, conn *pgx.Conn, wake func(crm.WorkspaceID)) error {
	waiting, cancel := context.WithTimeout(ctx, listenPing)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		number, origin, _ := strings.Cut(n.Payload, " ")
		if w, err := strconv.ParseInt(number, 10, 32); err == nil && origin != s.sequencer.origin {
			wake(crm.WorkspaceID(w))
		}
		return nil
	case ctx.Err() == nil && waiting.Err() != nil:
		ping, cancel := context.WithTimeout(ctx, listenRest)
		defer cancel()
		return conn.Ping(ping)
	}
	return err
}

// pause waits; ok is false when ctx ended first.
func pause(ctx context.Context, d time.Duration) (ok bool) {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
