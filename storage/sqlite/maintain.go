package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// Maintain detaches up to a thousand sessions of deleted contacts, and in the end empties the log, which holds pages as
// they were before a deletion.
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
	if err == nil && !more && s.erased.Swap(false) {
		err = s.emptyLog(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("maintain: %w", err)
	}
	return more, nil
}

// emptyLog moves the log's pages into the file and cuts it to nothing. Writers wait meanwhile; where readers stand in the
// way for long, it is left for the next time.
func (s *Store) emptyLog(ctx context.Context) error {
	busy, err := read(ctx, s, func(c *conn) (busy bool, err error) {
		if _, _, err := first(ctx, c, `PRAGMA busy_timeout = 100`, nil, scanInt); err != nil {
			return false, err
		}
		busy, _, err = first(ctx, c, `PRAGMA wal_checkpoint(TRUNCATE)`, nil, func(rows *sql.Rows) (busy bool, err error) {
			var log, checkpointed int
			err = rows.Scan(&busy, &log, &checkpointed)
			return busy, err
		})
		_, _, restored := first(context.WithoutCancel(ctx), c, `PRAGMA busy_timeout = 10000`, nil, scanInt)
		return busy, errors.Join(err, restored)
	})
	if busy || err != nil {
		s.erased.Store(true)
	}
	return err
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
	a := args{"workspace": d.workspace, "id": d.contact[:], "n": detachAtOnce}
	detached, err := t.exec(ctx, detach, a)
	if err != nil || detached == detachAtOnce {
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
