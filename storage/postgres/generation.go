package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kith/internal/search"
	"kith/storage"
)

// caches hold what a store has read. They are thrown away together when the database turns out to
// be another one, or to have been put back: see [Store.notice].
type caches struct {
	workspaces sync.Map // name → foundWorkspace
	routes     sync.Map // crm.ChannelID → crm.WorkspaceID
	grams      sync.Map // crm.WorkspaceID → gramState
	bounds     search.SampleBounds
	landmarks  storage.Landmarks
	contacts   contactCache
	analyzed   atomic.Bool            // all tables have statistics
	secret     atomic.Pointer[[]byte] // that messages are known again by
}

func newCaches() *caches { return &caches{contacts: newContactCache()} }

// generations counts the databases that a store has met under its URL.
type generations struct {
	mu    sync.Mutex
	last  string // the identity of the newest; empty before the first
	count atomic.Uint64

	partial atomic.Bool // the server does not reveal all of it
}

// Generation rises when the database is not the one it was.
func (s *Store) Generation() uint64 { return s.generations.count.Load() }

// notice compares the database that somebody has met with the last one.
func (s *Store) notice(m met) {
	g := &s.generations
	g.mu.Lock()
	defer g.mu.Unlock()
	s.citus.Store(m.citus)
	if m.identity == g.last {
		return
	}
	if g.last != "" {
		s.known.Store(newCaches())
		s.sequencer.forget()
		g.count.Add(1)
	}
	g.last = m.identity
}

// What identifies a database and its history: the cluster and its timeline, which is a new one with each
// promotion and each recovery to a point in time; since when it runs, for a crash loses commits that did not wait for the
// disk; the database and its tables, which a restore creates again.
const (
	wholeIdentity = `
		SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'), concat_ws(' ',
		  (SELECT system_identifier FROM pg_control_system()),
		  CASE WHEN pg_is_in_recovery() THEN '-' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,` + restOfIdentity
	partialIdentity = `
		SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'), concat_ws(' ',` + restOfIdentity
	restOfIdentity = `
		  extract(epoch FROM pg_postmaster_start_time()),
		  (SELECT oid FROM pg_database WHERE datname = current_database()),
		  to_regclass('workspaces')::oid, pg_relation_filenode(to_regclass('workspaces')))`
)

// met is how a database identifies itself.
type met struct {
	process  uint32 // of the server, that answers
	citus    bool
	identity string
}

// meet asks a database for its identity. Some managed PostgreSQL services hide their cluster.
func (g *generations) meet(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (m met, err error) {
	if !g.partial.Load() {
		err = q.QueryRow(ctx, wholeIdentity, pgx.QueryExecModeExec).Scan(&m.process, &m.citus, &m.identity)
		pg, refused := errors.AsType[*pgconn.PgError](err)
		if !refused || unavailable(pg.Code) {
			return m, err
		}
		g.partial.Store(true)
	}
	err = q.QueryRow(ctx, partialIdentity, pgx.QueryExecModeExec).Scan(&m.process, &m.citus, &m.identity)
	return m, err
}

// meet looks whether the database is still the one it was: through a pooler, connections outlive a server.
func (s *Store) meet(ctx context.Context) error {
	m, err := s.generations.meet(ctx, s.pool)
	if err == nil {
		s.notice(m)
	}
	return err
}
