// Package pgtest hands tests a PostgreSQL database of their own. It starts no server: KITH_TEST_DATABASE_URL names one on
// which databases may be created.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Database creates an empty database for the test, drops it at the end, and returns its URL. Without a server the test is
// skipped, or fails where CI is set.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv("KITH_TEST_DATABASE_URL")
	if server == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("KITH_TEST_DATABASE_URL is not set, and CI must test PostgreSQL: run the tests with make test")
		}
		t.Skip("KITH_TEST_DATABASE_URL is not set: make test starts a PostgreSQL and sets it")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("KITH_TEST_DATABASE_URL is not a URL")
	}
	name := "kith_test_" + uuid.Must(uuid.NewV7()).String()[9:]
	administer(t, server, fmt.Sprintf(`CREATE DATABASE %s`, pgx.Identifier{name}.Sanitize()))
	t.Cleanup(func() {
		administer(t, server, fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, pgx.Identifier{name}.Sanitize()))
	})
	u.Path = "/" + name
	return u.String()
}

func administer(t testing.TB, server string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	for _, sql := range statements {
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// Exec runs statements on the database at url, one after another.
func Exec(t testing.TB, url string, statements ...string) {
	t.Helper()
	administer(t, url, statements...)
}
