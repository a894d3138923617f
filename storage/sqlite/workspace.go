package sqlite

import (
	"context"
	"time"

	"kith/internal/crm"
)

// Workspace returns the number of the workspace of that name, and creates the workspace when it is new.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	if w, ok := s.workspaces.Load(name); ok {
		return w.(crm.WorkspaceID), nil
	}
	const find = `SELECT workspace_id FROM workspaces WHERE name = @name`
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, find, args{"name": name}, scanInt)
		return n, err
	})
	if err == nil && n == 0 {
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, `
				INSERT INTO workspaces (name, created_at) VALUES (@name, @at)
				ON CONFLICT (name) DO NOTHING`,
				args{"name": name, "at": time.Now().UnixMicro()})
			if err != nil {
				return err
			}
			n, _, err = first(ctx, t.conn, find, args{"name": name}, scanInt)
			return err
		})
	}
	if err != nil {
		return 0, wrap("workspace", err)
	}
	w := crm.WorkspaceID(n)
	s.workspaces.Store(name, w)
	return w, nil
}
