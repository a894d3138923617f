package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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

func scanView(row pgx.CollectableRow) (v crm.SavedView, err error) {
	err = row.Scan(viewTable.Targets(&v)...)
	return v, err
}

// CreateView stores a new view.
func (s *Store) CreateView(ctx context.Context, w crm.WorkspaceID, v crm.SavedView) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		var n int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM saved_views WHERE workspace_id = @workspace`, pgx.NamedArgs{"workspace": w}).Scan(&n)
		switch {
		case err != nil:
			return err
		case n >= crm.MaxViews:
			return crm.ErrTooManyViews
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO saved_views (`+viewTable.Insert()+`)
			VALUES (`+viewTable.Values()+`)
			ON CONFLICT (workspace_id, name) DO NOTHING`, rowArgs(w, viewTable, &v))
		if err == nil && tag.RowsAffected() == 0 {
			err = crm.ErrViewTaken
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("create view: %w", err)
	}
	return nil
}

// UpdateView edits a view.
func (s *Store) UpdateView(
	ctx context.Context, w crm.WorkspaceID, id crm.ViewID, change func(*crm.SavedView) error,
) (v crm.SavedView, err error) {
	var refused error
	err = s.tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+viewColumns+`
			FROM saved_views v
			WHERE v.workspace_id = @workspace AND v.id = @id
			FOR UPDATE`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		if err != nil {
			return err
		}
		if v, err = pgx.CollectExactlyOneRow(rows, scanView); err != nil {
			return err
		}
		if refused = change(&v); refused != nil {
			return refused
		}
		_, err = tx.Exec(ctx, `
			UPDATE saved_views
			SET `+viewTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, viewTable, &v))
		return err
	})
	switch pg, ok := errors.AsType[*pgconn.PgError](err); {
	case refused != nil:
		return v, refused
	case errors.Is(err, pgx.ErrNoRows):
		return crm.SavedView{}, crm.ErrNotFound
	case ok && pg.Code == uniqueViolation:
		return crm.SavedView{}, crm.ErrViewTaken
	case err != nil:
		return crm.SavedView{}, fmt.Errorf("update %s: %w", id, err)
	}
	return v, nil
}

// DeleteView removes a view.
func (s *Store) DeleteView(ctx context.Context, w crm.WorkspaceID, id crm.ViewID) error {
	tag, err := s.pool.Exec(ctx, `DELETE FROM saved_views WHERE workspace_id = @workspace AND id = @id`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
	switch {
	case err != nil:
		return fmt.Errorf("delete %s: %w", id, translate(ctx, err))
	case tag.RowsAffected() == 0:
		return crm.ErrNotFound
	}
	return nil
}

// Views returns every view of the workspace, the oldest first.
func (s *Store) Views(ctx context.Context, w crm.WorkspaceID) ([]crm.SavedView, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+viewColumns+`
		FROM saved_views v
		WHERE v.workspace_id = @workspace
		ORDER BY v.id`, pgx.NamedArgs{"workspace": w})
	found, err := all(ctx, rows, err, scanView)
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return found, nil
}
