package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage/sqlite/sqlitetest"
	"kith/storage/storagetest"
)

func TestNothingIsLeftOfAWorkspaceThatIsErased(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s := sqlitetest.OpenFile(t, path)
	storagetest.ErasedWorkspace(t, s, func(w crm.WorkspaceID) []string { return rowEverywhere(t, path, w) }, func() [][]string { return dump(t, path) })
	left := ""
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		if _, err := s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left = secretsIn(t, path, path+"-wal"); left == "" {
			return
		}
	}
	t.Error(left)
}

// secretsIn is where the secret is in files; empty where it is not.
func secretsIn(t *testing.T, files ...string) string {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(bytes.ToLower(data), []byte(storagetest.Secret)); at >= 0 {
			return fmt.Sprintf("%s at %d: %q", filepath.Base(file), at, data[max(0, at-40):min(at+40, len(data))])
		}
	}
	return ""
}

// rowEverywhere adds a row of the workspace to every table with rows of workspaces.
func rowEverywhere(t *testing.T, path string, w crm.WorkspaceID) []string {
	t.Helper()
	db := raw(t, path)
	tables := column(t, db, `
		SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'workspace_id'
		WHERE m.type = 'table' AND m.name <> 'workspaces'`)
	if _, err := db.ExecContext(t.Context(), `PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON`); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var names, values []string
		for _, c := range column(t, db, `SELECT name || ' ' || type FROM pragma_table_info('`+table+`') WHERE name <> 'workspace_id'`) {
			name, kind, _ := strings.Cut(c, " ")
			names = append(names, name)
			value, known := map[string]string{
				"TEXT": `'` + storagetest.Secret + `'`, "BLOB": `randomblob(16)`, "INTEGER": "(abs(random()) % 1000000000)",
			}[kind]
			if !known {
				t.Fatalf("%s.%s is a %s", table, name, kind)
			}
			values = append(values, value)
		}
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(`
			INSERT OR IGNORE INTO %s (workspace_id, %s) VALUES (%d, %s)`, table, strings.Join(names, ", "), w, strings.Join(values, ", ")))
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	return tables
}
