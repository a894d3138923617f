package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// nodePatience is how long something may take on Citus before the nodes are asked whether they answer at all.
	nodePatience = 3 * time.Second
	// nodeAnswer is how long a node has to answer.
	nodeAnswer = 3 * time.Second
	// nodeRest is how long a node that did not answer is left alone.
	nodeRest = 15 * time.Second
)

// errNodeAway says that work in a workspace has to wait for a node of a Citus cluster.
var errNodeAway = fmt.Errorf("the workspace's node is away: %w", crm.ErrUnavailable)

// nodes knows which nodes of a Citus cluster are away. A statement that needs such a node fails where the node refuses connections.
// Where it is silent, the statement hangs, and the coordinator's time limits do not always end it: it reports the timeout, and then
// waits for the node to confirm that it has stopped. So this process asks the nodes whether they are there.
type nodes struct {
	asking chan struct{} // a semaphore: one caller asks at a time
	known  atomic.Pointer[cluster]
}

// cluster is what the nodes of a Citus cluster answered. The zero value is one of which no node is away.
type cluster struct {
	asked  time.Time
	placed map[crm.WorkspaceID]string // the node that each workspace is on
	away   map[string]error           // the nodes that did not answer
}

// lacks reports whether the node of a workspace is away.
func (c *cluster) lacks(w crm.WorkspaceID) bool { return c.away[c.placed[w]] != nil }

// whole reports whether no node is away.
func (c *cluster) whole() bool { return len(c.away) == 0 }

// split are the workspaces whose nodes answer, and the others, both in order.
func (c *cluster) split() (living, lost []crm.WorkspaceID) {
	for _, w := range slices.Sorted(maps.Keys(c.placed)) {
		if c.lacks(w) {
			lost = append(lost, w)
		} else {
			living = append(living, w)
		}
	}
	return living, lost
}

// cluster is what is known of the nodes. Where one is away and nodeRest has passed, it asks again, unless another caller does so
// already. Without Citus no node is away.
func (s *Store) cluster(ctx context.Context) *cluster {
	known := s.nodes.known.Load()
	if known == nil || !s.citus.Load() {
		return &cluster{}
	}
	if known.whole() || time.Since(known.asked) < nodeRest {
		return known
	}
	select {
	case s.nodes.asking <- struct{}{}:
		defer func() { <-s.nodes.asking }()
		return s.askNow(ctx, known)
	default:
		return known
	}
}

// ask asks the nodes which of them are there. Several callers at the same time share an answer.
func (s *Store) ask(ctx context.Context) *cluster {
	begun := time.Now()
	select {
	case s.nodes.asking <- struct{}{}:
		defer func() { <-s.nodes.asking }()
	case <-ctx.Done():
	}
	known := s.nodes.known.Load()
	if known == nil {
		known = &cluster{}
	}
	if ctx.Err() != nil || known.asked.After(begun) {
		return known
	}
	return s.askNow(ctx, known)
}

// askNow asks every node, and keeps and reports the outcome. Where the coordinator does not answer, nothing changes. The caller holds
// the semaphore.
func (s *Store) askNow(ctx context.Context, before *cluster) *cluster {
	now := &cluster{away: map[string]error{}}
	var err error
	if now.placed, err = s.placed(ctx); err != nil {
		return before
	}
	onNode := map[string]crm.WorkspaceID{}
	for w, node := range now.placed {
		onNode[node] = w
	}
	var mu sync.Mutex
	var asked sync.WaitGroup
	for node, w := range onNode {
		asked.Go(func() {
			failed := s.answers(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			if failed != nil {
				now.away[node] = failed
			}
		})
	}
	asked.Wait()
	if ctx.Err() != nil {
		return before
	}
	now.asked = time.Now()
	s.nodes.known.Store(now)
	if report := s.options.NodeAway; report != nil {
		for _, node := range slices.Sorted(maps.Keys(onNode)) {
			if failed := now.away[node]; failed != nil || before.away[node] != nil {
				report(node, failed)
			}
		}
	}
	return now
}

// placed reads which node each workspace is on. The coordinator knows that.
func (s *Store) placed(ctx context.Context) (map[crm.WorkspaceID]string, error) {
	ctx, cancel := context.WithTimeout(ctx, nodeAnswer)
	defer cancel()
	c, _, err := connectAside(ctx, s.url, s.options) // all of the pool may be waiting for the node
	if err != nil {
		return nil, err
	}
	defer closeSoon(ctx, c)
	rows, err := c.Query(ctx, `SELECT workspace_id FROM workspaces`)
	workspaces, err := all(ctx, rows, err, pgx.RowTo[int32])
	if err != nil {
		return nil, err
	}
	rows, err = c.Query(ctx, `
		SELECT w.id, n.nodename || ':' || n.nodeport
		FROM unnest(@workspaces::integer[]) w(id)
		JOIN pg_dist_placement p ON p.shardid = get_shard_id_for_distribution_column('contacts', w.id)
		JOIN pg_dist_node n ON n.groupid = p.groupid AND n.noderole = 'primary'`, pgx.NamedArgs{"workspaces": workspaces})
	placed := map[crm.WorkspaceID]string{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var w crm.WorkspaceID
		var node string
		err := row.Scan(&w, &node)
		placed[w] = node
		return struct{}{}, err
	})
	return placed, err
}

// answers asks the node of a workspace for a row, and returns what is wrong with it; nil where the fault is elsewhere.
func (s *Store) answers(ctx context.Context, w crm.WorkspaceID) (failed error) {
	defer storage.Recovered(&failed)
	asking, cancel := context.WithTimeout(ctx, nodeAnswer)
	defer cancel()
	c, _, err := connectAside(asking, s.url, s.options)
	if err != nil {
		return nil
	}
	defer closeSoon(ctx, c)
	_, err = c.Exec(asking, `SELECT seq FROM event_heads WHERE workspace_id = @workspace`, pgx.NamedArgs{"workspace": w})
	if _, said := errors.AsType[*pgconn.PgError](err); said && errors.Is(translate(ctx, err), crm.ErrUnavailable) {
		return translate(ctx, err)
	}
	if err != nil && asking.Err() != nil {
		return fmt.Errorf("no answer within %v: %w", nodeAnswer, crm.ErrUnavailable)
	}
	return nil
}

// closeSoon closes a connection whose server may not listen.
func closeSoon(ctx context.Context, c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = c.Close(ctx)
}

// attend does something that needs nodes of a Citus cluster. When it takes long, the nodes are asked again and again: it is
// interrupted, with errNodeAway, as soon as needs says that one is away that it cannot do without. Without Citus it is just done.
func (s *Store) attend(ctx context.Context, needs func(*cluster) bool, do func(context.Context) error) (err error) {
	if !s.citus.Load() {
		return do(ctx)
	}
	working, end := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		var panicked error
		defer func() {
			if panicked != nil {
				end(panicked)
			}
		}()
		defer storage.Recovered(&panicked)
		for pause(working, nodePatience) {
			if needs(s.ask(working)) {
				end(errNodeAway)
			}
		}
	})
	defer watching.Wait()
	defer end(nil)
	if err = do(working); err != nil && working.Err() != nil && ctx.Err() == nil {
		return context.Cause(working)
	}
	return err
}

// within does work in a workspace. On Citus it is errNodeAway where the node is away, also where that turns out meanwhile. No time
// is lost with a node that is known to be away.
func (s *Store) within(ctx context.Context, w crm.WorkspaceID, do func(context.Context) error) error {
	away := func(c *cluster) bool { return c.lacks(w) }
	if away(s.cluster(ctx)) {
		return errNodeAway
	}
	err := s.attend(ctx, away, do)
	if s.citus.Load() && errors.Is(err, crm.ErrUnavailable) && !errors.Is(err, errNodeAway) && away(s.ask(ctx)) {
		return errNodeAway
	}
	return err
}

// inTurn is [Store.within] for work that waits for its node: that is no failure.
func (s *Store) inTurn(ctx context.Context, w crm.WorkspaceID, do func(context.Context) error) error {
	err := s.within(ctx, w, do)
	if errors.Is(err, errNodeAway) {
		return nil
	}
	return err
}

// overAll runs a query over all workspaces. On Citus, where a node is away, it is one over the workspaces of the others: that is no
// failure. read is given the condition for each of the query's tables that is distributed on Citus, and the arguments with those of
// the condition. Without Citus, and where all nodes are there, the condition is true. Where every node is away it is errNodeAway.
func (s *Store) overAll(
	ctx context.Context, args pgx.NamedArgs, read func(ctx context.Context, condition string, args pgx.NamedArgs) error,
) error {
	if !s.citus.Load() {
		return read(ctx, "true", args)
	}
	now := s.cluster(ctx)
	for tries := 1; ; tries++ {
		known := now
		living, lost := known.split()
		if len(lost) > 0 && len(living) == 0 {
			return errNodeAway
		}
		more := func(c *cluster) bool { return slices.ContainsFunc(living, c.lacks) || known.whole() && !c.whole() }
		err := s.attend(ctx, more, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, longestRead)
			defer cancel()
			if len(lost) == 0 {
				return read(ctx, "true", args)
			}
			return read(ctx, ofLiving, withLiving(args, living))
		})
		if err == nil || ctx.Err() != nil {
			return err
		}
		if now = s.cluster(ctx); !errors.Is(err, errNodeAway) {
			now = s.ask(ctx)
		}
		// Behind a node that is back, connections to it that were kept are broken, and fail once.
		if tries == 3 || tries > 1 && !more(now) {
			return err
		}
	}
}

// ofLiving is the condition that a row is of a workspace whose node answers.
const ofLiving = "workspace_id = ANY(@living)"

func withLiving(args pgx.NamedArgs, living []crm.WorkspaceID) pgx.NamedArgs {
	all := pgx.NamedArgs{}
	maps.Copy(all, args)
	ids := make([]int32, len(living))
	for n, w := range living {
		ids[n] = int32(w)
	}
	all["living"] = ids
	return all
}

const (
	// longestRead ends a query over all workspaces on Citus, should it hang although the nodes that it needs answer.
	longestRead = 30 * time.Second
	// readAlone is how long workspaces are read one by one.
	readAlone = 30 * time.Second
)

// everywhere reads rows of all workspaces with [Store.overAll]. Everything that looks for work uses it, so that the work of a
// workspace whose node is away waits. The query has %[1]s in the place of the condition. Where it fails on Citus although the nodes
// answer, each workspace is read alone: found is what could be read, beside the error.
func everywhere[T any](ctx context.Context, s *Store, query string, args pgx.NamedArgs, scan pgx.RowToFunc[T]) (found []T, err error) {
	read := func(ctx context.Context, condition string, args pgx.NamedArgs) ([]T, error) {
		rows, err := s.pool.Query(ctx, fmt.Sprintf(query, condition), args)
		return all(ctx, rows, err, scan)
	}
	err = s.overAll(ctx, args, func(ctx context.Context, condition string, args pgx.NamedArgs) (err error) {
		found, err = read(ctx, condition, args)
		return err
	})
	switch {
	case errors.Is(err, errNodeAway):
		return nil, nil
	case err == nil || !s.citus.Load() || ctx.Err() != nil:
		return found, err
	}
	alone, failed := s.workspaces(ctx)
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	found = nil
	for begun := time.Now(); len(alone) > 0 && time.Since(begun) < readAlone; alone = alone[1:] {
		_ = s.within(ctx, alone[0], func(ctx context.Context) error {
			own, err := read(ctx, ofLiving, withLiving(args, alone[:1]))
			found = append(found, own...)
			return err
		})
	}
	return found, err
}

// workspaces are all of them, also those that are being erased.
func (s *Store) workspaces(ctx context.Context) ([]crm.WorkspaceID, error) {
	rows, err := s.pool.Query(ctx, `SELECT workspace_id FROM workspaces ORDER BY workspace_id`)
	return all(ctx, rows, err, pgx.RowTo[crm.WorkspaceID])
}

// onEveryNode does what needs all nodes of a Citus cluster, such as writing a reference table. While one is away it waits: that is
// no failure.
func (s *Store) onEveryNode(ctx context.Context, do func(context.Context) error) error {
	away := func(c *cluster) bool { return !c.whole() }
	if away(s.cluster(ctx)) {
		return nil
	}
	err := s.attend(ctx, away, do)
	if errors.Is(err, errNodeAway) || s.citus.Load() && err != nil && ctx.Err() == nil && away(s.ask(ctx)) {
		return nil
	}
	return err
}
