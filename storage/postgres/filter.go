package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// contactKind is the combination of what a contact has, as [storage.ContactFilter.Kinds] has it, of a row of contacts under a
// name. The index contacts_by_kind has the same expression.
func contactKind(of string) string {
	return fmt.Sprintf("((%[1]s.email IS NOT NULL)::int + 2 * (%[1]s.phone IS NOT NULL)::int + 4 * (%[1]s.notes <> '')::int)", of)
}

const openStatuses = `('ACTIVE', 'ESCALATED')`

// filtering is a filter as statements have it. Its arguments are in args.
type filtering struct {
	args pgx.NamedArgs
	// where is the condition on contacts c, with AND before it.
	where string
	// sets are queries of the ids of contacts, each of all that pass one of the conditions, or of all; an id may be there twice.
	sets   []string
	few    bool   // the one set is of few contacts
	active string // the condition on contact_activity t, with AND before it
}

// filtering reads a filter. Emails and phones are looked up.
func (s *Store) filtering(ctx context.Context, db queryer, w crm.WorkspaceID, f storage.ContactFilter) (*filtering, error) {
	v := &filtering{args: pgx.NamedArgs{"workspace": w}}
	// True of every contact, and in no index: a planner that takes the workspace for a small one would otherwise look a contact
	// up by going through an index that has all that is asked for.
	v.require(`c.version > 0`)
	for i, channels := range f.Channels {
		name := fmt.Sprint("channels", i)
		v.args[name] = uuids(channels)
		v.require(`(
		    SELECT true FROM identities i
		    WHERE i.workspace_id = @workspace AND i.contact_id = c.id AND i.channel_id = ANY(@` + name + `) LIMIT 1
		  ) IS TRUE`)
		v.sets = append(v.sets, `
		  SELECT i.contact_id AS id
		  FROM unnest(@`+name+`::uuid[]) ch(id)
		  CROSS JOIN LATERAL (
		    SELECT i.contact_id FROM identities i WHERE i.workspace_id = @workspace AND i.channel_id = ch.id OFFSET 0
		  ) i`)
	}
	if kinds := f.Kinds(); kinds != nil {
		v.args["kinds"] = kinds
		v.require(contactKind("c") + ` = ANY(@kinds)`)
		v.sets = append(v.sets, `SELECT k.id FROM contacts k WHERE k.workspace_id = @workspace AND `+contactKind("k")+` = ANY(@kinds)`)
	}
	closed := ""
	if f.OpenSession != nil && !*f.OpenSession { // so that the session with unread messages is closed
		closed = ` AND s.status NOT IN ` + openStatuses
	}
	v.session(f.Unread, `s.unread_count > 0`, `s.unread_count + 0 > 0`, closed)
	v.session(f.OpenSession, `s.status IN `+openStatuses, `s.status IN `+openStatuses, "")
	if f.Created.Given() {
		v.require(v.within("c.created_at", "created", f.Created))
		v.sets = append(v.sets, `SELECT k.id FROM contacts k WHERE k.workspace_id = @workspace AND `+v.within("k.created_at", "created", f.Created))
	}
	if f.Active.Given() {
		v.args["never"] = never
		condition := `t.last_activity_at > @never AND ` + v.within("t.last_activity_at", "active", f.Active)
		v.active = ` AND ` + condition
		v.require(`(
		    SELECT true FROM contact_activity t
		    WHERE t.workspace_id = @workspace AND t.contact_id = c.id AND ` + condition + ` LIMIT 1
		  ) IS TRUE`)
		v.sets = append(v.sets, `SELECT t.contact_id AS id FROM contact_activity t WHERE t.workspace_id = @workspace AND `+condition)
	}
	only, err := f.Named(ctx, named{s, db, w})
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
	*Store
	db        queryer
	workspace crm.WorkspaceID
}

var _ storage.Lookup = named{}

// OfIdentity reads identities by their key.
func (l named) OfIdentity(ctx context.Context, key storage.IdentityKey) ([]crm.ContactID, error) {
	rows, err := l.db.Query(ctx, `
		SELECT contact_id FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`,
		pgx.NamedArgs{"workspace": l.workspace, "channel": [16]byte(key.Channel), "external": key.External})
	return all(ctx, rows, err, scanID[crm.ContactID])
}

// WithValues reads terms.
func (l named) WithValues(ctx context.Context, field string, values ...string) ([]crm.Contact, error) {
	return l.withValues(ctx, l.db, l.workspace, field, values...)
}

// only lets none but these contacts pass.
func (v *filtering) only(ids []crm.ContactID) {
	name := fmt.Sprint("only", len(v.args))
	v.args[name] = uuids(ids)
	v.require(`c.id = ANY(@` + name + `)`)
	v.sets, v.few = []string{`SELECT unnest(@` + name + `::uuid[]) AS id`}, true
}

func (v *filtering) require(condition string) {
	v.where += `
		  AND ` + condition
}

// session is a condition on having a session s with something, or none. One that the filter lets pass has what also says. The
// sessions of one contact have it where ofOne says so, which the planner must not find in the index of all that have it.
func (v *filtering) session(has *bool, with, ofOne, also string) {
	if has == nil {
		return
	}
	is := "IS TRUE"
	if !*has {
		is = "IS NOT TRUE"
	} else {
		v.sets = append(v.sets, `
		  SELECT `+ownerOf("s.account_id")+` AS id
		  FROM sessions s
		  WHERE s.workspace_id = @workspace AND s.account_id IS NOT NULL AND `+with+also)
	}
	v.require(`(
		    SELECT true
		    FROM (` + accountsOf("c.id") + `) a
		    CROSS JOIN LATERAL (
		      SELECT FROM sessions s WHERE s.workspace_id = @workspace AND s.account_id = a.account_id AND ` + ofOne + ` LIMIT 1
		    ) s
		    LIMIT 1
		  ) ` + is)
}

// within is the condition that a column is in a period.
func (v *filtering) within(column, name string, p storage.Period) string {
	var all []string
	if p.After != nil {
		v.args[name+"After"] = *p.After
		all = append(all, column+" > @"+name+"After")
	}
	if p.Before != nil {
		v.args[name+"Before"] = *p.Before
		all = append(all, column+" < @"+name+"Before")
	}
	return strings.Join(all, " AND ")
}

// smallest is the smallest of the sets, if it has as many ids at most; empty otherwise.
func (v *filtering) smallest(ctx context.Context, db queryer, most int) (set string, err error) {
	if v.few {
		return v.sets[0], nil
	}
	best := most
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('enable_seqscan', 'off', true)`)
	for _, of := range v.sets {
		b.Queue(fmt.Sprintf(`SELECT count(*) FROM (%s LIMIT %d) x`, of, most+1), v.args).QueryRow(func(row pgx.Row) error {
			var n int
			err := row.Scan(&n)
			if err == nil && n <= best {
				set, best = of, n
			}
			return err
		})
	}
	return set, translate(ctx, db.SendBatch(ctx, b).Close())
}

// passing answers which contacts pass.
func (v *filtering) passing(db queryer) storage.Passing {
	return func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]bool, error) {
		v.args["ids"] = uuids(ids)
		rows, err := db.Query(ctx, `
			SELECT c.id
			FROM unnest(@ids::uuid[]) i(id)
			CROSS JOIN LATERAL (
			  SELECT c.id FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.id`+v.where+` LIMIT 1
			) c`, v.args)
		found, err := all(ctx, rows, err, scanID[crm.ContactID])
		pass := make(map[crm.ContactID]bool, len(found))
		for _, id := range found {
			pass[id] = true
		}
		return pass, err
	}
}

// each is the FROM of a statement over the contacts c of a set that pass.
func (v *filtering) each(set, columns string) string {
	return `
		FROM (SELECT DISTINCT x.id FROM (` + set + `) x) d
		CROSS JOIN LATERAL (
		  SELECT ` + columns + ` FROM contacts c WHERE c.workspace_id = @workspace AND c.id = d.id` + v.where + ` LIMIT 1
		) c`
}

// filtered reads a page of a search under a filter: of few contacts each is looked at; else the matches are read until enough
// of them pass.
func (s source) filtered(ctx context.Context, q storage.ContactQuery) (storage.ContactPage, error) {
	v, hits, few, err := s.fewHits(ctx, q)
	if err != nil || few {
		return storage.RankedPage(q, hits), err
	}
	return storage.FilteredSearch(ctx, s, q, v.passing(s.db))
}

// fewHits are the matches that pass a filter, where few contacts may pass it.
func (s source) fewHits(
	ctx context.Context, q storage.ContactQuery,
) (v *filtering, hits []search.Hit, few bool, err error) {
	if v, err = s.filtering(ctx, s.db, s.workspace, q.Filter); err != nil {
		return v, nil, false, err
	}
	set, err := v.smallest(ctx, s.db, storage.FewContacts)
	if err != nil || set == "" {
		return v, nil, false, err
	}
	of := *v
	of.where += holding("c.search_text", search.Filter{With: q.Search.Tokens()}, v.args)
	hits, err = s.hits(ctx, `SELECT c.*`+of.each(set, `c.name_key, c.id, c.name_key AS name, c.search_text, `+contactColumns+` AS active`), v.args)
	return v, hits, true, err
}

// countFiltered counts the contacts of a list under a filter as far as most.
func (s *Store) countFiltered(ctx context.Context, w crm.WorkspaceID, f storage.ContactFilter, most int) (storage.Count, error) {
	v, err := s.filtering(ctx, s.pool, w, f)
	if err != nil {
		return storage.Count{}, err
	}
	look := storage.CountedThrough(most)
	set, err := v.smallest(ctx, s.pool, look-1)
	if err != nil {
		return storage.Count{}, err
	}
	looked := 0
	if set == "" { // some of many are looked at
		set, looked = fmt.Sprint(v.sets[len(v.sets)-1], " LIMIT ", look), look
	}
	n, err := s.countOf(ctx, v, set, most)
	return storage.CountedOf(n, looked, most), err
}

// countOf counts the contacts of a set that pass, as far as one beyond most.
func (s *Store) countOf(ctx context.Context, v *filtering, set string, most int) (n int, err error) {
	err = s.reader(ctx).QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT%s LIMIT %d) c`, v.each(set, "c.id"), most+1), v.args).Scan(&n)
	return n, translate(ctx, err)
}

// countFiltered counts the matches of a search that pass a filter, as far as most: of few contacts each is looked at; else
// they are counted by the gram index where a token has grams that few contacts share, and by name otherwise.
func (s source) countFiltered(ctx context.Context, q storage.ContactQuery, most int) (storage.Count, error) {
	v, hits, few, err := s.fewHits(ctx, q)
	if err != nil || few {
		return storage.Counted(len(storage.Ranked(q, hits)), most), err
	}
	if q.Search.ByWholeValues() {
		return storage.CountFiltered(ctx, s, q, most, v.passing(s.db))
	}
	f, look := search.Filter{With: q.Search.Tokens()}, storage.CountedThrough(most)
	const columns = `c.id, c.version, c.email, c.phone, c.notes, c.created_at`
	of := `
		  FROM contacts c
		  WHERE c.workspace_id = @workspace` + holding("c.search_text", f, v.args) + `
		  ORDER BY c.name_key, c.id`
	if s.HasGrams() && search.Selective(f.With) {
		v.args["grams"] = search.Grams(s.workspace, 0, f.With)
		_, v.args["last"], _ = search.Everything().Buckets(bucketSize)
		of = fmt.Sprintf(`
		  FROM generate_series(0, @last::int) b(bucket)
		  CROSS JOIN LATERAL (
		    SELECT %s
		    FROM contacts c
		    WHERE %s%s
		    LIMIT %d
		  ) c`, columns, s.inBucket(), holding("c.search_text", f, v.args), look)
	}
	var looked, n int
	err = s.db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*), count(*) FILTER (WHERE true%s)
		FROM (
		  SELECT %s%s
		  LIMIT %d
		) c`, v.where, columns, of, look), v.args).Scan(&looked, &n)
	return storage.CountedOf(n, looked, most), translate(ctx, err)
}
