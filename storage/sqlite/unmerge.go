package sqlite

import (
	"context"
	"fmt"
	"time"

	"kith/internal/crm"
)

// UndoMerge takes a merge back.
func (s *Store) UndoMerge(ctx context.Context, w crm.WorkspaceID, u crm.Undo) (crm.Undone, error) {
	var out crm.Undone
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		known, err := undoKnown(ctx, t.conn, w, u.Merge)
		if err != nil {
			return err
		}
		if out, err = crm.DecideUndo(u, known); err != nil {
			return err
		}
		return t.saveUndo(ctx, w, u, known.Record, &out)
	})
	if err != nil {
		return crm.Undone{}, fmt.Errorf("undo merge %s: %w", u.Merge, err)
	}
	s.eraser.ask() // what the record held
	return out, nil
}

// undoKnown reads what is known about a merge.
func undoKnown(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.MergeID) (k crm.UndoKnown, err error) {
	record, found, err := first(ctx, c, selectMerges+`AND m.id = @id`, args{"workspace": w, "id": id[:]}, scanMerge())
	if err != nil {
		return k, err
	}
	if !found {
		return k, crm.ErrNotFound
	}
	k.Record = record
	now, err := currentContact(ctx, c, w, record.Survivor)
	if err != nil || now != record.Survivor {
		return k, err
	}
	if k.Survivor, err = mergeSide(ctx, c, w, record.Survivor); err != nil {
		return k, err
	}
	_, later, err := first(ctx, c, `
		SELECT 1 FROM merges
		WHERE workspace_id = @workspace AND survivor_id = @survivor AND id > @id AND undo IS NOT NULL
		LIMIT 1`,
		args{"workspace": w, "survivor": record.Survivor[:], "id": id[:]}, scanInt)
	k.Newest = !later
	return k, err
}

// saveUndo writes what undoing a merge does, and fills in when the contacts were active last.
func (t *tx) saveUndo(ctx context.Context, w crm.WorkspaceID, u crm.Undo, record crm.MergeRecord, out *crm.Undone) error {
	survivor := out.Contact.ID
	for n := range out.Restored {
		if err := t.restore(ctx, w, u, survivor, &out.Restored[n]); err != nil {
			return err
		}
	}
	if err := saveContact(ctx, t, w, out.Before, out.Contact); err != nil {
		return err
	}
	active, err := t.activeWith(ctx, w, survivor, record.Undo.Before.LastActivityAt)
	if err != nil {
		return err
	}
	out.Contact.LastActivityAt = active
	if err := t.setActivity(ctx, w, survivor, active); err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM merges WHERE workspace_id = @workspace AND id = @id`, args{"workspace": w, "id": record.ID[:]})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		UPDATE changes
		SET fields = (SELECT json_group_array(json_object('field', value ->> 'field')) FROM json_each(changes.fields))
		WHERE workspace_id = @workspace AND id = @event AND kind = 'UPDATED'`,
		args{"workspace": w, "event": record.Undo.Event[:]}) // the values are others' again
	if err != nil {
		return err
	}
	return t.publishAll(ctx, w, out.Events, out.Audit()...)
}

// restore brings a contact back that had become part of the survivor.
func (t *tx) restore(ctx context.Context, w crm.WorkspaceID, u crm.Undo, survivor crm.ContactID, side *crm.MergeSide) error {
	c := &side.Contact
	if err := insertContact(ctx, t, w, *c); err != nil {
		return err
	}
	if err := addToCount(ctx, t.conn, w, 1); err != nil {
		return err
	}
	if err := t.moveAccounts(ctx, w, survivor, c.ID, side.Accounts); err != nil {
		return err
	}
	a := args{"workspace": w, "id": c.ID[:], "old": idList(side.OldIDs)}
	for _, query := range []string{
		`DELETE FROM redirects WHERE workspace_id = @workspace AND contact_id = @id`,
		`UPDATE redirects SET survivor_id = @id
		WHERE workspace_id = @workspace AND contact_id IN (SELECT unhex(value) FROM json_each(@old))`,
	} {
		if _, err := t.exec(ctx, query, a); err != nil {
			return err
		}
	}
	active, err := t.activeWith(ctx, w, c.ID, c.LastActivityAt)
	if err != nil {
		return err
	}
	c.LastActivityAt = active
	if err := t.setActivity(ctx, w, c.ID, active); err != nil {
		return err
	}
	return t.dismiss(ctx, w, dismissal{survivor, c.ID, u.Actor, u.At, true})
}

// newestSessions is how many of a contact's sessions are looked at for when it was active last.
const newestSessions = 100

// activeWith is when a contact was active last: at the given time, or later in one of its newest sessions.
func (t *tx) activeWith(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, at *time.Time) (*time.Time, error) {
	shown, err := t.lastInbound(ctx, w, id, "last_inbound_at")
	if err != nil || at != nil && (shown == nil || !shown.After(*at)) {
		return at, err
	}
	return shown, nil
}

// lastInbound is the latest time in a column of the newest sessions of a contact; nil without any.
func (t *tx) lastInbound(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, column string) (*time.Time, error) {
	at, _, err := first(ctx, t.conn, `
		SELECT max(`+column+`)
		FROM sessions
		WHERE n IN (
		  SELECT o.n
		  FROM (`+accountsOf("@id")+`) a
		  CROSS JOIN sessions o ON o.n IN (
		    SELECT s.n FROM sessions s INDEXED BY sessions_by_account
		    WHERE s.workspace_id = @workspace AND s.account_id = a.account_id
		    ORDER BY s.last_message_at DESC, s.id DESC
		    LIMIT @n
		  )
		  ORDER BY o.last_message_at DESC
		  LIMIT @n
		)`, args{"workspace": w, "id": id[:], "n": newestSessions}, scanOptionalInstant)
	return at, err
}
