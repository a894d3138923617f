package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// EndSignIn keeps that a sign-in is over.
func (s *Store) EndSignIn(ctx context.Context, e crm.EndedSignIn) error {
	if err := endSignIn(ctx, s.pool, e); err != nil {
		return fmt.Errorf("end sign-in: %w", translate(ctx, err))
	}
	return nil
}

func endSignIn(ctx context.Context, q queryer, e crm.EndedSignIn) error {
	_, err := q.Exec(ctx, `
		INSERT INTO ended_sign_ins (sign_in, issued_before, ends_at, at)
		VALUES (@id, @before, @until, @at)
		ON CONFLICT (sign_in) DO UPDATE SET
		  issued_before = greatest(ended_sign_ins.issued_before, excluded.issued_before),
		  ends_at = greatest(ended_sign_ins.ends_at, excluded.ends_at),
		  at = greatest(ended_sign_ins.at, excluded.at)`, pgx.NamedArgs{
		"id": e.ID, "before": e.Before.UTC(), "until": e.Until.UTC(), "at": e.At.UTC(),
	})
	return err
}

// EndedSignIns returns those that were ended at since or later.
func (s *Store) EndedSignIns(ctx context.Context, since time.Time) ([]crm.EndedSignIn, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT sign_in, issued_before, ends_at, at
		FROM ended_sign_ins
		WHERE at >= @since`, pgx.NamedArgs{"since": since.UTC()})
	found, err := all(ctx, rows, err, scanEndedSignIn)
	if err != nil {
		return nil, fmt.Errorf("list ended sign-ins: %w", translate(ctx, err))
	}
	return found, nil
}

func scanEndedSignIn(row pgx.CollectableRow) (e crm.EndedSignIn, err error) {
	err = row.Scan(&e.ID, &e.Before, &e.Until, &e.At)
	e.Before, e.Until, e.At = e.Before.UTC(), e.Until.UTC(), e.At.UTC()
	return e, err
}

// ForgetSignIns drops those whose Until lies before.
func (s *Store) ForgetSignIns(ctx context.Context, before time.Time) error {
	err := s.onEveryNode(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, `DELETE FROM ended_sign_ins WHERE ends_at < @before`, pgx.NamedArgs{"before": before.UTC()})
		return translate(ctx, err)
	})
	if err != nil {
		return fmt.Errorf("forget ended sign-ins: %w", err)
	}
	return nil
}
