package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Two processes may do it concurrently: the slower one finds a step done that it
// was about to take, and goes on with the next.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := migrator(db)
	if err != nil {
		return err
	}
	for range p.ListSources() {
		if _, err = p.Up(ctx); err == nil {
			break
		}
		if pending, again := p.HasPending(ctx); again == nil && !pending {
			err = nil
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	version, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if newest := latestVersion(); version > newest {
		return fmt.Errorf("migrate: the database is at version %d, newer than this program, which knows %d", version, newest)
	}
	return nil
}

func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(regram, identityIDs))
}
