package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"kith/internal/crm"
)

// SplitContact gives accounts of a contact to another one.
func (s *Store) SplitContact(ctx context.Context, w crm.WorkspaceID, split crm.Split) (crm.SplitDone, error) {
	var out crm.SplitDone
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		known, err := splitKnown(ctx, t.conn, w, split)
		if err != nil {
			return err
		}
		if out, err = crm.DecideSplit(split, known); err != nil {
			return err
		}
		return t.saveSplit(ctx, w, split, &out)
	})
	if err != nil {
		return crm.SplitDone{}, fmt.Errorf("split contact %s: %w", split.ID, err)
	}
	s.eraser.ask() // what records of merges held
	return out, nil
}

// splitKnown reads what is known about a contact that is to be split.
func splitKnown(ctx context.Context, c *conn, w crm.WorkspaceID, split crm.Split) (k crm.SplitKnown, err error) {
	if k.Contact, err = editable(ctx, c, w, split.ID); err != nil {
		return k, err
	}
	if k.Accounts, err = accountsOfContact(ctx, c, w, split.ID); err != nil {
		return k, err
	}
	k.Identities, err = all(ctx, c, selectIdentities, args{"workspace": w, "ids": idList([]crm.ContactID{split.ID})}, scanIdentity())
	if err != nil {
		return k, err
	}
	k.Sessions = map[crm.SessionID]crm.AccountID{}
	_, err = all(ctx, c, `
		SELECT s.id, s.account_id
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.id IN (SELECT unhex(value) FROM json_each(@sessions))
		  AND s.account_id IN (`+accountsOf("@id")+`)`,
		args{"workspace": w, "sessions": idList(split.Sessions), "id": split.ID[:]},
		func(rows *sql.Rows) (none struct{}, err error) {
			var id crm.SessionID
			var account crm.AccountID
			err = rows.Scan(idTarget[crm.SessionID]{&id}, idTarget[crm.AccountID]{&account})
			k.Sessions[id] = account
			return none, err
		})
	if err != nil || split.Into == nil {
		return k, err
	}
	side, err := mergeSide(ctx, c, w, *split.Into)
	k.Into = &side
	return k, err
}

// saveSplit writes a split, and fills in when the contacts were active last.
func (t *tx) saveSplit(ctx context.Context, w crm.WorkspaceID, split crm.Split, out *crm.SplitDone) error {
	if err := saveContact(ctx, t, w, out.Before, out.Contact); err != nil {
		return err
	}
	if err := t.saveOther(ctx, w, out); err != nil {
		return err
	}
	if err := t.moveAccounts(ctx, w, out.Contact.ID, out.Split.ID, out.Accounts); err != nil {
		return err
	}
	if err := t.forgetUndo(ctx, w, out.Contact.ID); err != nil {
		return err
	}
	if err := t.moveSessions(ctx, w, out); err != nil {
		return err
	}
	if err := t.reckonActivity(ctx, w, out); err != nil {
		return err
	}
	if err := t.dismiss(ctx, w, dismissal{out.Contact.ID, out.Split.ID, split.Actor, split.At, true}); err != nil {
		return err
	}
	return t.publishAll(ctx, w, out.Events, out.Audit())
}

// forgetUndo takes contacts out of what is kept for undoing merges whose accounts are not the survivor's any more: see
// [crm.MergeUndo.Among].
func (t *tx) forgetUndo(ctx context.Context, w crm.WorkspaceID, survivor crm.ContactID) error {
	accounts, err := accountsOfContact(ctx, t.conn, w, survivor)
	if err != nil {
		return err
	}
	records, err := all(ctx, t.conn, selectMerges+`AND m.survivor_id = @survivor AND m.undo IS NOT NULL`,
		args{"workspace": w, "survivor": survivor[:]}, scanMerge())
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return nil
	}
	holding, err := all(ctx, t.conn, `
		SELECT unhex(a.value)
		FROM json_each(@accounts) a
		WHERE EXISTS (
		  SELECT 1 FROM identities i
		  WHERE i.workspace_id = @workspace AND i.contact_id = @survivor AND i.account_id = unhex(a.value)
		) OR EXISTS (SELECT 1 FROM sessions s WHERE s.workspace_id = @workspace AND s.account_id = unhex(a.value))`,
		args{"workspace": w, "survivor": survivor[:], "accounts": idList(accounts)}, scanID[crm.AccountID])
	if err != nil {
		return err
	}
	for _, r := range records {
		left := r.Undo.Among(accounts, holding)
		if left == r.Undo {
			continue
		}
		undo, err := json.Marshal(left)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE merges SET undo = nullif(@undo, 'null') WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": r.ID[:], "undo": string(undo)})
		if err != nil {
			return err
		}
	}
	return nil
}

// saveOther saves the contact that the accounts go to.
func (t *tx) saveOther(ctx context.Context, w crm.WorkspaceID, out *crm.SplitDone) error {
	if out.SplitBefore != nil {
		return saveContact(ctx, t, w, *out.SplitBefore, out.Split)
	}
	if err := insertContact(ctx, t, w, out.Split); err != nil {
		return err
	}
	return addToCount(ctx, t.conn, w, 1)
}

// moveSessions puts sessions that go by themselves into an account of the other contact.
func (t *tx) moveSessions(ctx context.Context, w crm.WorkspaceID, out *crm.SplitDone) error {
	if len(out.Sessions) == 0 {
		return nil
	}
	if err := t.giveAccounts(ctx, w, out.Split.ID, []crm.AccountID{out.NewAccount}); err != nil {
		return err
	}
	_, err := t.exec(ctx, `
		UPDATE sessions SET account_id = @account
		WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@sessions))`,
		args{"workspace": w, "account": out.NewAccount[:], "sessions": idList(out.Sessions)})
	return err
}

// reckonActivity sets when the two contacts were active last, by their sessions. Where these do not say when the customer
// wrote last, their last messages do, which cannot have been later than all activity before.
func (t *tx) reckonActivity(ctx context.Context, w crm.WorkspaceID, out *crm.SplitDone) error {
	before := out.Before.LastActivityAt
	for _, c := range []*crm.Contact{&out.Contact, &out.Split} {
		at, err := t.lastInbound(ctx, w, c.ID, "coalesce(last_inbound_at, last_message_at)")
		if err != nil {
			return err
		}
		if c == &out.Contact || out.SplitBefore == nil {
			at = earlier(at, before)
		}
		if c == &out.Split && c.LastActivityAt != nil && (at == nil || c.LastActivityAt.After(*at)) {
			at = c.LastActivityAt
		}
		c.LastActivityAt = at
		if err := t.setActivity(ctx, w, c.ID, at); err != nil {
			return err
		}
	}
	return nil
}

// earlier is the earlier of two times; nil, for never, is the earliest.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && a.Before(*b) {
		return a
	}
	return b
}
