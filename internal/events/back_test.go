package events_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kith/internal/crm"
	"kith/internal/events"
)

// A database that goes back gives its sequence numbers to other events: a server took over that did not have the newest, or a backup was
// put back. Nobody may be left who goes on from an event that is gone.
func TestARecordThatGoesBackEndsSubscriptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen, left, anew int // events before, of these after, and new ones since
		want             error
	}{
		"and stays shorter":                    {10, 7, 0, events.ErrResync},
		"and loses everything":                 {10, 0, 0, events.ErrResync},
		"and has grown since, not as far":      {10, 7, 2, events.ErrResync},
		"and has grown to the same length":     {10, 9, 1, events.ErrResync},
		"and has outgrown what was read":       {10, 9, 5, events.ErrResync},
		"and has outgrown what is read once":   {10, 0, 300, events.ErrResync},
		"and has lost nothing that was seen":   {10, 10, 0, context.DeadlineExceeded},
		"and was empty, as it was when we saw": {0, 0, 0, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				if c.seen > 3 {
					r.add(acme, c.seen-3)
				}
				hub := run(t, r)
				idle := subscribe(t, hub, nil) // has joined, and reads on from a sequence
				reading := subscribe(t, hub, nil)
				if c.seen > 3 {
					r.add(acme, 3)
					next(t, reading, 3)
					next(t, idle, 3)
				}
				token, err := hub.ResumeToken(t.Context(), acme)
				if err != nil {
					t.Fatal(err)
				}
				unread := subscribe(t, hub, nil) // has not asked for its first event
				synctest.Wait()
				r.set(func(r *record) { r.deaf = true })
				r.putBack(acme, c.left)
				if c.anew > 0 {
					r.add(acme, c.anew)
				}
				for who, s := range map[string]*events.Subscription{"idle": idle, "reading": reading, "unread": unread} {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					p, err := s.Next(ctx)
					cancel()
					if !errors.Is(err, c.want) {
						t.Errorf("%s: got %v, %v", who, p, err)
					}
				}
				_, err = hub.Subscribe(t.Context(), acme, &token)
				if resync := errors.Is(c.want, events.ErrResync); errors.Is(err, events.ErrResync) != resync {
					t.Errorf("after a token from before the restore: %v", err)
				}
			})
		})
	}
}

// Whoever joins between the fault and the moment when the others notice must not be skipped events either.
func TestASubscriptionOfBeforeDoesNotJoinOneOfAfter(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]int{"at the same sequence number": 9, "further back": 5} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				r.add(acme, 10)
				hub := run(t, r)
				before := subscribe(t, hub, nil)
				r.putBack(acme, left)
				if left == 9 {
					r.add(acme, 1)
				}
				after := subscribe(t, hub, nil)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, _ = after.Next(ctx) // joins
				cancel()
				got := make(chan error)
				go func() {
					_, err := before.Next(t.Context())
					got <- err
				}()
				synctest.Wait()
				r.add(acme, 10)
				if err := <-got; !errors.Is(err, events.ErrResync) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// Events that are dropped because they are old are no sign of anything.
func TestAnIdleSubscriptionOutlivesItsLastEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		r.add(acme, 4)
		hub := run(t, r)
		s := subscribe(t, hub, nil)
		r.add(acme, 1)
		next(t, s, 1)
		token, err := hub.ResumeToken(t.Context(), acme)
		if err != nil {
			t.Fatal(err)
		}
		r.set(func(r *record) { r.forgotten[acme] = 5 })
		time.Sleep(10 * time.Second)
		r.add(acme, 2)
		wantRun(t, next(t, s, 2), 6, 2)
		wantRun(t, next(t, subscribe(t, hub, &token), 2), 6, 2)
		unkept, err := hub.ResumeToken(t.Context(), acme)
		if err != nil {
			t.Fatal(err)
		}
		r.set(func(r *record) { r.forgotten[acme] = 7 })
		r.add(acme, 1)
		wantRun(t, next(t, subscribe(t, hub, &unkept), 1), 8, 1)
		var made crm.EventID
		made[6], made[8], made[15] = 8<<4, 0b10<<6, 3
		if s, err := hub.Subscribe(t.Context(), acme, &made); err == nil {
			if _, err := s.Next(t.Context()); !errors.Is(err, events.ErrResync) {
				t.Errorf("behind a sequence whose events are gone: %v", err)
			}
			s.Close()
		}
	})
}
