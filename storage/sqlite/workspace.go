package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"kith/internal/crm"
	"kith/storage/clause"
)

// Workspace returns the number of the workspace of that name, and creates the workspace when it is new. It is looked up each
// time: that takes no longer than to find out whether what is remembered still holds.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	w, err := s.FindWorkspace(ctx, name)
	for errors.Is(err, crm.ErrNotFound) && !errors.Is(err, crm.ErrWorkspaceGone) { // once more where the number was taken
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, `
				INSERT INTO workspaces (workspace_id, name, created_at) VALUES (@workspace, @name, @at)
				ON CONFLICT DO NOTHING`,
				args{"workspace": crm.NewWorkspaceID(), "name": name, "at": time.Now().UnixMicro()})
			if err == nil {
				w, err = findWorkspace(ctx, t.conn, name)
			}
			return err
		})
	}
	return w, wrap("workspace", err)
}

// FindWorkspace returns the number of the workspace of that name.
func (s *Store) FindWorkspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	w, err := read(ctx, s, func(c *conn) (crm.WorkspaceID, error) { return findWorkspace(ctx, c, name) })
	return w, wrap("workspace", err)
}

func findWorkspace(ctx context.Context, c *conn, name string) (crm.WorkspaceID, error) {
	type number struct {
		id      crm.WorkspaceID
		erasing bool
	}
	n, found, err := first(ctx, c, `SELECT workspace_id, erasing_at IS NOT NULL FROM workspaces WHERE name = @name`, args{"name": name},
		func(rows *sql.Rows) (n number, err error) { return n, rows.Scan(&n.id, &n.erasing) })
	switch {
	case err != nil:
	case !found:
		err = crm.ErrNotFound
	case n.erasing:
		err = crm.ErrWorkspaceGone
	}
	return n.id, err
}

// settingsTable are the columns of workspaces that are its settings.
var settingsTable = clause.Table[crm.WorkspaceSettings]{
	{Name: "display_name", Edited: true, As: text(func(s *crm.WorkspaceSettings) *string { return &s.DisplayName })},
	{Name: "default_region", Edited: true, As: text(func(s *crm.WorkspaceSettings) *string { return &s.DefaultRegion })},
	{Name: "export_role", Edited: true, As: text(func(s *crm.WorkspaceSettings) *crm.Role { return &s.ExportRole })},
	{Name: "masked_for", Edited: true, As: clause.Words(func(s *crm.WorkspaceSettings) *[]crm.Role { return &s.MaskedFor })},
	{Name: "history_days", Edited: true, As: clause.Plain(func(s *crm.WorkspaceSettings) **int { return &s.Retention.History })},
	{Name: "audit_days", Edited: true, As: clause.Plain(func(s *crm.WorkspaceSettings) **int { return &s.Retention.Audit })},
	{Name: "failure_days", Edited: true, As: clause.Plain(func(s *crm.WorkspaceSettings) **int { return &s.Retention.Failures })},
	{Name: "settings_revision", Edited: true, As: clause.Plain(func(s *crm.WorkspaceSettings) *int { return &s.Revision })},
}

var settingsColumns = settingsTable.Select("w")

func scanSettings(rows *sql.Rows) (s crm.WorkspaceSettings, err error) {
	err = rows.Scan(settingsTable.Targets(&s)...)
	return s, err
}

// Settings returns the settings of a workspace.
func (s *Store) Settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	found, err := read(ctx, s, func(c *conn) (crm.WorkspaceSettings, error) { return settings(ctx, c, w) })
	return found, wrap("read settings", err)
}

func settings(ctx context.Context, c *conn, w crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	s, found, err := first(ctx, c, `
		SELECT `+settingsColumns+`
		FROM workspaces w
		WHERE w.workspace_id = @workspace AND w.erasing_at IS NULL`, args{"workspace": w}, scanSettings)
	if err == nil && !found {
		err = crm.ErrWorkspaceGone
	}
	return s, err
}

// UpdateSettings edits the settings of a workspace.
func (s *Store) UpdateSettings(
	ctx context.Context, w crm.WorkspaceID, change func(*crm.WorkspaceSettings) error, audit *crm.AuditEntry,
) (now crm.WorkspaceSettings, err error) {
	var refused error
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		before, err := settings(ctx, t.conn, w)
		if err != nil {
			return err
		}
		now = before
		if refused = change(&now); refused != nil {
			now = before
			return refused
		}
		_, err = t.exec(ctx, `UPDATE workspaces SET `+settingsTable.Set()+` WHERE workspace_id = @workspace`, rowArgs(w, settingsTable, &now))
		if err != nil {
			return err
		}
		return t.addAudits(ctx, w, []*crm.AuditEntry{audit})
	})
	switch {
	case refused != nil:
		return now, refused
	case err != nil:
		return crm.WorkspaceSettings{}, wrap("update settings", err)
	}
	return now, nil
}

// Retentions returns the retention of each workspace that has set any.
func (s *Store) Retentions(ctx context.Context) (map[crm.WorkspaceID]crm.WorkspaceRetention, error) {
	found := map[crm.WorkspaceID]crm.WorkspaceRetention{}
	_, err := read(ctx, s, func(c *conn) ([]crm.WorkspaceID, error) {
		return all(ctx, c, `
			SELECT workspace_id, history_days, audit_days, failure_days
			FROM workspaces
			WHERE history_days IS NOT NULL OR audit_days IS NOT NULL OR failure_days IS NOT NULL`, nil,
			func(rows *sql.Rows) (w crm.WorkspaceID, err error) {
				var r crm.WorkspaceRetention
				err = rows.Scan(&w, &r.History, &r.Audit, &r.Failures)
				found[w] = r
				return w, err
			})
	})
	return found, wrap("read retentions", err)
}
