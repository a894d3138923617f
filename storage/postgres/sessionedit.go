package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

var updateSession = `
	UPDATE sessions
	SET ` + sessionTable.Set() + `
	WHERE workspace_id = @workspace AND id = @id`

// UpdateSession hands a session to e.Change and saves the status, the tag and the number of unread messages.
func (s *Store) UpdateSession(ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e crm.SessionEdit) (crm.Session, error) {
	var v crm.Session
	var changed bool
	var refused error
	err := s.tx(ctx, func(tx pgx.Tx) (err error) {
		v, changed, refused, err = s.updateSession(ctx, tx, w, id, e, s.slot())
		return err
	})
	if refused != nil {
		return crm.Session{}, refused
	}
	if err != nil {
		return crm.Session{}, fmt.Errorf("update session %s: %w", id, err)
	}
	if changed {
		s.sequencer.unpublished(w)
	}
	return v, nil
}

// updateSession is UpdateSession in a transaction, which counts in a slot. refused is an error of e.Change, which err is too.
func (s *Store) updateSession(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.SessionID, e crm.SessionEdit, slot int,
) (v crm.Session, changed bool, refused, err error) {
	before, err := s.lockSession(ctx, tx, w, id)
	if err != nil {
		return v, false, nil, err
	}
	v, event, refused := e.Decide(before)
	if refused != nil || event == nil {
		return v, false, refused, refused
	}
	b := &pgx.Batch{}
	b.Queue(updateSession, rowArgs(w, sessionTable, &v))
	s.publish(b, w, *event)
	if from, to := storage.KindOf(before), storage.KindOf(v); from != to {
		addToSessionsAt(b, w, slot%sessionSlots, storage.KindCount{SessionKind: from, N: -1}, storage.KindCount{SessionKind: to, N: 1})
	}
	return v, true, nil, tx.SendBatch(ctx, b).Close()
}

var selectSessionLocked = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = @id
	FOR NO KEY UPDATE OF s`

// lockSession reads one session and keeps others from changing it, and its contact from being deleted, so that it is
// counted as what it is; ErrNotFound if it does not exist. The contact comes first, as in a deletion.
func (s *Store) lockSession(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.SessionID) (crm.Session, error) {
	var v crm.Session
	args := pgx.NamedArgs{"workspace": w, "id": [16]byte(id)}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT c.id
		FROM contacts c
		WHERE c.workspace_id = @workspace
		  AND c.id = `+ownerOf("(SELECT s.account_id FROM sessions s WHERE s.workspace_id = @workspace AND s.id = @id)")+`
		FOR KEY SHARE OF c`, args)
	b.Queue(selectSessionLocked, args).
		Query(func(rows pgx.Rows) (err error) {
			v, err = pgx.CollectExactlyOneRow(rows, scanSession())
			return err
		})
	err := tx.SendBatch(ctx, b).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		err = crm.ErrNotFound
	}
	return v, err
}
