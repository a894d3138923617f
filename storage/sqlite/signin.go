package sqlite

import (
	"context"
	"database/sql"
	"time"

	"kith/internal/crm"
)

// EndSignIn keeps that a sign-in is over.
func (s *Store) EndSignIn(ctx context.Context, e crm.EndedSignIn) error {
	return wrap("end sign-in", s.write(ctx, func(ctx context.Context, t *tx) error { return t.endSignIn(ctx, e) }))
}

func (t *tx) endSignIn(ctx context.Context, e crm.EndedSignIn) error {
	_, err := t.exec(ctx, `
		INSERT INTO ended_sign_ins (sign_in, issued_before, ends_at, at)
		VALUES (@id, @before, @until, @at)
		ON CONFLICT (sign_in) DO UPDATE SET
		  issued_before = max(issued_before, excluded.issued_before),
		  ends_at = max(ends_at, excluded.ends_at),
		  at = max(at, excluded.at)`, args{
		"id": e.ID, "before": e.Before.UnixMicro(), "until": e.Until.UnixMicro(), "at": e.At.UnixMicro(),
	})
	return err
}

// EndedSignIns returns those that were ended at since or later.
func (s *Store) EndedSignIns(ctx context.Context, since time.Time) ([]crm.EndedSignIn, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.EndedSignIn, error) {
		return all(ctx, c, `
			SELECT sign_in, issued_before, ends_at, at
			FROM ended_sign_ins
			WHERE at >= @since`, args{"since": since.UnixMicro()}, scanEndedSignIn)
	})
	return found, wrap("list ended sign-ins", err)
}

func scanEndedSignIn(rows *sql.Rows) (e crm.EndedSignIn, err error) {
	var before, until, at int64
	err = rows.Scan(&e.ID, &before, &until, &at)
	e.Before, e.Until, e.At = micros(before), micros(until), micros(at)
	return e, err
}

// ForgetSignIns drops those whose Until lies before.
func (s *Store) ForgetSignIns(ctx context.Context, before time.Time) error {
	old, err := read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, `SELECT 1 FROM ended_sign_ins WHERE ends_at < @before LIMIT 1`,
			args{"before": before.UnixMicro()}, scanInt)
		return found, err
	})
	if err == nil && old {
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, `DELETE FROM ended_sign_ins WHERE ends_at < @before`, args{"before": before.UnixMicro()})
			return err
		})
	}
	return wrap("forget ended sign-ins", err)
}
