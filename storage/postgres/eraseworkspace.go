package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

// eraseAtOnce is how many rows of a table one step of an erasure deletes.
const eraseAtOnce = 2000

// EachWorkspace returns every workspace, by name.
func (s *Store) EachWorkspace(ctx context.Context) ([]storage.WorkspaceRow, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT w.workspace_id, w.name, w.created_at, w.erasing_at, `+settingsColumns+`
		FROM workspaces w
		ORDER BY w.name`)
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (w storage.WorkspaceRow, err error) {
		err = row.Scan(settingsTable.Targets(&w.Settings, &w.ID, &w.Name, instantTarget{&w.CreatedAt}, optionalInstantTarget{&w.ErasingAt})...)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	return found, nil
}

// driving are tables whose rows have others work on a workspace in the background.
var driving = []string{"jobs", "webhook_endpoints", "proofs", "channel_routes"}

// BeginErasing marks a workspace as being erased.
func (s *Store) BeginErasing(ctx context.Context, name string, at time.Time) (w crm.WorkspaceID, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			UPDATE workspaces SET erasing_at = coalesce(erasing_at, @at) WHERE name = @name RETURNING workspace_id`,
			pgx.NamedArgs{"name": name, "at": at.UTC()}).Scan(&w)
		if err != nil {
			return err
		}
		for _, table := range driving {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE workspace_id = @workspace`, pgx.NamedArgs{"workspace": w}); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, crm.ErrNotFound
	case err != nil:
		return 0, fmt.Errorf("begin to erase a workspace: %w", err)
	}
	s.known.Load().workspaces.Delete(name)
	return w, nil
}

// EraseWorkspace deletes some rows of a workspace: those that refer to others come first.
func (s *Store) EraseWorkspace(ctx context.Context, w crm.WorkspaceID, end bool) (more bool, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		more = false
		var there, erasing bool
		err := tx.QueryRow(ctx, `
			SELECT count(*) > 0, count(erasing_at) > 0 FROM workspaces WHERE workspace_id = @workspace`, pgx.NamedArgs{"workspace": w}).
			Scan(&there, &erasing)
		switch {
		case err != nil:
			return err
		case there && !erasing:
			return crm.ErrNotFound
		}
		for _, table := range slices.Backward(citusDistributed) {
			tag, err := tx.Exec(ctx, `
				DELETE FROM `+table+`
				WHERE workspace_id = @workspace AND ctid IN (SELECT ctid FROM `+table+` WHERE workspace_id = @workspace LIMIT @n)`,
				pgx.NamedArgs{"workspace": w, "n": eraseAtOnce})
			if err != nil {
				return err
			}
			if tag.RowsAffected() == eraseAtOnce {
				more = true
				return nil
			}
		}
		for _, table := range slices.Backward(citusReference) { // few rows, on every node
			if table == "workspaces" && !end || !ofWorkspaces(table) {
				continue
			}
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE workspace_id = @workspace`, pgx.NamedArgs{"workspace": w}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("erase a workspace: %w", err)
	}
	return more, nil
}

// ofWorkspaces reports whether the rows of a reference table belong to workspaces.
func ofWorkspaces(table string) bool {
	return !slices.Contains([]string{"ended_sign_ins", "secrets", "schema_support"}, table)
}
