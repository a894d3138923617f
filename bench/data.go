package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/bench/trace"
	"kith/internal/demo"
	"kith/storage/postgres"
)

//go:embed plain.sql
var plainSQL string

// postgresConf are the settings of the throw-away PostgreSQL: a quarter of the memory for its pages, up to 2 GB, and
// room to load data. Compilation of statements is off, which helps servers that scan.
func postgresConf() string {
	return fmt.Sprintf(`shared_buffers = %dMB
effective_cache_size = %dMB
maintenance_work_mem = 512MB
max_wal_size = 16GB
checkpoint_timeout = 1h
jit = off
`, min(2048, memoryMB()/4), memoryMB()/2)
}

// database is a database made for one run.
type database struct {
	admin, url, name string
}

func createDatabase(ctx context.Context, admin string) (database, error) {
	d := database{admin: admin, name: "kith_bench_" + strconv.Itoa(os.Getpid())}
	u, err := url.Parse(admin)
	if err != nil {
		return d, err
	}
	u.Path = "/" + d.name
	d.url = u.String()
	return d, d.do(ctx, d.admin, `CREATE DATABASE `+d.name)
}

// drop outlives the run's context.
func (d database) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return d.do(ctx, d.admin, `DROP DATABASE IF EXISTS `+d.name+` WITH (FORCE)`)
}

func (d database) do(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, s := range statements {
		if _, err := conn.PgConn().Exec(ctx, s).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// calm ends statements that a server has left running for clients that are gone, and waits for those that just end.
func (d database) calm(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		rows, err := conn.Query(ctx, `
			SELECT pg_cancel_backend(pid)
			FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state = 'active'
			  AND query_start < now() - interval '100 ms'`)
		if err != nil {
			return err
		}
		cancelled, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil || len(cancelled) == 0 {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// place is where the data goes.
type place struct {
	dir      string
	database string
	size     int
	seed     uint64
	sqlite   bool

	workspace int   // the number of workspace big
	beside    []int // the sizes of the other workspaces
	took      time.Duration

	version, buffers, fsync string // of PostgreSQL
}

// load fills the databases: SQLite with the searched workspace alone, PostgreSQL with the others, too.
func (p place) load(ctx context.Context, peers bool) (place, error) {
	begun := time.Now()
	p.beside = sizes(p.size)
	log.Printf("loading %d contacts into workspace big and %d into %d others", p.size, sum(p.beside), len(p.beside))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	other := make(chan error, 1)
	go func() {
		var err error
		if p.sqlite {
			err = p.demo(ctx, "sqlite:"+p.file())
		}
		if err != nil {
			cancel(err)
		}
		other <- err
	}()
	err := p.fill(ctx)
	if err != nil {
		cancel(err)
	}
	if e := <-other; err == nil {
		err = e
	}
	if err != nil {
		return p, fmt.Errorf("load: %w", context.Cause(ctx))
	}
	conn, err := pgx.Connect(ctx, p.database)
	if err != nil {
		return p, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	statements := []string{`VACUUM ANALYZE`, `CHECKPOINT`}
	if peers {
		log.Print("copying into plain tables for the peers")
		statements = append([]string{plainSQL}, statements...)
	}
	for _, s := range statements {
		if _, err := conn.PgConn().Exec(ctx, s).ReadAll(); err != nil {
			return p, fmt.Errorf("finish loading: %w", err)
		}
	}
	err = conn.QueryRow(ctx, `
		SELECT workspace_id, split_part(current_setting('server_version'), ' ', 1),
		  current_setting('shared_buffers'), current_setting('fsync')
		FROM workspaces
		WHERE name = 'big'`).Scan(&p.workspace, &p.version, &p.buffers, &p.fsync)
	p.took = time.Since(begun).Round(time.Second)
	log.Printf("loaded after %s", p.took)
	return p, err
}

func (p place) file() string { return filepath.Join(p.dir, "kith.db") }

// fill fills PostgreSQL. The small workspaces come first, as they do where one of many has grown.
func (p place) fill(ctx context.Context) error {
	if _, err := postgres.Migrate(ctx, p.database, postgres.Options{}); err != nil {
		return err
	}
	store, err := postgres.Open(ctx, p.database, postgres.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	for i, n := range p.beside {
		o := demo.Options{Contacts: n, Seed: p.seed + 1 + uint64(i), Now: trace.Now}
		if err := demo.Fill(ctx, store, "beside-"+strconv.Itoa(i), o); err != nil {
			return err
		}
	}
	return p.demo(ctx, p.database)
}

// demo fills workspace big as anybody would.
func (p place) demo(ctx context.Context, database string) error {
	c := exec.CommandContext(ctx, filepath.Join(p.dir, "kith"), "demo", "--workspace=big", //nolint:gosec // built here
		"--contacts="+strconv.Itoa(p.size), "--seed="+strconv.FormatUint(p.seed, 10))
	c.Env = append(os.Environ(), "KITH_DATABASE_URL="+database)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("kith demo: %w: %s", err, out)
	}
	return nil
}

// sizes are the workspaces beside the big one: one for each 500 contacts, from 250 to 25,000, together as many as it
// has. Their extra contacts fall off by a power of their rank, as sizes of customers do.
func sizes(total int) []int {
	count := max(2, total/500)
	low := min(250, total/count/2)
	high := min(25_000, total/2)
	at := func(power float64, i int) int { return low + int(float64(high-low)/math.Pow(float64(i+1), power)) }
	flat, steep := 0.0, 10.0
	for range 50 {
		power, n := (flat+steep)/2, 0
		for i := range count {
			n += at(power, i)
		}
		if n > total {
			flat = power
		} else {
			steep = power
		}
	}
	out := make([]int, count)
	for i := range out {
		out[i] = at(steep, i)
	}
	return out
}

func sum(of []int) (n int) {
	for _, i := range of {
		n += i
	}
	return n
}
