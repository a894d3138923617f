// Command soak keeps Kith at full load for minutes and watches what it holds: customers write, staff search page after
// page and edit, and subscribers hear of it all. Memory and goroutines must stay flat: at the end as at the start, once
// it is warm. It starts Kith on an empty SQLite file and on an empty PostgreSQL.
//
// Without a PostgreSQL in the environment it runs itself again under scripts/with-postgres, with one that waits for the
// disk. It leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"kith/bench/rig"
)

// options are the command line.
type options struct {
	lasting time.Duration
	clients int
	only    string
}

func main() {
	var o options
	flag.DurationVar(&o.lasting, "lasting", 10*time.Minute, "how long the load goes on, on each database")
	flag.IntVar(&o.clients, "clients", 8, "how many of each kind keep Kith busy: who write, who search, who edit, who listen")
	flag.StringVar(&o.only, "only", "", "only postgres or sqlite")
	flag.Parse()
	rig.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	if o.lasting < time.Minute || o.clients < 1 {
		return errors.New("-lasting must be a minute or more, -clients above nothing")
	}
	return rig.Each(ctx, o.only, func(ctx context.Context, kind string, k *rig.Kith) error { return soak(ctx, o, kind, k) })
}

// soak keeps a Kith busy, and reports what it held meanwhile.
func soak(ctx context.Context, o options, kind string, k *rig.Kith) error {
	load, err := begin(ctx, k, o.clients)
	if err != nil {
		return err
	}
	seen, err := watch(ctx, k, o.lasting)
	done := load.end()
	if err := errors.Join(err, done.err); err != nil {
		return err
	}
	fmt.Printf("%s, %s: %d messages, %d pages, %d edits, %d events heard, %d refused for the moment\n",
		kind, o.lasting, done.messages, done.pages, done.edits, done.events, done.refused)
	return seen.flat(os.Stdout)
}
