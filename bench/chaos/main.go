// Command chaos keeps Kith busy while one part after the other fails, and compares what Kith answered with what it has: every
// write that was answered is there once, subscribers got every event in order, counts are right, and kith check finds nothing.
//
// It starts Kith behind nginx on an SQLite file, then two processes of it on a PostgreSQL with a synchronous standby and PgBouncer.
// It kills and stops Kith, steps its clock, kills nginx, PgBouncer, the standby, the primary and its processes, promotes the standby,
// and fills the disk. What is done, and in which order, follows from the seed; the moments do not. It leaves nothing behind, except
// the logs of a run that fails. It needs Linux, and for full disks the right to mount.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kith/bench/rig"
)

// options are the command line.
type options struct {
	lasting time.Duration
	seed    uint64
	workers int
	pace    time.Duration
	only    string
	faults  string

	logLevel string
}

func main() {
	var o options
	flag.DurationVar(&o.lasting, "lasting", time.Hour, "how long parts fail, on each database")
	flag.Uint64Var(&o.seed, "seed", 0, "what to do, and in which order; 0 chooses one")
	flag.IntVar(&o.workers, "workers", 6, "how many work at a time")
	flag.DurationVar(&o.pace, "pace", 20*time.Millisecond, "how long a worker pauses after each thing that it does")
	flag.StringVar(&o.only, "only", "", "only postgres or sqlite")
	flag.StringVar(&o.faults, "faults", "", `only these, as "Kith killed,clock stepped"`)
	flag.StringVar(&o.logLevel, "log-level", "warn", "of Kith")
	flag.Parse()
	rig.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		if o.only != "" && o.only != kind {
			continue
		}
		fmt.Printf("%s, seed %d, %s\n", kind, o.seed, o.lasting)
		if err := on(ctx, kind, o); err != nil {
			return fmt.Errorf("%s, seed %d: %w", kind, o.seed, err)
		}
	}
	return nil
}

// on runs everything on one kind of database.
func on(ctx context.Context, kind string, o options) (err error) {
	dir, err := os.MkdirTemp("", "kith-chaos.")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs under another account
		return err
	}
	log.Print("building")
	slipping, err := slippingTime(ctx, dir)
	if err != nil {
		return err
	}
	if err := rig.Build(ctx, dir, slipping); err != nil {
		return err
	}
	s, err := newSystem(ctx, kind, dir, o.logLevel)
	defer func() {
		removed := s.remove()
		if err != nil {
			logs, _ := filepath.Glob(dir + "/*.log")
			err = fmt.Errorf("%w\nThe logs: %s", err, strings.Join(logs, " "))
		} else {
			removed = errors.Join(removed, os.RemoveAll(dir))
		}
		err = errors.Join(err, removed)
	}()
	if err != nil {
		return err
	}
	t, err := newTrial(ctx, s, o)
	if err != nil {
		return err
	}
	return t.run(ctx, o)
}

// trial is what works and listens.
type trial struct {
	system    *system
	channels  channels
	probe     *worker // writes after each fault
	first     event   // where the record begins
	workers   []*worker
	listeners []*listener
}

func newTrial(ctx context.Context, s *system, o options) (*trial, error) {
	t := &trial{system: s}
	var err error
	if t.channels.graphql, err = t.connect(ctx, `name: "Chaos", type: TELEGRAM`); err != nil {
		return nil, err
	}
	if t.channels.webhook, err = t.connect(ctx, `name: "Chaos", type: WHATSAPP, secret: "`+appSecret+`"`); err != nil {
		return nil, err
	}
	t.probe = newWorker(s.base, o.seed, o.workers, t.channels)
	t.probe.people = t.probe.people[:1]
	if err := t.probe.message(ctx, t.probe.people[0]); err != nil {
		return nil, err
	}
	if len(t.probe.events) != 1 {
		return nil, errors.New("the first message has no event")
	}
	t.first = t.probe.events[0]
	t.probe.events = nil // before the record
	for n := range o.workers {
		t.workers = append(t.workers, newWorker(s.base, o.seed, n, t.channels))
	}
	for _, of := range []struct{ name, field string }{{"contacts", contactEvents}, {"sessions", sessionEvents}} {
		for name, socket := range map[string]bool{"over WebSocket": true, "as an event stream": false} {
			t.listeners = append(t.listeners, &listener{
				name: of.name + " " + name, base: s.base, field: of.field, socket: socket, last: t.first.ID,
			})
		}
	}
	return t, nil
}

func (t *trial) connect(ctx context.Context, fields string) (id string, err error) {
	var made struct {
		CreateChannel struct{ Channel *struct{ ID string } }
	}
	k := &rig.Kith{Base: t.system.base}
	err = k.Ask(ctx, "admin", `mutation { createChannel(input: {`+fields+`}) { channel { id } } }`, nil, &made)
	if err == nil && made.CreateChannel.Channel == nil {
		err = errors.New("no channel was made")
	}
	if err != nil {
		return "", err
	}
	return made.CreateChannel.Channel.ID, nil
}

// run has parts fail while the workers work, then checks everything.
func (t *trial) run(ctx context.Context, o options) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	listening, leave := context.WithCancel(ctx)
	defer leave()
	var (
		workers, listeners sync.WaitGroup
		failed             violations
	)
	for _, w := range t.workers {
		workers.Go(func() { failed.add(w.run(working, o.pace), stop) })
	}
	for _, l := range t.listeners {
		listeners.Go(func() { failed.add(l.run(listening), stop) })
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	took, err := t.system.torment(working, random, o, func() error {
		return t.probe.message(working, t.probe.people[0])
	})
	stop()
	workers.Wait()
	took.print()
	if first := failed.first(); first != nil {
		err = first
	}
	if err != nil {
		return err
	}
	log.Print("checking")
	if err := t.caughtUp(ctx); err != nil {
		return err
	}
	leave()
	listeners.Wait()
	if err := failed.first(); err != nil {
		return err
	}
	return t.check(ctx)
}

// violations are those that workers and listeners have met.
type violations struct {
	mu  sync.Mutex
	all []error
}

// add notes an error, if there is one, and calls stop.
func (v *violations) add(err error, stop func()) {
	if err == nil {
		return
	}
	log.Print(err)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, err)
	stop()
}

func (v *violations) first() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.all) == 0 {
		return nil
	}
	return v.all[0]
}

// caughtUp makes a last event and waits until every listener has it.
func (t *trial) caughtUp(ctx context.Context) error {
	// Messages of the last second may be reported after it: the last event is to be the last.
	if err := wait(ctx, 3*time.Second); err != nil {
		return err
	}
	c := t.probe.people[0]
	if err := t.probe.closeSession(ctx, c); err != nil {
		return err
	}
	if err := t.probe.edit(ctx, c.contact); err != nil {
		return err
	}
	if err := t.probe.message(ctx, c); err != nil { // a new session, which listeners of sessions hear of
		return err
	}
	for _, l := range t.listeners {
		err := until(ctx, patience, l.name+" has the last event", func() error {
			l.mu.Lock()
			defer l.mu.Unlock()
			for n := len(l.seen) - 1; n >= max(0, len(l.seen)-20); n-- {
				e := l.seen[n]
				if e.ContactID == c.contact.id && (e.Kind == "UPDATED" && e.Version == c.contact.version || e.Kind == "CREATED" && e.SessionID == c.session) {
					return nil
				}
			}
			return fmt.Errorf("it has %d events, the last is %s", len(l.seen), l.last)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
