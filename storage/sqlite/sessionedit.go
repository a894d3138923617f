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
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		before, err := sessionByID(ctx, t.conn, w, id)
		if err != nil {
			return err
		}
		after, event, err := e.Decide(before)
		if refused = err; err != nil {
			return err
		}
		if v = after; event == nil {
			return nil
		}
		if _, err := t.exec(ctx, updateSession, rowArgs(w, sessionTable, &v)); err != nil {
			return err
		}
		if err := moveSession(ctx, t.conn, w, storage.KindOf(before), storage.KindOf(v)); err != nil {
			return err
		}
		return t.publish(ctx, w, *event)
	})
	if refused != nil {
		return crm.Session{}, refused
	}
	if err != nil {
		return crm.Session{}, fmt.Errorf("update session %s: %w", id, err)
	}
	return v, nil
}
