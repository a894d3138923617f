package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// fault is a way in which a part of the system fails, and how it is repaired.
type fault struct {
	name   string
	begin  func(ctx context.Context, random *rand.Rand) error
	repair func(ctx context.Context) error // nil if begin repairs
}

// faults are those that there can be.
func (s *system) faults() []fault {
	var (
		of      *part // which Kith
		stepped *clock
	)
	one := func(random *rand.Rand) *part { return s.kith[random.IntN(len(s.kith))] }
	again := func(context.Context) error { return of.start() }
	all := []fault{
		{"Kith killed", func(_ context.Context, random *rand.Rand) error {
			of = one(random)
			of.kill()
			return nil
		}, again},
		{"Kith stopped", func(_ context.Context, random *rand.Rand) error {
			of = one(random)
			return of.stop(30 * time.Second)
		}, again},
		{"proxy killed", func(context.Context, *rand.Rand) error {
			s.proxy.kill()
			return nil
		}, func(context.Context) error { return s.proxy.start() }},
		{"clock stepped", func(_ context.Context, random *rand.Rand) error {
			stepped = s.clocks[random.IntN(len(s.clocks))]
			stepped.step(someStep(random))
			return nil
		}, func(context.Context) error {
			stepped.step(0)
			return nil
		}},
	}
	if s.disk != nil && s.disk.mounted {
		all = append(all, fault{
			"disk full", func(context.Context, *rand.Rand) error { return s.disk.fill() },
			func(context.Context) error { return s.disk.free() },
		})
	}
	if s.postgres != nil {
		all = append(all, s.postgres.faults()...)
	}
	return all
}

func (p *postgres) faults() []fault {
	up := func(ctx context.Context) error { return p.primary.up(ctx) }
	all := []fault{
		{"primary killed", func(context.Context, *rand.Rand) error {
			p.primary.kill()
			return nil
		}, up},
		{"backend killed", func(ctx context.Context, _ *rand.Rand) error { return p.killBackend(ctx) }, up},
		{"standby promoted", func(ctx context.Context, _ *rand.Rand) error { return p.failOver(ctx) }, nil},
		{"standby killed", func(context.Context, *rand.Rand) error {
			p.standby.kill()
			return nil
		}, func(ctx context.Context) error { return p.standby.up(ctx) }},
		{"PgBouncer killed", func(context.Context, *rand.Rand) error {
			p.pooler.kill()
			return nil
		}, func(context.Context) error { return p.pooler.start() }},
	}
	var full *disk
	if p.primary.disk.mounted {
		all = append(all, fault{"disk full", func(context.Context, *rand.Rand) error {
			full = p.primary.disk
			return full.fill()
		}, func(ctx context.Context) error {
			return errors.Join(full.free(), p.primary.up(ctx)) // PostgreSQL may have ended meanwhile
		}})
	}
	return all
}

// outages are how long it took from when the repair of each fault began until a write was answered, by the name of the fault.
type outages map[string][]time.Duration

// torment has one part after the other fail until the time is over. Each fault lasts for some seconds, and between two there are
// some. Write waits until a write is answered.
func (s *system) torment(ctx context.Context, random *rand.Rand, o options, write func() error) (outages, error) {
	all, took := s.faults(), outages{}
	if o.faults != "" {
		wanted := strings.Split(o.faults, ",")
		all = slices.DeleteFunc(all, func(f fault) bool { return !slices.Contains(wanted, f.name) })
		if len(all) != len(wanted) {
			return took, fmt.Errorf("not all of %q are faults here", wanted)
		}
	}
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(random.Int64N(int64(most-least)))
	}
	var order []int
	for end := time.Now().Add(o.lasting); time.Now().Before(end); {
		if len(order) == 0 { // each kind as often as the others
			order = random.Perm(len(all))
		}
		f := all[order[0]]
		order = order[1:]
		if err := wait(ctx, between(2*time.Second, 6*time.Second)); err != nil {
			return took, err
		}
		holding := between(500*time.Millisecond, 4*time.Second)
		begun := time.Now()
		if f.repair == nil {
			log.Print(f.name)
		} else {
			log.Printf("%s, for %s", f.name, holding.Round(100*time.Millisecond))
		}
		if err := f.begin(ctx, random); err != nil {
			return took, fmt.Errorf("%s: %w", f.name, err)
		}
		if f.repair != nil {
			if err := wait(ctx, holding); err != nil {
				return took, err
			}
			begun = time.Now()
			if err := f.repair(ctx); err != nil {
				return took, fmt.Errorf("repair of %s: %w", f.name, err)
			}
		}
		if err := write(); err != nil {
			return took, fmt.Errorf("after %s: %w", f.name, err)
		}
		took[f.name] = append(took[f.name], time.Since(begun))
		if err := s.well(ctx); err != nil {
			return took, fmt.Errorf("after %s: %w", f.name, err)
		}
	}
	return took, nil
}

// well waits until every part is as it should be.
func (s *system) well(ctx context.Context) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.postgres == nil {
		return nil
	}
	if s.postgres.standby.gone() { // it was promoted: the one of before follows
		return s.postgres.follow(ctx)
	}
	return s.postgres.caughtUp(ctx)
}

func (o outages) print() {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		all := slices.Sorted(slices.Values(o[name]))
		fmt.Printf("%-18s %3d times; a write was answered after %6d ms (median), %6d ms (longest)\n",
			name, len(all), all[len(all)/2].Milliseconds(), all[len(all)-1].Milliseconds())
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
