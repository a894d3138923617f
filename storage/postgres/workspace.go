package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// Workspace returns the number of the workspace of that name, creating it on first use.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	for {
		w, err := s.FindWorkspace(ctx, name)
		if !errors.Is(err, crm.ErrNotFound) {
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

// FindWorkspace returns the number of the workspace of that name. Names are never renamed or reused, so what was once read is
// remembered, as long as the database is the same.
func (s *Store) FindWorkspace(ctx context.Context, name string) (w crm.WorkspaceID, err error) {
	known := s.known.Load()
	if w, ok := known.workspaces.Load(name); ok {
		return w.(crm.WorkspaceID), nil
	}
	err = s.pool.QueryRow(ctx, `SELECT workspace_id FROM workspaces WHERE name = @name`, pgx.NamedArgs{"name": name}).Scan(&w)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, crm.ErrNotFound
	case err != nil:
		return 0, fmt.Errorf("find workspace: %w", translate(ctx, err))
	}
	known.workspaces.Store(name, w)
	return w, nil
}
