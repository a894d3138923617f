package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"kith/internal/crm"
	"kith/storage"
)

// Options tune a Store. The zero value is right for a direct connection.
type Options struct {
	// DirectURL leads to the same database past a pooler, for what a pooler does not let through: listening, migrations and
	// maintenance that takes long. Empty where the URL leads to the server itself.
	DirectURL string
	// ExecMode is how pgx sends statements: cache_statement, cache_describe or exec; empty is what the URL says, or
	// cache_statement. Behind PgBouncer in transaction mode use exec.
	ExecMode string
	// MaxConns bounds the pool; 0 is what the URL says (pool_max_conns), or four connections for each processor, sixteen at
	// least: those that commit wait for the disk together.
	MaxConns int
	// StatementTimeout ends a statement on the server's side; 0 is 10 s.
	StatementTimeout time.Duration
	// Traces gets a span for each statement, with the statement and none of its values. Nil traces nothing.
	Traces trace.TracerProvider
	// Panicked is called with panics of the store's own goroutines, which go on. It may be nil.
	Panicked func(*storage.PanicError)
	// NodeAway is called each time that a node of a Citus cluster, host:port, turns out to be away, with what is wrong, and with nil
	// when it is back. Maintenance of its workspaces waits meanwhile, without an error. It may be nil.
	NodeAway func(node string, err error)
}

// Store is a [storage.Store] over a pool of connections.
type Store struct {
	url     string
	options Options
	pool    *pgxpool.Pool
	citus   atomic.Bool
	nodes   nodes

	known       atomic.Pointer[caches]
	generations generations
	born        gramStage // of a new workspace; tests have it complete from the start
	sweep       sweeper
	swept       struct{ failures, audit, history storage.Swept }
	unkeyed     seldom
	// unidentified is when identities without an id were looked for.
	unidentified seldom
	slots        atomic.Uint64
	sequencer    *sequencer
	panicked     func(*storage.PanicError)
}

var (
	_ storage.Store         = (*Store)(nil)
	_ storage.SessionEditor = (*Store)(nil)
	_ storage.Webhooks      = (*Store)(nil)
	_ storage.Failures      = (*Store)(nil)
	_ storage.Events        = (*Store)(nil)
)

// Open connects to the database at url (postgres://…). Its schema must be up to date: see [Migrate].
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	return open(ctx, url, o, func(*pgxpool.Config) {})
}

// open is Open with a last word on the pool's configuration.
func open(ctx context.Context, url string, o Options, adjust func(*pgxpool.Config)) (*Store, error) {
	config, err := configure(url, o)
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(o.StatementTimeout, 10*time.Second)
	s := &Store{url: url, options: o, panicked: o.Panicked, nodes: nodes{asking: make(chan struct{}, 1)}}
	s.known.Store(newCaches())
	s.sequencer = newSequencer(s)
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { // before any statement learns from this server
		registerTypes(c.TypeMap())
		m, err := s.generations.meet(ctx, c)
		if err != nil {
			return err
		}
		s.notice(m)
		return prepareSession(ctx, c, m.process == c.PgConn().PID(), timeout)
	}
	adjust(config)
	s.pool, err = pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", translate(ctx, err))
	}
	if err := s.meet(ctx); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("open database: %w", translate(ctx, err))
	}
	if _, err := s.messageSecret(ctx); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("open database: %w", translate(ctx, err))
	}
	go s.sequencer.run()
	return s, nil
}

// Ping answers nil when the database can take a statement now.
func (s *Store) Ping(ctx context.Context) error {
	return translate(ctx, s.pool.Ping(ctx))
}

// TestWrite commits a write that changes nothing. The table is a reference table on Citus.
func (s *Store) TestWrite(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE workspaces
		SET name = name
		WHERE workspace_id = (SELECT min(workspace_id) FROM workspaces)`)
	if err != nil {
		return fmt.Errorf("test writing: %w", translate(ctx, err))
	}
	return nil
}

// PoolStats are numbers of the pool: connections there may be, there are, and at work; how often one was taken, how often
// one had to be waited for, and how long in all.
func (s *Store) PoolStats() (most, open, inUse int, acquired, waited int64, waitedFor time.Duration) {
	p := s.pool.Stat()
	return int(p.MaxConns()), int(p.TotalConns()), int(p.AcquiredConns()), p.AcquireCount(), p.EmptyAcquireCount(),
		p.EmptyAcquireWaitTime()
}

// Close waits for running statements and closes the pool. What has no sequence number by then is given one by another
// process, or when this one is back.
func (s *Store) Close() error {
	s.sequencer.stop()
	s.pool.Close()
	return nil
}

// attempts is how often a transaction is tried that others get in the way of.
const attempts = 10

// errAgain makes [Store.tx] roll back and run its function once more.
var errAgain = errors.New("raced with another writer")

// tx runs f in a transaction and commits it. It starts over when the database asks for that, and when a row that f
// relied on went or came meanwhile. An error of f rolls back and is returned as it is.
func (s *Store) tx(ctx context.Context, f func(pgx.Tx) error) error {
	var err error
	for n := range attempts {
		if n > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(rand.IntN(4<<min(n, 5))) * time.Millisecond):
			}
		}
		err = pgx.BeginFunc(ctx, s.pool, f)
		if !retryable(err) {
			return translate(ctx, err)
		}
	}
	return fmt.Errorf("%w: gave up after %d attempts: %w", crm.ErrUnavailable, attempts, translate(ctx, err))
}

// slot is a number that is another each time, so that transactions at the same time add to different rows.
func (s *Store) slot() int { return int(s.slots.Add(1) % (1 << 30)) }

// all collects the rows of a query.
func all[T any](ctx context.Context, rows pgx.Rows, err error, scan func(pgx.CollectableRow) (T, error)) ([]T, error) {
	if err != nil {
		return nil, translate(ctx, err)
	}
	out, err := pgx.CollectRows(rows, scan)
	return out, translate(ctx, err)
}

// queryer is a pool or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}
