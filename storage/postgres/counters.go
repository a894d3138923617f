package postgres

import (
	"context"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"kith/storage"
)

// countError is a query of by how much the counter of contacts is too low.
const countError = `
	SELECT
	  (SELECT count(*) FROM contacts WHERE workspace_id = @workspace) -
	  (SELECT coalesce(sum(contacts), 0)::bigint FROM contact_counts WHERE workspace_id = @workspace) AS n`

// CountError counts the contacts. In a large workspace that may take longer than a statement otherwise may.
func (w *checkedWorkspace) CountError(ctx context.Context) (n int, err error) {
	err = w.atLeisure(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, countError, pgx.NamedArgs{"workspace": w.id}).Scan(&n)
	})
	return n, err
}

// CorrectCount counts again. Writers change the contacts and the counter in one transaction, so that they do not alter by
// how much it is off. Another check would, and waits.
func (w *checkedWorkspace) CorrectCount(ctx context.Context) error {
	return w.atLeisure(ctx, func(tx pgx.Tx) error {
		if err := w.lockValues(ctx, tx, value(w.id, "check", "count")); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO contact_counts (workspace_id, slot, contacts)
			SELECT @workspace, @slot, o.n FROM (`+countError+`) o
			ON CONFLICT (workspace_id, slot) DO UPDATE SET contacts = contact_counts.contacts + excluded.contacts`,
			pgx.NamedArgs{"workspace": w.id, "slot": rand.IntN(countSlots)})
		return err
	})
}

// SessionCountErrors counts the sessions of each kind, in the same way.
func (w *checkedWorkspace) SessionCountErrors(ctx context.Context) (wrong []storage.KindCount, err error) {
	err = w.atLeisure(ctx, func(tx pgx.Tx) (err error) {
		wrong, err = w.sessionCountErrors(ctx, tx)
		return err
	})
	return wrong, err
}

// CorrectSessionCounts counts again.
func (w *checkedWorkspace) CorrectSessionCounts(ctx context.Context) error {
	return w.atLeisure(ctx, func(tx pgx.Tx) error {
		if err := w.lockValues(ctx, tx, value(w.id, "check", "sessions")); err != nil {
			return err
		}
		wrong, err := w.sessionCountErrors(ctx, tx)
		if err != nil || len(wrong) == 0 {
			return err
		}
		b := &pgx.Batch{}
		addToSessions(b, w.id, wrong...)
		return tx.SendBatch(ctx, b).Close()
	})
}

func (w *checkedWorkspace) sessionCountErrors(ctx context.Context, tx pgx.Tx) ([]storage.KindCount, error) {
	rows, err := tx.Query(ctx, `
		SELECT channel_id, status, tag, anonymous, sum(n)::bigint
		FROM (
		  SELECT s.channel_id, s.status, coalesce(s.tag, '') AS tag,
		    s.account_id IS NULL OR s.account_id IN (`+deletedAccounts+`) AS anonymous, count(*) AS n
		  FROM sessions s
		  WHERE s.workspace_id = @workspace
		  GROUP BY 1, 2, 3, 4
		  UNION ALL
		  SELECT channel_id, status, tag, anonymous, -sum(sessions)
		  FROM session_counts
		  WHERE workspace_id = @workspace
		  GROUP BY 1, 2, 3, 4
		) k
		GROUP BY 1, 2, 3, 4
		HAVING sum(n) <> 0`, pgx.NamedArgs{"workspace": w.id})
	return all(ctx, rows, err, scanSessionCount)
}
