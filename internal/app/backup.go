package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"kith/storage/sqlite"
)

type backupCommand struct {
	File string `arg:"" placeholder:"FILE" help:"Where to write the copy. The file must not exist."`
}

// Run copies an SQLite database while others use it.
func (b backupCommand) Run(ctx context.Context, p *program) error {
	if err := p.validate(false); err != nil {
		return err
	}
	path, ok := p.config.DatabaseURL.Path()
	if !ok {
		return &usageError{errors.New("kith backup copies SQLite databases; for PostgreSQL use pg_dump, see docs/operations.md")}
	}
	_, _ = fmt.Fprintln(p.stdout, "Database:", p.database())
	err := sqlite.Backup(ctx, path, b.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &usageError{fmt.Errorf("%s already exists; a backup does not overwrite files", b.File)}
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Copied the database to %s.\n", b.File)
	return err
}
