package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// Maintain detaches up to a thousand sessions of deleted contacts, and keys a thousand messages; then it takes what they
// left out of the file. Last it places the sample of a large workspace.
func (s *Store) Maintain(ctx context.Context) (more bool, err error) {
	waits, err := read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, oldestDeletion, nil, scanDeletion)
		return found, err
	})
	if err == nil && waits {
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			more, err = detachSome(ctx, t)
			return err
		})
	}
	if err == nil && !more {
		more, err = s.keySome(ctx)
	}
	if err == nil && !more {
		more, err = s.erase(ctx)
	}
	if err == nil {
		err = s.findBounds(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("maintain: %w", err)
	}
	return more, nil
}

const oldestDeletion = `SELECT workspace_id, contact_id FROM contact_deletions ORDER BY deleted_at LIMIT 1`

// deletion is a contact that sessions still point to.
type deletion struct {
	workspace crm.WorkspaceID
	contact   crm.ContactID
}

func scanDeletion(rows *sql.Rows) (d deletion, err error) {
	err = rows.Scan(&d.workspace, (*uuid.UUID)(&d.contact))
	return d, err
}

func detachSome(ctx context.Context, t *tx) (more bool, err error) {
	d, found, err := first(ctx, t.conn, oldestDeletion, nil, scanDeletion)
	if err != nil || !found {
		return false, err
	}
	if more, err := t.detach(ctx, d.workspace, d.contact); err != nil || more {
		return true, err
	}
	_, err = t.exec(ctx, `DELETE FROM contact_deletions WHERE workspace_id = @workspace AND contact_id = @id`,
		args{"workspace": d.workspace, "id": d.contact[:]})
	if err != nil {
		return false, err
	}
	_, more, err = first(ctx, t.conn, oldestDeletion, nil, scanDeletion)
	return more, err
}
