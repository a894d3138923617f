package sqlite

import (
	"context"
	"fmt"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/search"
)

// A count first looks at so many names one by one. Where fewer than one of scanWorth of them match, the gram index is
// the cheaper way to find the others.
const (
	countLook = 20_000
	scanWorth = 40
)

// CountContacts counts the contacts that match a search, up to a limit, or reads the number of all contacts.
func (s *Store) CountContacts(ctx context.Context, w crm.WorkspaceID, text string) (storage.Count, error) {
	q := search.Parse(text)
	n, err := readOnce(ctx, s, func(c *conn) (int, error) {
		if q.Empty() {
			n, _, err := first(ctx, c, `SELECT contacts FROM contact_counts WHERE workspace_id = @workspace`,
				args{"workspace": w}, scanInt)
			return n, err
		}
		return source{conn: c, workspace: w}.count(ctx, q.Tokens())
	})
	if err != nil {
		return storage.Count{}, fmt.Errorf("count contacts: %w", err)
	}
	if !q.Empty() && n > storage.CountLimit {
		return storage.Count{Value: storage.CountLimit}, nil
	}
	return storage.Count{Value: n, Exact: true}, nil
}

// count counts the contacts whose text holds every token, one more than the limit at most.
func (s source) count(ctx context.Context, tokens []string) (int, error) {
	n, err := s.countScan(ctx, tokens, countLook)
	if err != nil || n > storage.CountLimit {
		return n, err
	}
	more, _, err := first(ctx, s.conn, `SELECT contacts > @look FROM contact_counts WHERE workspace_id = @workspace`,
		args{"workspace": s.workspace, "look": countLook}, scanInt)
	if err != nil || more == 0 {
		return n, err
	}
	if n*scanWorth < countLook && search.Indexable(tokens) {
		return s.countGrams(ctx, tokens)
	}
	return s.countScan(ctx, tokens, -1)
}

func (s source) countScan(ctx context.Context, tokens []string, look int) (int, error) {
	a := args{"workspace": s.workspace, "look": look, "n": storage.CountLimit + 1}
	n, _, err := first(ctx, s.conn, `
		SELECT count(*)
		FROM (
		  SELECT 1
		  FROM (
		    SELECT search_text
		    FROM contacts
		    WHERE workspace_id = @workspace
		    ORDER BY name_key, id
		    LIMIT @look
		  ) w
		  WHERE true`+holding("w.search_text", search.Filter{With: tokens}, a)+`
		  LIMIT @n
		)`, a, scanInt)
	return n, err
}

func (s source) countGrams(ctx context.Context, tokens []string) (int, error) {
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
	for _, bucket := range buckets(search.Everything()) {
		a["grams"], a["n"] = matching(s.workspace, bucket, tokens), storage.CountLimit+1-total
		n, _, err := first(ctx, s.conn, query, a, scanInt)
		if err != nil {
			return 0, err
		}
		if total += n; total > storage.CountLimit {
			break
		}
	}
	return total, nil
}
