package sqlite

import (
	"context"
	"database/sql"
)

// canary is the name of the canary among the secrets.
const canary = "canary"

// Canary returns the canary; nil when there is none.
func (s *Store) Canary(ctx context.Context) ([]byte, error) {
	kept, err := read(ctx, s, func(c *conn) ([]byte, error) {
		kept, _, err := first(ctx, c, `SELECT value FROM secrets WHERE name = @name`, args{"name": canary},
			func(rows *sql.Rows) (b []byte, err error) {
				err = rows.Scan(&b)
				return b, err
			})
		return kept, err
	})
	return kept, wrap("read the canary", err)
}

// SetCanary replaces the canary.
func (s *Store) SetCanary(ctx context.Context, former, next []byte) (done bool, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		var n int64
		if former == nil {
			n, err = t.exec(ctx, `INSERT INTO secrets (name, value) VALUES (@name, @next) ON CONFLICT DO NOTHING`,
				args{"name": canary, "next": next})
		} else {
			n, err = t.exec(ctx, `UPDATE secrets SET value = @next WHERE name = @name AND value = @former`,
				args{"name": canary, "former": former, "next": next})
		}
		done = n == 1
		return err
	})
	return done && err == nil, wrap("keep the canary", err)
}
