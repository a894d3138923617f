package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage/clause"
)

// source is what SQLite offers a search in one workspace.
type source struct {
	*conn
	workspace crm.WorkspaceID
}

var _ search.Source = source{}

// HasGrams is always true: as a file seldom holds more than one large workspace, every contact is indexed.
func (s source) HasGrams() bool { return true }

// settled is the source of a search, which it settles: see [search.Query.Settle].
func settled(ctx context.Context, c *conn, w crm.WorkspaceID, q *search.Query) (src source, err error) {
	src = source{conn: c, workspace: w}
	*q, err = q.Settle(ctx, src)
	return src, err
}

// args are the arguments of a statement that reads at most n rows within r.
func (s source) args(r search.Range, n int) args {
	return args{
		"workspace": s.workspace,
		"after":     r.After.Key, "after_id": r.After.ID[:],
		"before": r.Before.Key, "before_id": r.Before.ID[:],
		"n": n,
	}
}

// holding is [clause.Holding] in this database.
func holding(column string, f search.Filter, a args) string {
	return clause.Holding("instr", column, f, a)
}

func (s source) hits(ctx context.Context, query string, a args) ([]search.Hit, error) {
	var h search.Hit
	var r contactRow
	targets := r.targets(&h.Key, idTarget[uuid.UUID]{&h.ID}, textTarget[string]{&h.Name}, textTarget[string]{&h.Text})
	return all(ctx, s.conn, query, a, func(rows *sql.Rows) (search.Hit, error) {
		err := rows.Scan(targets...)
		h.Contact = r.contact()
		return h, err
	})
}

// Names reads contacts by name key.
func (s source) Names(ctx context.Context, r search.Range, n int) ([]search.Hit, error) {
	d := clause.Reading(r.Desc)
	return s.hits(ctx, fmt.Sprintf(`
		SELECT c.name_key, c.id, c.name_key, c.search_text, %[1]s
		FROM contacts c
		WHERE c.workspace_id = @workspace AND %[2]s
		ORDER BY c.name_key %[3]s, c.id %[3]s
		LIMIT @n`, contactColumns, clause.Within("(c.name_key, c.id)"), d.Order), s.args(r, n))
}

// Reaches reports whether a range of names holds n contacts.
func (s source) Reaches(ctx context.Context, r search.Range, n int) (bool, error) {
	found, err := all(ctx, s.conn, `
		SELECT 1
		FROM contacts
		WHERE workspace_id = @workspace AND `+clause.Within("(name_key, id)")+`
		ORDER BY name_key, id
		LIMIT 1 OFFSET @n`, s.args(r, n-1), func(rows *sql.Rows) (one int, err error) { return one, rows.Scan(&one) })
	return len(found) > 0, err
}

// Scan reads the covering index by name key; only the contacts it keeps are fetched.
func (s source) Scan(ctx context.Context, r search.Range, f search.Filter, look, n int) ([]search.Hit, error) {
	d, a := clause.Reading(r.Desc), s.args(r, n)
	a["look"] = -1 // no limit
	if look > 0 {
		a["look"] = look
	}
	hits, err := s.hits(ctx, fmt.Sprintf(`
		SELECT h.name_key, h.id, c.name_key, c.search_text, %[1]s
		FROM (
		  SELECT w.name_key, w.id, w.n
		  FROM (
		    SELECT name_key, id, search_text, n
		    FROM contacts
		    WHERE workspace_id = @workspace AND %[2]s
		    ORDER BY name_key %[3]s, id %[3]s
		    LIMIT @look
		  ) w
		  WHERE true%[4]s
		  LIMIT @n
		) h
		CROSS JOIN contacts c ON c.n = h.n`,
		contactColumns, clause.Within("(name_key, id)"), d.Order, holding("w.search_text", f, a)), a)
	return inOrder(hits, r), err
}

// Grams reads the gram index, bucket after bucket: buckets rise with the name key, so the first to fill the page end it.
func (s source) Grams(ctx context.Context, r search.Range, f search.Filter, n int) ([]search.Hit, error) {
	return s.inBuckets(ctx, r, f, n, fmt.Sprintf("ORDER BY c.name_key %[1]s, c.id %[1]s", clause.Reading(r.Desc).Order))
}

// Few reads the gram index.
func (s source) Few(ctx context.Context, f search.Filter, most int) (hits []search.Hit, ok bool, err error) {
	hits, err = s.inBuckets(ctx, search.Everything(), f, most+1, "")
	return hits, len(hits) <= most, err
}

// inBuckets reads the gram index bucket after bucket, each in an order, until there are n hits.
func (s source) inBuckets(
	ctx context.Context, r search.Range, f search.Filter, n int, order string,
) ([]search.Hit, error) {
	a := s.args(r, n)
	query := fmt.Sprintf(`
		SELECT c.name_key, c.id, c.name_key, c.search_text, %[1]s
		FROM contact_grams g
		CROSS JOIN contacts c ON c.n = g.rowid
		WHERE contact_grams MATCH @grams AND c.workspace_id = @workspace AND %[2]s%[3]s
		%[4]s
		LIMIT @n`,
		contactColumns, clause.Within("(c.name_key, c.id)"), holding("c.search_text", f, a), order)
	var hits []search.Hit
	from, to, step := r.Buckets(bucketSize)
	for bucket := from; step*bucket <= step*to; bucket += step {
		a["grams"], a["n"] = matching(s.workspace, bucket, f.With), n-len(hits)
		more, err := s.hits(ctx, query, a)
		if err != nil {
			return nil, err
		}
		if hits = append(hits, more...); len(hits) >= n {
			break
		}
	}
	return hits, nil
}

// inOrder sorts hits by their keys: what a subquery has put in order a join need not keep.
func inOrder(hits []search.Hit, r search.Range) []search.Hit {
	slices.SortFunc(hits, func(a, b search.Hit) int {
		if r.Desc {
			a, b = b, a
		}
		return a.IndexKey.Compare(b.IndexKey)
	})
	return hits
}
