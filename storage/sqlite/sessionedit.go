package sqlite

import (
	"context"
	"fmt"

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
	var refused error
	err := s.write(ctx, func(ctx context.Context, t *tx) (err error) {
		v, refused, err = t.updateSession(ctx, w, id, e)
		return err
	})
	if refused != nil {
		return crm.Session{}, refused
	}
	if err != nil {
		return crm.Session{}, fmt.Errorf("update session %s: %w", id, err)
	}
	return v, nil
}

// updateSession is UpdateSession in a transaction. refused is an error of e.Change, which err is too.
func (t *tx) updateSession(
	ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e crm.SessionEdit,
) (after crm.Session, refused, err error) {
	before, err := sessionByID(ctx, t.conn, w, id)
	if err != nil {
		return after, nil, err
	}
	after, event, refused := e.Decide(before)
	if refused != nil || event == nil {
		return after, refused, refused
	}
	if _, err := t.exec(ctx, updateSession, rowArgs(w, sessionTable, &after)); err != nil {
		return after, nil, err
	}
	if err := moveSession(ctx, t.conn, w, storage.KindOf(before), storage.KindOf(after)); err != nil {
		return after, nil, err
	}
	return after, nil, t.publish(ctx, w, *event)
}
