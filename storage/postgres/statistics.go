package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// firstRows is the number of rows from which a table gets its own statistics.
const firstRows = 500

// growing are the tables whose statistics decide on plans.
var growing = []string{
	"contacts", "contact_activity", "contact_terms", "identities", "sessions", "messages", "changes",
}

// analyzeFirst gathers the first statistics of a table that has grown. The server would do it within a minute or
// so. But plans that were made for an empty table are kept until then: they take a whole workspace for a row or two.
func (s *Store) analyzeFirst(ctx context.Context) error {
	known := s.known.Load()
	if known.analyzed.Load() {
		return nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT relname, n_mod_since_analyze > @rows
		FROM pg_stat_user_tables
		WHERE relname = ANY(@tables) AND schemaname = current_schema() AND last_analyze IS NULL AND last_autoanalyze IS NULL`,
		pgx.NamedArgs{"rows": firstRows, "tables": growing})
	type table struct {
		name  string
		grown bool
	}
	without, err := all(ctx, rows, err, func(row pgx.CollectableRow) (t table, err error) {
		return t, row.Scan(&t.name, &t.grown)
	})
	if err != nil {
		return err
	}
	for _, t := range without {
		if !t.grown {
			continue
		}
		if _, err := s.pool.Exec(ctx, `ANALYZE `+pgx.Identifier{t.name}.Sanitize()); err != nil {
			return err
		}
	}
	known.analyzed.Store(len(without) == 0)
	return nil
}
