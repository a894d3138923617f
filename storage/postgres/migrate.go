package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Schema says how far a database's schema has come.
type Schema struct {
	Version int64 // 0: nothing there yet
	Latest  int64 // what this program knows
	Oldest  int64 // the least that a program must know to use the database
}

// Supports reports whether this program can use the database: with its own schema, and with a newer one that has only more
// than that.
func (s Schema) Supports() bool {
	return s.Version == s.Latest || s.Version > s.Latest && s.Oldest > 0 && s.Oldest <= s.Latest
}

// migrator migrates the database at url.
type migrator struct {
	url     string
	options Options
	files   fs.FS
	// lockTimeout is how long a statement waits for the lock of a table, as PostgreSQL writes it. All others who want the
	// table wait behind the statement meanwhile, so it gives up soon and tries again.
	lockTimeout string
	attempts    int
	lockPause   time.Duration // between attempts
	unused      bool          // the database is empty, so that nothing is in the way
}

func newMigrator(url string, o Options) migrator {
	return migrator{
		url: url, options: o, files: embeddedMigrations(),
		lockTimeout: "1s", attempts: 60, lockPause: 2 * time.Second,
	}
}

// Migrate brings the schema of the database at url to this program's version and returns what it found before. Several
// processes may call it concurrently: one works, the others wait. Others may use the database meanwhile. Each migration is
// one transaction, or builds indexes; one that fails can be repeated.
func Migrate(ctx context.Context, url string, o Options) (before Schema, err error) {
	return newMigrator(url, o).migrate(ctx)
}

// SchemaOf returns the schema version of the database at url. It changes nothing.
func SchemaOf(ctx context.Context, url string, o Options) (Schema, error) {
	return newMigrator(url, o).schema(ctx)
}

// SettledSchema is [SchemaOf] when no process is migrating the database: it waits for one that is.
func SettledSchema(ctx context.Context, url string, o Options) (s Schema, err error) {
	m := newMigrator(url, o)
	err = m.exclusively(ctx, func() (err error) {
		s, err = m.schema(ctx)
		return err
	})
	return s, translate(ctx, err)
}

func (m migrator) migrate(ctx context.Context) (before Schema, err error) {
	err = m.exclusively(ctx, func() error {
		if before, err = m.schema(ctx); err != nil {
			return err
		}
		m.unused = before.Version == 0
		return m.withProvider(func(p *goose.Provider) error { return m.up(ctx, p) })
	})
	if err != nil {
		return before, fmt.Errorf("migrate: %w", err) // in the server's words, which hold no values
	}
	return before, nil
}

// up runs what is missing. It tries again when a migration did not get its lock.
func (m migrator) up(ctx context.Context, p *goose.Provider) error {
	for attempt := 1; ; attempt++ {
		_, err := p.Up(ctx)
		if !gaveWay(err) {
			return err
		}
		if attempt == m.attempts {
			return fmt.Errorf("a table stayed locked during %d attempts: see pg_stat_activity for a long transaction, such as a backup: %w", attempt, err)
		}
		if !pause(ctx, m.lockPause) {
			return ctx.Err()
		}
	}
}

// gaveWay reports whether a migration ended because of others that use the database.
func gaveWay(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == lockNotAvailable || pg.Code == deadlockDetected)
}

func (m migrator) schema(ctx context.Context) (s Schema, err error) {
	all, err := readMigrations(m.files)
	if err != nil {
		return s, err
	}
	s.Latest = all[len(all)-1].version
	c, _, err := connectAside(ctx, m.url, m.options)
	if err != nil {
		return s, translate(ctx, err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	for _, q := range []struct {
		table, query string
		to           *int64
	}{
		{"goose_db_version", `SELECT coalesce(max(version_id), 0) FROM goose_db_version`, &s.Version},
		{"schema_support", `SELECT coalesce(max(oldest), 0) FROM schema_support`, &s.Oldest},
	} {
		var there bool
		err = c.QueryRow(ctx, `SELECT to_regclass(current_schema() || '.' || $1) IS NOT NULL`, q.table).Scan(&there)
		if err == nil && there {
			err = c.QueryRow(ctx, q.query).Scan(q.to)
		}
		if err != nil {
			return s, translate(ctx, err)
		}
	}
	return s, nil
}

// noTimeouts lets a transaction, and the waiting for its statements, take as long as they need.
const noTimeouts = `
	SELECT set_config(name, '0', true) FROM pg_settings
	WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

// migratorPause is how often a migrator asks whether it is its turn.
const migratorPause = 200 * time.Millisecond

// exclusively runs f while no other process does. The lock is a transaction's, not a session's: a pooler would leave a
// session's lock with a connection that is lent to the next client. It is asked for and not waited for: a concurrent build
// of an index waits for all statements that began before it, so that it and a statement that waits for the lock would wait
// for each other. For the same reason these statements use the simple protocol: in the extended one the last statement of
// an open transaction keeps its snapshot.
func (m migrator) exclusively(ctx context.Context, f func() error) error {
	c, _, err := connectAside(ctx, m.url, m.options)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	for {
		var held bool
		err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, noTimeouts, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
			err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1::bigint)`, pgx.QueryExecModeSimpleProtocol, lock.DefaultLockID).Scan(&held)
			if err != nil || !held {
				return err
			}
			return f()
		})
		if err != nil || held {
			return err
		}
		if !pause(ctx, migratorPause) {
			return ctx.Err()
		}
	}
}

func (m migrator) withProvider(f func(*goose.Provider) error) (err error) {
	url := m.url
	if m.options.DirectURL != "" {
		url = m.options.DirectURL
	}
	config, err := configure(url, m.options)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config.ConnConfig, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		direct, err := isDirect(ctx, c)
		if err == nil && direct {
			err = endTimeouts(ctx, c)
		}
		return err
	}))
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := readMigrations(m.files)
	if err != nil {
		return err
	}
	list := make([]*goose.Migration, len(all))
	for i, one := range all {
		if m.unused {
			one = one.inOneTransaction()
		}
		list[i] = one.goose(m.lockTimeout, func(ctx context.Context, f func(*pgx.Conn) error) error {
			return withoutTimeout(ctx, m.url, m.options, f)
		})
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, nil, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(list...))
	if err != nil {
		return err
	}
	return f(p)
}
