package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// ChannelByID returns a channel of any workspace, with its workspace. A channel never changes its workspace, so that is
// remembered, as long as the database is the same.
func (s *Store) ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error) {
	w, err := s.route(ctx, id)
	if err == nil {
		var found map[crm.ChannelID]crm.Channel
		if found, err = s.ChannelsByID(ctx, w, []crm.ChannelID{id}); err == nil {
			if c, ok := found[id]; ok {
				return w, c, nil
			}
			err = crm.ErrNotFound
		}
	}
	return 0, crm.Channel{}, fmt.Errorf("channel %s: %w", id, err)
}

// route is the workspace of a channel.
func (s *Store) route(ctx context.Context, id crm.ChannelID) (w crm.WorkspaceID, err error) {
	known := s.known.Load()
	if w, ok := known.routes.Load(id); ok {
		return w.(crm.WorkspaceID), nil
	}
	err = s.pool.QueryRow(ctx, `SELECT workspace_id FROM channel_routes WHERE channel_id = @id`,
		pgx.NamedArgs{"id": [16]byte(id)}).Scan(&w)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, crm.ErrNotFound
	}
	if err != nil {
		return 0, translate(ctx, err)
	}
	known.routes.Store(id, w)
	return w, nil
}

// EachChannel calls f for every channel of every workspace. No connection is held meanwhile, so that f may write.
func (s *Store) EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) error {
	workspaces, err := s.workspaces(ctx)
	if err != nil {
		return fmt.Errorf("each channel: %w", err)
	}
	for _, w := range workspaces {
		channels, err := s.Channels(ctx, w)
		if err != nil {
			return fmt.Errorf("each channel: %w", err)
		}
		for _, c := range channels {
			if err := f(w, c); err != nil {
				return err
			}
		}
	}
	return nil
}
