package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/clause"
)

// contactKind is the combination of what a contact has, as [storage.ContactFilter.Kinds] has it, of a row of contacts under a
// name. The index contacts_by_kind has the same expression.
func contactKind(of string) string {
	return fmt.Sprintf("(%[1]s.email IS NOT NULL) + 2 * (%[1]s.phone IS NOT NULL) + 4 * (%[1]s.notes <> '')", of)
}

// filtering is a filter as statements have it. Its arguments are in args.
type filtering struct {
	args args
	// where is the condition on contacts c, with AND before it.
	where string
	// sets are queries of the ids of contacts, each of all that pass one of the conditions, or of all; an id may be there twice.
	sets   []string
	few    bool   // the one set is of few contacts
	active string // the condition on contact_activity t, with AND before it
}

// newFiltering reads a filter. Emails and phones are looked up.
func newFiltering(ctx context.Context, c *conn, w crm.WorkspaceID, f storage.ContactFilter) (*filtering, error) {
	v := &filtering{args: args{"workspace": w}}
	for i, channels := range f.Channels {
		name := fmt.Sprint("channels", i)
		v.args[name] = idList(channels)
		among := `i.channel_id IN (SELECT unhex(value) FROM json_each(@` + name + `))`
		v.require(`EXISTS (
		    SELECT 1 FROM identities i INDEXED BY identities_by_contact
		    WHERE i.workspace_id = @workspace AND i.contact_id = c.id AND ` + among + `
		  )`)
		v.sets = append(v.sets, `SELECT i.contact_id AS id FROM identities i WHERE i.workspace_id = @workspace AND `+among)
	}
	if kinds := f.Kinds(); kinds != nil {
		list, err := json.Marshal(kinds)
		if err != nil {
			return nil, err
		}
		v.args["kinds"] = string(list)
		among := ` IN (SELECT value FROM json_each(@kinds))`
		v.require(contactKind("c") + among)
		v.sets = append(v.sets, `SELECT k.id FROM contacts k INDEXED BY contacts_by_kind WHERE k.workspace_id = @workspace AND `+contactKind("k")+among)
	}
	const open = `s.status IN ('ACTIVE', 'ESCALATED')`
	closed := ""
	if f.OpenSession != nil && !*f.OpenSession { // so that the session with unread messages is closed
		closed = ` AND NOT (` + open + `)`
	}
	v.session(f.Unread, "sessions_unread", `s.unread_count > 0`, closed)
	v.session(f.OpenSession, "sessions_open", open, "")
	if f.Created.Given() {
		v.require(v.within("c.created_at", "created", f.Created))
		v.sets = append(v.sets, `
		  SELECT k.id FROM contacts k INDEXED BY contacts_by_creation
		  WHERE k.workspace_id = @workspace AND `+v.within("k.created_at", "created", f.Created))
	}
	if f.Active.Given() {
		condition := `t.last_activity_at > 0 AND ` + v.within("t.last_activity_at", "active", f.Active)
		v.active = ` AND ` + condition
		v.require(`EXISTS (
		    SELECT 1 FROM contact_activity t WHERE t.workspace_id = @workspace AND t.contact_id = c.id AND ` + condition + `
		  )`)
		v.sets = append(v.sets, `
		  SELECT t.contact_id AS id FROM contact_activity t INDEXED BY contact_activity_by_time
		  WHERE t.workspace_id = @workspace AND `+condition)
	}
	only, err := f.Named(ctx, named{c, w})
	for _, ids := range only {
		v.only(ids)
	}
	if len(v.sets) == 0 {
		v.sets = []string{`SELECT k.id FROM contacts k WHERE k.workspace_id = @workspace`}
	}
	return v, err
}

// named looks contacts up in a workspace.
type named struct {
	*conn
	workspace crm.WorkspaceID
}

var _ storage.Lookup = named{}

// OfIdentity reads identities by their key.
func (l named) OfIdentity(ctx context.Context, key storage.IdentityKey) ([]crm.ContactID, error) {
	return all(ctx, l.conn, `
		SELECT contact_id FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`,
		args{"workspace": l.workspace, "channel": key.Channel[:], "external": key.External}, scanID[crm.ContactID])
}

// WithValues reads terms.
func (l named) WithValues(ctx context.Context, field string, values ...string) ([]crm.Contact, error) {
	return withValues(ctx, l.conn, l.workspace, field, values...)
}

// only lets none but these contacts pass.
func (v *filtering) only(ids []crm.ContactID) {
	name := fmt.Sprint("only", len(v.args))
	v.args[name] = idList(ids)
	among := `SELECT unhex(value) AS id FROM json_each(@` + name + `)`
	v.require(`c.id IN (` + among + `)`)
	v.sets, v.few = []string{among}, true
}

func (v *filtering) require(condition string) {
	v.where += `
		  AND ` + condition
}

// session is a condition on having a session s with something, which an index is of, or none. One that the filter lets pass
// has what also says.
func (v *filtering) session(has *bool, index, with, also string) {
	if has == nil {
		return
	}
	not := "NOT "
	if *has {
		not = ""
		v.sets = append(v.sets, `
		  SELECT `+ownerOf("s.account_id")+` AS id
		  FROM sessions s INDEXED BY `+index+`
		  WHERE s.workspace_id = @workspace AND s.account_id IS NOT NULL AND `+with+also)
	}
	v.require(not + `EXISTS (
		    SELECT 1
		    FROM (` + accountsOf("c.id") + `) a
		    CROSS JOIN sessions s INDEXED BY sessions_by_account
		    WHERE s.workspace_id = @workspace AND s.account_id = a.account_id AND ` + with + `
		  )`)
}

// within is the condition that a column is in a period.
func (v *filtering) within(column, name string, p storage.Period) string {
	var all []string
	if p.After != nil {
		v.args[name+"After"] = p.After.UnixMicro()
		all = append(all, column+" > @"+name+"After")
	}
	if p.Before != nil {
		v.args[name+"Before"] = p.Before.UnixMicro()
		all = append(all, column+" < @"+name+"Before")
	}
	return strings.Join(all, " AND ")
}

// smallest is the smallest of the sets, if it has as many ids at most; empty otherwise.
func (v *filtering) smallest(ctx context.Context, c *conn, most int) (set string, err error) {
	if v.few {
		return v.sets[0], nil
	}
	best := most
	for _, of := range v.sets {
		n, _, err := first(ctx, c, fmt.Sprintf(`SELECT count(*) FROM (%s LIMIT %d)`, of, best+1), v.args, scanInt)
		if err != nil {
			return "", err
		}
		if n <= best {
			set, best = of, n
		}
	}
	return set, nil
}

// passing answers which contacts pass.
func (v *filtering) passing(c *conn) storage.Passing {
	return func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]bool, error) {
		a := maps.Clone(v.args)
		a["ids"] = idList(ids)
		found, err := all(ctx, c, `SELECT c.id`+v.each(`SELECT unhex(value) AS id FROM json_each(@ids)`), a, scanID[crm.ContactID])
		pass := make(map[crm.ContactID]bool, len(found))
		for _, id := range found {
			pass[id] = true
		}
		return pass, err
	}
}

// each is the FROM and the WHERE of a statement over the contacts c of a set that pass.
func (v *filtering) each(set string) string {
	return `
		FROM (SELECT DISTINCT id FROM (` + set + `)) d
		CROSS JOIN contacts c ON c.workspace_id = @workspace AND c.id = d.id
		WHERE true` + v.where
}

// filtered reads a page of a search under a filter: of few contacts each is looked at; else the matches are read until enough
// of them pass.
func (s source) filtered(ctx context.Context, q storage.ContactQuery) (storage.ContactPage, error) {
	v, hits, few, err := s.fewHits(ctx, q)
	if err != nil || few {
		return storage.RankedPage(q, hits), err
	}
	return storage.FilteredSearch(ctx, s, q, v.passing(s.conn))
}

// countFiltered counts the matches of a search that pass a filter, as far as most.
func (s source) countFiltered(ctx context.Context, q storage.ContactQuery, most int) (storage.Count, error) {
	v, hits, few, err := s.fewHits(ctx, q)
	if err != nil || few {
		return storage.Counted(len(storage.Ranked(q, hits)), most), err
	}
	return storage.CountFiltered(ctx, s, q, most, v.passing(s.conn))
}

// fewHits are the matches that pass a filter, where few contacts may pass it.
func (s source) fewHits(
	ctx context.Context, q storage.ContactQuery,
) (v *filtering, hits []search.Hit, few bool, err error) {
	if v, err = newFiltering(ctx, s.conn, s.workspace, q.Filter); err != nil {
		return v, nil, false, err
	}
	set, err := v.smallest(ctx, s.conn, storage.FewContacts)
	if err != nil || set == "" {
		return v, nil, false, err
	}
	a := maps.Clone(v.args)
	query := `SELECT c.name_key, c.id, c.name_key, c.search_text, ` + contactColumns + v.each(set) +
		holding("c.search_text", search.Filter{With: q.Search.Tokens()}, a)
	hits, err = s.hits(ctx, query, a)
	return v, hits, true, err
}

// countFiltered counts the contacts of a list under a filter as far as most.
func countFiltered(ctx context.Context, c *conn, w crm.WorkspaceID, f storage.ContactFilter, most int) (storage.Count, error) {
	v, err := newFiltering(ctx, c, w, f)
	if err != nil {
		return storage.Count{}, err
	}
	look := storage.CountedThrough(most)
	set, err := v.smallest(ctx, c, look-1)
	if err != nil {
		return storage.Count{}, err
	}
	looked := 0
	if set == "" { // some of many are looked at
		set, looked = fmt.Sprint(v.sets[len(v.sets)-1], " LIMIT ", look), look
	}
	n, err := v.countOf(ctx, c, set, most)
	return storage.CountedOf(n, looked, most), err
}

// countOf counts the contacts of a set that pass, as far as one beyond most.
func (v *filtering) countOf(ctx context.Context, c *conn, set string, most int) (int, error) {
	n, _, err := first(ctx, c, fmt.Sprintf(`SELECT count(*) FROM (SELECT 1%s LIMIT %d)`, v.each(set), most+1), v.args, scanInt)
	return n, err
}

// ordering is where an order's keys are: a table, read as t, the index in that order, the column of ids, and the key.
type ordering struct{ table, index, id, key string }

// emailKey sorts contacts by email. The index contacts_by_email has the same expression.
const emailKey = "coalesce(lower(t.email), char(1114111))"

var orderings = map[storage.Order]ordering{
	storage.LastActivity: {"contact_activity", "contact_activity_by_time", "t.contact_id", "t.last_activity_at"},
	storage.Name:         {"contacts", "contacts_by_name", "t.id", "t.name_key"},
	storage.Created:      {"contacts", "contacts_by_creation", "t.id", "t.created_at"},
	storage.Email:        {"contacts", "contacts_by_email", "t.id", emailKey},
}

// timed reports whether the keys are times.
func (o ordering) timed() bool { return strings.HasSuffix(o.key, "_at") }

// picked reads a list without a search, in any order, under a filter, from a row on: one row more than the page. See
// [storage.LookedThrough].
func (s *Store) picked(ctx context.Context, c *conn, w crm.WorkspaceID, q storage.ContactQuery) ([]storage.ContactRow, error) {
	if q.Filter.Empty() {
		from, p := q.Page.From(), pick{skip: q.Page.Skip}
		if p.skip >= storage.SkipRows {
			found, err := s.landmarksOf(ctx, c, storage.LongList{Workspace: w, Order: q.Order})
			if err != nil {
				return nil, err
			}
			from, p.skip = found.Near(p.skip, q.ReadsDown())
		}
		return pickedFrom(ctx, c, q, &filtering{args: args{"workspace": w}}, from, p)
	}
	v, err := newFiltering(ctx, c, w, q.Filter)
	if err != nil {
		return nil, err
	}
	p := pick{skip: q.Page.Skip}
	if p.set, err = v.smallest(ctx, c, storage.FewContacts); err != nil {
		return nil, err
	}
	if p.set == "" {
		p.look = storage.LookedThrough
		rows, err := pickedFrom(ctx, c, q, v, q.Page.From(), p)
		if err != nil || len(rows) > q.Page.Size {
			return rows, err
		}
		p.look = 0
		if p.set, err = v.smallest(ctx, c, storage.SomeContacts); err != nil {
			return nil, err
		}
	}
	return pickedFrom(ctx, c, q, v, q.Page.From(), p)
}

// pick is how rows are picked: the ids of a set, or if it is empty so many rows from the list's order, 0 for all; and how many
// of those that pass are passed over.
type pick struct {
	set        string
	look, skip int
}

func pickedFrom(
	ctx context.Context, c *conn, q storage.ContactQuery, v *filtering, from *storage.Position, p pick,
) ([]storage.ContactRow, error) {
	o := orderings[q.Order]
	d := clause.Reading(q.ReadsDown())
	within := v.inOrder(q.Order, q.Filter)
	if from != nil {
		v.args["from"], v.args["id"] = from.Key, from.ID[:]
		if o.timed() {
			v.args["from"] = from.At.UnixMicro()
		}
		within += fmt.Sprintf(" AND (%s, %s) %s (@from, @id)", o.key, o.id, d.Beyond)
	}
	keys := fmt.Sprintf(`
		  SELECT %[1]s AS key, %[2]s AS id
		  FROM %[3]s t INDEXED BY %[4]s
		  WHERE t.workspace_id = @workspace%[5]s
		  ORDER BY %[1]s %[6]s, %[2]s %[6]s`, o.key, o.id, o.table, o.index, within, d.Order)
	if p.look > 0 {
		keys += fmt.Sprint(" LIMIT ", p.look)
	}
	switch {
	case p.set != "":
		keys = fmt.Sprintf(`
		  SELECT %[1]s AS key, %[2]s AS id
		  FROM (SELECT DISTINCT id FROM (%[3]s)) d
		  CROSS JOIN contacts c ON c.workspace_id = @workspace AND c.id = d.id
		  CROSS JOIN %[4]s t ON t.workspace_id = @workspace AND %[2]s = d.id
		  WHERE true%[5]s%[6]s
		  ORDER BY %[1]s %[7]s, %[2]s %[7]s`, o.key, o.id, p.set, o.table, v.where, within, d.Order)
	case v.where != "" && p.look > 0:
		keys = fmt.Sprintf(`
		  SELECT t.key, t.id
		  FROM (%[1]s) t
		  CROSS JOIN contacts c ON c.workspace_id = @workspace AND c.id = t.id
		  WHERE true%[2]s
		  ORDER BY t.key %[3]s, t.id %[3]s`, keys, v.where, d.Order)
	case v.where != "":
		keys = fmt.Sprintf(`
		  SELECT %[1]s AS key, %[2]s AS id
		  FROM %[3]s t INDEXED BY %[4]s
		  CROSS JOIN contacts c ON c.workspace_id = @workspace AND c.id = %[2]s
		  WHERE t.workspace_id = @workspace%[5]s%[6]s
		  ORDER BY %[1]s %[7]s, %[2]s %[7]s`, o.key, o.id, o.table, o.index, within, v.where, d.Order)
	}
	key := "k.key, NULL"
	if o.timed() {
		key = "'', k.key"
	}
	return all(ctx, c, fmt.Sprintf(`
		SELECT %s, %s
		FROM (%s LIMIT %d OFFSET %d) k
		CROSS JOIN contacts c ON c.workspace_id = @workspace AND c.id = k.id
		ORDER BY k.key %[6]s, k.id %[6]s`, key, contactColumns, keys, q.Page.Size+1, p.skip, d.Order), v.args, scanContactRow())
}

// inOrder are those of the filter's conditions that bound an order's keys, with AND before each.
func (v *filtering) inOrder(order storage.Order, f storage.ContactFilter) string {
	switch {
	case order == storage.LastActivity:
		return v.active
	case order == storage.Created && f.Created.Given():
		return " AND " + v.within("t.created_at", "created", f.Created)
	case order == storage.Email && f.HasEmail != nil && *f.HasEmail:
		return " AND " + emailKey + " < char(1114111)"
	case order == storage.Email && f.HasEmail != nil:
		return " AND " + emailKey + " >= char(1114111)"
	}
	return ""
}

// scanLandmark scans the position of a row and its number in the list.
func scanLandmark(rows *sql.Rows) (l landmark, err error) {
	err = rows.Scan(&l.at.Key, instantTarget{&l.at.At}, &l.at.ID, &l.n)
	return l, err
}

type landmark struct {
	at storage.Position
	n  int
}
