package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

const (
	// gramThreshold is the number of contacts from which on a workspace is in the gram index.
	gramThreshold = 10_000
	// gramsSettle is how long a workspace is gramsComing before its older rows are gone through: longer than any process
	// may still take it for gramsNone, and than any transaction.
	gramsSettle = 30 * time.Second
	// gramBatch is how many rows enter the index in one transaction.
	gramBatch = 500
	// growthCheck is how often the sizes of workspaces are looked at.
	growthCheck = time.Minute
)

// sweeper remembers when this process last looked for workspaces that have grown.
type sweeper struct {
	growth seldom
	paired atomic.Int32 // the workspace that pairs were looked for in last
	seen   sync.Map     // the sequence number up to which each workspace's events are of no contact to look at
}

// seldom is work that is looked for now and then.
type seldom struct {
	mu     sync.Mutex
	looked time.Time
}

// due reports whether to look again.
func (s *seldom) due(every time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := time.Since(s.looked) >= every
	if due {
		s.looked = time.Now()
	}
	return due
}

// again has the next look come at once.
func (s *seldom) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = time.Time{}
}

// Maintain does one batch of the work that earlier calls left behind. Its statements that go over all workspaces read
// small tables only; each that writes names its workspace. What fails in one workspace keeps no other from its turn, and what
// concerns a node of a Citus cluster that is away waits for it.
func (s *Store) Maintain(ctx context.Context) (more bool, err error) {
	for _, step := range []struct {
		what string
		do   func(context.Context) (more bool, err error)
	}{
		{"detach sessions", s.detachSome},
		{"gather statistics", nothingMore(s.analyzeFirst)},
		{"key messages", s.keySome},
		{"give identities ids", s.identifySome},
		{"renew search keys", s.renewSome},
		{"fill gram index", s.indexSome},
		{"find sample bounds", nothingMore(s.findBounds)},
		{"find landmarks", nothingMore(s.renewLandmarks)},
		{"look for duplicates", s.pairSome},
		{"forget what merges were", nothingMore(s.endUndo)},
	} {
		left, failed := step.do(ctx)
		more = more || left
		if failed == nil {
			continue
		}
		err = errors.Join(err, fmt.Errorf("%s: %w", step.what, failed))
		if s.pool.Ping(ctx) != nil { // nothing else can be done, either
			break
		}
	}
	return more && err == nil, err
}

// nothingMore is a step that does everything there is to do.
func nothingMore(do func(context.Context) error) func(context.Context) (more bool, err error) {
	return func(ctx context.Context) (bool, error) { return false, do(ctx) }
}

// work is a piece of maintenance within one workspace.
type work struct {
	workspace crm.WorkspaceID
	account   crm.AccountID
	since     time.Time
}

// detachSome takes an account of a deleted contact from some of its sessions.
func (s *Store) detachSome(ctx context.Context) (more bool, err error) {
	todo, err := everywhere(ctx, s, `
		SELECT workspace_id, account_id FROM account_deletions WHERE %[1]s ORDER BY deleted_at LIMIT 8`, nil,
		func(row pgx.CollectableRow) (d work, err error) {
			return d, row.Scan(&d.workspace, (*[16]byte)(&d.account))
		})
	for _, d := range todo {
		failed := s.inTurn(ctx, d.workspace, func(ctx context.Context) error {
			return s.tx(ctx, func(tx pgx.Tx) error {
				free, err := s.mine(ctx, tx, value(d.workspace, "detach", string(d.account[:])))
				if err != nil || !free {
					return err
				}
				args := pgx.NamedArgs{"workspace": d.workspace, "id": [16]byte(d.account), "n": detachAtOnce}
				left, err := detach(ctx, tx, args)
				if err != nil || left {
					more = more || left
					return err
				}
				more = true
				_, err = tx.Exec(ctx, `DELETE FROM account_deletions WHERE workspace_id = @workspace AND account_id = @id`, args)
				return err
			})
		})
		err = errors.Join(err, failed)
	}
	return more, err
}

// endUndo forgets what was merged where that cannot be undone any more.
func (s *Store) endUndo(ctx context.Context) error {
	todo, err := everywhere(ctx, s, `
		SELECT DISTINCT workspace_id FROM merges WHERE %[1]s AND undo IS NOT NULL AND until <= @now`, pgx.NamedArgs{"now": time.Now().UTC()},
		pgx.RowTo[crm.WorkspaceID])
	for _, w := range todo {
		failed := s.inTurn(ctx, w, func(ctx context.Context) error {
			_, err := s.pool.Exec(ctx, `
				UPDATE merges SET undo = NULL WHERE workspace_id = @workspace AND undo IS NOT NULL AND until <= @now`,
				pgx.NamedArgs{"workspace": w, "now": time.Now().UTC()})
			return translate(ctx, err)
		})
		err = errors.Join(err, failed)
	}
	return err
}

// mine reports whether this transaction got an advisory lock; another process may have it.
func (s *Store) mine(ctx context.Context, tx pgx.Tx, v int64) (ok bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(@value)`, pgx.NamedArgs{"value": v}).Scan(&ok)
	return ok, err
}

// indexSome brings workspaces that have grown into the gram index, a batch of rows at a time. The index itself is made
// when the first of them comes, so that loading many contacts into a new database does not pay for it row by row.
func (s *Store) indexSome(ctx context.Context) (more bool, err error) {
	err = s.markGrown(ctx)
	rows, failed := s.pool.Query(ctx, `SELECT workspace_id, gram_state_at FROM workspaces WHERE gram_state = 1 ORDER BY gram_state_at`)
	coming, failed := all(ctx, rows, failed, func(row pgx.CollectableRow) (c work, err error) {
		return c, row.Scan(&c.workspace, &c.since)
	})
	err = errors.Join(err, failed)
	for _, c := range coming {
		if time.Since(c.since) < gramsSettle {
			continue
		}
		left, failed := s.indexBatch(ctx, c.workspace)
		if left {
			return true, err
		}
		if errors.Is(failed, errNodeAway) {
			continue
		}
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		if ready, failed := s.ensureGramIndex(ctx); failed != nil || !ready {
			return false, errors.Join(err, failed)
		}
		err = errors.Join(err, s.setGramStage(ctx, c.workspace, gramsComplete))
	}
	return false, err
}

// markGrown starts bringing the workspaces in that have grown past the threshold.
func (s *Store) markGrown(ctx context.Context) error {
	if !s.sweep.growth.due(growthCheck) {
		return nil
	}
	grown, err := everywhere(ctx, s, `
		SELECT n.workspace_id
		FROM (SELECT workspace_id FROM contact_counts WHERE %[1]s GROUP BY workspace_id HAVING sum(contacts) > @threshold) n
		JOIN workspaces w ON w.workspace_id = n.workspace_id
		WHERE w.gram_state = 0`, pgx.NamedArgs{"threshold": gramThreshold}, pgx.RowTo[crm.WorkspaceID])
	for _, w := range grown {
		err = errors.Join(err, s.setGramStage(ctx, w, gramsComing))
	}
	return err
}

func (s *Store) setGramStage(ctx context.Context, w crm.WorkspaceID, stage gramStage) error {
	return s.onEveryNode(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, `
			UPDATE workspaces SET gram_state = @stage, gram_state_at = @now
			WHERE workspace_id = @workspace AND gram_state < @stage`,
			pgx.NamedArgs{"workspace": w, "stage": stage, "now": time.Now().UTC()})
		s.known.Load().grams.Delete(w)
		return translate(ctx, err)
	})
}

// indexBatch brings some rows of a workspace in and reports whether there may be more.
func (s *Store) indexBatch(ctx context.Context, w crm.WorkspaceID) (left bool, err error) {
	err = s.within(ctx, w, func(ctx context.Context) error {
		tag, err := s.pool.Exec(ctx, `
			UPDATE contacts SET grams = true
			WHERE workspace_id = @workspace AND id IN (
			  SELECT id FROM contacts WHERE workspace_id = @workspace AND NOT grams LIMIT @n
			)`, pgx.NamedArgs{"workspace": w, "n": gramBatch})
		if left = retryable(err); left { // a deadlock with edits
			return nil
		}
		left = err == nil && tag.RowsAffected() > 0
		return translate(ctx, err)
	})
	return left, err
}

// ensureGramIndex makes the gram index where it is not there, without holding writers up. It reports whether the index
// can be used: another process may be building it just now.
func (s *Store) ensureGramIndex(ctx context.Context) (ready bool, err error) {
	var building bool
	var valid *bool
	err = s.pool.QueryRow(ctx, `
		SELECT
		  (SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass('contacts_by_gram')),
		  EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = 'contacts'::regclass)`).Scan(&valid, &building)
	if err != nil || building || valid != nil && *valid {
		return err == nil && !building, translate(ctx, err)
	}
	err = s.onEveryNode(ctx, func(ctx context.Context) error {
		err := s.withoutTimeout(ctx, func(c *pgx.Conn) error { return makeGramIndex(ctx, c, valid != nil) })
		if ready = err == nil; retryable(err) { // another process began to make it at the same time
			return nil
		}
		return translate(ctx, err)
	})
	return ready, err
}

// makeGramIndex makes the gram index, in the place of one that a build has left behind that died.
func makeGramIndex(ctx context.Context, c *pgx.Conn, broken bool) error {
	if broken {
		if _, err := c.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS contacts_by_gram`); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, `
		CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_by_gram
		ON contacts USING gin (contact_grams(workspace_id, name_bucket(name_key) / 2, search_text))
		WITH (fastupdate = off)
		WHERE grams`)
	if err != nil {
		return err
	}
	// Statistics of the grams would be large, slow to gather and of no use: there is one plan.
	_, err = c.Exec(ctx, `ALTER INDEX contacts_by_gram ALTER COLUMN 1 SET STATISTICS 0`)
	return err
}
