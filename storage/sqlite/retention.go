package sqlite

import (
	"context"
	"database/sql"
	"time"

	"kith/internal/crm"
)

// forgetAtOnce is how many events are forgotten in one transaction.
const forgetAtOnce = 500

// ForgetEvents forgets events of one workspace, from the lowest sequence number upwards as far as they are old: who
// resumes behind an event that is still there has not missed any.
func (s *Store) ForgetEvents(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := firstOld(ctx, c, before)
		return found, err
	})
	if err == nil && more {
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			w, found, err := firstOld(ctx, t.conn, before)
			if err != nil || !found {
				return err
			}
			return t.forget(ctx, w, before)
		})
	}
	return more && err == nil, wrap("forget events", err)
}

// firstOld finds a workspace whose first event is old, and not one that a webhook endpoint has yet to get.
func firstOld(ctx context.Context, c *conn, before time.Time) (w int, found bool, err error) {
	return first(ctx, c, `
		SELECT h.workspace_id
		FROM event_heads h
		JOIN changes f ON f.workspace_id = h.workspace_id AND f.seq = (
		  SELECT c.seq FROM changes c
		  WHERE c.workspace_id = h.workspace_id AND c.seq > 0
		  ORDER BY c.seq
		  LIMIT 1
		) AND f.seq > 0
		WHERE f.at < @before AND (f.at < @held OR f.seq <= coalesce(`+neededFrom+`, f.seq))
		LIMIT 1`, args{"before": before.UnixMicro(), "held": before.Add(-crm.WebhookHold).UnixMicro()}, scanInt)
}

// forget drops one batch of a workspace's old events, or takes their sequence numbers where they are history.
func (t *tx) forget(ctx context.Context, w int, before time.Time) error {
	type event struct{ sequence, at int64 }
	needed, _, err := first(ctx, t.conn, `
		SELECT coalesce(`+neededFrom+`, h.seq) FROM event_heads h WHERE h.workspace_id = @workspace`, args{"workspace": w}, scanInt)
	if err != nil {
		return err
	}
	events, err := all(ctx, t.conn, `
		SELECT seq, at
		FROM changes
		WHERE workspace_id = @workspace AND seq > 0
		ORDER BY seq
		LIMIT @n`, args{"workspace": w, "n": forgetAtOnce}, func(rows *sql.Rows) (e event, err error) {
		err = rows.Scan(&e.sequence, &e.at)
		return e, err
	})
	if err != nil {
		return err
	}
	var last int64
	for _, e := range events {
		held := e.sequence > int64(needed) && e.at >= before.Add(-crm.WebhookHold).UnixMicro()
		if e.at >= before.UnixMicro() || held {
			break
		}
		last = e.sequence
	}
	const forgotten = `workspace_id = @workspace AND seq > 0 AND seq <= @last`
	for _, query := range []string{
		`DELETE FROM changes
		WHERE ` + forgotten + ` AND NOT (session_id IS NULL AND ` + ownChanges + ` AND (
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = changes.contact_id)
		  OR EXISTS (SELECT 1 FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = changes.contact_id)
		))`,
		`UPDATE changes SET seq = 0 WHERE ` + forgotten,
	} {
		if _, err := t.exec(ctx, query, args{"workspace": w, "last": last}); err != nil {
			return err
		}
	}
	return nil
}
