package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// Workspace returns the number of the workspace of that name, creating it on first use.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	for {
		w, err := s.FindWorkspace(ctx, name)
		if !errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrWorkspaceGone) {
			return w, err
		}
		// Two processes may choose the same name, and the number may be taken: then nothing is written, and it is tried
		// again.
		_, err = s.pool.Exec(ctx, `
			INSERT INTO workspaces (workspace_id, name, created_at, gram_state, gram_state_at)
			VALUES (@workspace, @name, @now, @stage, @now)
			ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"workspace": crm.NewWorkspaceID(), "name": name, "now": time.Now().UTC(), "stage": s.born})
		if err != nil {
			return 0, fmt.Errorf("create workspace: %w", translate(ctx, err))
		}
	}
}

// foundWorkspace is the number of a name, and when it was read.
type foundWorkspace struct {
	id   crm.WorkspaceID
	read time.Time
}

// FindWorkspace returns the number of the workspace of that name. It is remembered for a moment, as long as the database is the
// same.
func (s *Store) FindWorkspace(ctx context.Context, name string) (w crm.WorkspaceID, err error) {
	known, begun := s.known.Load(), time.Now()
	if found, ok := known.workspaces.Load(name); ok && begun.Sub(found.(foundWorkspace).read) < storage.SettingsAge {
		return found.(foundWorkspace).id, nil
	}
	var erasing bool
	err = s.pool.QueryRow(ctx, `
		SELECT workspace_id, erasing_at IS NOT NULL FROM workspaces WHERE name = @name`, pgx.NamedArgs{"name": name}).Scan(&w, &erasing)
	if err != nil || erasing {
		known.workspaces.Delete(name)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, crm.ErrNotFound
	case err != nil:
		return 0, fmt.Errorf("find workspace: %w", translate(ctx, err))
	case erasing:
		return 0, crm.ErrWorkspaceGone
	}
	known.workspaces.Store(name, foundWorkspace{w, begun})
	return w, nil
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

func scanSettings(row pgx.CollectableRow) (s crm.WorkspaceSettings, err error) {
	err = row.Scan(settingsTable.Targets(&s)...)
	return s, err
}

// Settings returns the settings of a workspace.
func (s *Store) Settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	return settings(ctx, s.pool, w, "")
}

// settings reads the settings of a workspace; lock is a clause that locks the row, or nothing.
func settings(ctx context.Context, q queryer, w crm.WorkspaceID, lock string) (crm.WorkspaceSettings, error) {
	rows, err := q.Query(ctx, `
		SELECT `+settingsColumns+`
		FROM workspaces w
		WHERE w.workspace_id = @workspace AND w.erasing_at IS NULL
		`+lock, pgx.NamedArgs{"workspace": w})
	found, err := all(ctx, rows, err, scanSettings)
	switch {
	case err != nil:
		return crm.WorkspaceSettings{}, fmt.Errorf("read settings: %w", err)
	case len(found) == 0:
		return crm.WorkspaceSettings{}, crm.ErrWorkspaceGone
	}
	return found[0], nil
}

// UpdateSettings edits the settings of a workspace.
func (s *Store) UpdateSettings(
	ctx context.Context, w crm.WorkspaceID, change func(*crm.WorkspaceSettings) error, audit *crm.AuditEntry,
) (now crm.WorkspaceSettings, err error) {
	var refused error
	err = s.tx(ctx, func(tx pgx.Tx) error {
		before, err := settings(ctx, tx, w, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		now = before
		if refused = change(&now); refused != nil {
			now = before
			return refused
		}
		_, err = tx.Exec(ctx, `UPDATE workspaces SET `+settingsTable.Set()+` WHERE workspace_id = @workspace`, rowArgs(w, settingsTable, &now))
		if err != nil {
			return err
		}
		return addAudits(ctx, tx, w, []*crm.AuditEntry{audit})
	})
	switch {
	case refused != nil:
		return now, refused
	case err != nil:
		return crm.WorkspaceSettings{}, fmt.Errorf("update settings: %w", err)
	}
	return now, nil
}

// Retentions returns the retention of each workspace that has set any.
func (s *Store) Retentions(ctx context.Context) (map[crm.WorkspaceID]crm.WorkspaceRetention, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT workspace_id, history_days, audit_days, failure_days
		FROM workspaces
		WHERE history_days IS NOT NULL OR audit_days IS NOT NULL OR failure_days IS NOT NULL`)
	found := map[crm.WorkspaceID]crm.WorkspaceRetention{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (w crm.WorkspaceID, err error) {
		var r crm.WorkspaceRetention
		err = row.Scan(&w, &r.History, &r.Audit, &r.Failures)
		found[w] = r
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("read retentions: %w", err)
	}
	return found, nil
}
