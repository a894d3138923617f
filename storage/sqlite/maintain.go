package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// Maintain detaches up to a thousand sessions of deleted contacts, keys a thousand messages, renews the search keys of fifty
// contacts, forgets how to undo merges whose time for that is over, removes what a merged contact left in the gram index, and
// looks for duplicates; then it takes what they left out of the file. Last it places the sample of a large workspace.
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
		more, err = s.renewSome(ctx)
	}
	if err == nil && !more {
		more, err = s.expireMerges(ctx, time.Now())
	}
	if err == nil && !more {
		more, err = s.dropSomeLeftovers(ctx)
	}
	if err == nil && !more {
		more, err = s.pairSome(ctx)
	}
	if err == nil && !more {
		more, err = s.erase(ctx)
	}
	if err == nil {
		err = s.findBounds(ctx)
	}
	if err == nil {
		err = s.renewLandmarks(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("maintain: %w", err)
	}
	return more, nil
}

const oldestDeletion = `SELECT workspace_id, account_id FROM account_deletions ORDER BY deleted_at LIMIT 1`

// deletion is an account of a contact that is gone, which sessions still point to.
type deletion struct {
	workspace crm.WorkspaceID
	account   crm.AccountID
}

func scanDeletion(rows *sql.Rows) (d deletion, err error) {
	err = rows.Scan(&d.workspace, (*uuid.UUID)(&d.account))
	return d, err
}

func detachSome(ctx context.Context, t *tx) (more bool, err error) {
	d, found, err := first(ctx, t.conn, oldestDeletion, nil, scanDeletion)
	if err != nil || !found {
		return false, err
	}
	if _, more, err := t.detach(ctx, d.workspace, d.account, detachAtOnce); err != nil || more {
		return true, err
	}
	_, err = t.exec(ctx, `DELETE FROM account_deletions WHERE workspace_id = @workspace AND account_id = @id`,
		args{"workspace": d.workspace, "id": d.account[:]})
	if err != nil {
		return false, err
	}
	_, more, err = first(ctx, t.conn, oldestDeletion, nil, scanDeletion)
	return more, err
}

// expireMerges deletes the undo data of merges whose time is over, and reports whether there may be more.
func (s *Store) expireMerges(ctx context.Context, now time.Time) (more bool, err error) {
	const expired = `FROM merges INDEXED BY merges_undoable WHERE undo IS NOT NULL AND until <= @before`
	return s.forgetRows(ctx, args{"before": now.UnixMicro()}, `SELECT 1 `+expired+` LIMIT 1`, `
		UPDATE merges SET undo = NULL WHERE (workspace_id, id) IN (SELECT workspace_id, id `+expired+` LIMIT @n)`)
}
