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

func (s *Store) countMatches(ctx context.Context, w crm.WorkspaceID, q search.Query) (n int, err error) {
	src, err := s.source(ctx, w)
	if err != nil {
		return 0, err
	}
	args := pgx.NamedArgs{"workspace": w}
	holds := holding("c.search_text", search.Filter{With: q.Tokens()}, args)
	sql := `
		SELECT count(*)
		FROM (
		  SELECT FROM contacts c WHERE c.workspace_id = @workspace` + holds + `
		  LIMIT ` + fmt.Sprint(storage.CountLimit+1) + `
		) m`
	if src.HasGrams() && search.Indexable(q.Tokens()) {
		args["grams"], args["last"] = search.Grams(w, 0, q.Tokens()), (search.Buckets-1)/perBucket
		sql = `
			SELECT count(*)
			FROM (
			  SELECT
			  FROM generate_series(0, @last::int) b(bucket)
			  CROSS JOIN LATERAL (
			    SELECT FROM contacts c
			    WHERE ` + src.inBucket() + `` + holds + `
			    LIMIT ` + fmt.Sprint(storage.CountLimit+1) + `
			  ) m
			  LIMIT ` + fmt.Sprint(storage.CountLimit+1) + `
			) m`
	}
	err = s.pool.QueryRow(ctx, sql, args).Scan(&n)
	return n, translate(ctx, err)
}
