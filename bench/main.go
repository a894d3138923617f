// Command bench measures Kith over HTTP beside what it is compared with: the least handler over the same SQL,
// PostGraphile, and a plain gqlgen server. All use the same contacts in the same PostgreSQL, and are measured alternately in the
// same run. README.md says what is measured and how to read it.
//
// It needs a PostgreSQL in which it may create a database; without one in the environment it runs itself again under
// scripts/with-postgres. It leaves nothing behind but the report.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kith/bench/rig"
)

// options are the command line.
type options struct {
	size    int
	seed    uint64
	rounds  int
	turn    time.Duration
	only    string
	results string
	out     string
}

func main() {
	var o options
	flag.IntVar(&o.size, "size", 100_000, "how many contacts the workspace has that is searched; as many again lie beside it")
	flag.Uint64Var(&o.seed, "seed", 1, "the seed of the demo data and the keystrokes")
	flag.IntVar(&o.rounds, "rounds", 5, "how often the servers take turns")
	flag.DurationVar(&o.turn, "turn", 1500*time.Millisecond, "how long a turn lasts")
	flag.StringVar(&o.only, "only", "", "measure only these servers, as kith,naive")
	flag.StringVar(&o.out, "out", ".build/bench.md", "where the report is written, too")
	flag.StringVar(&o.results, "results", "", "a page whose section on HTTP becomes the report, as bench/RESULTS.md")
	flag.Parse()
	rig.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	if o.size < 1000 || o.rounds < 1 || o.turn <= 0 {
		return errors.New("-size must be 1000 or more, -rounds and -turn above nothing")
	}
	url := os.Getenv(rig.DatabaseVariable)
	if url == "" {
		return rig.WithPostgres(postgresConf())
	}
	dir, err := os.MkdirTemp("", "kith-bench.")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	all, err := chosen(o.only)
	if err != nil {
		return err
	}
	log.Print("building")
	if err := build(ctx, dir, all); err != nil {
		return err
	}
	db, err := createDatabase(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop()) }()
	place := place{dir: dir, database: db.url, size: o.size, seed: o.seed, sqlite: needs(all, "sqlite")}
	loaded, err := place.load(ctx, needs(all, "postgraphile") || needs(all, "naive"))
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range all {
			s.stop()
		}
	}()
	for _, s := range all {
		if s.of != "" {
			s.join(all[slices.IndexFunc(all, func(running *server) bool { return running.key == s.of })])
			continue
		}
		log.Printf("starting %s", s.name)
		if err := s.start(ctx, loaded); err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
	}
	m := measurement{servers: all, database: db, rounds: o.rounds, turn: o.turn, sets: setsOf(o.seed, o.size)}
	if err := m.run(ctx); err != nil {
		return err
	}
	report := m.report(o, loaded)
	fmt.Println(report)
	return write(o, report)
}

// write keeps the report in files.
func write(o options, report string) error {
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	if err := os.WriteFile(o.out, []byte(report), 0o644); err != nil { //nolint:gosec // nothing secret
		return err
	}
	if o.results == "" {
		return nil
	}
	const begin, end = "<!-- http -->\n", "<!-- end of http -->\n"
	old, err := os.ReadFile(o.results)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	section := begin + report + end
	before, rest, found := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	page := string(old) + section
	switch {
	case found && closed:
		page = before + section + after
	case len(old) == 0:
		page = "# Results\n\n" + section
	}
	return os.WriteFile(o.results, []byte(page), 0o644) //nolint:gosec // nothing secret
}
