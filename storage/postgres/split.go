package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// SplitContact takes accounts from a contact and gives them to another one.
func (s *Store) SplitContact(ctx context.Context, w crm.WorkspaceID, split crm.Split) (crm.SplitDone, error) {
	stage, err := s.gramStage(ctx, s.pool, w)
	var out crm.SplitDone
	if err == nil {
		err = s.tx(ctx, func(tx pgx.Tx) error {
			known, err := s.lockSplit(ctx, tx, w, split)
			if err != nil {
				return err
			}
			if out, err = crm.DecideSplit(split, known); err != nil {
				return err
			}
			return s.writeSplit(ctx, tx, w, split, known, &out, stage)
		})
	}
	if err != nil {
		return crm.SplitDone{}, fmt.Errorf("split %s: %w", split.ID, err)
	}
	s.sequencer.unpublished(w)
	return out, nil
}

// lockSplit reads what is to be split, with everything locked that hangs on it.
func (s *Store) lockSplit(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, split crm.Split) (known crm.SplitKnown, err error) {
	ids := []crm.ContactID{split.ID}
	if split.Into != nil && *split.Into != split.ID {
		ids = append(ids, *split.Into)
	}
	sides, err := s.lockSides(ctx, tx, w, ids)
	if err != nil {
		return known, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(sides, func(s crm.MergeSide) bool { return s.Contact.ID == id }) {
			return known, s.missing(ctx, tx, w, id)
		}
	}
	known = crm.SplitKnown{Contact: sides[0].Contact, Accounts: sides[0].Accounts, Sessions: map[crm.SessionID]crm.AccountID{}}
	if len(sides) > 1 {
		known.Into = &sides[1]
	}
	args := pgx.NamedArgs{
		"workspace": w, "ids": uuids(ids[:1]), "sessions": uuids(split.Sessions), "accounts": uuids(known.Accounts),
	}
	rows, err := tx.Query(ctx, selectIdentities, args)
	if known.Identities, err = all(ctx, rows, err, scanIdentity()); err != nil {
		return known, err
	}
	rows, err = tx.Query(ctx, `
		SELECT id, account_id FROM sessions
		WHERE workspace_id = @workspace AND id = ANY(@sessions) AND account_id = ANY(@accounts)`, args)
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var id, account [16]byte
		err := row.Scan(&id, &account)
		known.Sessions[id] = account
		return struct{}{}, err
	})
	return known, err
}

// lastKnown is when the customer of a session s wrote last, and where that is not known when somebody did.
const lastKnown = `coalesce(s.last_inbound_at, s.last_message_at)`

func (s *Store) writeSplit(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, split crm.Split, known crm.SplitKnown, out *crm.SplitDone, stage gramStage,
) error {
	going := out.Accounts
	if len(out.Sessions) > 0 {
		going = append(slices.Clone(going), out.NewAccount)
		_, err := tx.Exec(ctx, `
			UPDATE sessions SET account_id = @account
			WHERE workspace_id = @workspace AND id = ANY(@sessions) AND account_id = ANY(@accounts)`, pgx.NamedArgs{
			"workspace": w, "account": [16]byte(out.NewAccount), "sessions": uuids(out.Sessions), "accounts": uuids(known.Accounts),
		})
		if err != nil {
			return err
		}
	}
	newest, err := newestInbound(ctx, tx, w, lastKnown, going)
	if err != nil {
		return err
	}
	out.Split.LastActivityAt = later(out.Split.LastActivityAt, newest)
	left := slices.DeleteFunc(slices.Clone(known.Accounts), func(a crm.AccountID) bool { return slices.Contains(going, a) })
	if out.Contact.LastActivityAt, err = newestInbound(ctx, tx, w, lastKnown, left); err != nil {
		return err
	}
	b := &pgx.Batch{}
	if err := forgetUndo(ctx, tx, b, w, out.Contact.ID, left); err != nil {
		return err
	}
	saveContact(b, w, out.Before, out.Contact)
	saveActivity(b, w, out.Contact)
	if out.SplitBefore == nil {
		insertContact(b, w, out.Split, stage)
		addToCount(b, w, 1)
	} else {
		saveContact(b, w, *out.SplitBefore, out.Split)
		saveActivity(b, w, out.Split)
	}
	giveAccounts(b, w, out.Split.ID, going)
	dismiss(b, w, dismissal{out.Contact.ID, out.Split.ID, split.Actor, out.Contact.UpdatedAt, true})
	s.publishAll(b, w, out.Events, []crm.AuditEntry{out.Audit()})
	return tx.SendBatch(ctx, b).Close()
}
