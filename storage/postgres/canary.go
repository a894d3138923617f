package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// canary is the name of the canary among the secrets.
const canary = "canary"

// Canary returns the canary; nil when there is none.
func (s *Store) Canary(ctx context.Context) ([]byte, error) {
	var kept []byte
	err := s.pool.QueryRow(ctx, `SELECT value FROM secrets WHERE name = @name`, pgx.NamedArgs{"name": canary}).Scan(&kept)
	if err = optional(err); err != nil {
		return nil, fmt.Errorf("read the canary: %w", translate(ctx, err))
	}
	return kept, nil
}

// SetCanary replaces the canary.
func (s *Store) SetCanary(ctx context.Context, former, next []byte) (done bool, err error) {
	query := `INSERT INTO secrets (name, value) VALUES (@name, @next) ON CONFLICT DO NOTHING`
	if former != nil {
		query = `UPDATE secrets SET value = @next WHERE name = @name AND value = @former`
	}
	tag, err := s.pool.Exec(ctx, query, pgx.NamedArgs{"name": canary, "former": former, "next": next})
	if err != nil {
		return false, fmt.Errorf("keep the canary: %w", translate(ctx, err))
	}
	return tag.RowsAffected() == 1, nil
}
