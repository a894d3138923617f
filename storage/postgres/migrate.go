package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema says how far a database's schema has come.
type Schema struct {
	Version int64 // 0: nothing there yet
	Latest  int64 // what this program knows
}

// Migrate brings the schema of the database at url to this program's version and returns what it found before. Several
// processes may call it concurrently: one works, the others wait. Each migration is one transaction.
func Migrate(ctx context.Context, url string, o Options) (before Schema, err error) {
	err = inTurn(ctx, url, o, func() error {
		if before, err = SchemaOf(ctx, url, o); err != nil {
			return err
		}
		return withProvider(url, o, func(p *goose.Provider) error {
			_, err := p.Up(ctx)
			return err
		})
	})
	if err != nil {
		return before, fmt.Errorf("migrate: %w", err) // in the server's words, which hold no values
	}
	return before, nil
}

// SchemaOf returns the schema version of the database at url. It changes nothing.
func SchemaOf(ctx context.Context, url string, o Options) (s Schema, err error) {
	err = withProvider(url, o, func(p *goose.Provider) error {
		sources := p.ListSources()
		s.Latest = sources[len(sources)-1].Version
		return nil
	})
	if err != nil {
		return s, err
	}
	c, _, err := connectAside(ctx, url, o)
	if err != nil {
		return s, translate(ctx, err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	var there bool
	err = c.QueryRow(ctx, `SELECT to_regclass(current_schema() || '.goose_db_version') IS NOT NULL`).Scan(&there)
	if err == nil && there {
		err = c.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&s.Version)
	}
	return s, translate(ctx, err)
}

// inTurn runs f while no other process does. The lock is a transaction's, not a session's: a pooler would leave a session's
// lock with a connection that is lent to the next client.
func inTurn(ctx context.Context, url string, o Options, f func() error) error {
	c, _, err := connectAside(ctx, url, o)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = 0`, `SET LOCAL idle_in_transaction_session_timeout = 0`,
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1::bigint)`, lock.DefaultLockID); err != nil {
			return err
		}
		return f()
	})
}

func withProvider(url string, o Options, f func(*goose.Provider) error) (err error) {
	if o.DirectURL != "" {
		url = o.DirectURL
	}
	config, err := configure(url, o)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir)
	if err != nil {
		return err
	}
	return f(p)
}
