package app

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to do damage past the store
)

func TestCheck(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	env := environment{"KITH_DATABASE_URL": "sqlite:" + path}
	if _, _, err := execute(t, env, "demo", "--contacts=150"); err != nil {
		t.Fatal(err)
	}
	if out, _, err := execute(t, env, "check"); err != nil || !strings.HasSuffix(out, "The database is sound.\n") {
		t.Errorf("%s %v", out, err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `UPDATE contacts SET name_key = 'old'; DROP INDEX sessions_by_time`); err != nil {
		t.Fatal(err)
	}
	out, _, err := execute(t, env, "check")
	if exitCode(err) != 1 || !strings.Contains(err.Error(), "151 findings") || !strings.Contains(err.Error(), "--repair") {
		t.Errorf("exit %d: %v", exitCode(err), err)
	}
	for _, want := range []string{
		"missing index: sessions_by_time\n", "stale search keys, contact_", `, workspace "demo"`, "… and 51 more", "150  stale search keys\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines != shownFindings+4 {
		t.Errorf("%d lines were printed", lines)
	}
	if out, _, err := execute(t, env, "check", "--repair"); err != nil || !strings.HasSuffix(out, "151 findings, all repaired.\n") {
		t.Errorf("%s %v", out, err)
	}
	if out, _, err := execute(t, env, "check"); err != nil || !strings.HasSuffix(out, "The database is sound.\n") {
		t.Errorf("%s %v", out, err)
	}
	if _, err := db.ExecContext(t.Context(), `PRAGMA foreign_keys = off; DELETE FROM channels; DELETE FROM identities`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := execute(t, env, "check", "--repair"); exitCode(err) != 1 || !strings.Contains(err.Error(), "cannot be repaired") {
		t.Errorf("exit %d: %v", exitCode(err), err)
	}
}
