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

// databasePause is how often Kith tries to reach a PostgreSQL server that is unavailable at start.
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
		Traces: t.traces.Provider(), Panicked: t.panicLogger("background", logger), NodeAway: nodeLogger(logger),
	}}
}

// nodeLogger logs which nodes of a Citus cluster are away, and when they are back.
func nodeLogger(logger *slog.Logger) func(node string, err error) {
	return func(node string, err error) {
		if err == nil {
			logger.Info("a node of the database is back", "node", node)
			return
		}
		logger.Warn("a node of the database is away: maintenance and jobs of its workspaces wait", "node", node, "error", err)
	}
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

// await opens the database for serving. While a PostgreSQL server is unavailable, it waits and answers requests on ln as
// unavailable. It migrates an empty database.
func (d database) await(
	ctx context.Context, ln net.Listener, health *httpd.Health, logger *slog.Logger,
) (storage.Store, error) {
	for unavailable := false; ; {
		store, err := d.open(ctx)
		if _, wrong := errors.AsType[*postgres.MisconfiguredError](err); wrong || !errors.Is(err, crm.ErrUnavailable) {
			return store, err
		}
		logger.Warn("waiting for the database", "error", err)
		if !unavailable {
			unavailable = true
			defer serveUnavailable(ln, health, logger)()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(databasePause):
		}
	}
}

// open opens the database. It creates and migrates an SQLite file, and migrates an empty PostgreSQL database. It refuses a PostgreSQL
// database with an older schema, because other processes may be using it, and with a newer one that does not support this version.
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

// openExisting opens a database that must exist already, for maintenance commands. It creates nothing and
// migrates nothing: otherwise a typing mistake in the name would yield a sound, empty database.
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

// openPostgres opens a PostgreSQL database with a schema that supports this version. create says whether an empty one may be
// migrated.
func (d database) openPostgres(ctx context.Context, create bool) (storage.Store, error) {
	u, _ := d.config.DatabaseURL.Postgres()
	schema, err := postgres.SchemaOf(ctx, u, d.postgres)
	if err == nil && create && 0 < schema.Version && schema.Version < schema.Latest { // a process beside this one may have begun
		schema, err = postgres.SettledSchema(ctx, u, d.postgres)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the database's version: %w", err)
	case schema.Version > schema.Latest && !schema.Supports():
		return nil, tooNew(schema)
	case schema.Version == 0 && !create:
		return nil, fmt.Errorf("there is no database of Kith at %s; `kith migrate` creates one", d.config.DatabaseURL)
	case schema.Version == 0:
		if _, err := postgres.Migrate(ctx, u, d.postgres); err != nil {
			return nil, err
		}
	case schema.Version < schema.Latest:
		return nil, fmt.Errorf("the database is at version %d, but this kith needs %d: run `kith migrate`", schema.Version, schema.Latest)
	}
	store, err := postgres.Open(ctx, u, d.postgres)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// migrate migrates the database and prints the versions.
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
	case before.Version > before.Latest && !before.Supports():
		return tooNew(before)
	case before.Version > before.Latest:
		_, _ = fmt.Fprintf(stdout, "The database is at version %d, newer than %d, and supports this kith.\n", before.Version, before.Latest)
	case before.Version == before.Latest:
		_, _ = fmt.Fprintf(stdout, "The database is up to date, at version %d.\n", before.Version)
	default:
		_, _ = fmt.Fprintf(stdout, "Migrated the database from version %d to %d.\n", before.Version, before.Latest)
	}
	return nil
}

// tooNew is the error for a schema that does not support this version.
func tooNew(s postgres.Schema) error {
	return fmt.Errorf("the database is at version %d, newer than %d, and does not support this kith: run a newer kith", s.Version, s.Latest)
}
