package api

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"kith/storage/postgres/pgtest"
)

// onBoth runs a test on an empty SQLite file and on an empty PostgreSQL, side by side.
func onBoth(t *testing.T, f func(t *testing.T, db database)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		f(t, database{"sqlite:" + filepath.Join(t.TempDir(), "kith.db")})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		f(t, database{pgtest.Database(t)})
	})
}

// database is one that a test has for itself.
type database struct{ url string }

// env makes a process use the database, with tokens and without limits of requests.
func (db database) env(settings ...string) environment {
	return environment{
		"KITH_DATABASE_URL": db.url, "KITH_AUTH_SECRET": secret, "KITH_DEFAULT_REGION": "DE",
		"KITH_RATE_LIMIT": "off", "KITH_WIDGET_RATE": "off",
	}.with(settings...)
}

func (db database) isPostgres() bool { return strings.HasPrefix(db.url, "postgres") }

// open connects to the database itself, with parameters for SQLite.
func (db database) open(t *testing.T, parameters string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+strings.TrimPrefix(db.url, "sqlite:")+"?_pragma=busy_timeout(5000)"+parameters
	if db.isPostgres() {
		driver, dsn = "pgx", db.url
	}
	c, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// number asks the database itself for a number.
func (db database) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	c := db.open(t, "&mode=ro")
	defer func() { _ = c.Close() }()
	if err := c.QueryRowContext(context.WithoutCancel(t.Context()), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// do changes the database itself.
func (db database) do(t *testing.T, statements ...string) {
	t.Helper()
	c := db.open(t, "")
	defer func() { _ = c.Close() }()
	for _, s := range statements {
		if _, err := c.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
