package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kith/internal/crm"
	"kith/storage/postgres/pgtest"
)

// fakeCluster is a store on one server that passes for a Citus cluster of two nodes: the tables in which the coordinator keeps what is
// where are there, and reading event_heads takes the answer of the workspace's node.
type fakeCluster struct {
	*Store
	t        *testing.T
	url      string
	one, two crm.WorkspaceID // on the nodes of these names
	mu       sync.Mutex
	reported []string
}

func newFakeCluster(t *testing.T) *fakeCluster {
	t.Helper()
	ctx := t.Context()
	f := &fakeCluster{t: t, url: pgtest.Database(t)}
	if _, err := Migrate(ctx, f.url, Options{}); err != nil {
		t.Fatal(err)
	}
	var store *Store
	store, err := open(ctx, f.url, Options{NodeAway: func(node string, err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.reported = append(f.reported, fmt.Sprint(node, " ", err != nil))
	}}, func(c *pgxpool.Config) {
		connected := c.AfterConnect
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			err := connected(ctx, conn)
			if store != nil {
				store.citus.Store(true) // this database has not the extension
			}
			return err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	f.Store = store
	for name, id := range map[string]*crm.WorkspaceID{"one": &f.one, "two": &f.two} {
		if *id, err = f.Workspace(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, f.url, fmt.Sprintf(`
		CREATE TABLE pg_dist_node (nodename text, nodeport integer, groupid integer, noderole text);
		INSERT INTO pg_dist_node VALUES ('one', 1, %[1]d, 'primary'), ('two', 2, %[2]d, 'primary'), ('two', 3, %[2]d, 'secondary');
		CREATE TABLE pg_dist_placement (shardid bigint, groupid integer);
		INSERT INTO pg_dist_placement VALUES (%[1]d, %[1]d), (%[2]d, %[2]d);
		CREATE FUNCTION get_shard_id_for_distribution_column(regclass, workspace integer) RETURNS bigint LANGUAGE sql AS 'SELECT workspace';
		CREATE TABLE answers (workspace_id integer, kind text);
		CREATE FUNCTION reaches(workspace integer) RETURNS boolean LANGUAGE plpgsql AS $$
		BEGIN
		  IF 'refuses' IN (SELECT kind FROM answers WHERE workspace_id = workspace) THEN
		    RAISE EXCEPTION USING ERRCODE = 'connection_failure', MESSAGE = 'refused';
		  ELSIF 'fails' IN (SELECT kind FROM answers WHERE workspace_id = workspace) THEN
		    RAISE EXCEPTION 'this workspace fails';
		  ELSIF 'is silent' IN (SELECT kind FROM answers WHERE workspace_id = workspace) THEN
		    PERFORM pg_sleep(60);
		  END IF;
		  RETURN true;
		END $$;
		ALTER TABLE event_heads RENAME TO stored_heads;
		INSERT INTO stored_heads (workspace_id, seq) VALUES (%[1]d, 1), (%[2]d, 1);
		CREATE VIEW event_heads AS SELECT * FROM stored_heads WHERE reaches(workspace_id)`, f.one, f.two))
	store.citus.Store(true)
	return f
}

// answer has the node of a workspace refuse connections, be silent, or fail; empty for neither.
func (f *fakeCluster) answer(w crm.WorkspaceID, how string) {
	f.t.Helper()
	pgtest.Exec(f.t, f.url, fmt.Sprintf(`DELETE FROM answers; INSERT INTO answers VALUES (%d, '%s')`, w, how))
}

// heads reads what everywhere reads, and fails the test if that takes too long.
func (f *fakeCluster) heads(most time.Duration) []crm.WorkspaceID {
	f.t.Helper()
	begun := time.Now()
	got, err := everywhere(f.t.Context(), f.Store, `SELECT workspace_id FROM event_heads WHERE %[1]s ORDER BY workspace_id`, nil,
		pgx.RowTo[crm.WorkspaceID])
	if err != nil {
		f.t.Error(err)
	}
	if took := time.Since(begun); took > most {
		f.t.Errorf("it took %v", took)
	}
	return got
}

// rest has the time pass for which nodes are left alone.
func (f *fakeCluster) rest() {
	known := *f.nodes.known.Load()
	known.asked = known.asked.Add(-nodeRest)
	f.nodes.known.Store(&known)
}

// waited is the longest wait for a silent node, with some time for a busy machine.
const waited = nodePatience + 2*nodeAnswer + 3*time.Second

func TestWorkGoesOnInWorkspacesWhoseNodeLives(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"refuses", "is silent"} {
		t.Run("one "+how, func(t *testing.T) {
			t.Parallel()
			f := newFakeCluster(t)
			ctx := t.Context()
			both, living := []crm.WorkspaceID{f.one, f.two}, []crm.WorkspaceID{f.two}
			slices.Sort(both)
			if got := f.heads(waited); !slices.Equal(got, both) || f.reported != nil {
				t.Errorf("read %v of a cluster that is well, reported %v", got, f.reported)
			}
			f.answer(f.one, how)
			if got := f.heads(waited); !slices.Equal(got, living) {
				t.Errorf("read %v", got)
			}
			begun := time.Now()
			for range 50 { // the node that is known to be away is not asked again
				if got := f.heads(time.Second); !slices.Equal(got, living) {
					t.Fatalf("read %v", got)
				}
				err := f.within(ctx, f.one, func(context.Context) error { t.Error("it is worked at"); return nil })
				if !errors.Is(err, errNodeAway) || !errors.Is(err, crm.ErrUnavailable) {
					t.Fatalf("work in a workspace that is away: %v", err)
				}
				worked := errors.New("it is worked at")
				if err := f.within(ctx, f.two, func(context.Context) error { return worked }); !errors.Is(err, worked) {
					t.Fatalf("work in a workspace that is there: %v", err)
				}
				if err := f.onEveryNode(ctx, func(context.Context) error { return worked }); err != nil {
					t.Fatalf("work that needs every node: %v", err)
				}
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("with a node that is known to be away, it took %v", took)
			}
			if want := []string{"one:1 true"}; !slices.Equal(f.reported, want) {
				t.Errorf("reported %v, want %v", f.reported, want)
			}
			f.rest()
			if got := f.heads(waited); !slices.Equal(got, living) {
				t.Errorf("read %v when it was asked again", got)
			}
			f.answer(f.one, "")
			f.rest()
			if got := f.heads(waited); !slices.Equal(got, both) {
				t.Errorf("read %v when it was back", got)
			}
			if want := []string{"one:1 true", "one:1 true", "one:1 false"}; !slices.Equal(f.reported, want) {
				t.Errorf("reported %v, want %v", f.reported, want)
			}
			f.answer(f.one, how)
			pgtest.Exec(t, f.url, fmt.Sprintf(`INSERT INTO answers VALUES (%d, 'refuses')`, f.two))
			if got := f.heads(waited); len(got) > 0 {
				t.Errorf("read %v of a cluster without a node", got)
			}
		})
	}
}

func TestWorkIsInterruptedWhoseNodeFallsSilent(t *testing.T) {
	t.Parallel()
	f := newFakeCluster(t)
	f.answer(f.one, "is silent")
	hang := func(ctx context.Context) error {
		_, err := f.pool.Exec(ctx, `SELECT pg_sleep(9)`)
		return err
	}
	begun := time.Now()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := f.within(t.Context(), f.one, hang); !errors.Is(err, errNodeAway) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
	all.Wait()
	if took := time.Since(begun); took > waited {
		t.Errorf("it took %v", took)
	}
	begun = time.Now()
	if err := f.within(t.Context(), f.two, hang); err != nil || time.Since(begun) < 9*time.Second {
		t.Errorf("work that takes long on the other node ended after %v with %v", time.Since(begun), err)
	}
}

func TestNoNodeIsAwayWhereTheFaultIsElsewhere(t *testing.T) {
	t.Parallel()
	f := newFakeCluster(t)
	f.answer(f.one, "fails")
	got, err := everywhere(t.Context(), f.Store, `SELECT workspace_id FROM event_heads WHERE %[1]s`, nil, pgx.RowTo[crm.WorkspaceID])
	if err == nil || !slices.Equal(got, []crm.WorkspaceID{f.two}) || f.reported != nil {
		t.Errorf("read %v, %v where a workspace fails, reported %v", got, err, f.reported)
	}
	f.answer(f.one, "refuses")
	f.url, f.Store.url = f.Store.url, strings.Replace(f.Store.url, "127.0.0.1:", "127.0.0.1:1", 1)
	if c := f.ask(t.Context()); !c.whole() || f.reported != nil {
		t.Errorf("without a coordinator %v are away", c.away)
	}
}
