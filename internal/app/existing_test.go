package app

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/storage/postgres/pgtest"
)

// lookAfter are the commands that look after a database that is to be there.
var lookAfter = [][]string{{"check"}, {"check", "--repair"}, {"rekey"}, {"backup"}}

func TestCommandsThatLookAfterADatabaseMakeNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, foreign, old := filepath.Join(dir, "empty.db"), filepath.Join(dir, "foreign.db"), filepath.Join(dir, "old.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	statements(t, foreign, `CREATE TABLE contacts (name TEXT)`)
	if _, _, err := execute(t, environment{"KITH_DATABASE_URL": "sqlite:" + old}, "migrate"); err != nil {
		t.Fatal(err)
	}
	statements(t, old, `DELETE FROM goose_db_version WHERE version_id > 2`)
	before := files(t, dir)
	for name, c := range map[string]struct {
		env  environment
		want string
	}{
		"a typing mistake":           {environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(dir, "typo.db")}, "no such file"},
		"a directory":                {environment{"KITH_DATABASE_URL": "sqlite:" + dir}, "directory"},
		"an empty file":              {environment{"KITH_DATABASE_URL": "sqlite:" + empty}, "no database of Kith"},
		"another program's database": {environment{"KITH_DATABASE_URL": "sqlite:" + foreign}, "another program's"},
		"the default":                {environment{"XDG_DATA_HOME": filepath.Join(dir, "xdg")}, "no such file"},
	} {
		c.env["KITH_SECRET_KEY"] = secret
		for _, args := range lookAfter {
			if args[0] == "backup" {
				args = append(args, filepath.Join(dir, "copy.db"))
				if name == "another program's database" {
					c.want = "no database of Kith"
				}
			}
			out, _, err := execute(t, c.env, args...)
			if exitCode(err) != 1 || !strings.Contains(err.Error(), c.want) && args[0] != "backup" {
				t.Errorf("%v, %s: %v", args, name, err)
			}
			if url := c.env["KITH_DATABASE_URL"]; !strings.HasPrefix(out, "Database: "+url) || strings.Contains(out, "sound") {
				t.Errorf("%v, %s: printed %s", args, name, out)
			}
		}
	}
	for _, args := range lookAfter[:3] {
		_, _, err := execute(t, environment{"KITH_DATABASE_URL": "sqlite:" + old, "KITH_SECRET_KEY": secret}, args...)
		if exitCode(err) != 1 || !strings.Contains(err.Error(), "kith migrate") {
			t.Errorf("%v, an older schema: %v", args, err)
		}
	}
	if _, _, err := execute(t, environment{"KITH_DATABASE_URL": "sqlite:" + foreign}, "migrate"); exitCode(err) != 1 {
		t.Errorf("migrating another program's database: %v", err)
	}
	if after := files(t, dir); after != before {
		t.Errorf("there were %s, and now there are %s", before, after)
	}
}

func TestCommandsThatLookAfterAPostgreSQLFillNone(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	env := environment{"KITH_DATABASE_URL": url, "KITH_SECRET_KEY": secret}
	for _, args := range lookAfter[:3] {
		out, _, err := execute(t, env, args...)
		if exitCode(err) != 1 || !strings.Contains(err.Error(), "there is no database of Kith") || strings.Contains(out, "sound") {
			t.Errorf("%v: %s %v", args, out, err)
		}
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables, %v", tables, err)
	}
	if out, _, err := execute(t, env, "migrate"); err != nil || !strings.Contains(out, "Database: postgres://") {
		t.Errorf("%s %v", out, err)
	}
	if out, _, err := execute(t, env, "check"); err != nil || !strings.Contains(out, "sound") {
		t.Errorf("%s %v", out, err)
	}
}

// statements runs SQL on an SQLite file.
func statements(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// files are the names and contents of the files below a directory.
func files(t *testing.T, dir string) (all string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			all += path + "/\n"
			return err
		}
		text, err := os.ReadFile(path)
		all += path + "\n" + string(text) + "\n"
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
