package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage/clause"
)

// MergeContacts makes several contacts one: it gives their accounts to the survivor, and leaves what hangs on these alone.
func (s *Store) MergeContacts(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	var out crm.Merged
	err := m.Check()
	if err == nil {
		err = s.write(ctx, func(ctx context.Context, t *tx) (err error) {
			if err := keepsProof(ctx, t.conn, w, m.Proven); err != nil {
				return err
			}
			if out, err = decideMerge(ctx, t.conn, w, m); err != nil || out.Repeated {
				return err
			}
			return t.saveMerge(ctx, w, out)
		})
	}
	if err != nil {
		return crm.Merged{}, fmt.Errorf("merge contacts into %s: %w", m.Survivor.ID, err)
	}
	if !out.Repeated {
		s.eraser.ask() // what the others' rows held
	}
	return out, nil
}

// PreviewMerge decides, and writes nothing.
func (s *Store) PreviewMerge(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	out, err := readOnce(ctx, s, func(c *conn) (crm.Merged, error) {
		refused := m.Check()
		if refused == nil {
			return decideMerge(ctx, c, w, m)
		}
		sides, err := foundSides(ctx, c, w, m)
		return showing(sides), cmp.Or(err, refused)
	})
	return out, wrap("preview merge", err)
}

// decideMerge reads the contacts of a merge and decides. An error of the decision comes with the contacts.
func decideMerge(ctx context.Context, c *conn, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error) {
	others, err := unmerged(ctx, c, w, m)
	if err != nil {
		return crm.Merged{}, err
	}
	survivor, err := mergeSide(ctx, c, w, m.Survivor.ID)
	if err != nil {
		return crm.Merged{}, err
	}
	if len(others) == 0 {
		return repeatedMerge(ctx, c, w, m, survivor.Contact)
	}
	m.Others = others
	sides := []crm.MergeSide{survivor}
	for _, o := range others {
		side, err := mergeSide(ctx, c, w, o.ID)
		if err != nil {
			return crm.Merged{}, err
		}
		sides = append(sides, side)
	}
	if m.Proven != nil {
		if err := addUsers(ctx, c, w, sides); err != nil {
			return crm.Merged{}, err
		}
	}
	out, err := crm.DecideMerge(m, sides)
	if err != nil {
		return showing(sides), err
	}
	return out, nil
}

// unmerged are the others that have not become part of the survivor before.
func unmerged(ctx context.Context, c *conn, w crm.WorkspaceID, m crm.Merge) (left []crm.MergePart, err error) {
	for _, o := range m.Others {
		now, err := currentContact(ctx, c, w, o.ID)
		if err != nil {
			return nil, err
		}
		if now != m.Survivor.ID {
			left = append(left, o)
		}
	}
	return left, nil
}

// mergeSide reads one contact of a merge. One that has become part of another is a [crm.MergedError].
func mergeSide(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) (side crm.MergeSide, err error) {
	if side.Contact, err = editable(ctx, c, w, id); err != nil {
		return side, err
	}
	if side.Accounts, err = accountsOfContact(ctx, c, w, id); err != nil {
		return side, err
	}
	side.OldIDs, err = oldIDs(ctx, c, w, id)
	return side, err
}

// addUsers reads the users of contacts.
func addUsers(ctx context.Context, c *conn, w crm.WorkspaceID, sides []crm.MergeSide) error {
	for n, s := range sides {
		users, err := all(ctx, c, `
			SELECT u.channel_id, u.external_id
			FROM identities u INDEXED BY identities_by_contact
			WHERE u.workspace_id = @workspace AND u.contact_id = @id AND `+signedUser,
			args{"workspace": w, "id": s.Contact.ID[:]}, func(rows *sql.Rows) (k crm.IdentityKey, err error) {
				return k, rows.Scan(idTarget[crm.ChannelID]{&k.ChannelID}, &k.ExternalID)
			})
		if err != nil {
			return err
		}
		sides[n].Users = users
	}
	return nil
}

// foundSides reads those contacts of a merge that are there, each once.
func foundSides(ctx context.Context, c *conn, w crm.WorkspaceID, m crm.Merge) (sides []crm.MergeSide, err error) {
	seen := map[crm.ContactID]bool{}
	for _, id := range m.IDs() {
		if seen[id] {
			continue
		}
		seen[id] = true
		side, err := mergeSide(ctx, c, w, id)
		switch _, merged := errors.AsType[*crm.MergedError](err); {
		case merged || errors.Is(err, crm.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		sides = append(sides, side)
	}
	return sides, nil
}

// showing is a merge that is refused, with what was found.
func showing(sides []crm.MergeSide) (out crm.Merged) {
	if len(sides) > 0 {
		out.Before, out.Contact, out.Others = sides[0].Contact, sides[0].Contact, sides[1:]
	}
	return out
}

// repeatedMerge is the answer to a merge that was done before.
func repeatedMerge(ctx context.Context, c *conn, w crm.WorkspaceID, m crm.Merge, survivor crm.Contact) (crm.Merged, error) {
	out := crm.Merged{Before: survivor, Contact: survivor, Repeated: true}
	records, err := all(ctx, c, selectMerges+`
		AND m.survivor_id = @survivor
		ORDER BY m.id DESC`, args{"workspace": w, "survivor": survivor.ID[:]}, scanMerge())
	for _, r := range records {
		if slices.Contains(r.Others, m.Others[0].ID) {
			out.Record = r
			break
		}
	}
	return out, err
}

// MergesOf returns what is kept of the merges into the contacts.
func (s *Store) MergesOf(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) ([]crm.MergeRecord, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.MergeRecord, error) {
		return all(ctx, c, selectMerges+`
			AND m.survivor_id IN (SELECT unhex(value) FROM json_each(@ids))
			ORDER BY m.id`, args{"workspace": w, "ids": idList(ids)}, scanMerge())
	})
	return found, wrap("list merges", err)
}

// saveMerge writes a merge.
func (t *tx) saveMerge(ctx context.Context, w crm.WorkspaceID, out crm.Merged) error {
	survivor := out.Contact.ID
	for _, o := range out.Others {
		if err := t.absorb(ctx, w, survivor, o); err != nil {
			return err
		}
	}
	if err := saveContact(ctx, t, w, out.Before, out.Contact); err != nil {
		return err
	}
	if err := t.setActivity(ctx, w, survivor, out.Contact.LastActivityAt); err != nil {
		return err
	}
	if err := insertMerge(ctx, t.conn, w, out.Record); err != nil {
		return err
	}
	return t.publishAll(ctx, w, out.Events, out.Audit()...)
}

// absorb makes a contact part of the survivor: its accounts and its old ids, itself among them.
func (t *tx) absorb(ctx context.Context, w crm.WorkspaceID, survivor crm.ContactID, o crm.MergeSide) error {
	id := o.Contact.ID
	if err := t.moveAccounts(ctx, w, id, survivor, o.Accounts); err != nil {
		return err
	}
	if err := t.leaveGrams(ctx, w, id); err != nil {
		return err
	}
	if err := t.removeContact(ctx, w, o.Contact); err != nil {
		return err
	}
	for _, query := range []string{
		`UPDATE redirects INDEXED BY redirects_by_survivor SET survivor_id = @survivor
		WHERE workspace_id = @workspace AND survivor_id = @id`,
		`INSERT INTO redirects (workspace_id, contact_id, survivor_id) VALUES (@workspace, @id, @survivor)`,
	} {
		if _, err := t.exec(ctx, query, args{"workspace": w, "id": id[:], "survivor": survivor[:]}); err != nil {
			return err
		}
	}
	return t.movePairs(ctx, w, id, survivor)
}

// pairTables are the tables of pairs of contacts, with the indexes by the first and by the second where the primary key is
// none.
var pairTables = []struct{ table, first, second string }{
	{"proofs", "", ""},
	{"duplicates", "INDEXED BY duplicates_of_pair", "INDEXED BY duplicates_by_b"},
	{"dismissals", "", "INDEXED BY dismissals_by_b"},
}

// movePairs puts one contact in the place of another in the pairs that are kept. A pair of the two is no more.
func (t *tx) movePairs(ctx context.Context, w crm.WorkspaceID, from, to crm.ContactID) error {
	if err := t.dropPairs(ctx, w, from, to); err != nil {
		return err
	}
	for _, p := range pairTables {
		for _, query := range []string{
			`UPDATE OR IGNORE ` + p.table + ` ` + p.first + `
			SET a = min(b, @to), b = max(b, @to) WHERE workspace_id = @workspace AND a = @from`,
			`UPDATE OR IGNORE ` + p.table + ` ` + p.second + `
			SET a = min(a, @to), b = max(a, @to) WHERE workspace_id = @workspace AND b = @from`,
			`DELETE FROM ` + p.table + ` ` + p.first + ` WHERE workspace_id = @workspace AND a = @from`,
			`DELETE FROM ` + p.table + ` ` + p.second + ` WHERE workspace_id = @workspace AND b = @from`,
		} {
			if _, err := t.exec(ctx, query, args{"workspace": w, "from": from[:], "to": to[:]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropPairs drops what is kept of a pair.
func (t *tx) dropPairs(ctx context.Context, w crm.WorkspaceID, one, other crm.ContactID) error {
	a, b := ordered(one, other)
	for _, p := range pairTables {
		_, err := t.exec(ctx, `DELETE FROM `+p.table+` WHERE workspace_id = @workspace AND a = @a AND b = @b`,
			args{"workspace": w, "a": a[:], "b": b[:]})
		if err != nil {
			return err
		}
	}
	return nil
}

// dismissal says that two contacts are two people.
type dismissal struct {
	one, other crm.ContactID
	actor      string
	at         time.Time
	proven     bool // whatever a channel proves
}

// dismiss keeps a dismissal, in the place of all else that is kept of the pair.
func (t *tx) dismiss(ctx context.Context, w crm.WorkspaceID, d dismissal) error {
	if err := t.dropPairs(ctx, w, d.one, d.other); err != nil {
		return err
	}
	a, b := ordered(d.one, d.other)
	_, err := t.exec(ctx, `
		INSERT INTO dismissals (workspace_id, a, b, actor, at, proven) VALUES (@workspace, @a, @b, @actor, @at, @proven)`,
		args{"workspace": w, "a": a[:], "b": b[:], "actor": d.actor, "at": d.at.UnixMicro(), "proven": d.proven})
	return err
}

// ordered puts two contacts into the order in which a row names them.
func ordered(one, other crm.ContactID) (a, b crm.ContactID) {
	return crm.OrderedPair(one, other)
}

// setActivity sets when a contact was active last; nil for never.
func (t *tx) setActivity(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, at *time.Time) error {
	var active int64
	if at != nil {
		active = at.UnixMicro()
	}
	_, err := t.exec(ctx, `
		UPDATE contact_activity SET last_activity_at = @at WHERE workspace_id = @workspace AND contact_id = @id`,
		args{"workspace": w, "id": id[:], "at": active})
	return err
}

// mergeTable are the columns of merges.
var mergeTable = clause.Table[crm.MergeRecord]{
	{Name: "id", As: id(func(m *crm.MergeRecord) *crm.MergeID { return &m.ID })},
	{Name: "survivor_id", As: id(func(m *crm.MergeRecord) *crm.ContactID { return &m.Survivor })},
	{Name: "others", As: inJSON(func(m *crm.MergeRecord) *[]crm.ContactID { return &m.Others })},
	{Name: "actor", As: text(func(m *crm.MergeRecord) *string { return &m.Actor })},
	{Name: "at", As: instant(func(m *crm.MergeRecord) *time.Time { return &m.At })},
	{Name: "until", As: instant(func(m *crm.MergeRecord) *time.Time { return &m.Until })},
	{Name: "undo", As: inJSON(func(m *crm.MergeRecord) **crm.MergeUndo { return &m.Undo })},
}

var selectMerges = `
	SELECT ` + mergeTable.Select("m") + `
	FROM merges m
	WHERE m.workspace_id = @workspace `

// UndoableMerges returns the newest merge into each of the contacts, if it can be undone.
func (s *Store) UndoableMerges(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, at time.Time,
) (map[crm.ContactID]crm.MergeRecord, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.MergeRecord, error) {
		return all(ctx, c, selectUndoable, args{"workspace": w, "ids": idList(ids), "at": at.UnixMicro()}, scanMerge())
	})
	out := make(map[crm.ContactID]crm.MergeRecord, len(found))
	for _, m := range found {
		out[m.Survivor] = m
	}
	return out, wrap("look up undoable merges", err)
}

// Each is one step into merges_by_survivor; what undoes the merge stays where it is.
const selectUndoable = `
	SELECT m.id, m.survivor_id, m.others, m.actor, m.at, m.until, NULL
	FROM (SELECT DISTINCT unhex(value) AS survivor FROM json_each(@ids)) s
	CROSS JOIN merges m ON m.workspace_id = @workspace AND m.survivor_id = s.survivor AND m.id = (
	  SELECT n.id
	  FROM merges n INDEXED BY merges_by_survivor
	  WHERE n.workspace_id = @workspace AND n.survivor_id = s.survivor AND n.undo IS NOT NULL
	  ORDER BY n.id DESC
	  LIMIT 1)
	WHERE m.until > @at`

// scanMerge scans rows of the table's columns, one after the other.
func scanMerge() func(*sql.Rows) (crm.MergeRecord, error) {
	var r crm.MergeRecord
	targets := mergeTable.Targets(&r)
	return func(rows *sql.Rows) (crm.MergeRecord, error) {
		err := rows.Scan(targets...)
		return r, err
	}
}

func insertMerge(ctx context.Context, c *conn, w crm.WorkspaceID, r crm.MergeRecord) error {
	_, err := c.exec(ctx, `
		INSERT INTO merges (`+mergeTable.Insert()+`)
		VALUES (`+mergeTable.Values()+`)`, rowArgs(w, mergeTable, &r))
	return err
}

// inJSON is a column of JSON that has NULL for nil.
func inJSON[T, V any](at func(*T) *V) clause.Codec[T] {
	return clause.As(at, func(v *V) any { return jsonTarget[V]{v} }, func(v *V) any {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // nothing that is stored so can fail
		}
		if string(b) == "null" {
			return nil
		}
		return string(b)
	})
}

// jsonTarget is where a column of JSON is scanned to.
type jsonTarget[V any] struct{ to *V }

func (t jsonTarget[V]) Scan(v any) error {
	var none V
	*t.to = none
	var s string
	if err := (textTarget[string]{&s}).Scan(v); err != nil || s == "" {
		return err
	}
	return json.Unmarshal([]byte(s), t.to)
}
