package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
)

// secretOf returns a secret that the database makes for itself. The first call creates it.
func secretOf(ctx context.Context, db *sql.DB, name string) (secret []byte, err error) {
	const query = `SELECT value FROM secrets WHERE name = ?`
	if err = db.QueryRowContext(ctx, query, name).Scan(&secret); !errors.Is(err, sql.ErrNoRows) {
		return secret, err
	}
	secret = make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	_, err = db.ExecContext(ctx, `INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, secret)
	if err == nil {
		err = db.QueryRowContext(ctx, query, name).Scan(&secret)
	}
	return secret, err
}

// CursorKey returns the key that cursors are sealed with.
func (s *Store) CursorKey(ctx context.Context) ([]byte, error) {
	f, err := s.current(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the key of cursors: %w", err)
	}
	return f.cursors, nil
}
