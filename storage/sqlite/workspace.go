package sqlite

import (
	"context"
	"errors"
	"time"

	"kith/internal/crm"
)

// Workspace returns the number of the workspace of that name, and creates the workspace when it is new. It is looked up each
// time: that takes no longer than to find out whether what is remembered still holds.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	w, err := s.FindWorkspace(ctx, name)
	for errors.Is(err, crm.ErrNotFound) { // once more where the number was taken
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
	n, found, err := first(ctx, c, `SELECT workspace_id FROM workspaces WHERE name = @name`, args{"name": name}, scanInt)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return crm.WorkspaceID(n), err
}
