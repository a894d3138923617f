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
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
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
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		stop()
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.lasting < time.Minute || o.clients < 1 {
		return errors.New("-lasting must be a minute or more, -clients above nothing")
	}
	server := os.Getenv(rig.DatabaseVariable)
	if server == "" && o.only != "sqlite" {
		return rig.WithPostgres()
	}
	dir, err := os.MkdirTemp("", "kith-bench.")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := rig.Build(ctx, dir); err != nil {
		return err
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		if o.only != "" && o.only != kind {
			continue
		}
		if err := on(ctx, o, kind, dir, server); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// on soaks Kith on an empty database of a kind.
func on(ctx context.Context, o options, kind, dir, server string) (err error) {
	database := "sqlite:" + filepath.Join(dir, "kith.db")
	if kind == "postgres" {
		var drop func() error
		if database, drop, err = rig.Create(ctx, server); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	k, err := rig.Start(ctx, dir, database)
	if err != nil {
		return err
	}
	defer k.Stop()
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
