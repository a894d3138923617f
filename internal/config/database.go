package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// Database says where the data is: sqlite:PATH or postgres://…. It may hold a password, which is never shown.
type Database string

// Path is the file of an SQLite database; ok is false for any other.
func (d Database) Path() (path string, ok bool) {
	path, ok = strings.CutPrefix(string(d), "sqlite:")
	if strings.HasPrefix(path, "///") { // sqlite:///var/lib/kith.db, as others write it
		path = path[2:]
	}
	return path, ok
}

// Postgres is the URL of a PostgreSQL database, password included; ok is false for any other.
func (d Database) Postgres() (u string, ok bool) {
	return string(d), strings.HasPrefix(string(d), "postgres://") || strings.HasPrefix(string(d), "postgresql://")
}

func (d Database) String() string {
	if _, ok := d.Path(); ok || d == "" {
		return string(d)
	}
	u, err := url.Parse(string(d))
	if _, ok := d.Postgres(); !ok || err != nil {
		return "***"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, "***")
		}
	}
	u.RawQuery = query.Encode()
	if _, ok := u.User.Password(); ok {
		u.User = url.User(u.User.Username())
		return strings.Replace(u.String(), "@", ":***@", 1)
	}
	return u.String()
}

// GoString keeps the password out of %#v.
func (d Database) GoString() string { return fmt.Sprintf("%q", d.String()) }

// MarshalText keeps the password out of JSON and logs.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Database) complaint() string {
	path, isFile := d.Path()
	_, isPostgres := d.Postgres()
	switch {
	case d == "":
		return "must be set, since neither XDG_DATA_HOME nor HOME is: sqlite:PATH or postgres://…"
	case isFile && (path == "" || strings.HasPrefix(path, ":memory:") || strings.HasPrefix(path, "//")):
		return "must name a file"
	case isFile && strings.ContainsAny(path, "\x00?#"):
		return "must be the plain path of a file: no ? and no #"
	case isFile:
		return ""
	case !isPostgres:
		return "must be sqlite:PATH or postgres://…"
	}
	if _, err := url.Parse(string(d)); err != nil {
		return "is not a URL; characters such as @ : / % # in a password are written as %40 and the like"
	}
	return ""
}

// directComplaint checks the URL that bypasses a pooler.
func (c Config) directComplaint() string {
	if c.DatabaseDirectURL == "" {
		return ""
	}
	if _, ok := c.DatabaseURL.Postgres(); !ok {
		return "is for PostgreSQL only, and KITH_DATABASE_URL is not a PostgreSQL URL"
	}
	if _, ok := c.DatabaseDirectURL.Postgres(); !ok {
		return "must be postgres://…"
	}
	return c.DatabaseDirectURL.complaint()
}

// defaultDatabase is a file in the user's data directory, after the XDG base directory specification.
func defaultDatabase(getenv func(string) string) Database {
	dir := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(dir) {
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".local", "share")
	}
	return Database("sqlite:" + filepath.Join(dir, "kith", "kith.db"))
}

// DefaultDirectory reports the directory to create for the database when c uses the one in the user's data directory.
func (c Config) DefaultDirectory(getenv func(string) string) (dir string, ok bool) {
	path, isFile := c.DatabaseURL.Path()
	return filepath.Dir(path), isFile && c.DatabaseURL == defaultDatabase(getenv)
}
