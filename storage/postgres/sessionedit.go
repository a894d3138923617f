package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

// UpdateSession hands a session to e.Change and saves the status, the tag and the number of unread messages.
func (s *Store) UpdateSession(ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e storage.SessionEdit) (crm.Session, error) {
	var v crm.Session
	var changed bool
	var refused error
	err := s.tx(ctx, func(tx pgx.Tx) error {
		changed = false
		before, err := s.lockSession(ctx, tx, w, id)
		if err != nil {
			return err
		}
		v = clone(before)
		if refused = e.Change(&v); refused != nil {
			return refused
		}
		after := before
		after.Status, after.Tag, after.UnreadCount = v.Status, v.Tag, v.UnreadCount
		v = after
		changes := v.ChangesFrom(before)
		if len(changes) == 0 {
			return nil
		}
		b := &pgx.Batch{}
		b.Queue(`
			UPDATE sessions SET status = @status, tag = @tag, unread_count = @unread
			WHERE workspace_id = @workspace AND id = @id`, pgx.NamedArgs{
			"workspace": w, "id": [16]byte(id), "status": v.Status, "tag": v.Tag, "unread": v.UnreadCount,
		})
		s.tell(b, w, crm.Event{
			ID: e.Event, Kind: crm.Updated, ContactID: v.ContactID, SessionID: &id, Changes: changes, Actor: e.Actor, At: e.At,
		})
		if from, to := storage.KindOf(before), storage.KindOf(v); from != to {
			addToSessions(b, w, storage.KindCount{SessionKind: from, N: -1}, storage.KindCount{SessionKind: to, N: 1})
		}
		changed = true
		return tx.SendBatch(ctx, b).Close()
	})
	if refused != nil {
		return crm.Session{}, refused
	}
	if err != nil {
		return crm.Session{}, fmt.Errorf("update session %s: %w", id, err)
	}
	if changed {
		s.teller.fresh(w)
	}
	return v, nil
}

// clone is a copy that shares nothing which an edit may change.
func clone(v crm.Session) crm.Session {
	if v.Tag != nil {
		v.Tag = new(*v.Tag)
	}
	return v
}

// lockSession reads one session and keeps others from changing it, and its contact from being deleted, so that it is
// counted as what it is; ErrNotFound when there is none. The contact comes first, as in a deletion.
func (s *Store) lockSession(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.SessionID) (crm.Session, error) {
	var v crm.Session
	args := pgx.NamedArgs{"workspace": w, "id": [16]byte(id)}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT c.id
		FROM contacts c
		WHERE c.workspace_id = @workspace
		  AND c.id = (SELECT s.contact_id FROM sessions s WHERE s.workspace_id = @workspace AND s.id = @id)
		FOR KEY SHARE OF c`, args)
	b.Queue(`
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.id = @id
		FOR NO KEY UPDATE OF s`, args).
		Query(func(rows pgx.Rows) (err error) {
			v, err = pgx.CollectExactlyOneRow(rows, scanSession)
			return err
		})
	err := tx.SendBatch(ctx, b).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		err = crm.ErrNotFound
	}
	return v, err
}
