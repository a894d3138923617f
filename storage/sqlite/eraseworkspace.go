package sqlite

import (
	"context"
	"database/sql"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// eraseAtOnce is how many rows of a table one step of an erasure deletes, eraseContacts how many contacts: their entries of the
// gram index take the longest.
const (
	eraseAtOnce   = 500
	eraseContacts = 50
)

// EachWorkspace returns every workspace, by name.
func (s *Store) EachWorkspace(ctx context.Context) ([]storage.WorkspaceRow, error) {
	found, err := read(ctx, s, func(c *conn) ([]storage.WorkspaceRow, error) {
		return all(ctx, c, `
			SELECT w.workspace_id, w.name, w.created_at, w.erasing_at, `+settingsColumns+`
			FROM workspaces w
			ORDER BY w.name`, nil, func(rows *sql.Rows) (w storage.WorkspaceRow, err error) {
			err = rows.Scan(settingsTable.Targets(&w.Settings, &w.ID, &w.Name, instantTarget{&w.CreatedAt}, optionalInstantTarget{&w.ErasingAt})...)
			return w, err
		})
	})
	return found, wrap("list workspaces", err)
}

// driving are tables whose rows have others work on a workspace in the background.
var driving = []string{"jobs", "webhook_endpoints", "proofs"}

// BeginErasing marks a workspace as being erased.
func (s *Store) BeginErasing(ctx context.Context, name string, at time.Time) (w crm.WorkspaceID, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		n, found, err := first(ctx, t.conn, `
			UPDATE workspaces SET erasing_at = coalesce(erasing_at, @at) WHERE name = @name RETURNING workspace_id`,
			args{"name": name, "at": at.UnixMicro()}, scanInt)
		if err == nil && !found {
			err = crm.ErrNotFound
		}
		w = crm.WorkspaceID(n)
		for _, table := range driving {
			if err == nil {
				_, err = t.exec(ctx, `DELETE FROM `+table+` WHERE workspace_id = @workspace`, args{"workspace": w})
			}
		}
		return err
	})
	return w, wrap("begin to erase a workspace", err)
}

// erased are the tables with rows of workspaces, but for contacts and workspaces. Those that refer to others come first.
var erased = []string{
	"job_rows", "jobs", "upsert_results", "webhook_deliveries", "webhook_endpoints", "saved_views", "api_keys", "stale_keys", "notices",
	"duplicate_progress", "match_keys", "dismissals", "duplicates", "proofs", "merges", "redirects", "audit", "changes", "event_heads",
	"session_counts", "ingest_failures", "messages", "sessions", "identities", "accounts", "account_deletions", "contact_terms",
	"contact_activity", "contact_counts",
}

// EraseWorkspace deletes some rows of a workspace.
func (s *Store) EraseWorkspace(ctx context.Context, w crm.WorkspaceID, end bool) (more bool, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		marked, found, err := first(ctx, t.conn, `SELECT erasing_at IS NOT NULL FROM workspaces WHERE workspace_id = @workspace`,
			args{"workspace": w}, scanInt)
		switch {
		case err != nil:
			return err
		case found && marked == 0:
			return crm.ErrNotFound
		}
		more, err = t.eraseSome(ctx, w)
		if err == nil && !more && end {
			_, err = t.exec(ctx, `DELETE FROM workspaces WHERE workspace_id = @workspace`, args{"workspace": w})
		}
		return err
	})
	s.eraser.ask()
	return more && err == nil, wrap("erase a workspace", err)
}

// eraseSome deletes one batch, and reports whether there may be more.
func (t *tx) eraseSome(ctx context.Context, w crm.WorkspaceID) (more bool, err error) {
	for _, table := range erased {
		n, err := t.eraseRows(ctx, table, w)
		if err != nil || n == eraseAtOnce {
			return true, err
		}
	}
	if err := t.dropLeftoversOf(ctx, `WHERE workspace_id = @workspace AND n IN (
		SELECT n FROM gram_leftovers WHERE workspace_id = @workspace LIMIT @n)`, args{"workspace": w, "n": eraseContacts}); err != nil {
		return false, err
	}
	left := len(t.grams)
	if err := t.eraseContacts(ctx, w); err != nil {
		return false, err
	}
	if len(t.grams)-left == eraseContacts {
		return true, nil
	}
	if _, found, err := first(ctx, t.conn, `SELECT 1 FROM gram_leftovers WHERE workspace_id = @workspace`, args{"workspace": w}, scanInt); err != nil || found {
		return true, err
	}
	n, err := t.eraseRows(ctx, "channels", w)
	return n == eraseAtOnce, err
}

// eraseRows deletes some rows of a table, and returns how many.
func (t *tx) eraseRows(ctx context.Context, table string, w crm.WorkspaceID) (n int64, err error) {
	keys, _, err := first(ctx, t.conn, `
		SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(@table) WHERE pk > 0 ORDER BY pk)`, args{"table": table}, scanString)
	if err != nil {
		return 0, err
	}
	return t.exec(ctx, `
		DELETE FROM `+table+`
		WHERE (`+keys+`) IN (SELECT `+keys+` FROM `+table+` WHERE workspace_id = @workspace LIMIT @n)`,
		args{"workspace": w, "n": eraseAtOnce})
}

// eraseContacts deletes some contacts with their entries in the gram index.
func (t *tx) eraseContacts(ctx context.Context, w crm.WorkspaceID) error {
	gone, err := all(ctx, t.conn, `
		DELETE FROM contacts
		WHERE n IN (SELECT n FROM contacts WHERE workspace_id = @workspace LIMIT @n)
		RETURNING n, name_key, search_text`, args{"workspace": w, "n": eraseContacts},
		func(rows *sql.Rows) (g gramChange, err error) {
			var nameKey, searchText string
			err = rows.Scan(&g.n, &nameKey, &searchText)
			g.old = new(gramWords(w, nameKey, searchText))
			return g, err
		})
	t.grams = append(t.grams, gone...)
	return err
}
