package desk

import (
	"context"
	"fmt"

	"kith/internal/crm"
)

// Channels returns every channel of the workspace, oldest first.
func (d *Desk) Channels(ctx context.Context, v crm.Viewer) ([]crm.Channel, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	return d.store.Channels(ctx, v.Workspace)
}

// ChannelsByID returns the channels that exist among ids.
func (d *Desk) ChannelsByID(
	ctx context.Context, v crm.Viewer, ids []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	return byID(ctx, v, ids, d.store.ChannelsByID)
}

// CreateChannel adds an active channel.
func (d *Desk) CreateChannel(ctx context.Context, v crm.Viewer, name string, kind crm.ChannelType) (crm.Channel, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return crm.Channel{}, err
	}
	now := d.clock()
	c := crm.Channel{ID: crm.NewChannelID(now), Type: kind, Active: true, CreatedAt: now}
	if err := (crm.ChannelPatch{Name: crm.To(name)}).Apply(&c); err != nil {
		return crm.Channel{}, err
	}
	if err := d.store.CreateChannel(ctx, v.Workspace, c); err != nil {
		return crm.Channel{}, fmt.Errorf("create channel: %w", err)
	}
	return c, nil
}

// UpdateChannel edits a channel. It returns the channel as it is now, also beside an error that the viewer can mend: then
// it is the channel that the edit was refused for, nil if there is none.
func (d *Desk) UpdateChannel(
	ctx context.Context, v crm.Viewer, id crm.ChannelID, p crm.ChannelPatch,
) (*crm.Channel, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return nil, err
	}
	var current *crm.Channel
	updated, err := d.store.UpdateChannel(ctx, v.Workspace, id, func(c *crm.Channel) error {
		before := *c
		current = &before
		return p.Apply(c)
	})
	if err != nil {
		return current, fmt.Errorf("update channel %s: %w", id, err)
	}
	return &updated, nil
}
