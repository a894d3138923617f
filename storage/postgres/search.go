package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage/clause"
)

// source is what PostgreSQL offers a search in one workspace. Page sizes are literals in the statements, because a
// generic plan guesses badly at a limit that it does not know. It guesses the size of a workspace as badly, by the average;
// so contacts are joined LATERAL with a LIMIT, which leaves it no choice but to look them up one by one. With a choice it
// hashes the whole of what it takes for a small workspace.
type source struct {
	*Store
	db        queryer // the pool, or a transaction
	workspace crm.WorkspaceID
	grams     gramStage
}

var _ search.Source = source{}

func (s *Store) source(ctx context.Context, db queryer, w crm.WorkspaceID) (source, error) {
	stage, err := s.gramStage(ctx, db, w)
	return source{Store: s, db: db, workspace: w, grams: stage}, err
}

// settled is the source of a search, which it settles: see [search.Query.Settle].
func (s *Store) settled(ctx context.Context, db queryer, w crm.WorkspaceID, q *search.Query) (source, error) {
	src, err := s.source(ctx, db, w)
	if err == nil {
		*q, err = q.Settle(ctx, src)
	}
	return src, err
}

// gramStage is how far a workspace has come into the gram index. Small workspaces stay out of it: a scan answers them as
// quickly, and thousands of them would swell it.
type gramStage int16

const (
	gramsNone     gramStage = 0
	gramsComing   gramStage = 1 // new rows are in; older ones may not be yet
	gramsComplete gramStage = 2
)

// gramState is a stage as it was read at a time.
type gramState struct {
	stage gramStage
	read  time.Time
}

// gramsKnown is for how long a stage that was read is trusted. A workspace is in gramsComing for much longer before its
// older rows are gone through, so that no process still adds rows as if it were gramsNone.
const gramsKnown = 5 * time.Second

const selectGramStage = `SELECT gram_state FROM workspaces WHERE workspace_id = @workspace`

// gramStage reads a stage. One within a snapshot is as old as that, so it is neither taken from what is known nor kept: a later
// one would find contacts missing that the snapshot does not have in the index, and writers must not go by an earlier one.
func (s *Store) gramStage(ctx context.Context, db queryer, w crm.WorkspaceID) (gramStage, error) {
	if inSnapshot(ctx) {
		var stage gramStage
		err := db.QueryRow(ctx, selectGramStage, pgx.NamedArgs{"workspace": w}).Scan(&stage)
		return stage, translate(ctx, err)
	}
	cached := s.known.Load()
	if v, ok := cached.grams.Load(w); ok {
		if known := v.(gramState); known.stage == gramsComplete || time.Since(known.read) < gramsKnown {
			return known.stage, nil
		}
	}
	state := gramState{read: time.Now()}
	err := db.QueryRow(ctx, selectGramStage, pgx.NamedArgs{"workspace": w}).Scan(&state.stage)
	if err != nil {
		return 0, translate(ctx, err)
	}
	cached.grams.Store(w, state)
	return state.stage, nil
}

func (s source) HasGrams() bool { return s.grams == gramsComplete }

// args are the parameters of a statement that reads within r.
func (s source) args(r search.Range) pgx.NamedArgs {
	return pgx.NamedArgs{
		"workspace": s.workspace,
		"after":     r.After.Key, "after_id": [16]byte(r.After.ID),
		"before": r.Before.Key, "before_id": [16]byte(r.Before.ID),
	}
}

// holding is [clause.Holding] in this database.
func holding(column string, f search.Filter, args pgx.NamedArgs) string {
	return clause.Holding("strpos", column, f, args)
}

func (s source) hits(ctx context.Context, sql string, args pgx.NamedArgs) ([]search.Hit, error) {
	rows, err := s.db.Query(ctx, sql, args)
	var h search.Hit
	var r contactRow
	targets := r.targets(&h.Key, (*[16]byte)(&h.ID), textTarget[string]{&h.Name}, textTarget[string]{&h.Text})
	return all(ctx, rows, err, func(row pgx.CollectableRow) (search.Hit, error) {
		err := row.Scan(targets...)
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
		LIMIT %[4]d`, contactColumns, clause.Within("(c.name_key, c.id)"), d.Order, n), s.args(r))
}

// Reaches reports whether a range of names holds n contacts.
func (s source) Reaches(ctx context.Context, r search.Range, n int) (ok bool, err error) {
	err = s.db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*) > 0
		FROM (
		  SELECT
		  FROM contacts
		  WHERE workspace_id = @workspace AND %s
		  ORDER BY name_key, id
		  LIMIT 1 OFFSET %d
		) c`, clause.Within("(name_key, id)"), n-1), s.args(r)).Scan(&ok)
	return ok, translate(ctx, err)
}

// noContact is a name key, a search text and contactColumns of no contact.
var noContact = strings.Repeat(`NULL, `, 1+len(new(contactRow).targets())) + `NULL`

// Scan reads the covering index by name key.
func (s source) Scan(ctx context.Context, r search.Range, f search.Filter, look, n int) ([]search.Hit, error) {
	d, args := clause.Reading(r.Desc), s.args(r)
	limit := "ALL"
	if look > 0 {
		limit = fmt.Sprint(look)
	}
	return s.hits(ctx, fmt.Sprintf(`
		SELECT h.name_key, h.id, c.*
		FROM (
		  SELECT w.name_key, w.id
		  FROM (
		    SELECT name_key, id, search_text
		    FROM contacts
		    WHERE workspace_id = @workspace AND %[2]s
		    ORDER BY name_key %[3]s, id %[3]s
		    LIMIT %[5]s
		  ) w
		  WHERE true%[6]s
		  ORDER BY w.name_key %[3]s, w.id %[3]s
		  LIMIT %[4]d
		) h
		CROSS JOIN LATERAL (
		  SELECT c.name_key, c.search_text, %[1]s AS active
		  FROM contacts c
		  WHERE c.workspace_id = @workspace AND c.id = h.id
		  LIMIT 1
		) c
		ORDER BY h.name_key %[3]s, h.id %[3]s`,
		contactColumns, clause.Within("(name_key, id)"), d.Order, n, limit, holding("w.search_text", f, args)), args)
}

// A bucket full of matches is quicker read by name, index only, than fetched and sorted. Its first names show whether it
// is. Only a short token can have so many matches, and only a page of ordinary size is worth looking for first.
const (
	denseSample = 100 // names looked at
	denseShare  = 50  // one match among so many names makes a bucket dense
	denseToken  = 2   // characters
	densePage   = 200
)

// Grams reads the gram index, bucket after bucket: buckets rise with the name key, so the first to fill the page end it.
// A bucket that turns out to be full of matches, or all but empty, is read by name instead.
func (s source) Grams(ctx context.Context, r search.Range, f search.Filter, n int) ([]search.Hit, error) {
	d, args := clause.Reading(r.Desc), s.args(r)
	args["first"], args["last"], args["step"] = r.Buckets(bucketSize)
	args["grams"] = search.Grams(s.workspace, 0, f.With)
	holds := holding("c.search_text", f, args)
	sparse := fmt.Sprintf(`
		  SELECT c.name_key, c.id AS contact_id, c.name_key AS name, c.search_text, %s AS last_activity_at
		  FROM contacts c
		  WHERE %s AND %s%s
		  ORDER BY c.name_key %[5]s, c.id %[5]s
		  LIMIT %[6]d`, contactColumns, s.inBucket(), clause.Within("(c.name_key, c.id)"), holds, d.Order, n)
	if n > densePage || len(f.With) > 1 || utf8.RuneCountInString(f.With[0]) > denseToken {
		return s.hits(ctx, fmt.Sprintf(`
		SELECT m.*
		FROM generate_series(@first::int, @last::int, @step::int) b(bucket)
		CROSS JOIN LATERAL (%s
		) m
		LIMIT %d`, sparse, n), args)
	}
	args["starts"] = bucketStarts
	names := `
		    FROM contacts c
		    WHERE c.workspace_id = @workspace
		      AND (c.name_key, c.id) > (
		        greatest(@after, (@starts::text[])[b.bucket + 1] COLLATE "C"),
		        CASE WHEN b.bucket = least(@first, @last) THEN @after_id ELSE '00000000-0000-0000-0000-000000000000'::uuid END)
		      AND (c.name_key, c.id) < (
		        least(@before, (@starts::text[])[b.bucket + 2] COLLATE "C"),
		        CASE WHEN b.bucket = greatest(@first, @last) THEN @before_id ELSE '00000000-0000-0000-0000-000000000000'::uuid END)`
	return s.hits(ctx, fmt.Sprintf(`
		SELECT m.*
		FROM generate_series(@first::int, @last::int, @step::int) b(bucket)
		CROSS JOIN LATERAL (
		  SELECT count(*) < %[4]d OR count(*) FILTER (WHERE true%[2]s) * %[5]d >= count(*) AS dense
		  FROM (
		    SELECT c.search_text%[1]s
		    ORDER BY c.name_key %[6]s, c.id %[6]s
		    LIMIT %[4]d
		  ) c
		) l
		CROSS JOIN LATERAL (
		  (
		  SELECT sparse.*
		  FROM (%[3]s
		  ) sparse
		  WHERE NOT l.dense
		  )
		  UNION ALL
		  (
		  SELECT h.name_key, h.id, c.*
		  FROM (
		    SELECT c.name_key, c.id%[1]s AND l.dense%[2]s
		    ORDER BY c.name_key %[6]s, c.id %[6]s
		    LIMIT %[7]d
		  ) h
		  CROSS JOIN LATERAL (
		    SELECT c.name_key AS name, c.search_text, %[8]s AS active
		    FROM contacts c
		    WHERE c.workspace_id = @workspace AND c.id = h.id
		    LIMIT 1
		  ) c
		  ORDER BY h.name_key %[6]s, h.id %[6]s
		  )
		) m
		LIMIT %[7]d`,
		names, holds, sparse, denseSample, denseShare, d.Order, n, contactColumns), args)
}

// Few reads what the gram index has, and of that no more than shows that it is too much.
func (s source) Few(ctx context.Context, f search.Filter, most int) (hits []search.Hit, ok bool, err error) {
	args := pgx.NamedArgs{}
	hits, err = s.hits(ctx, fmt.Sprintf(`
		WITH found AS MATERIALIZED (
		  SELECT c.* %s
		)
		SELECT c.name_key, c.id, c.name_key, c.search_text, %s
		FROM found c
		WHERE (SELECT count(*) FROM found) <= %[3]d
		UNION ALL
		SELECT '', '00000000-0000-0000-0000-000000000000', %[4]s
		WHERE (SELECT count(*) FROM found) > %[3]d`, s.anyOf(f, most+1, args), contactColumns, most, noContact), args)
	if err != nil || len(hits) > 0 && hits[0].Contact == nil {
		return nil, false, err
	}
	return hits, true, nil
}

// anyOf are n contacts c that f lets through, whichever, bucket after bucket: a token that many names of one bucket hold
// may be in few others. What it needs is added to args.
func (s source) anyOf(f search.Filter, n int, args pgx.NamedArgs) string {
	args["workspace"], args["grams"] = s.workspace, search.Grams(s.workspace, 0, f.With)
	_, args["last"], _ = search.Everything().Buckets(bucketSize)
	return fmt.Sprintf(`
		FROM generate_series(0, @last::int) b(bucket)
		CROSS JOIN LATERAL (
		  SELECT *
		  FROM contacts c
		  WHERE %[1]s%[2]s
		  LIMIT %[3]d
		) c
		LIMIT %[3]d`, s.inBucket(), holding("c.search_text", f, args), n)
}

// bucketSize is how many of package search's buckets are one here. Each bucket costs a look-up of every gram, and sorting
// the matches of one that is full is not done (see dense), so fewer are quicker.
const bucketSize = 2

// bucketStarts holds the lowest name key of each bucket, and last what is above every key.
var bucketStarts = func() (starts []string) {
	for i := 0; i < len(search.BucketStarts); i += bucketSize {
		starts = append(starts, search.BucketStarts[i])
	}
	return starts
}()

// inBucket is the condition that the gram index has a contact c of the workspace under all of @grams in b.bucket.
func (s source) inBucket() string {
	return s.workspaceBesideGrams() + ` AND c.grams
		    AND contact_grams(c.workspace_id, name_bucket(c.name_key) / 2, c.search_text)
		      @> ARRAY(SELECT g | (b.bucket::bigint << 32) FROM unnest(@grams::bigint[]) g)`
}

// workspaceBesideGrams is the condition on the workspace in a statement that reads the gram index. A plain comparison
// makes the planner intersect with the whole workspace's b-tree range; Citus needs it all the same to route the statement.
func (s source) workspaceBesideGrams() string {
	if s.citus.Load() {
		return "c.workspace_id = @workspace"
	}
	return "c.workspace_id + 0 = @workspace"
}
