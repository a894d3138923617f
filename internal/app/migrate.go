package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kith/storage/postgres"
)

type migrateCommand struct {
	Citus bool `help:"Then distribute the tables over the nodes of a Citus cluster."`
}

// Run migrates.
func (m migrateCommand) Run(ctx context.Context, p *program) error {
	if err := p.validate(false); err != nil {
		return err
	}
	u, ok := p.config.DatabaseURL.Postgres()
	if m.Citus && !ok {
		return &usageError{errors.New("--citus works only with PostgreSQL")}
	}
	db := p.database()
	_, _ = fmt.Fprintln(p.stdout, "Database:", db)
	if err := db.migrate(ctx, p.stdout); err != nil || !m.Citus {
		return err
	}
	tables, err := postgres.Distribute(ctx, u, db.postgres)
	if len(tables) > 0 {
		_, _ = fmt.Fprintf(p.stdout, "Distributed over the cluster: %s.\n", strings.Join(tables, ", "))
	}
	return err
}
