package events_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/internal/crm"
	"kith/internal/events"
)

const acme, other crm.WorkspaceID = 1, 2

// run starts a hub over r and stops it with the test.
func run(t *testing.T, r *record) *events.Hub {
	t.Helper()
	hub := events.New(r, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	synctest.Wait()
	return hub
}

func subscribe(t *testing.T, hub *events.Hub, after *crm.EventID) *events.Subscription {
	t.Helper()
	s, err := hub.Subscribe(t.Context(), acme, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// next reads until it has n events and returns their sequences.
func next(t *testing.T, s *events.Subscription, n int) []crm.Sequence {
	t.Helper()
	var sequences []crm.Sequence
	for len(sequences) < n {
		p, err := s.Next(t.Context())
		if err != nil {
			t.Fatalf("after %d of %d events: %v", len(sequences), n, err)
		}
		for _, e := range p.Events[p.From:] {
			sequences = append(sequences, e.Sequence)
		}
	}
	return sequences
}

// wantRun checks that sequences are first, first+1 and so on, n of them.
func wantRun(t *testing.T, sequences []crm.Sequence, first crm.Sequence, n int) {
	t.Helper()
	if len(sequences) != n {
		t.Errorf("got %d events, want %d", len(sequences), n)
	}
	for i, p := range sequences {
		if p != first+crm.Sequence(i) {
			t.Fatalf("event %d is at sequence %d, want %d: %v", i, p, first+crm.Sequence(i), sequences)
		}
	}
}

// wantEnd checks what ends the subscription.
func wantEnd(t *testing.T, s *events.Subscription, want error) {
	t.Helper()
	for {
		if _, err := s.Next(t.Context()); err != nil {
			if !errors.Is(err, want) {
				t.Errorf("ended with %v, want %v", err, want)
			}
			return
		}
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	t.Run("without an id begins with the next event", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			r.add(acme, 3)
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			r.add(acme, 2)
			wantRun(t, next(t, s, 2), 4, 2)
		})
	})
	t.Run("after an id replays what was missed and goes on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			seen := r.add(acme, 3)
			r.add(acme, 250)
			hub := run(t, r)
			s := subscribe(t, hub, &seen.ID)
			wantRun(t, next(t, s, 250), 4, 250)
			r.add(acme, 1)
			wantRun(t, next(t, s, 1), 254, 1)
		})
	})
	t.Run("after a resume token delivers everything since the token, even the very first event", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			token, err := hub.ResumeToken(t.Context(), acme)
			if err != nil {
				t.Fatal(err)
			}
			r.add(acme, 2)
			wantRun(t, next(t, subscribe(t, hub, &token), 2), 1, 2)
		})
	})
	t.Run("is woken at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			go func() {
				time.Sleep(100 * time.Millisecond)
				r.add(acme, 1)
			}()
			began := time.Now()
			next(t, s, 1)
			if took := time.Since(began); took != 100*time.Millisecond {
				t.Errorf("delivered %v after the event", took-100*time.Millisecond)
			}
		})
	})
	t.Run("hears within a second of an event whose wake was lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			r.set(func(r *record) { r.deaf = true })
			go func() {
				time.Sleep(100 * time.Millisecond)
				r.add(acme, 1)
			}()
			began := time.Now()
			next(t, s, 1)
			if took := time.Since(began); took > 1100*time.Millisecond {
				t.Errorf("delivered after %v", took)
			}
		})
	})
	t.Run("hears of no other workspace", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			r.add(other, 5)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if p, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, %v", p, err)
			}
		})
	})
}

func TestResync(t *testing.T) {
	t.Parallel()
	t.Run("after an id that nobody knows", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hub := run(t, newRecord())
			id := crm.NewEventID(time.Now())
			if _, err := hub.Subscribe(t.Context(), acme, &id); !errors.Is(err, events.ErrResync) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("after an event that is no longer stored, and after a resume token before one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			token, _ := hub.ResumeToken(t.Context(), acme)
			seen := r.add(acme, 2)
			r.add(acme, 2)
			r.set(func(r *record) { r.forgotten[acme] = 3 })
			if _, err := hub.Subscribe(t.Context(), acme, &seen.ID); !errors.Is(err, events.ErrResync) {
				t.Errorf("got %v", err)
			}
			wantEnd(t, subscribe(t, hub, &token), events.ErrResync)
		})
	})
	t.Run("after a resume token of the future", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			r.add(acme, 2)
			token, _ := hub.ResumeToken(t.Context(), acme)
			r.set(func(r *record) { r.events[acme] = r.events[acme][:1] })
			if _, err := hub.Subscribe(t.Context(), acme, &token); !errors.Is(err, events.ErrResync) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("when events were dropped before they were read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			go func() {
				time.Sleep(time.Second)
				r.set(func(r *record) { r.away = crm.ErrUnavailable })
				r.add(acme, 3)
				time.Sleep(time.Minute)
				r.set(func(r *record) { r.away, r.forgotten[acme] = nil, 2 })
			}()
			wantEnd(t, s, events.ErrResync)
			s = subscribe(t, hub, nil)
			r.add(acme, 1)
			wantRun(t, next(t, s, 1), 4, 1)
		})
	})
}

func TestTail(t *testing.T) {
	t.Parallel()
	t.Run("keeps its subscribers while storage is away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			seen := r.add(acme, 1)
			hub := run(t, r)
			live, late := subscribe(t, hub, nil), subscribe(t, hub, &seen.ID)
			go func() {
				time.Sleep(time.Second)
				r.set(func(r *record) { r.away = crm.ErrUnavailable })
				r.add(acme, 3)
				time.Sleep(5 * time.Minute)
				r.set(func(r *record) { r.away = nil })
			}()
			wantRun(t, next(t, live, 3), 2, 3)
			wantRun(t, next(t, late, 3), 2, 3)
		})
	})
	t.Run("ends who does not keep up and nobody else", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			slow, quick := subscribe(t, hub, nil), subscribe(t, hub, nil)
			r.add(acme, 1)
			next(t, slow, 1)
			next(t, quick, 1)
			for i := range 300 {
				r.add(acme, 1)
				wantRun(t, next(t, quick, 1), crm.Sequence(i+2), 1)
			}
			wantEnd(t, slow, events.ErrSlowConsumer)
		})
	})
	t.Run("takes a burst slowly enough for readers who read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			s := subscribe(t, hub, nil)
			r.add(acme, 1)
			next(t, s, 1)
			r.add(acme, 5000)
			for got := 0; got < 5000; {
				p, err := s.Next(t.Context())
				if err != nil {
					t.Fatalf("after %d: %v", got, err)
				}
				got += len(p.Events) - p.From
				time.Sleep(200 * time.Millisecond)
			}
		})
	})
	t.Run("reads once for all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			var subscriptions []*events.Subscription
			for range 100 {
				subscriptions = append(subscriptions, subscribe(t, hub, nil))
			}
			var done sync.WaitGroup
			for _, s := range subscriptions {
				done.Go(func() { next(t, s, 10) })
			}
			synctest.Wait()
			before := r.countReads()
			for range 10 {
				r.add(acme, 1)
				time.Sleep(30 * time.Millisecond)
			}
			done.Wait()
			if reads := r.countReads() - before; reads > 12 {
				t.Errorf("%d reads", reads)
			}
		})
	})
	t.Run("ends with its last subscriber", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecord()
			hub := run(t, r)
			a, b := subscribe(t, hub, nil), subscribe(t, hub, nil)
			r.add(acme, 1)
			next(t, a, 1)
			next(t, b, 1)
			a.Close()
			a.Close()
			r.add(acme, 1)
			next(t, b, 1)
			b.Close()
			synctest.Wait()
			before := r.countReads()
			time.Sleep(time.Minute)
			if reads := r.countReads() - before; reads > 0 {
				t.Errorf("%d reads for nobody", reads)
			}
		})
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		hub := events.New(r, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		live, idle := subscribe(t, hub, nil), subscribe(t, hub, nil)
		go hub.Run(ctx)
		wantEnd(t, live, events.ErrStopped)
		wantEnd(t, idle, events.ErrStopped)
	})
}

// TestJoining has many readers come and go, and come back, while events pour in: none misses one or gets one twice.
func TestJoining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const total = 3000
		r := newRecord()
		r.slow = 3 * time.Millisecond
		first := r.add(acme, 1)
		hub := run(t, r)
		var readers sync.WaitGroup
		for i := range 20 {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			readers.Go(func() {
				last := first
				for last.Sequence < total {
					s, err := hub.Subscribe(t.Context(), acme, &last.ID)
					if err != nil {
						t.Error(err)
						return
					}
					for n := random.IntN(500); n > 0 && last.Sequence < total; n-- {
						p, err := s.Next(t.Context())
						if errors.Is(err, events.ErrSlowConsumer) {
							break
						}
						if err != nil {
							t.Error(err)
							return
						}
						for _, e := range p.Events[p.From:] {
							if e.Sequence != last.Sequence+1 {
								t.Errorf("sequence %d after %d", e.Sequence, last.Sequence)
								return
							}
							last = e
						}
						time.Sleep(rand.N(40 * time.Millisecond))
					}
					s.Close()
				}
			})
		}
		for n := 1; n < total; {
			add := min(1+rand.IntN(10), total-n)
			r.add(acme, add)
			n += add
			time.Sleep(rand.N(20 * time.Millisecond))
		}
		readers.Wait()
	})
}
