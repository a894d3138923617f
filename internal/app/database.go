package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"kith/internal/config"
	"kith/internal/crm"
	"kith/internal/httpd"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/sqlite"
)

// databasePause is how often Kith tries to reach a PostgreSQL server that is away at start.
const databasePause = time.Second

// database is the database that the settings name, and how to connect to it.
type database struct {
	config   config.Config
	getenv   func(string) string
	postgres postgres.Options
}

func newDatabase(c config.Config, getenv func(string) string, t telemetry, logger *slog.Logger) database {
	direct, _ := c.DatabaseDirectURL.Postgres()
	return database{c, getenv, postgres.Options{
		DirectURL: direct, ExecMode: c.PGExecMode, MaxConns: c.PGConnections,
		Traces: t.traces.Provider(), Panicked: t.panicLogger("background", logger),
	}}
}

// String is how the output of commands names the database.
func (d database) String() string {
	if path, ok := d.config.DatabaseURL.Path(); ok {
		if abs, err := filepath.Abs(path); err == nil {
			return "sqlite:" + abs
		}
	}
	return d.config.DatabaseURL.String()
}

// await opens the database for serving. While a PostgreSQL server is away it waits and answers requests on ln as
// unavailable. It migrates an empty database.
func (d database) await(
	ctx context.Context, ln net.Listener, health *httpd.Health, logger *slog.Logger,
) (storage.Store, error) {
	for away := false; ; {
		store, err := d.open(ctx)
		if !errors.Is(err, crm.ErrUnavailable) {
			return store, err
		}
		logger.Warn("waiting for the database", "error", err)
		if !away {
			away = true
			defer serveUnavailable(ln, health, logger)()
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
func (d database) open(ctx context.Context) (storage.Store, error) {
	if path, ok := d.config.DatabaseURL.Path(); ok {
		if dir, ok := d.config.DefaultDirectory(d.getenv); ok {
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
	return d.openPostgres(ctx, true)
}

// openExisting opens a database that is to be there already, for commands that look after one. It creates nothing and
// migrates nothing: with a typing mistake in its name a database would look sound, and empty.
func (d database) openExisting(ctx context.Context) (storage.Store, error) {
	path, ok := d.config.DatabaseURL.Path()
	if !ok {
		return d.openPostgres(ctx, false)
	}
	store, err := sqlite.OpenExisting(ctx, path)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// openPostgres opens a PostgreSQL database whose schema is this program's. Create says whether an empty one may be filled.
func (d database) openPostgres(ctx context.Context, create bool) (storage.Store, error) {
	u, _ := d.config.DatabaseURL.Postgres()
	schema, err := postgres.SchemaOf(ctx, u, d.postgres)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the database's version: %w", err)
	case schema.Version > schema.Latest:
		return nil, fmt.Errorf("the database is at version %d, newer than this kith, which knows %d: run a newer kith", schema.Version, schema.Latest)
	case schema.Version == 0 && !create:
		return nil, fmt.Errorf("there is no database of Kith at %s; `kith migrate` makes one", d.config.DatabaseURL)
	case schema.Version == 0:
		if _, err := postgres.Migrate(ctx, u, d.postgres); err != nil {
			return nil, err
		}
	case schema.Version < schema.Latest:
		return nil, fmt.Errorf("the database is at version %d, this kith needs %d: run `kith migrate`", schema.Version, schema.Latest)
	}
	store, err := postgres.Open(ctx, u, d.postgres)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// migrate brings the database up to date and says what it found.
func (d database) migrate(ctx context.Context, stdout io.Writer) error {
	u, ok := d.config.DatabaseURL.Postgres()
	if !ok {
		store, err := d.open(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(stdout, "The database is up to date.")
		return store.Close()
	}
	before, err := postgres.Migrate(ctx, u, d.postgres)
	switch {
	case err != nil:
		return err
	case before.Version > before.Latest:
		return fmt.Errorf("the database is at version %d, newer than this kith, which knows %d", before.Version, before.Latest)
	case before.Version == before.Latest:
		_, _ = fmt.Fprintf(stdout, "The database is up to date, at version %d.\n", before.Version)
	default:
		_, _ = fmt.Fprintf(stdout, "Migrated the database from version %d to %d.\n", before.Version, before.Latest)
	}
	return nil
}
