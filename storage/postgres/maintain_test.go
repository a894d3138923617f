package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage/postgres/pgtest"
)

// What fails in one workspace, as everything does whose node of a Citus cluster is away, keeps no other from its turn.
func TestMaintenanceGoesOnPastAWorkspaceThatFails(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pgtest.Database(t)
	if _, err := Migrate(ctx, address, Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var bad, good crm.WorkspaceID
	for _, w := range []struct {
		name string
		id   *crm.WorkspaceID
	}{{"bad", &bad}, {"good", &good}} {
		if *w.id, err = s.Workspace(ctx, w.name); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []crm.WorkspaceID{bad, good} {
		pgtest.Exec(t, address, fmt.Sprintf(`
			INSERT INTO account_deletions (workspace_id, account_id, deleted_at) VALUES (%[1]d, gen_random_uuid(), now() - interval '1 hour');
			INSERT INTO merges (workspace_id, id, survivor_id, others, actor, at, until, undo)
			SELECT %[1]d, gen_random_uuid(), gen_random_uuid(), '{}', 'staff', now() - interval '2 hours', now() - interval '1 hour', '{}'`, w))
	}
	pgtest.Exec(t, address, fmt.Sprintf(`
		CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this workspace fails'; END $$;
		CREATE TRIGGER fail BEFORE DELETE ON account_deletions FOR EACH ROW WHEN (OLD.workspace_id = %[1]d) EXECUTE FUNCTION fail();
		CREATE TRIGGER fail BEFORE UPDATE ON merges FOR EACH ROW WHEN (OLD.workspace_id = %[1]d) EXECUTE FUNCTION fail()`, bad))
	_, err = s.Maintain(ctx)
	if err == nil || !strings.Contains(err.Error(), "detach sessions: ") || !strings.Contains(err.Error(), "forget what merges were: ") {
		t.Errorf("the failures are not reported: %v", err)
	}
	for query, want := range map[string]crm.WorkspaceID{
		`SELECT workspace_id FROM account_deletions`:             bad,
		`SELECT workspace_id FROM merges WHERE undo IS NOT NULL`: bad,
		`SELECT workspace_id FROM merges WHERE undo IS NULL`:     good,
	} {
		rows, err := s.pool.Query(ctx, query)
		if got, err := all(ctx, rows, err, pgx.RowTo[crm.WorkspaceID]); err != nil || !slices.Equal(got, []crm.WorkspaceID{want}) {
			t.Errorf("%s: %v, %v", query, got, err)
		}
	}

	t.Run("also where all cannot be read together", func(t *testing.T) {
		pgtest.Exec(t, address, fmt.Sprintf(`
			CREATE FUNCTION good(w integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / (w - %d) IS NOT NULL; END $$`, bad))
		const failing = `SELECT workspace_id FROM workspaces WHERE %[1]s AND good(workspace_id)`
		if got, err := everywhere(ctx, s, failing, nil, pgx.RowTo[crm.WorkspaceID]); err == nil {
			t.Fatalf("read %v: that shows nothing", got)
		}
		s.citus.Store(true) // only there can a part of a table be away
		defer s.citus.Store(false)
		got, err := everywhere(ctx, s, failing, nil, pgx.RowTo[crm.WorkspaceID])
		if err == nil || !slices.Equal(got, []crm.WorkspaceID{good}) {
			t.Errorf("read %v, %v", got, err)
		}
	})
}
