package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// secretOf returns a secret that the database makes for itself. The first call creates it.
func (s *Store) secretOf(ctx context.Context, name string) ([]byte, error) {
	const query = `SELECT value FROM secrets WHERE name = @name`
	args := pgx.NamedArgs{"name": name}
	var secret []byte
	err := s.pool.QueryRow(ctx, query, args).Scan(&secret)
	if errors.Is(err, pgx.ErrNoRows) {
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // never fails, see crypto/rand
		args["value"] = secret
		_, err = s.pool.Exec(ctx, `INSERT INTO secrets (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING`, args)
		if err == nil {
			err = s.pool.QueryRow(ctx, query, pgx.NamedArgs{"name": name}).Scan(&secret)
		}
	}
	return secret, translate(ctx, err)
}

// CursorKey returns the key that cursors are sealed with.
func (s *Store) CursorKey(ctx context.Context) ([]byte, error) {
	key, err := s.secretOf(ctx, "cursors")
	if err != nil {
		return nil, fmt.Errorf("read the key of cursors: %w", err)
	}
	return key, nil
}
