package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage/clause"
)

// viewTable are the columns of saved_views.
var viewTable = clause.Table[crm.SavedView]{
	{Name: "id", As: id(func(v *crm.SavedView) *crm.ViewID { return &v.ID })},
	{Name: "name", Edited: true, As: text(func(v *crm.SavedView) *string { return &v.Name })},
	{Name: "address", Edited: true, As: text(func(v *crm.SavedView) *string { return &v.Address })},
	{Name: "version", Edited: true, As: clause.Plain(func(v *crm.SavedView) *int { return &v.Version })},
	{Name: "created_by", As: text(func(v *crm.SavedView) *string { return &v.CreatedBy })},
	{Name: "created_at", As: instant(func(v *crm.SavedView) *time.Time { return &v.CreatedAt })},
}

var viewColumns = viewTable.Select("v")

func scanView(rows *sql.Rows) (v crm.SavedView, err error) {
	err = rows.Scan(viewTable.Targets(&v)...)
	return v, err
}

// CreateView stores a new view.
func (s *Store) CreateView(ctx context.Context, w crm.WorkspaceID, v crm.SavedView) error {
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		n, _, err := first(ctx, t.conn, `SELECT count(*) FROM saved_views WHERE workspace_id = @workspace`, args{"workspace": w}, scanInt)
		switch {
		case err != nil:
			return err
		case n >= crm.MaxViews:
			return crm.ErrTooManyViews
		}
		made, err := t.exec(ctx, `
			INSERT INTO saved_views (`+viewTable.Insert()+`)
			VALUES (`+viewTable.Values()+`)
			ON CONFLICT (workspace_id, name) DO NOTHING`, rowArgs(w, viewTable, &v))
		if err == nil && made == 0 {
			err = crm.ErrViewTaken
		}
		return err
	})
	return wrap("create view", err)
}

// UpdateView edits a view.
func (s *Store) UpdateView(
	ctx context.Context, w crm.WorkspaceID, id crm.ViewID, change func(*crm.SavedView) error,
) (v crm.SavedView, err error) {
	var refused error
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		var found bool
		v, found, err = first(ctx, t.conn, `
			SELECT `+viewColumns+`
			FROM saved_views v
			WHERE v.workspace_id = @workspace AND v.id = @id`, args{"workspace": w, "id": id[:]}, scanView)
		switch {
		case err != nil:
			return err
		case !found:
			return crm.ErrNotFound
		}
		if refused = change(&v); refused != nil {
			return refused
		}
		n, err := t.exec(ctx, `
			UPDATE OR IGNORE saved_views
			SET `+viewTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, viewTable, &v))
		if err == nil && n == 0 {
			err = crm.ErrViewTaken
		}
		return err
	})
	switch {
	case refused != nil:
		return v, refused
	case errors.Is(err, crm.ErrNotFound), errors.Is(err, crm.ErrViewTaken):
		return crm.SavedView{}, err
	case err != nil:
		return crm.SavedView{}, fmt.Errorf("update %s: %w", id, err)
	}
	return v, nil
}

// DeleteView removes a view.
func (s *Store) DeleteView(ctx context.Context, w crm.WorkspaceID, id crm.ViewID) error {
	return wrap("delete view", s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, `DELETE FROM saved_views WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": id[:]})
		if err == nil && n == 0 {
			err = crm.ErrNotFound
		}
		return err
	}))
}

// Views returns every view of the workspace, the oldest first.
func (s *Store) Views(ctx context.Context, w crm.WorkspaceID) ([]crm.SavedView, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.SavedView, error) {
		return all(ctx, c, `
			SELECT `+viewColumns+`
			FROM saved_views v
			WHERE v.workspace_id = @workspace
			ORDER BY v.id`, args{"workspace": w}, scanView)
	})
	return found, wrap("list views", err)
}
