package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage/clause"
)

// channelTable are the columns of channels.
var channelTable = clause.Table[crm.Channel]{
	{Name: "id", As: id(func(c *crm.Channel) *crm.ChannelID { return &c.ID })},
	{Name: "name", Edited: true, As: text(func(c *crm.Channel) *string { return &c.Name })},
	{Name: "type", As: text(func(c *crm.Channel) *crm.ChannelType { return &c.Type })},
	{Name: "active", Edited: true, As: clause.Plain(func(c *crm.Channel) *bool { return &c.Active })},
	{Name: "created_at", As: instant(func(c *crm.Channel) *time.Time { return &c.CreatedAt })},
	{Name: "domains", Edited: true, As: texts(func(c *crm.Channel) *[]string { return &c.Domains })},
	{Name: "require_signed_identity", Edited: true, As: clause.Plain(func(c *crm.Channel) *bool { return &c.RequireSignedIdentity })},
	{Name: "secrets", Edited: true, As: clause.Plain(func(c *crm.Channel) *[]byte { return (*[]byte)(&c.Secrets) })},
}

var channelColumns = channelTable.Select("c")

func scanChannel(rows *sql.Rows) (c crm.Channel, err error) {
	err = rows.Scan(channelTable.Targets(&c)...)
	return c, err
}

// Channels returns every channel of the workspace, oldest first.
func (s *Store) Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Channel, error) {
		return all(ctx, c, `
			SELECT `+channelColumns+`
			FROM channels c
			WHERE c.workspace_id = @workspace
			ORDER BY c.id`,
			args{"workspace": w}, scanChannel)
	})
	return found, wrap("channels", err)
}

// ChannelsByID returns the channels that exist among ids.
func (s *Store) ChannelsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Channel, error) {
		return all(ctx, c, `
			SELECT `+channelColumns+`
			FROM channels c
			WHERE c.workspace_id = @workspace AND c.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanChannel)
	})
	if err != nil {
		return nil, wrap("channels by id", err)
	}
	byID := make(map[crm.ChannelID]crm.Channel, len(found))
	for _, c := range found {
		byID[c.ID] = c
	}
	return byID, nil
}

// CreateChannel stores a new channel under the id it brings.
func (s *Store) CreateChannel(ctx context.Context, w crm.WorkspaceID, c crm.Channel, audit ...*crm.AuditEntry) error {
	return wrap("create channel", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `
			INSERT INTO channels (`+channelTable.Insert()+`)
			VALUES (`+channelTable.Values()+`)`, rowArgs(w, channelTable, &c))
		if err != nil {
			return err
		}
		return t.addAudits(ctx, w, audit)
	}))
}

// UpdateChannel loads a channel, hands it to change and saves its name, whether it is active, its domains, whether it
// requires signed identities, and its secrets.
func (s *Store) UpdateChannel(
	ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error, audit ...*crm.AuditEntry,
) (crm.Channel, error) {
	var c crm.Channel
	var refused error
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		var found bool
		var err error
		if c, found, err = channelByID(ctx, t.conn, w, id); err != nil {
			return err
		}
		if !found {
			return crm.ErrNotFound
		}
		before := c
		if refused = change(&c); refused != nil {
			return refused
		}
		c.ID, c.Type, c.CreatedAt = before.ID, before.Type, before.CreatedAt
		_, err = t.exec(ctx, `
			UPDATE channels
			SET `+channelTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, channelTable, &c))
		if err != nil {
			return err
		}
		return t.addAudits(ctx, w, audit)
	})
	if refused != nil {
		return crm.Channel{}, refused
	}
	if err != nil {
		return crm.Channel{}, fmt.Errorf("update channel %s: %w", id, err)
	}
	return c, nil
}

var selectChannel = `
	SELECT ` + channelColumns + `
	FROM channels c
	WHERE c.workspace_id = @workspace AND c.id = @id`

func channelByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ChannelID) (crm.Channel, bool, error) {
	return first(ctx, c, selectChannel, args{"workspace": w, "id": id[:]}, scanChannel)
}
