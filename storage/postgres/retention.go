package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
)

const (
	// forgetWorkspaces is how many workspaces one batch looks at, forgetEvents how many events of each.
	forgetWorkspaces = 8
	forgetEvents     = 1000
)

// ForgetEvents drops what is older than before and serves no history, from the lowest sequence number upwards as far as
// events are old: who resumes behind an event that is still there has not missed any.
func (s *Store) ForgetEvents(ctx context.Context, before time.Time) (more bool, err error) {
	todo, err := everywhere(ctx, s, `
		SELECT h.workspace_id
		FROM event_heads h
		WHERE %[1]s AND h.first_at < @before AND (
		  h.first_at < @held OR coalesce(
		    (SELECT min(c.seq) FROM changes c WHERE %[1]s AND c.workspace_id = h.workspace_id AND c.seq > 0)
		      <= `+neededFrom("h.workspace_id", " AND %[1]s")+`,
		    true
		  )
		)
		ORDER BY h.first_at
		LIMIT @n`, pgx.NamedArgs{"before": before.UTC(), "held": before.Add(-crm.WebhookHold).UTC(), "n": forgetWorkspaces},
		pgx.RowTo[crm.WorkspaceID])
	if err != nil {
		err = fmt.Errorf("forget events: %w", err)
	}
	more = len(todo) >= forgetWorkspaces
	for _, w := range todo {
		var left bool
		failed := s.inTurn(ctx, w, func(ctx context.Context) (err error) {
			left, err = s.forgetSome(ctx, w, before)
			return err
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("forget events: %w", failed))
		}
		more = more || left
	}
	return more && err == nil, err
}

// forgetSome looks at the oldest events of a workspace and reports whether there is more to forget.
func (s *Store) forgetSome(ctx context.Context, w crm.WorkspaceID, before time.Time) (more bool, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		old, err := s.oldEvents(ctx, tx, w, before)
		if err != nil {
			return err
		}
		args := pgx.NamedArgs{"workspace": w, "dropped": old.dropped, "history": old.history, "gone": old.gone}
		b := &pgx.Batch{}
		b.Queue(`DELETE FROM changes WHERE workspace_id = @workspace AND id = ANY(@dropped)`, args)
		b.Queue(`UPDATE changes SET seq = 0 WHERE workspace_id = @workspace AND id = ANY(@history)`, args)
		if len(old.gone) > 0 { // with what lost its sequence number at the moment of the deletion
			b.Queue(`
				DELETE FROM changes
				WHERE workspace_id = @workspace AND contact_id = ANY(@gone) AND `+ownChanges+` AND seq = 0`, args)
		}
		var first *time.Time
		b.Queue(`
			UPDATE event_heads SET first_at = (
			  SELECT at FROM changes WHERE workspace_id = @workspace AND seq > 0 ORDER BY seq LIMIT 1
			)
			WHERE workspace_id = @workspace
			RETURNING first_at`, args).
			QueryRow(func(row pgx.Row) error { return row.Scan(&first) })
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		more = first != nil && first.Before(before) && len(old.dropped)+len(old.history) == forgetEvents
		return nil
	})
	return more, err
}

// oldEvents are events that are to be forgotten.
type oldEvents struct {
	dropped [][16]byte
	history [][16]byte // lose their sequence number only
	gone    [][16]byte // contacts whose deletion is dropped
}

// oldEvents reads the oldest events of a workspace. It keeps new ones from coming meanwhile.
func (s *Store) oldEvents(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, before time.Time) (oldEvents, error) {
	var old oldEvents
	args := pgx.NamedArgs{"workspace": w, "n": forgetEvents}
	var needed int64
	err := tx.QueryRow(ctx, `
		SELECT coalesce(`+neededFrom("@workspace", "")+`, h.seq) FROM event_heads h WHERE h.workspace_id = @workspace FOR NO KEY UPDATE OF h`, args).
		Scan(&needed)
	if err != nil {
		return old, optional(err)
	}
	rows, err := tx.Query(ctx, `
		SELECT
		  e.id, e.seq, e.at, e.contact_id, e.session_id IS NULL AND e.kind = 'DELETED',
		  e.session_id IS NULL AND e.kind IN ('CREATED', 'UPDATED', 'MERGED', 'SPLIT') AND (
		    (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = e.contact_id) IS NOT NULL
		    OR (SELECT true FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = e.contact_id) IS NOT NULL
		  )
		FROM changes e
		WHERE e.workspace_id = @workspace AND e.seq > 0
		ORDER BY e.seq
		LIMIT @n`, args)
	if err != nil {
		return old, err
	}
	defer rows.Close()
	for rows.Next() {
		var id [16]byte
		var seq int64
		var at time.Time
		var contact pgtype.UUID
		var deleted, history bool
		if err := rows.Scan(&id, &seq, &at, &contact, &deleted, &history); err != nil {
			return old, err
		}
		switch {
		case !at.Before(before), seq > needed && !at.Before(before.Add(-crm.WebhookHold)):
			return old, nil
		case history:
			old.history = append(old.history, id)
		default:
			old.dropped = append(old.dropped, id)
		}
		if deleted {
			old.gone = append(old.gone, contact.Bytes)
		}
	}
	return old, rows.Err()
}
