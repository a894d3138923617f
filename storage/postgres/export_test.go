package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// MigrateTo brings the schema of an empty database to an older version.
func MigrateTo(ctx context.Context, url string, version int64) error {
	return withProvider(url, Options{}, func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}

// GramsFromBirth puts every new workspace into the gram index from its first contact on.
func (s *Store) GramsFromBirth(ctx context.Context) error {
	s.born = gramsComplete
	_, err := s.ensureGramIndex(ctx)
	return err
}

// OpenListening opens a store that hands every notice of the server to hear.
func OpenListening(ctx context.Context, url string, hear func(*pgconn.Notice)) (*Store, error) {
	return open(ctx, url, Options{}, func(c *pgxpool.Config) {
		c.ConnConfig.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { hear(n) }
	})
}
