package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// waiting are kinds of work that wait in a workspace, and how much of each is left. NEW in them is an id.
var waiting = []struct{ what, add, left string }{
	{
		"sessions to detach", `INSERT INTO account_deletions (workspace_id, account_id, deleted_at) VALUES (@w, NEW, now())`,
		`SELECT count(*) FROM account_deletions WHERE workspace_id = @w`,
	},
	{
		"merges that cannot be undone any more", `
		INSERT INTO merges (workspace_id, id, survivor_id, others, actor, at, until, undo)
		VALUES (@w, NEW, NEW, '{}', 'eve', now(), now() - interval '1 hour', '{}')`,
		`SELECT count(*) FROM merges WHERE workspace_id = @w AND undo IS NOT NULL`,
	},
	{
		"messages to key", `INSERT INTO messages (workspace_id, message_key, keyed) VALUES (@w, NEW, false)`,
		`SELECT count(*) FROM messages WHERE workspace_id = @w AND NOT keyed`,
	},
	{
		"messages to forget", `INSERT INTO messages (workspace_id, message_key, keyed, day) VALUES (@w, NEW, true, 7)`,
		`SELECT count(*) FROM messages WHERE workspace_id = @w AND day = 7`,
	},
	{
		"announcements to forget", `
		INSERT INTO notices (workspace_id, channel_id, previous, external_id, alias, account, profile, at, day)
		VALUES (@w, NEW, '', '', '', '', '{}', now(), 7)`,
		`SELECT count(*) FROM notices WHERE workspace_id = @w`,
	},
	{
		"audit entries to forget", `
		INSERT INTO audit (workspace_id, id, action, fields, actor, at) VALUES (@w, '00000000-0000-7000-8000-000000000001', 'OLD', '{}', 'eve', @old)`,
		`SELECT count(*) FROM audit WHERE workspace_id = @w AND action = 'OLD'`,
	},
	{
		"failures to forget", `
		INSERT INTO ingest_failures (workspace_id, id, channel_id, digest, at, position, reason, payload)
		VALUES (@w, '00000000-0000-7000-8000-000000000001', NEW, NEW, @old, 0, '', '')`,
		`SELECT count(*) FROM ingest_failures WHERE workspace_id = @w`,
	},
	{
		"history to forget", `
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, version, fields, actor, at, stamp)
		VALUES (@w, '00000000-0000-7000-8000-000000000001', 0, 'UPDATED', NEW, 1, '{}', 'eve', @old, 1)`,
		`SELECT count(*) FROM changes WHERE workspace_id = @w AND seq = 0`,
	},
	{
		"upserts to forget", `INSERT INTO upsert_results (workspace_id, key, digest, results, at) VALUES (@w, '', '', '', @old)`,
		`SELECT count(*) FROM upsert_results WHERE workspace_id = @w`,
	},
	{
		"events to forget", `
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, version, fields, actor, at, stamp)
		VALUES (@w, NEW, 1, 'ACTIVITY', NEW, 1, '{}', 'eve', @old, 1)`,
		`SELECT count(*) FROM changes WHERE workspace_id = @w AND seq = 1`,
	},
	{
		"events to publish", `
		INSERT INTO changes (workspace_id, id, kind, contact_id, version, fields, actor, at, stamp)
		VALUES (@w, NEW, 'UPDATED', NEW, 1, '{}', 'eve', now(), 2)`,
		`SELECT count(*) FROM changes WHERE workspace_id = @w AND seq IS NULL`,
	},
	{
		"search keys to renew", `INSERT INTO stale_keys (workspace_id, contact_id) VALUES (@w, '00000000-0000-0000-0000-000000000000')`,
		`SELECT count(*) FROM stale_keys WHERE workspace_id = @w`,
	},
	{
		"duplicates to look for", `INSERT INTO contact_counts (workspace_id, slot, contacts) VALUES (@w, 0, 0)`, `
		SELECT count(*) FROM contact_counts WHERE workspace_id = @w AND workspace_id NOT IN (
		  SELECT workspace_id FROM duplicate_progress WHERE workspace_id = @w
		)`,
	},
	{
		"proofs to deal with", `
		INSERT INTO proofs (workspace_id, a, b, channel_id, at, suggest)
		VALUES (@w, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', NEW, now(), false)`,
		`SELECT count(*) FROM proofs WHERE workspace_id = @w`,
	},
	{
		"jobs to do", ``,
		`SELECT count(*) FROM jobs WHERE workspace_id = @w AND state = 'PENDING'`,
	},
	{
		"jobs to forget", ``,
		`SELECT count(*) FROM jobs WHERE workspace_id = @w AND finished_at IS NOT NULL`,
	},
	{
		"webhooks to send", ``,
		`SELECT count(*) FROM webhook_endpoints WHERE workspace_id = @w AND lease_owner IS NULL`,
	},
}

// nodeAway is a database of a Citus cluster, one of whose nodes goes away.
type nodeAway struct {
	*postgres.Store
	t           *testing.T
	url         string
	living, off []crm.WorkspaceID // whose nodes live, and the others
	mu          sync.Mutex
	reported    []bool // whether the node was away
}

// Maintenance, retention, jobs, events and webhooks of workspaces whose node lives go on while another is away, and nothing waits for
// that for long. What waits for it is done once it is back.
func TestSlowCitusWorkGoesOnWhileANodeIsAway(t *testing.T) {
	for how, leave := range map[string]func(*pgtest.Node){"stopped": (*pgtest.Node).Stop, "silent": (*pgtest.Node).Silence} {
		t.Run(how, func(t *testing.T) {
			a := newNodeAway(t)
			node := pgtest.NodeAt(t, pgtest.CitusNodes(t, a.url)[1])
			for _, w := range slices.Concat(a.living, a.off) {
				a.fill(w)
			}
			a.warm()
			leave(node)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			const elsewhere = 7 // no workspace has this number
			var heard atomic.Bool
			go func() {
				_ = a.Follow(ctx, func(w crm.WorkspaceID) {
					if w == elsewhere {
						heard.Store(true)
					}
				})
			}()
			for n, most := range []time.Duration{30 * time.Second, 10 * time.Second, 10 * time.Second} {
				begun := time.Now()
				if err := a.round(); err != nil {
					t.Errorf("round %d: %v", n, err)
				}
				if took := time.Since(begun); took > most {
					t.Errorf("round %d took %v", n, took)
				}
			}
			await(5*time.Second, func() bool { return len(a.left(a.living)) == 0 })
			if left := a.left(a.living); len(left) > 0 {
				t.Errorf("where the node lives, these are left: %v", left)
			}
			await(10*time.Second, func() bool {
				pgtest.Exec(t, a.url, fmt.Sprintf(`SELECT pg_notify('kith_events', '%d of another process')`, elsewhere))
				return heard.Load()
			})
			if !heard.Load() {
				t.Error("what other processes announce is not heard")
			}
			a.mu.Lock()
			if !slices.Contains(a.reported, true) || slices.Contains(a.reported, false) || len(a.reported) > 5 {
				t.Errorf("reported %v", a.reported)
			}
			a.mu.Unlock()
			node.Start()
			if left := a.left(a.off); len(left) != len(waiting) {
				t.Errorf("behind the node that was away, these are left: %v", left)
			}
			begun := time.Now()
			for len(a.left(a.off)) > 0 && time.Since(begun) < 100*time.Second { // some is looked for once a minute
				_ = a.round()
				await(time.Second, func() bool { return len(a.left(a.off)) == 0 })
			}
			if left := a.left(a.off); len(left) > 0 {
				t.Errorf("%v after the node came back, these are left: %v", time.Since(begun), left)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.reported[len(a.reported)-1] {
				t.Errorf("that the node is back was not reported")
			}
		})
	}
}

// await waits until something is done, for some time at most.
func await(most time.Duration, done func() bool) {
	for ends := time.Now().Add(most); !done() && time.Now().Before(ends); {
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // the servers work meanwhile
	}
}

func newNodeAway(t *testing.T) *nodeAway {
	t.Helper()
	a := &nodeAway{t: t, url: pgtest.Citus(t)}
	distribute(t, a.url)
	var err error
	a.Store, err = postgres.Open(t.Context(), a.url, postgres.Options{NodeAway: func(_ string, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.reported = append(a.reported, err != nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for n := 0; len(a.living) < 3 || len(a.off) < 3; n++ {
		w, err := a.Workspace(t.Context(), fmt.Sprint("workspace ", n))
		if err != nil {
			t.Fatal(err)
		}
		first := `(SELECT min(groupid) FROM pg_dist_node WHERE noderole = 'primary' AND groupid > 0)`
		on := &a.living
		if column(t, a.url, fmt.Sprintf(`
			SELECT (groupid = %s)::text FROM pg_dist_placement
			WHERE shardid = get_shard_id_for_distribution_column('contacts', %d)`, first, w))[0] == "true" {
			on = &a.off
		}
		*on = append(*on, w)
	}
	return a
}

// fill leaves work of every kind in a workspace.
func (a *nodeAway) fill(w crm.WorkspaceID) {
	a.t.Helper()
	ctx := a.t.Context()
	c, err := pgx.Connect(ctx, a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, of := range waiting {
		sql := of.add
		for strings.Contains(sql, "NEW") {
			sql = strings.Replace(sql, "NEW", "'"+uuid.NewString()+"'", 1)
		}
		if sql == "" {
			continue
		}
		if _, err := c.Exec(ctx, sql, pgx.QueryExecModeExec, pgx.NamedArgs{"w": int32(w), "old": old}); err != nil {
			a.t.Fatalf("%s: %v", of.what, err)
		}
	}
	if _, err := c.Exec(ctx, `INSERT INTO event_heads (workspace_id, seq, first_at) VALUES ($1, 1, $2)`, pgx.QueryExecModeExec, int32(w), old); err != nil {
		a.t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	for _, j := range []crm.Job{
		{ID: crm.NewJobID(now), Kind: "EXAMPLE", State: crm.JobPending, CreatedAt: now, LeaseUntil: now},
		{ID: crm.NewJobID(old), Kind: "EXAMPLE", State: crm.JobDone, Queued: 3, CreatedAt: old, FinishedAt: &old, LeaseUntil: old},
	} {
		if err := a.CreateJob(ctx, w, j); err != nil {
			a.t.Fatal(err)
		}
	}
	e := crm.WebhookEndpoint{ID: crm.EndpointID(uuid.New()), URL: "https://example.com", Events: []string{"contact.updated"}, CreatedAt: now, Enabled: true}
	e.NextAt = &old
	if err := a.CreateEndpoint(ctx, w, e, crm.NewAudit(crm.EndpointCreated, "eve", now)); err != nil {
		a.t.Fatal(err)
	}
}

// warm has the pool's connections keep connections to every node.
func (a *nodeAway) warm() {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := a.Stats(a.t.Context()); err != nil {
				a.t.Error(err)
			}
		})
	}
	all.Wait()
}

// round does what a server does in the background.
func (a *nodeAway) round() (err error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), 2*time.Minute)
	defer cancel()
	now := time.Now()
	note := func(what string, failed error) {
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", what, failed))
		}
	}
	until := func(what string, do func() (bool, error)) {
		more, failed := true, error(nil)
		for n := 0; more && failed == nil && n < 50; n++ {
			more, failed = do()
		}
		note(what, failed)
	}
	before := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	of := storage.Cutoff{Before: before, Of: map[crm.WorkspaceID]time.Time{a.living[0]: before, a.off[0]: before, a.off[1]: before, a.off[2]: before}}
	until("maintain", func() (bool, error) { return a.Maintain(ctx) })
	for what, forget := range map[string]func(context.Context, time.Time) (bool, error){
		"events": a.ForgetEvents, "messages": a.ForgetMessages, "upserts": a.ForgetUpserts, "jobs": a.ForgetJobs,
	} {
		until(what, func() (bool, error) { return forget(ctx, before) })
	}
	for what, forget := range map[string]func(context.Context, storage.Cutoff) (bool, error){
		"failures": a.ForgetFailures, "history": a.ForgetHistory, "audit": a.ForgetAudit,
	} {
		until(what, func() (bool, error) { return forget(ctx, of) })
	}
	note("sign-ins", a.ForgetSignIns(ctx, before))
	until("take jobs", func() (bool, error) {
		j, err := a.TakeJob(ctx, []crm.JobKind{"EXAMPLE"}, now, now.Add(time.Hour))
		if errors.Is(err, crm.ErrNotFound) {
			return false, nil
		}
		if err == nil {
			_, err = a.StepJob(ctx, j.Workspace, j.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
				return crm.JobStep{At: now, Until: now.Add(time.Hour)}, nil
			})
		}
		return true, err
	})
	due, failed := a.DueEndpoints(ctx, now, 100)
	note("due endpoints", failed)
	for _, e := range due {
		_, failed := a.LeaseEndpoint(ctx, e.Workspace, e.ID, storage.EndpointLease{Owner: uuid.New(), Now: now, Until: now.Add(time.Hour)})
		note("lease an endpoint", failed)
	}
	proofs, failed := a.Proofs(ctx)
	note("proofs", failed)
	for _, p := range proofs {
		note("settle a proof", a.SettleProven(ctx, p.Workspace, p.Proven))
	}
	_, failed = a.Stats(ctx)
	note("stats", failed)
	return err
}

// left are the kinds of work that wait in workspaces.
func (a *nodeAway) left(in []crm.WorkspaceID) (left []string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 20*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	for _, of := range waiting {
		for _, w := range in {
			var n int
			if err := c.QueryRow(ctx, of.left, pgx.QueryExecModeExec, pgx.NamedArgs{"w": int32(w)}).Scan(&n); err != nil {
				a.t.Fatalf("%s: %v", of.what, err)
			}
			if n > 0 {
				left = append(left, of.what)
				break
			}
		}
	}
	return left
}
