package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

func TestNothingIsLeftOfAWorkspaceThatIsErased(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	storagetest.ErasedWorkspace(t, s, func(w crm.WorkspaceID) []string { return rowEverywhere(t, url, w) }, func() [][]string { return dump(t, url) })
}

func TestCitusNothingIsLeftOfAWorkspaceThatIsErased(t *testing.T) {
	s, url := openCitusAt(t)
	storagetest.ErasedWorkspace(t, s, func(w crm.WorkspaceID) []string { return rowEverywhere(t, url, w) }, func() [][]string { return dump(t, url) })
}

// rowEverywhere adds a row of the workspace to every table with rows of workspaces.
func rowEverywhere(t *testing.T, url string, w crm.WorkspaceID) []string {
	t.Helper()
	tables := column(t, url, `
		SELECT table_name::text FROM information_schema.columns
		WHERE table_schema = 'public' AND column_name = 'workspace_id' AND table_name <> 'workspaces'`)
	contact := uuid.NewString() // what the one foreign key, from identities, leads to
	tables = append([]string{"contacts"}, slices.DeleteFunc(tables, func(table string) bool { return table == "contacts" })...)
	for _, table := range tables {
		var names, values []string
		for _, c := range column(t, url, `
			SELECT column_name || ' ' || data_type FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name = '`+table+`' AND column_name <> 'workspace_id' AND is_generated = 'NEVER'`) {
			name, kind, _ := strings.Cut(c, " ")
			names = append(names, name)
			value, known := map[string]string{
				"text": `'` + storagetest.Secret + `'`, "uuid": `gen_random_uuid()`, "bytea": `'` + storagetest.Secret + `'`, "boolean": "true",
				"integer": "7", "bigint": "7", "smallint": "1", "timestamp with time zone": "now()", "ARRAY": "'{}'", "jsonb": `'["` + storagetest.Secret + `"]'`,
			}[kind]
			if !known {
				t.Fatalf("%s.%s is a %s", table, name, kind)
			}
			if of := table + "." + name; of == "contacts.id" || of == "identities.contact_id" {
				value = `'` + contact + `'`
			}
			values = append(values, value)
		}
		pgtest.Exec(t, url, fmt.Sprintf(`
			INSERT INTO %s (workspace_id, %s) VALUES (%d, %s) ON CONFLICT DO NOTHING`, table, strings.Join(names, ", "), w, strings.Join(values, ", ")))
	}
	return tables
}
