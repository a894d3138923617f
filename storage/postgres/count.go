package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/clause"
)

// CountContacts counts the contacts that match a search as far as most, or all of them from the counter that the writes
// keep.
func (s *Store) CountContacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, most int) (storage.Count, error) {
	count, err := s.countContacts(ctx, w, q, most)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count contacts: %w", err)
	}
	return count, nil
}

func (s *Store) countContacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, most int) (storage.Count, error) {
	if q.Search.Empty() { // needs no gram index
		if !q.Filter.Empty() {
			return s.countFiltered(ctx, w, q.Filter, most)
		}
		return storage.CountMatches(ctx, source{Store: s, db: s.pool, workspace: w}, q.Search, most)
	}
	src, err := s.settled(ctx, s.pool, w, &q.Search)
	switch {
	case err != nil:
		return storage.Count{}, err
	case q.Filter.Empty():
		return storage.CountMatches(ctx, src, q.Search, most)
	}
	return src.countFiltered(ctx, q, most)
}

var _ search.Counter = source{}

// Size reads the counter that the writes keep.
func (s source) Size(ctx context.Context) (n int, err error) {
	err = s.db.QueryRow(ctx, `SELECT coalesce(sum(contacts), 0)::bigint FROM contact_counts WHERE workspace_id = @workspace`,
		pgx.NamedArgs{"workspace": s.workspace}).Scan(&n)
	return n, translate(ctx, err)
}

// CountNames reads the covering index by name key.
func (s source) CountNames(ctx context.Context, r search.Range, f search.Filter, n int) (found int, err error) {
	args := s.args(r)
	err = s.db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*)
		FROM (
		  SELECT
		  FROM contacts c
		  WHERE c.workspace_id = @workspace AND %[1]s%[2]s
		  ORDER BY c.name_key, c.id
		  LIMIT %[3]d
		) c`, clause.Within("(c.name_key, c.id)"), holding("c.search_text", f, args), n), args).Scan(&found)
	return found, translate(ctx, err)
}

// CountGrams reads the gram index.
func (s source) CountGrams(ctx context.Context, tokens []string, n int) (found int, err error) {
	args := pgx.NamedArgs{}
	err = s.db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*)
		FROM (
		  SELECT %s
		) c`, s.anyOf(search.Filter{With: tokens}, n, args)), args).Scan(&found)
	return found, translate(ctx, err)
}

// Sample reads stretches by id.
func (s source) Sample(ctx context.Context, q search.Query, size int) (search.Sample, error) {
	at := s.known.Load().bounds.For(s.workspace, size, time.Now())
	if at == nil {
		return nil, nil
	}
	args := pgx.NamedArgs{"workspace": s.workspace, "at": uuids(at), "text": q.Text()}
	b := &pgx.Batch{}
	// Otherwise the planner may read and sort the whole workspace for each stretch.
	b.Queue(`SELECT set_config('enable_incremental_sort', 'off', true)`)
	var found search.Sample
	b.Queue(fmt.Sprintf(`
		SELECT n.looked, n.matched
		FROM unnest(@at::uuid[]) AS f(id)
		CROSS JOIN LATERAL (
		  SELECT count(*) AS looked, count(*) FILTER (WHERE NOT starts_with(c.name_key, @text)%s) AS matched
		  FROM (
		    SELECT workspace_id, name_key, search_text
		    FROM contacts
		    WHERE %s
		    ORDER BY workspace_id, id
		    LIMIT %d
		  ) c
		  WHERE c.workspace_id = @workspace
		) n`, holding("c.search_text", search.Filter{With: q.Tokens()}, args), s.fromSample(), search.SampleStretch), args,
	).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[search.Stretch])
		return err
	})
	return found, translate(ctx, s.db.SendBatch(ctx, b).Close())
}

// fromSample is the condition on the contacts of a stretch from f.id on. Citus needs the workspace by itself to route the
// statement, and beside it a comparison of rows would bound no index. Elsewhere the rows are compared: a planner that takes
// the workspace for a small one would read it whole and sort it. On Citus every version is above 0, which no index says: the
// one by name, which has the rest, would be read from end to end.
func (s source) fromSample() string {
	if s.citus.Load() {
		return "workspace_id = @workspace AND id >= f.id AND version > 0"
	}
	return "(workspace_id, id) >= (@workspace, f.id)"
}

// findBounds finds the bounds of the sample of a workspace that was counted in.
func (s *Store) findBounds(ctx context.Context) error {
	known := s.known.Load()
	w, size, ok := known.bounds.Wanted()
	if !ok {
		return nil
	}
	return s.inTurn(ctx, w, func(ctx context.Context) error {
		var at []crm.ContactID
		err := s.atLeisure(ctx, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `
				SELECT id
				FROM (
				  SELECT id, row_number() OVER (ORDER BY id) - 1 AS n
				  FROM contacts
				  WHERE workspace_id = @workspace
				) c
				WHERE n % @step = 0
				ORDER BY id
				LIMIT @stretches`,
				pgx.NamedArgs{"workspace": w, "step": search.SampleStep(size), "stretches": search.SampleStretches})
			at, err = all(ctx, rows, err, func(row pgx.CollectableRow) (id crm.ContactID, err error) {
				return id, row.Scan((*[16]byte)(&id))
			})
			return err
		})
		if err == nil {
			known.bounds.Set(w, at, size, time.Now())
		}
		return translate(ctx, err)
	})
}
