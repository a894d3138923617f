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
	var event *crm.Event
	var refused error
	err := s.tx(ctx, func(tx pgx.Tx) error {
		before, err := s.lockSession(ctx, tx, w, id)
		if err != nil {
			return err
		}
		if v, event, refused = e.Decide(before); refused != nil || event == nil {
			return refused
		}
		b := &pgx.Batch{}
		b.Queue(updateSession, rowArgs(w, sessionTable, &v))
		s.publish(b, w, *event)
		if from, to := storage.KindOf(before), storage.KindOf(v); from != to {
			addToSessions(b, w, storage.KindCount{SessionKind: from, N: -1}, storage.KindCount{SessionKind: to, N: 1})
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if refused != nil {
		return crm.Session{}, refused
	}
	if err != nil {
		return crm.Session{}, fmt.Errorf("update session %s: %w", id, err)
	}
	if event != nil {
		s.sequencer.unpublished(w)
	}
	return v, nil
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
