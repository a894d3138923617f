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

// Schema tells how far a database's schema has come.
type Schema struct {
	Version int64 // 0: nothing there yet
	Latest  int64 // what this program knows
}

// Migrate brings the schema of the database at url to this program's version and returns what it found before. Several
// processes may call it at once: one works, the others wait. Each migration is one transaction.
func Migrate(ctx context.Context, url string) (before Schema, err error) {
	err = withProvider(url, func(p *goose.Provider) error {
		if before, err = schema(ctx, p); err != nil {
			return err
		}
		_, err = p.Up(ctx)
		return err
	})
	if err != nil {
		return before, fmt.Errorf("migrate: %w", err)
	}
	return before, nil
}

// SchemaOf tells how far the schema of the database at url has come.
func SchemaOf(ctx context.Context, url string) (s Schema, err error) {
	err = withProvider(url, func(p *goose.Provider) error {
		s, err = schema(ctx, p)
		return err
	})
	return s, translate(ctx, err)
}

func schema(ctx context.Context, p *goose.Provider) (Schema, error) {
	current, latest, err := p.GetVersions(ctx)
	return Schema{Version: current, Latest: latest}, err
}

func withProvider(url string, f func(*goose.Provider) error) (err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("database URL: not a valid PostgreSQL connection string") // err may show the password
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	return f(p)
}
