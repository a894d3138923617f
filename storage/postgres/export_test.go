package postgres

import (
	"context"
	"io/fs"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// MigrateTo brings the schema of an empty database to an older version.
func MigrateTo(ctx context.Context, url string, version int64) error {
	return newMigrator(url, Options{}).withProvider(func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}

// NextVersion is a version with more migrations, which waits for locks for moments only.
type NextVersion struct{ m migrator }

// NewNextVersion adds files to the migrations of this version.
func NewNextVersion(url string, o Options, files fstest.MapFS, attempts int) (NextVersion, error) {
	m := newMigrator(url, o)
	err := fs.WalkDir(m.files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var text []byte
			text, err = fs.ReadFile(m.files, path)
			files[path] = &fstest.MapFile{Data: text}
		}
		return err
	})
	m.files, m.lockTimeout, m.lockPause, m.attempts = files, "50ms", 20*time.Millisecond, attempts
	return NextVersion{m}, err
}

// Migrate is [Migrate] as the next version has it.
func (v NextVersion) Migrate(ctx context.Context) (Schema, error) { return v.m.migrate(ctx) }

// GramsFromBirth puts every new workspace into the gram index from its first contact on.
func (s *Store) GramsFromBirth(ctx context.Context) error {
	s.born = gramsComplete
	_, err := s.ensureGramIndex(ctx)
	return err
}

// OpenRecording opens a store that hands every statement it sends to hear, with its parameters as $1 and so on.
func OpenRecording(ctx context.Context, url string, hear func(sql string)) (*Store, error) {
	return open(ctx, url, Options{}, func(c *pgxpool.Config) { c.ConnConfig.Tracer = recorder(hear) })
}

type recorder func(sql string)

func (r recorder) hear(ctx context.Context, c *pgx.Conn, sql string, args []any) {
	if len(args) == 1 {
		if named, ok := args[0].(pgx.QueryRewriter); ok {
			sql, _, _ = named.RewriteQuery(ctx, c, sql, args)
		}
	}
	r(sql)
}

func (r recorder) TraceQueryStart(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.hear(ctx, c, d.SQL, d.Args)
	return ctx
}

func (r recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r recorder) TraceBatchQuery(ctx context.Context, c *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.hear(ctx, c, d.SQL, d.Args)
}

func (r recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// OpenListening opens a store that hands every notice of the server to hear.
func OpenListening(ctx context.Context, url string, hear func(*pgconn.Notice)) (*Store, error) {
	return open(ctx, url, Options{}, func(c *pgxpool.Config) {
		c.ConnConfig.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { hear(n) }
	})
}
