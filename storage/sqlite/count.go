package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/clause"
)

// CountContacts counts the contacts that match a search, up to a limit, or reads the number of all contacts.
func (s *Store) CountContacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, most int) (storage.Count, error) {
	count, err := readOnce(ctx, s, func(c *conn) (storage.Count, error) {
		if q.Search.Empty() && !q.Filter.Empty() {
			return countFiltered(ctx, c, w, q.Filter, most)
		}
		src, err := settled(ctx, c, w, &q.Search)
		switch {
		case err != nil:
			return storage.Count{}, err
		case q.Filter.Empty():
			return storage.CountMatches(ctx, counter{src, &s.bounds}, q.Search, most)
		}
		return src.countFiltered(ctx, q, most)
	})
	if err != nil {
		return storage.Count{}, fmt.Errorf("count contacts: %w", err)
	}
	return count, nil
}

// counter is what SQLite offers a count.
type counter struct {
	source
	bounds *search.SampleBounds
}

var _ search.Counter = counter{}

// Size reads the counter that the writes keep.
func (s counter) Size(ctx context.Context) (int, error) {
	n, _, err := first(ctx, s.conn, `SELECT contacts FROM contact_counts WHERE workspace_id = @workspace`,
		args{"workspace": s.workspace}, scanInt)
	return n, err
}

// CountNames reads the covering index by name key.
func (s counter) CountNames(ctx context.Context, r search.Range, f search.Filter, n int) (int, error) {
	a := s.args(r, n)
	found, _, err := first(ctx, s.conn, `
		SELECT count(*)
		FROM (
		  SELECT 1
		  FROM contacts
		  WHERE workspace_id = @workspace AND `+clause.Within("(name_key, id)")+holding("search_text", f, a)+`
		  ORDER BY name_key, id
		  LIMIT @n
		)`, a, scanInt)
	return found, err
}

// CountGrams reads bucket after bucket.
func (s counter) CountGrams(ctx context.Context, tokens []string, n int) (int, error) {
	total := 0
	a := args{"workspace": s.workspace}
	query := `
		SELECT count(*)
		FROM (
		  SELECT 1
		  FROM contact_grams g
		  CROSS JOIN contacts c ON c.n = g.rowid
		  WHERE contact_grams MATCH @grams AND c.workspace_id = @workspace` + holding("c.search_text", search.Filter{With: tokens}, a) + `
		  LIMIT @n
		)`
	low, high, _ := search.Everything().Buckets(bucketSize)
	for bucket := low; bucket <= high; bucket++ {
		a["grams"], a["n"] = matching(s.workspace, bucket, tokens), n-total
		found, _, err := first(ctx, s.conn, query, a, scanInt)
		if err != nil {
			return 0, err
		}
		if total += found; total >= n {
			break
		}
	}
	return total, nil
}

// Sample reads stretches by id.
func (s counter) Sample(ctx context.Context, q search.Query, size int) (search.Sample, error) {
	at := s.bounds.For(s.workspace, size, time.Now())
	if at == nil {
		return nil, nil
	}
	a := args{"workspace": s.workspace, "stretch": search.SampleStretch, "text": q.Text()}
	query := `
		SELECT count(*), coalesce(sum(instr(name_key, @text) <> 1` + holding("search_text", search.Filter{With: q.Tokens()}, a) + `), 0)
		FROM (
		  SELECT name_key, search_text
		  FROM contacts
		  WHERE workspace_id = @workspace AND id >= @id
		  ORDER BY id
		  LIMIT @stretch
		)`
	sample := make(search.Sample, len(at))
	for i, id := range at {
		a["id"] = id[:]
		var err error
		sample[i], _, err = first(ctx, s.conn, query, a, func(rows *sql.Rows) (of search.Stretch, err error) {
			return of, rows.Scan(&of.Looked, &of.Matched)
		})
		if err != nil {
			return nil, err
		}
	}
	return sample, nil
}

// findBounds finds the bounds of the sample of a workspace that was counted in.
func (s *Store) findBounds(ctx context.Context) error {
	w, size, ok := s.bounds.Wanted()
	if !ok {
		return nil
	}
	at, err := read(ctx, s, func(c *conn) (at []crm.ContactID, err error) {
		a := args{"workspace": w, "after": make([]byte, len(crm.ContactID{})), "skip": 0}
		for range search.SampleStretches {
			id, found, err := first(ctx, c, `
				SELECT id
				FROM contacts
				WHERE workspace_id = @workspace AND id > @after
				ORDER BY id
				LIMIT 1 OFFSET @skip`,
				a, func(rows *sql.Rows) (id crm.ContactID, err error) { return id, rows.Scan((*uuid.UUID)(&id)) })
			if err != nil || !found {
				return at, err
			}
			at = append(at, id)
			a["after"], a["skip"] = id[:], search.SampleStep(size)-1
		}
		return at, nil
	})
	if err == nil {
		s.bounds.Set(w, at, size, time.Now())
	}
	return err
}
