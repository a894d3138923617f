package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/demo"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// throughPooler is how to reach a database through a pooler.
var throughPooler = postgres.Options{ExecMode: "exec"}

// openPooled migrates and opens a database through a pooler.
func openPooled(t testing.TB, url string, o postgres.Options) *postgres.Store {
	t.Helper()
	ctx := context.Background()
	if _, err := postgres.Migrate(ctx, url, o); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// Behind a transaction pooler statements cannot stay prepared. In the mode exec the server is not asked what it expects of
// a parameter, so that our types have to be known by themselves.
func TestSlowBehindAPooler(t *testing.T) {
	storagetest.MarkSlow(t)
	t.Parallel()
	store := openPooled(t, pgtest.Pooler(t, pgtest.Database(t)), throughPooler)
	same := func(*testing.T) storage.Store { return store }
	storagetest.Run(t, same)
	storagetest.Slow(t, same, "lists of contacts") // the one slow group with statements that no small workspace needs
	grams := openPooled(t, pgtest.Pooler(t, pgtest.Database(t)), throughPooler)
	gramsFromBirth(t, grams)
	storagetest.Run(t, func(*testing.T) storage.Store { return grams }, storagetest.Searching...)
}

func TestTwoStoresBehindAPoolerThatHaveAWayPastIt(t *testing.T) {
	t.Parallel()
	storagetest.Shared(t, func(t *testing.T) (a, b storage.Store) {
		direct := pgtest.Database(t)
		pooled, o := pgtest.Pooler(t, direct), throughPooler
		o.DirectURL = direct
		return openPooled(t, pooled, o), openPooled(t, pooled, o)
	})
}

// What a session keeps reaches other programs through a pooler: settings, locks, what it listens to.
func TestNothingStaysBehindInAPoolersConnections(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), pgtest.Database(t)
	pgtest.Exec(t, direct, `ALTER DATABASE `+databaseOf(t, direct)+` SET statement_timeout = '7654ms'`)
	pooled := pgtest.Pooler(t, direct)
	store := openPooled(t, pooled, throughPooler)
	following, stop := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- store.Follow(following, func(crm.WorkspaceID) {}) }()
	if err := store.GramsFromBirth(ctx); err != nil { // builds an index
		t.Fatal(err)
	}
	if _, err := store.Workspace(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := store.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, direct, `DROP INDEX sessions_by_time`)
	if found := check(t, store, true); len(found) != 1 || !found[0].Repaired {
		t.Errorf("found %v", found)
	}
	c := connectTo(t, direct)
	for what, query := range map[string]string{
		"locks":           `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		"listeners":       `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'`,
		"missing indexes": `SELECT 1 - count(*) FROM pg_indexes WHERE indexname = 'sessions_by_time'`,
	} {
		var n int
		if err := c.QueryRow(ctx, query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s are left, %v", n, what, err)
		}
	}
	for range pgtest.PoolerSize { // each holds one of the pooler's connections
		c := connectTo(t, pooled+"&default_query_exec_mode=exec")
		tx, err := c.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		var settings string
		err = tx.QueryRow(ctx, `
			SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('jit'), current_setting('plan_cache_mode'),
			  current_setting('work_mem'), current_setting('maintenance_work_mem'))`).Scan(&settings)
		if err != nil || settings != "7654ms on auto 4MB 64MB" {
			t.Errorf("a connection has the settings %s, %v", settings, err)
		}
	}
	stop()
	if err := <-followed; err != context.Canceled { //nolint:errorlint // as it is
		t.Errorf("Follow: %v", err)
	}
}

// Prepared statements are where it goes wrong when nobody says that there is a pooler.
func TestAPoolerThatMixesUpStatementsIsNamed(t *testing.T) {
	t.Parallel()
	pooled := pgtest.Pooler(t, pgtest.Database(t))
	var err error
	for range 2 * pgtest.PoolerSize {
		if _, err = postgres.SchemaOf(t.Context(), pooled, postgres.Options{}); err != nil {
			break
		}
	}
	if err != nil && !strings.Contains(err.Error(), "exec mode") { // newer poolers keep statements apart
		t.Errorf("got error %v", err)
	}
}

func TestThePoolIsAsLargeAsOneSays(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	for _, c := range []struct {
		parameters string
		options    postgres.Options
		want       int
	}{
		{"&pool_max_conns=3&pool_min_conns=9&pool_max_conn_lifetime=1h&pool_health_check_period=30s", postgres.Options{}, 3},
		{"&pool_max_conns=3", postgres.Options{MaxConns: 5}, 5},
		{"", postgres.Options{MaxConns: 2}, 2},
		{"", postgres.Options{}, 0},
	} {
		o := c.options
		if _, err := postgres.Migrate(t.Context(), url+c.parameters, o); err != nil {
			t.Fatalf("%s: %v", c.parameters, err)
		}
		if _, err := postgres.Distribute(t.Context(), url+c.parameters, o); err == nil || !strings.Contains(err.Error(), "citus") {
			t.Errorf("%s: %v", c.parameters, err)
		}
		store, err := postgres.Open(t.Context(), url+c.parameters, o)
		if err != nil {
			t.Fatalf("%s: %v", c.parameters, err)
		}
		most, _, _, _, _, _ := store.PoolStats()
		if c.want == 0 && most < 16 || c.want > 0 && most != c.want {
			t.Errorf("%s %+v: %d connections", c.parameters, o, most)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	for parameters, want := range map[string]string{
		"&pool_max_conns=none":                     "not a valid",
		"&default_query_exec_mode=simple_protocol": "default_query_exec_mode",
	} {
		if _, err := postgres.Open(t.Context(), url+parameters, postgres.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", parameters, err)
		}
	}
}

// One connection is enough for everything: nothing waits for a second one while it holds the first.
func TestAStoreNeedsNoMoreThanOneConnection(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	store := openPooled(t, pgtest.Database(t), postgres.Options{MaxConns: 1})
	if err := demo.Fill(ctx, store, "acme", demo.Options{Contacts: 20, Seed: 1, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	w, err := store.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	channels, err := store.Channels(ctx, w)
	if err != nil || len(channels) == 0 {
		t.Fatalf("%d channels, %v", len(channels), err)
	}
	at := time.Now().UTC()
	r, err := store.RecordInteraction(ctx, w, crm.Interaction{
		ChannelID: channels[0].ID, ExternalID: "someone new", MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.SequenceOf(ctx, w, *r.Event); err != nil {
		t.Error(err)
	}
	if _, err := store.Maintain(ctx); err != nil {
		t.Error(err)
	}
	if found := check(t, store, true); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func connectTo(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func databaseOf(t testing.TB, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return pgx.Identifier{config.Database}.Sanitize()
}
