package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"kith/internal/crm"
)

// Sizes of the pool where the options give none.
const (
	connsPerProcessor = 4
	fewestConns       = 16
	mostConns         = 10_000
)

// configure says how to connect to the database at url, whatever the connections are for. What the options leave open,
// the URL's own parameters decide: pool_max_conns and the other pool_…, default_query_exec_mode, statement_cache_capacity.
func configure(url string, o Options) (*pgxpool.Config, error) {
	invalid := errors.New("database URL: not a valid PostgreSQL connection string") // a cause may show the password
	plain, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, invalid
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, invalid
	}
	switch _, named := plain.RuntimeParams["pool_max_conns"]; {
	case o.MaxConns > 0:
		config.MaxConns = int32(min(o.MaxConns, mostConns))
	case !named:
		config.MaxConns = int32(min(max(fewestConns, connsPerProcessor*runtime.GOMAXPROCS(0)), mostConns))
	}
	config.MinConns, config.MinIdleConns = min(config.MinConns, config.MaxConns), min(config.MinIdleConns, config.MaxConns)
	mode, err := execMode(o.ExecMode, config.ConnConfig.DefaultQueryExecMode)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	config.ConnConfig.StatementCacheCapacity = max(config.ConnConfig.StatementCacheCapacity, 1024)
	if o.Traces != nil {
		config.ConnConfig.Tracer = otelpgx.NewTracer(
			otelpgx.WithTracerProvider(o.Traces), otelpgx.WithDisableConnectionDetailsInAttributes())
	}
	return config, nil
}

// execModes are the modes in which statements may be sent.
var execModes = map[string]pgx.QueryExecMode{
	"cache_statement": pgx.QueryExecModeCacheStatement,
	"cache_describe":  pgx.QueryExecModeCacheDescribe,
	"exec":            pgx.QueryExecModeExec,
}

// execMode is the mode of a name, or the URL's where there is no name.
func execMode(name string, ofURL pgx.QueryExecMode) (pgx.QueryExecMode, error) {
	if mode, ok := execModes[name]; ok {
		return mode, nil
	}
	if name != "" {
		return 0, fmt.Errorf("unknown exec mode %q: want cache_statement, cache_describe or exec", name)
	}
	for _, mode := range execModes {
		if mode == ofURL {
			return mode, nil
		}
	}
	return 0, fmt.Errorf("database URL: default_query_exec_mode=%s: want cache_statement, cache_describe or exec", ofURL)
}

// connectAside opens a connection outside the pool, to the direct URL where the options have one. direct is false when
// there is a pooler in between anyway.
func connectAside(ctx context.Context, url string, o Options) (c *pgx.Conn, direct bool, err error) {
	if o.DirectURL != "" {
		url = o.DirectURL
	}
	config, err := configure(url, o)
	if err != nil {
		return nil, false, err
	}
	c, err = pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, false, err
	}
	registerTypes(c.TypeMap())
	direct, err = isDirect(ctx, c)
	if err != nil {
		return nil, false, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, direct, nil
}

// isDirect reports whether a connection leads to the server itself. A pooler invents the process number that it gives its
// clients, because it lends them another process each time.
func isDirect(ctx context.Context, c *pgx.Conn) (bool, error) {
	var process uint32
	err := c.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeExec).Scan(&process)
	return process == c.PgConn().PID(), err
}

// prepareSession sets what a connection keeps for its life. Through a pooler it would reach other programs and not us, so
// there it is left to the role's own settings. Each statement has one right plan, so planning again is waste; Citus,
// though, plans joins and CTEs only with the values at hand.
func prepareSession(ctx context.Context, c *pgx.Conn, direct bool, timeout time.Duration) error {
	if !direct || c.Config().DefaultQueryExecMode != pgx.QueryExecModeCacheStatement { // the other modes are meant for poolers
		return nil
	}
	_, err := c.Exec(ctx, `
		SELECT
		  set_config('plan_cache_mode', CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
		    THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false),
		  set_config('work_mem', '16MB', false),
		  set_config('statement_timeout', $1, false),
		  set_config('jit', 'off', false),
		  set_config('max_parallel_workers_per_gather', '0', false)`,
		pgx.QueryExecModeExec, fmt.Sprint(timeout.Milliseconds()))
	return err
}

// withoutTimeout is [withoutTimeout] for the store's database.
func (s *Store) withoutTimeout(ctx context.Context, f func(*pgx.Conn) error) error {
	return withoutTimeout(ctx, s.url, s.options, f)
}

// withoutTimeout runs f on a separate connection whose statements may take as long as they need, for what cannot be done
// in a transaction. Behind a pooler, with no way past it, the role's time limits hold. The server ends a statement soon
// after this process is gone.
func withoutTimeout(ctx context.Context, url string, o Options, f func(*pgx.Conn) error) error {
	c, direct, err := connectAside(ctx, url, o)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if direct {
		if err := endTimeouts(ctx, c); err != nil {
			return err
		}
	}
	err = f(c)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == queryCanceled && !direct && ctx.Err() == nil {
		return fmt.Errorf("the pooler's connections have a time limit, and there is no direct URL to the server: %w", err)
	}
	return err
}

// endTimeouts lets the statements of a connection take as long as they need while this process is there.
func endTimeouts(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `
		SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout');
		SET maintenance_work_mem = '512MB';
		SET client_connection_check_interval = '2s'`, pgx.QueryExecModeSimpleProtocol)
	return err
}

// atLeisure runs f in a transaction whose statements may take as long as they need.
func (s *Store) atLeisure(ctx context.Context, f func(pgx.Tx) error) error {
	return s.tx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		return f(tx)
	})
}

// registerTypes declares how to encode our types in the mode exec, in which the server is not asked what it expects.
func registerTypes(m *pgtype.Map) {
	m.RegisterDefaultPgType([16]byte{}, "uuid")
	m.RegisterDefaultPgType([][16]byte{}, "_uuid")
	m.RegisterDefaultPgType(crm.WorkspaceID(0), "int4")
	m.RegisterDefaultPgType(gramStage(0), "int2")
	m.RegisterDefaultPgType(crm.ChannelType(""), "text")
	m.RegisterDefaultPgType(crm.SessionStatus(""), "text")
	m.RegisterDefaultPgType(crm.SessionTag(""), "text")
	m.RegisterDefaultPgType([]crm.SessionStatus{}, "_text")
	m.RegisterDefaultPgType([]crm.SessionTag{}, "_text")
	m.RegisterDefaultPgType([]*string{}, "_text")
	m.RegisterDefaultPgType([]pgtype.UUID{}, "_uuid")
	m.RegisterDefaultPgType(crm.EventKind(""), "text")
	m.RegisterDefaultPgType(crm.JobKind(""), "text")
	m.RegisterDefaultPgType([]crm.JobKind{}, "_text")
}
