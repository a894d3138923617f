package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/search"
)

// CountContacts counts the contacts that match a search as far as [storage.CountLimit], or all of them from the counter
// that the writes keep.
func (s *Store) CountContacts(ctx context.Context, w crm.WorkspaceID, text string) (storage.Count, error) {
	q := search.Parse(text)
	var n int
	var err error
	if q.Empty() {
		err = s.pool.QueryRow(ctx, `SELECT coalesce(sum(contacts), 0)::bigint FROM contact_counts WHERE workspace_id = @workspace`,
			pgx.NamedArgs{"workspace": w}).Scan(&n)
		err = translate(ctx, err)
	} else {
		n, err = s.countMatches(ctx, w, q)
	}
	if err != nil {
		return storage.Count{}, fmt.Errorf("count contacts: %w", err)
	}
	if !q.Empty() && n > storage.CountLimit {
		return storage.Count{Value: storage.CountLimit}, nil
	}
	return storage.Count{Value: n, Exact: true}, nil
}

// countMatches counts as far as one beyond the limit. What a short search in a script other than Latin finds stands among
// the names in that script, where it may be most of them: it is counted there first, index only.
func (s *Store) countMatches(ctx context.Context, w crm.WorkspaceID, q search.Query) (n int, err error) {
	src, err := s.source(ctx, w)
	if err != nil {
		return 0, err
	}
	if !src.HasGrams() || !search.Indexable(q.Tokens()) {
		return src.countNames(ctx, q, search.Everything())
	}
	if home, ok := search.Script(q.Tokens()); ok {
		n, err := src.countNames(ctx, q, home)
		if err != nil || n > storage.CountLimit {
			return n, err
		}
	}
	args := pgx.NamedArgs{
		"workspace": w, "grams": search.Grams(w, 0, q.Tokens()), "last": (search.Buckets - 1) / perBucket,
	}
	err = s.pool.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*)
		FROM (
		  SELECT
		  FROM generate_series(0, @last::int) b(bucket)
		  CROSS JOIN LATERAL (
		    SELECT FROM contacts c
		    WHERE %[1]s%[2]s
		    LIMIT %[3]d
		  ) m
		  LIMIT %[3]d
		) m`, src.inBucket(), holding("c.search_text", search.Filter{With: q.Tokens()}, args), storage.CountLimit+1), args).Scan(&n)
	return n, translate(ctx, err)
}

// countNames counts the matches within a range of names, index only, until there are enough.
func (s source) countNames(ctx context.Context, q search.Query, r search.Range) (n int, err error) {
	args := s.args(r)
	err = s.pool.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*)
		FROM (
		  SELECT
		  FROM contacts c
		  WHERE c.workspace_id = @workspace AND %[1]s%[2]s
		  ORDER BY c.name_key, c.id
		  LIMIT %[3]d
		) c`, within("(c.name_key, c.id)"), holding("c.search_text", search.Filter{With: q.Tokens()}, args), storage.CountLimit+1), args).Scan(&n)
	return n, translate(ctx, err)
}
