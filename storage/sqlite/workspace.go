package sqlite

import (
	"context"
	"time"

	"kith/internal/crm"
)

// Workspace returns the number of the workspace of that name, and creates the workspace when it is new. It is looked up each
// time: that takes no longer than to find out whether what is remembered still holds.
func (s *Store) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	const find = `SELECT workspace_id FROM workspaces WHERE name = @name`
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, find, args{"name": name}, scanInt)
		return n, err
	})
	for err == nil && n == 0 { // once more where the number was taken
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, `
				INSERT INTO workspaces (workspace_id, name, created_at) VALUES (@workspace, @name, @at)
				ON CONFLICT DO NOTHING`,
				args{"workspace": crm.NewWorkspaceID(), "name": name, "at": time.Now().UnixMicro()})
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
	return crm.WorkspaceID(n), nil
}
