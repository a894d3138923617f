package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"kith/internal/crm"
)

// channelsAtOnce is how many channels EachChannel reads in one statement.
const channelsAtOnce = 500

// ownedChannel is a channel with its workspace.
type ownedChannel struct {
	workspace crm.WorkspaceID
	channel   crm.Channel
}

// ChannelByID returns a channel of any workspace, with its workspace.
func (s *Store) ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error) {
	o, err := read(ctx, s, func(c *conn) (ownedChannel, error) {
		o, found, err := first(ctx, c, `
			SELECT c.workspace_id, `+channelColumns+`
			FROM channels c
			WHERE c.id = @id`, args{"id": id[:]}, scanOwnedChannel)
		if err == nil && !found {
			err = crm.ErrNotFound
		}
		return o, err
	})
	if err != nil {
		return 0, crm.Channel{}, fmt.Errorf("channel %s: %w", id, err)
	}
	return o.workspace, o.channel, nil
}

// EachChannel calls f for every channel of every workspace. No connection is held meanwhile, so that f may write.
func (s *Store) EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) error {
	var last ownedChannel
	for {
		batch, err := read(ctx, s, func(c *conn) ([]ownedChannel, error) {
			return all(ctx, c, `
				SELECT c.workspace_id, `+channelColumns+`
				FROM channels c
				WHERE (c.workspace_id, c.id) > (@workspace, @id)
				ORDER BY c.workspace_id, c.id
				LIMIT @n`,
				args{"workspace": last.workspace, "id": last.channel.ID[:], "n": channelsAtOnce}, scanOwnedChannel)
		})
		if err != nil {
			return wrap("each channel", err)
		}
		for _, o := range batch {
			if err := f(o.workspace, o.channel); err != nil {
				return err
			}
		}
		if len(batch) < channelsAtOnce {
			return nil
		}
		last = batch[len(batch)-1]
	}
}

func scanOwnedChannel(rows *sql.Rows) (o ownedChannel, err error) {
	err = rows.Scan(channelTable.Targets(&o.channel, &o.workspace)...)
	return o, err
}
