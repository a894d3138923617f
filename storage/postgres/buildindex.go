package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// buildPause is how long to wait before looking again at an index that another connection is building.
	buildPause = 200 * time.Millisecond
	// buildAttempts is how often a build is tried that deadlocks with another one of the same table.
	buildAttempts = 10
)

// buildIndex builds an index without blocking writers, unless a valid one exists. It removes what a build that died has left
// behind, which IF NOT EXISTS would take for the index, and waits for a build that is still running: the server finishes a
// build whose client has gone.
func buildIndex(ctx context.Context, c *pgx.Conn, b indexBuild) error {
	for attempt := 1; ; {
		var valid *bool
		var running bool
		err := c.QueryRow(ctx, `
			SELECT
			  (SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass($1)),
			  EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = to_regclass($1)::oid)`, b.name).Scan(&valid, &running)
		switch {
		case err != nil:
			return err
		case running:
			if !pause(ctx, buildPause) {
				return ctx.Err()
			}
			continue
		case valid != nil && *valid:
			return nil
		case valid != nil:
			_, err = c.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+b.name)
		}
		if err == nil {
			_, err = c.Exec(ctx, b.statement)
		}
		// Two builds of one table can wait for each other. The server ends one of them.
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == deadlockDetected && attempt < buildAttempts {
			attempt++
			if !pause(ctx, buildPause) {
				return ctx.Err()
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("build index %s: %w", b.name, err)
		}
	}
}
