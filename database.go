package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"kith/internal/crm"
	"kith/internal/httpd"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/sqlite"
)

// databasePause is how often Kith looks at start for a PostgreSQL that is away.
const databasePause = time.Second

// openForServing opens the database. It waits for a PostgreSQL that is away, and says so to whoever asks; it migrates an
// empty one.
func (p *program) openForServing(
	ctx context.Context, ln net.Listener, health *httpd.Health, logger *slog.Logger,
) (storage.Store, error) {
	for away := false; ; {
		store, err := p.open(ctx)
		if !errors.Is(err, crm.ErrUnavailable) {
			return store, err
		}
		logger.Warn("waiting for the database", "error", err)
		if !away {
			away = true
			defer serveAway(ln, health, logger)()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(databasePause):
		}
	}
}

// open opens the database. An SQLite file is created and brought up to date, an empty PostgreSQL database is, too; one
// with an older or a newer schema is refused, because other processes may be using it.
func (p *program) open(ctx context.Context) (storage.Store, error) {
	c := p.config
	if path, ok := c.DatabaseURL.Path(); ok {
		if dir, ok := c.DefaultDirectory(p.getenv); ok {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, fmt.Errorf("make the data directory: %w", err)
			}
		}
		store, err := sqlite.Open(ctx, path)
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	return p.openPostgres(ctx, true)
}

// openExisting opens a database that is to be there already, for commands that look after one. It creates nothing and
// migrates nothing: with a typing mistake in its name a database would look sound, and empty.
func (p *program) openExisting(ctx context.Context) (storage.Store, error) {
	path, ok := p.config.DatabaseURL.Path()
	if !ok {
		return p.openPostgres(ctx, false)
	}
	store, err := sqlite.OpenExisting(ctx, path)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// openPostgres opens a PostgreSQL database whose schema is this program's. Create says whether an empty one may be filled.
func (p *program) openPostgres(ctx context.Context, create bool) (storage.Store, error) {
	u, _ := p.config.DatabaseURL.Postgres()
	o := p.postgresOptions()
	schema, err := postgres.SchemaOf(ctx, u, o)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the database's version: %w", err)
	case schema.Version > schema.Latest:
		return nil, fmt.Errorf("the database is at version %d, newer than this kith, which knows %d: run a newer kith", schema.Version, schema.Latest)
	case schema.Version == 0 && !create:
		return nil, fmt.Errorf("there is no database of Kith at %s; `kith migrate` makes one", p.config.DatabaseURL)
	case schema.Version == 0:
		if _, err := postgres.Migrate(ctx, u, o); err != nil {
			return nil, err
		}
	case schema.Version < schema.Latest:
		return nil, fmt.Errorf("the database is at version %d, this kith needs %d: run `kith migrate`", schema.Version, schema.Latest)
	}
	store, err := postgres.Open(ctx, u, o)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// postgresOptions is how PostgreSQL is connected to, whatever the command.
func (p *program) postgresOptions() postgres.Options {
	c := p.config
	direct, _ := c.DatabaseDirectURL.Postgres()
	return postgres.Options{
		DirectURL: direct, ExecMode: c.PGExecMode, MaxConns: c.PGConnections,
		Traces: p.watching.traces.Provider(), Panicked: p.watching.caughtError("background", p.logger()),
	}
}

// sayDatabase prints which database a command works on.
func (p *program) sayDatabase() {
	name := p.config.DatabaseURL.String()
	if path, ok := p.config.DatabaseURL.Path(); ok {
		if abs, err := filepath.Abs(path); err == nil {
			name = "sqlite:" + abs
		}
	}
	_, _ = fmt.Fprintf(p.stdout, "Database: %s\n", name)
}

// migrate brings the database up to date and says what it found.
func (p *program) migrate(ctx context.Context) error {
	p.sayDatabase()
	u, ok := p.config.DatabaseURL.Postgres()
	if !ok {
		store, err := p.open(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(p.stdout, "The database is up to date.")
		return store.Close()
	}
	before, err := postgres.Migrate(ctx, u, p.postgresOptions())
	switch {
	case err != nil:
		return err
	case before.Version > before.Latest:
		return fmt.Errorf("the database is at version %d, newer than this kith, which knows %d", before.Version, before.Latest)
	case before.Version == before.Latest:
		_, _ = fmt.Fprintf(p.stdout, "The database is up to date, at version %d.\n", before.Version)
	default:
		_, _ = fmt.Fprintf(p.stdout, "Migrated the database from version %d to %d.\n", before.Version, before.Latest)
	}
	return nil
}
