// Command live measures what subscribers cost and how fast they get events: how much memory Kith holds for each of many
// idle subscriptions, and how long after an edit was sent each of many subscribers has its event, while edits come at a
// pace. Every subscriber must get every event. It starts Kith on an empty SQLite file and on an empty PostgreSQL.
//
// Subscribers connect by WebSocket, one subscription each, and select the contact whole. Edits are sent as updateContact
// over a few connections; the time from the moment an edit is sent to the moment a subscriber has read its event counts.
//
// Without a PostgreSQL in the environment it runs itself again under scripts/with-postgres, with one that waits for the
// disk. It leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"time"

	"kith/bench/rig"
)

// kith is the server that is measured.
type kith struct{ *rig.Kith }

// options are the command line.
type options struct {
	idle, subscribers int
	rate              float64
	lasting           time.Duration
	only              string
}

func main() {
	var o options
	flag.IntVar(&o.idle, "idle", 5000, "how many idle subscribers; 0 leaves them out")
	flag.IntVar(&o.subscribers, "subscribers", 1000, "how many subscribers receive edits; 0 skips them")
	flag.Float64Var(&o.rate, "rate", 200, "how many edits a second")
	flag.DurationVar(&o.lasting, "lasting", 15*time.Second, "how long edits go on")
	flag.StringVar(&o.only, "only", "", "measure only postgres or sqlite")
	flag.Parse()
	rig.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	if o.idle < 0 || o.subscribers < 0 || o.rate <= 0 || o.lasting <= 0 {
		return errors.New("the numbers must be above nothing")
	}
	fmt.Printf("%d processors, %s\n", runtime.NumCPU(), runtime.Version())
	return rig.Each(ctx, o.only, func(ctx context.Context, kind string, started *rig.Kith) error {
		k := kith{started}
		if o.idle > 0 {
			if err := k.holdIdle(ctx, kind, o.idle); err != nil {
				return err
			}
		}
		if o.subscribers > 0 {
			return k.publish(ctx, kind, o)
		}
		return nil
	})
}
