package postgres_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// openWatched is open, and fails the test in the end when a statement that was sent has a condition that no row decides.
func openWatched(t testing.TB) *postgres.Store {
	t.Helper()
	url, ctx := pgtest.Database(t), context.Background()
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	sent := map[string]bool{}
	store, err := postgres.OpenRecording(ctx, url, func(sql string) {
		mu.Lock()
		defer mu.Unlock()
		sent[sql] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		c := generic(t, url)
		for sql := range sent {
			if found := rowless(t, c, sql); found != "" {
				t.Errorf("the condition %s is decided by parameters alone, which Citus cannot plan when it is false: leave the "+
					"statement or the condition out where it does not hold, in\n%s", found, sql)
			}
		}
	})
	return store
}

var (
	gate    = regexp.MustCompile(`One-Time Filter: (.*)`)
	planned = regexp.MustCompile(`returns ((?:\$\d+,?)+)`)
	one     = regexp.MustCompile(`\$\d+`)
	ofRow   = regexp.MustCompile(`[a-z]\.[a-z]`) // of a row that the condition is checked for once
	choice  = regexp.MustCompile(`(?i)\bWHEN \$\d+(::boolean)? THEN`)
	known   = regexp.MustCompile(`(?i)^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b`)
)

// rowless is a condition in a statement that parameters alone decide. The planner shows it: it checks such a condition once,
// before it reads a row.
func rowless(t testing.TB, c *pgx.Conn, sql string) string {
	t.Helper()
	if found := choice.FindString(sql); found != "" {
		return found
	}
	if !known.MatchString(sql) {
		return ""
	}
	ctx := context.Background()
	prepared, err := c.Prepare(ctx, "it", sql)
	if err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
	defer func() { _ = c.Deallocate(ctx, "it") }()
	execute := "EXPLAIN EXECUTE it"
	if n := len(prepared.ParamOIDs); n > 0 {
		execute += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	rows, err := c.Query(ctx, execute, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
	plan := strings.Join(lines, "\n")
	var results []string // of subqueries, which the plan numbers like parameters
	for _, m := range planned.FindAllStringSubmatch(plan, -1) {
		results = append(results, one.FindAllString(m[1], -1)...)
	}
	for _, m := range gate.FindAllStringSubmatch(plan, -1) {
		parameter := slices.ContainsFunc(one.FindAllString(m[1], -1), func(p string) bool { return !slices.Contains(results, p) })
		if m[1] == "false" || parameter && !ofRow.MatchString(m[1]) {
			return m[1]
		}
	}
	return ""
}

// generic is a connection whose plans know no parameter's value.
func generic(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url+"&options=-c%20plan_cache_mode%3Dforce_generic_plan")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestAConditionThatNoRowDecidesIsFound(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	c := generic(t, url)
	for sql, want := range map[string]bool{
		`WITH a AS (UPDATE contacts SET notes = '' WHERE workspace_id = $1 AND $2::boolean RETURNING id) SELECT id FROM a`: true,
		`UPDATE contacts SET notes = '' WHERE workspace_id = $1 AND $2 = 'INBOUND'`:                                        true,
		`DELETE FROM contacts WHERE workspace_id = $1 AND false`:                                                           true,
		`UPDATE sessions SET unread_count = unread_count + CASE WHEN $2 THEN 1 ELSE 0 END WHERE workspace_id = $1`:         true,
		`UPDATE contacts SET notes = '' WHERE workspace_id = $1 AND grams = $2`:                                            false,
		`INSERT INTO messages (workspace_id, message_key, session_id)
		 SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM contacts WHERE workspace_id = $1)`: false,
	} {
		if found := rowless(t, c, sql); (found != "") != want {
			t.Errorf("found %q in %s", found, sql)
		}
	}
}
