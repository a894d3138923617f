package sqlite

import (
	"context"
	"errors"

	"kith/storage"
)

// CountError counts the contacts.
func (w *checkedWorkspace) CountError(ctx context.Context) (int, error) {
	return read(ctx, w.Store, func(c *conn) (int, error) { return w.countError(ctx, c) })
}

func (w *checkedWorkspace) countError(ctx context.Context, c *conn) (int, error) {
	n, _, err := first(ctx, c, `
		SELECT
		  (SELECT count(*) FROM contacts WHERE workspace_id = @workspace) -
		  (SELECT coalesce(sum(contacts), 0) FROM contact_counts WHERE workspace_id = @workspace)`,
		args{"workspace": w.id}, scanInt)
	return n, err
}

// CorrectCount counts again.
func (w *checkedWorkspace) CorrectCount(ctx context.Context) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := w.countError(ctx, t.conn)
		if err != nil {
			return err
		}
		return addToCount(ctx, t.conn, w.id, n)
	})
}

// SessionCountErrors counts the sessions of each kind.
func (w *checkedWorkspace) SessionCountErrors(ctx context.Context) ([]storage.KindCount, error) {
	return read(ctx, w.Store, func(c *conn) ([]storage.KindCount, error) { return w.sessionCountErrors(ctx, c) })
}

func (w *checkedWorkspace) sessionCountErrors(ctx context.Context, c *conn) ([]storage.KindCount, error) {
	return all(ctx, c, `
		SELECT channel_id, status, tag, anonymous, sum(n)
		FROM (
		  SELECT
		    s.channel_id, s.status, coalesce(s.tag, '') AS tag,
		    s.account_id IS NULL OR `+beingDetached+` AS anonymous,
		    count(*) AS n
		  FROM sessions s
		  WHERE s.workspace_id = @workspace
		  GROUP BY 1, 2, 3, 4
		  UNION ALL
		  SELECT channel_id, status, tag, anonymous, -sessions
		  FROM session_counts
		  WHERE workspace_id = @workspace
		)
		GROUP BY 1, 2, 3, 4
		HAVING sum(n) <> 0`, args{"workspace": w.id}, scanSessionCount)
}

// CorrectSessionCounts counts again.
func (w *checkedWorkspace) CorrectSessionCounts(ctx context.Context) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		wrong, err := w.sessionCountErrors(ctx, t.conn)
		for _, v := range wrong {
			err = errors.Join(err, addToSessions(ctx, t.conn, w.id, v.SessionKind, v.N))
		}
		return err
	})
}
