package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
)

// MergeContacts makes several contacts one.
func (s *Store) MergeContacts(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	var out crm.Merged
	err := m.Check()
	if err == nil {
		err = s.tx(ctx, func(tx pgx.Tx) error {
			if err := keepsProof(ctx, tx, w, m.Proven); err != nil {
				return err
			}
			left, err := unmerged(ctx, tx, w, m)
			if err != nil {
				return err
			}
			sides, err := s.lockSides(ctx, tx, w, left.IDs())
			if err != nil {
				return err
			}
			if len(left.Others) == 0 || len(sides) < len(left.IDs()) {
				out, err = s.mergedAlready(ctx, tx, w, m, sides)
				return err
			}
			if m.Proven != nil {
				if err := addUsers(ctx, tx, w, sides); err != nil {
					return err
				}
			}
			if out, err = crm.DecideMerge(left, sides); err != nil {
				return err
			}
			return s.writeMerge(ctx, tx, w, out)
		})
	}
	if err != nil {
		return crm.Merged{}, fmt.Errorf("merge into %s: %w", m.Survivor.ID, err)
	}
	s.sequencer.unpublished(w)
	return out, nil
}

// PreviewMerge does what MergeContacts does, and takes it back.
func (s *Store) PreviewMerge(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	var out crm.Merged
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		left, err := unmerged(ctx, tx, w, m)
		if err != nil {
			return err
		}
		sides, err := s.sides(ctx, tx, w, left.IDs())
		if err != nil {
			return err
		}
		if len(left.Others) == 0 && len(m.Others) > 0 || len(sides) < len(left.IDs()) {
			out, err = s.mergedAlready(ctx, tx, w, m, sides)
			return err
		}
		out = crm.Merged{Before: sides[0].Contact, Contact: sides[0].Contact, Others: sides[1:]}
		if err = m.Check(); err != nil {
			return err
		}
		decided, err := crm.DecideMerge(left, sides)
		if err == nil {
			out = decided
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("preview a merge into %s: %w", m.Survivor.ID, translate(ctx, err))
	}
	return out, nil
}

// unmerged is the merge without the others that have become part of the survivor before.
func unmerged(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, m crm.Merge) (crm.Merge, error) {
	survivors, err := survivorsOf(ctx, tx, w, m.IDs())
	m.Others = slices.DeleteFunc(slices.Clone(m.Others), func(o crm.MergePart) bool {
		survivor, merged := survivors[o.ID]
		return merged && survivor == m.Survivor.ID
	})
	return m, err
}

// lockSides reads contacts with everything that hangs on them locked: identities before contacts, as messages do.
func (s *Store) lockSides(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, ids []crm.ContactID) ([]crm.MergeSide, error) {
	args := pgx.NamedArgs{"workspace": w, "ids": uuids(ids)}
	const lockIdentities = `
		SELECT i.external_id FROM identities i
		WHERE i.workspace_id = @workspace AND i.contact_id = ANY(@ids)
		ORDER BY i.channel_id, i.external_id
		FOR UPDATE`
	if _, err := tx.Exec(ctx, lockIdentities, args); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `
		SELECT c.id FROM contacts c WHERE c.workspace_id = @workspace AND c.id = ANY(@ids) ORDER BY c.id FOR UPDATE`, args); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, lockIdentities, args); err != nil { // those that came meanwhile
		return nil, err
	}
	return s.sides(ctx, tx, w, ids)
}

// sides are what is known about those of the contacts that are there, in the order of ids.
func (s *Store) sides(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, ids []crm.ContactID) ([]crm.MergeSide, error) {
	found, err := s.contacts(ctx, tx, `c.id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	if err != nil {
		return nil, err
	}
	var out []crm.MergeSide
	for _, id := range ids {
		n := slices.IndexFunc(found, func(c crm.Contact) bool { return c.ID == id })
		if n < 0 {
			continue
		}
		side, err := sideOf(ctx, tx, w, found[n])
		if err != nil {
			return nil, err
		}
		out = append(out, side)
	}
	return out, nil
}

// sideOf reads the accounts and old ids of a contact.
func sideOf(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, c crm.Contact) (crm.MergeSide, error) {
	accounts, err := accountsOfContact(ctx, tx, w, c.ID)
	if err != nil {
		return crm.MergeSide{}, err
	}
	ids, err := everyID(ctx, tx, w, c.ID)
	return crm.MergeSide{Contact: c, Accounts: accounts, OldIDs: ids[1:]}, err
}

// addUsers reads the users of contacts.
func addUsers(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, sides []crm.MergeSide) error {
	for n, s := range sides {
		rows, err := tx.Query(ctx, `
			SELECT channel_id, external_id FROM identities
			WHERE workspace_id = @workspace AND contact_id = @id AND starts_with(external_id, @prefix)`,
			pgx.NamedArgs{"workspace": w, "id": [16]byte(s.Contact.ID), "prefix": crm.SignedPrefix})
		sides[n].Users, err = all(ctx, rows, err, func(row pgx.CollectableRow) (k crm.IdentityKey, err error) {
			return k, row.Scan((*[16]byte)(&k.ChannelID), &k.ExternalID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mergedAlready is the answer to a merge some of whose contacts are not there. It is the same as before where all others
// have become part of the survivor.
func (s *Store) mergedAlready(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, m crm.Merge, sides []crm.MergeSide) (crm.Merged, error) {
	there := func(id crm.ContactID) bool {
		return slices.ContainsFunc(sides, func(s crm.MergeSide) bool { return s.Contact.ID == id })
	}
	survivors, err := survivorsOf(ctx, tx, w, m.IDs())
	if err != nil {
		return crm.Merged{}, err
	}
	same := there(m.Survivor.ID)
	for _, o := range m.Others {
		same = same && survivors[o.ID] == m.Survivor.ID
	}
	if !same {
		for _, id := range m.IDs() {
			if !there(id) && survivors[id] != m.Survivor.ID {
				return crm.Merged{}, s.missing(ctx, tx, w, id)
			}
		}
		return crm.Merged{}, errAgain // one of them was merged meanwhile
	}
	out := crm.Merged{Before: sides[0].Contact, Contact: sides[0].Contact, Repeated: true}
	out.Record, err = mergeOf(ctx, tx, w, m)
	return out, err
}

// mergeOf is the newest record of the survivor with the first of the others; without anything where it is not kept any more.
func mergeOf(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, m crm.Merge) (crm.MergeRecord, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+mergeColumns+` FROM merges
		WHERE workspace_id = @workspace AND survivor_id = @survivor AND @other::uuid = ANY(others)
		ORDER BY id DESC
		LIMIT 1`, pgx.NamedArgs{"workspace": w, "survivor": [16]byte(m.Survivor.ID), "other": [16]byte(m.Others[0].ID)})
	found, err := all(ctx, rows, err, scanMerge)
	if err != nil || len(found) == 0 {
		return crm.MergeRecord{Survivor: m.Survivor.ID}, err
	}
	return found[0], nil
}

// MergesOf returns what is kept of the merges into the contacts.
func (s *Store) MergesOf(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) ([]crm.MergeRecord, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+mergeColumns+` FROM merges
		WHERE workspace_id = @workspace AND survivor_id = ANY(@ids)
		ORDER BY id`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanMerge)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	return found, nil
}

// UndoableMerges returns the newest merge into each of the contacts, if it can be undone.
func (s *Store) UndoableMerges(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, at time.Time,
) (map[crm.ContactID]crm.MergeRecord, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, survivor_id, others, actor, at, until, NULL
		FROM (
		  SELECT DISTINCT ON (survivor_id) id, survivor_id, others, actor, at, until
		  FROM merges
		  WHERE workspace_id = @workspace AND survivor_id = ANY(@ids) AND undo IS NOT NULL
		  ORDER BY survivor_id, id DESC
		) newest
		WHERE until > @at`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids), "at": at})
	found, err := all(ctx, rows, err, scanMerge)
	if err != nil {
		return nil, fmt.Errorf("look up undoable merges: %w", err)
	}
	return bySurvivor(found), nil
}

func bySurvivor(found []crm.MergeRecord) map[crm.ContactID]crm.MergeRecord {
	out := make(map[crm.ContactID]crm.MergeRecord, len(found))
	for _, m := range found {
		out[m.Survivor] = m
	}
	return out
}

const mergeColumns = `id, survivor_id, others, actor, at, until, undo`

func scanMerge(row pgx.CollectableRow) (r crm.MergeRecord, err error) {
	var others [][16]byte
	var undo *string
	err = row.Scan((*[16]byte)(&r.ID), (*[16]byte)(&r.Survivor), &others, &r.Actor, &r.At, &r.Until, &undo)
	if err != nil {
		return r, err
	}
	for _, id := range others {
		r.Others = append(r.Others, id)
	}
	r.At, r.Until = r.At.UTC(), r.Until.UTC()
	if undo != nil {
		err = json.Unmarshal([]byte(*undo), &r.Undo)
	}
	return r, err
}

// writeMerge stores the outcome of a merge.
func (s *Store) writeMerge(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, out crm.Merged) error {
	b := &pgx.Batch{}
	survivor := out.Contact.ID
	saveContact(b, w, out.Before, out.Contact)
	saveActivity(b, w, out.Contact)
	var gone []crm.ContactID
	for _, o := range out.Others {
		gone = append(gone, o.Contact.ID)
		giveAccounts(b, w, survivor, o.Accounts)
		b.Queue(`DELETE FROM contact_terms WHERE workspace_id = @workspace AND term = ANY(@terms) AND contact_id = @id`, pgx.NamedArgs{
			"workspace": w, "id": [16]byte(o.Contact.ID), "terms": search.KeysOf(o.Contact).Terms,
		})
	}
	args := pgx.NamedArgs{"workspace": w, "survivor": [16]byte(survivor), "gone": uuids(gone)}
	for _, sql := range []string{
		`UPDATE activity_marks SET contact_id = @survivor WHERE workspace_id = @workspace AND contact_id = ANY(@gone)`,
		`UPDATE redirects SET survivor_id = @survivor WHERE workspace_id = @workspace AND survivor_id = ANY(@gone)`,
		`INSERT INTO redirects (workspace_id, contact_id, survivor_id)
		SELECT @workspace, g, @survivor FROM unnest(@gone::uuid[]) g`,
		movePairs("proofs", "channel_id, at, suggest"),
		movePairs("duplicates", "id, reasons, at"),
		movePairs("dismissals", "actor, at, proven"),
		`DELETE FROM match_keys WHERE workspace_id = @workspace AND contact_id = ANY(@gone)`,
		`DELETE FROM contact_activity WHERE workspace_id = @workspace AND contact_id = ANY(@gone)`,
		`DELETE FROM contacts WHERE workspace_id = @workspace AND id = ANY(@gone)`,
	} {
		b.Queue(sql, args)
	}
	if err := addMerge(b, w, out.Record); err != nil {
		return err
	}
	s.publishAll(b, w, out.Events, out.Audit())
	addToCount(b, w, -len(gone))
	return tx.SendBatch(ctx, b).Close()
}

// movePairs is a statement that makes the pairs of a table with one of the contacts @gone pairs with the contact @survivor.
// What a pair of both was is over.
func movePairs(table, columns string) string {
	return `
		WITH moved AS (
		  DELETE FROM ` + table + `
		  WHERE workspace_id = @workspace AND (a = ANY(@gone) OR b = ANY(@gone))
		  RETURNING CASE WHEN a = ANY(@gone) THEN b ELSE a END AS other, ` + columns + `
		)
		INSERT INTO ` + table + ` (workspace_id, a, b, ` + columns + `)
		SELECT @workspace, least(other, @survivor::uuid), greatest(other, @survivor::uuid), ` + columns + `
		FROM moved
		WHERE other <> @survivor::uuid AND other <> ALL(@gone)
		ON CONFLICT (workspace_id, a, b) DO NOTHING`
}

// publishAll queues the record of what happened to several contacts, and the audit entries.
func (s *Store) publishAll(b *pgx.Batch, w crm.WorkspaceID, events []crm.Event, audit []crm.AuditEntry) {
	for _, e := range events {
		s.addChange(b, w, e)
	}
	for _, a := range audit {
		b.Queue(insertAudit, auditArgs(w, a))
	}
}

func addMerge(b *pgx.Batch, w crm.WorkspaceID, r crm.MergeRecord) error {
	undo, err := undoText(r.Undo)
	if err != nil {
		return err
	}
	b.Queue(`
		INSERT INTO merges (workspace_id, id, survivor_id, others, actor, at, until, undo)
		VALUES (@workspace, @id, @survivor, @others, @actor, @at, @until, @undo)`, pgx.NamedArgs{
		"workspace": w, "id": [16]byte(r.ID), "survivor": [16]byte(r.Survivor), "others": uuids(r.Others), "actor": r.Actor,
		"at": r.At, "until": r.Until, "undo": undo,
	})
	return nil
}

// undoText is what the column undo of merges holds; nil for nothing.
func undoText(u *crm.MergeUndo) (*string, error) {
	if u == nil {
		return nil, nil //nolint:nilnil // nothing is NULL
	}
	text, err := json.Marshal(u)
	return new(string(text)), err
}

// forgetUndo queues that contacts go out of what is kept for undoing merges, whose accounts are not among those that the
// survivor has left: see [crm.MergeUndo.Among].
func forgetUndo(
	ctx context.Context, tx pgx.Tx, b *pgx.Batch, w crm.WorkspaceID, survivor crm.ContactID, accounts []crm.AccountID,
) error {
	rows, err := tx.Query(ctx, `
		SELECT `+mergeColumns+` FROM merges
		WHERE workspace_id = @workspace AND survivor_id = @survivor AND undo IS NOT NULL`,
		pgx.NamedArgs{"workspace": w, "survivor": [16]byte(survivor)})
	records, err := all(ctx, rows, err, scanMerge)
	if err != nil || len(records) == 0 {
		return err
	}
	rows, err = tx.Query(ctx, `
		SELECT a.id
		FROM unnest(@accounts::uuid[]) a(id)
		WHERE EXISTS (SELECT FROM identities i WHERE i.workspace_id = @workspace AND i.contact_id = @survivor AND i.account_id = a.id)
		   OR EXISTS (SELECT FROM sessions s WHERE s.workspace_id = @workspace AND s.account_id = a.id)`,
		pgx.NamedArgs{"workspace": w, "survivor": [16]byte(survivor), "accounts": uuids(accounts)})
	holding, err := all(ctx, rows, err, scanID[crm.AccountID])
	if err != nil {
		return err
	}
	for _, r := range records {
		left := r.Undo.Among(accounts, holding)
		if left == r.Undo {
			continue
		}
		undo, err := undoText(left)
		if err != nil {
			return err
		}
		b.Queue(`UPDATE merges SET undo = @undo WHERE workspace_id = @workspace AND id = @id`,
			pgx.NamedArgs{"workspace": w, "id": [16]byte(r.ID), "undo": undo})
	}
	return nil
}

// saveActivity queues when a contact was active last.
func saveActivity(b *pgx.Batch, w crm.WorkspaceID, c crm.Contact) {
	b.Queue(`UPDATE contact_activity SET last_activity_at = @at WHERE workspace_id = @workspace AND contact_id = @id`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(c.ID), "at": activeSince(c)})
}

// UndoMerge parts what a merge made one.
func (s *Store) UndoMerge(ctx context.Context, w crm.WorkspaceID, u crm.Undo) (crm.Undone, error) {
	stage, err := s.gramStage(ctx, s.pool, w)
	var out crm.Undone
	if err == nil {
		err = s.tx(ctx, func(tx pgx.Tx) error {
			known, err := s.lockMerge(ctx, tx, w, u.Merge)
			if err != nil {
				return err
			}
			if out, err = crm.DecideUndo(u, known); err != nil {
				return err
			}
			return s.writeUndo(ctx, tx, w, u, known, &out, stage)
		})
	}
	if err != nil {
		return crm.Undone{}, fmt.Errorf("undo %s: %w", u.Merge, err)
	}
	s.sequencer.unpublished(w)
	return out, nil
}

// lockMerge reads a merge and what its survivor is now, with locks on both.
func (s *Store) lockMerge(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.MergeID) (known crm.UndoKnown, err error) {
	args := pgx.NamedArgs{"workspace": w, "id": [16]byte(id)}
	rows, err := tx.Query(ctx, `SELECT `+mergeColumns+` FROM merges WHERE workspace_id = @workspace AND id = @id`, args)
	found, err := all(ctx, rows, err, scanMerge)
	if err != nil {
		return known, err
	}
	if len(found) == 0 {
		return known, crm.ErrNotFound
	}
	survivor := found[0].Survivor
	sides, err := s.lockSides(ctx, tx, w, []crm.ContactID{survivor})
	if err != nil {
		return known, err
	}
	if len(sides) == 0 {
		err := s.missing(ctx, tx, w, survivor)
		if _, merged := errors.AsType[*crm.MergedError](err); merged {
			err = crm.ErrNotNewest
		}
		return known, err
	}
	known = crm.UndoKnown{Survivor: sides[0]}
	// The contact is locked: what is read now stays.
	rows, err = tx.Query(ctx, `
		SELECT `+mergeColumns+` FROM merges
		WHERE workspace_id = @workspace AND survivor_id = @survivor AND (id = @id OR id > @id AND undo IS NOT NULL)
		ORDER BY id`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id), "survivor": [16]byte(survivor)})
	found, err = all(ctx, rows, err, scanMerge)
	if err != nil {
		return known, err
	}
	if len(found) == 0 || found[0].ID != id {
		return known, crm.ErrNotFound // undone meanwhile
	}
	known.Record, known.Newest = found[0], len(found) == 1
	return known, nil
}

func (s *Store) writeUndo(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, u crm.Undo, known crm.UndoKnown, out *crm.Undone, stage gramStage,
) error {
	left := known.Survivor.Accounts
	for i := range out.Restored {
		r := &out.Restored[i]
		newest, err := newestInbound(ctx, tx, w, "s.last_inbound_at", r.Accounts)
		if err != nil {
			return err
		}
		r.Contact.LastActivityAt = later(r.Contact.LastActivityAt, newest)
		left = slices.DeleteFunc(slices.Clone(left), func(a crm.AccountID) bool { return slices.Contains(r.Accounts, a) })
	}
	newest, err := newestInbound(ctx, tx, w, "s.last_inbound_at", left)
	if err != nil {
		return err
	}
	out.Contact.LastActivityAt = later(known.Record.Undo.Before.LastActivityAt, newest)
	b := &pgx.Batch{}
	saveContact(b, w, out.Before, out.Contact)
	saveActivity(b, w, out.Contact)
	for _, r := range out.Restored {
		insertContact(b, w, r.Contact, stage)
		giveAccounts(b, w, r.Contact.ID, r.Accounts)
		args := pgx.NamedArgs{"workspace": w, "id": [16]byte(r.Contact.ID), "old": uuids(r.OldIDs)}
		b.Queue(`DELETE FROM redirects WHERE workspace_id = @workspace AND contact_id = @id`, args)
		b.Queue(`UPDATE redirects SET survivor_id = @id WHERE workspace_id = @workspace AND contact_id = ANY(@old)`, args)
		dismiss(b, w, dismissal{out.Contact.ID, r.Contact.ID, u.Actor, out.Contact.UpdatedAt, true})
	}
	args := pgx.NamedArgs{"workspace": w, "id": [16]byte(u.Merge), "event": [16]byte(known.Record.Undo.Event)}
	b.Queue(`DELETE FROM merges WHERE workspace_id = @workspace AND id = @id`, args)
	b.Queue(`
		UPDATE changes SET old_values = NULL, new_values = NULL
		WHERE workspace_id = @workspace AND id = @event AND kind = 'UPDATED'`, args) // they are others' again
	s.publishAll(b, w, out.Events, out.Audit())
	addToCount(b, w, len(out.Restored))
	return tx.SendBatch(ctx, b).Close()
}

// later is the later of two times, of which nil is none.
func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// newestInbound is when the customers of the accounts wrote last, as far as an expression of their newest sessions s shows;
// nil for never.
func newestInbound(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, shown string, accounts []crm.AccountID) (at *time.Time, err error) {
	err = tx.QueryRow(ctx, `
		SELECT max(s.at)
		FROM unnest(@accounts::uuid[]) a(id)
		CROSS JOIN LATERAL (
		  SELECT `+shown+` AS at
		  FROM sessions s
		  WHERE s.workspace_id = @workspace AND s.account_id = a.id
		  ORDER BY s.last_message_at DESC, s.id DESC
		  LIMIT 100
		) s`, pgx.NamedArgs{"workspace": w, "accounts": uuids(accounts)}).Scan(&at)
	if at != nil {
		at = new(at.UTC())
	}
	return at, err
}

// dismissal says that two contacts are two people.
type dismissal struct {
	one, other crm.ContactID
	actor      string
	at         time.Time
	proven     bool // whatever a channel proves
}

// dismiss queues a dismissal, in the place of all else that is kept of the pair.
func dismiss(b *pgx.Batch, w crm.WorkspaceID, d dismissal) {
	first, second := crm.OrderedPair(d.one, d.other)
	args := pgx.NamedArgs{
		"workspace": w, "a": [16]byte(first), "b": [16]byte(second), "actor": d.actor, "at": d.at, "proven": d.proven,
	}
	b.Queue(`
		INSERT INTO dismissals (workspace_id, a, b, actor, at, proven)
		VALUES (@workspace, @a, @b, @actor, @at, @proven)
		ON CONFLICT (workspace_id, a, b) DO UPDATE SET proven = dismissals.proven OR excluded.proven`, args)
	b.Queue(`DELETE FROM proofs WHERE workspace_id = @workspace AND a = @a AND b = @b`, args)
	b.Queue(`DELETE FROM duplicates WHERE workspace_id = @workspace AND a = @a AND b = @b`, args)
}
