package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenListening opens a store that hands every notice of the server to hear.
func OpenListening(ctx context.Context, url string, hear func(*pgconn.Notice)) (*Store, error) {
	return open(ctx, url, Options{}, func(c *pgxpool.Config) {
		c.ConnConfig.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { hear(n) }
	})
}
