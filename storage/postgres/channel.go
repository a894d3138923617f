package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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

func scanChannel(row pgx.CollectableRow) (c crm.Channel, err error) {
	err = row.Scan(channelTable.Targets(&c)...)
	return c, err
}

// Channels returns every channel of the workspace, oldest first.
func (s *Store) Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+channelColumns+`
		FROM channels c
		WHERE c.workspace_id = @workspace
		ORDER BY c.id`, pgx.NamedArgs{"workspace": w})
	out, err := all(ctx, rows, err, scanChannel)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return out, nil
}

var selectChannels = `
	SELECT ` + channelColumns + `
	FROM channels c
	WHERE c.workspace_id = @workspace AND c.id = ANY(@ids)`

// ChannelsByID returns the channels that exist among ids.
func (s *Store) ChannelsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	rows, err := s.pool.Query(ctx, selectChannels, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanChannel)
	if err != nil {
		return nil, fmt.Errorf("look up channels: %w", err)
	}
	out := make(map[crm.ChannelID]crm.Channel, len(found))
	for _, c := range found {
		out[c.ID] = c
	}
	return out, nil
}

// CreateChannel stores a new channel under the id it brings, and the way to it from outside.
func (s *Store) CreateChannel(ctx context.Context, w crm.WorkspaceID, c crm.Channel, audit ...*crm.AuditEntry) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		args := rowArgs(w, channelTable, &c)
		_, err := tx.Exec(ctx, `
			INSERT INTO channels (`+channelTable.Insert()+`)
			VALUES (`+channelTable.Values()+`)`, args)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO channel_routes (channel_id, workspace_id) VALUES (@id, @workspace)
			ON CONFLICT DO NOTHING`, args)
		if err != nil {
			return err
		}
		return addAudits(ctx, tx, w, audit)
	})
	if err != nil {
		return fmt.Errorf("create channel: %w", translate(ctx, err))
	}
	return nil
}

// UpdateChannel hands a channel to change and saves its name, whether it is active, its domains, whether it requires
// signed identities, and its secrets.
func (s *Store) UpdateChannel(
	ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error, audit ...*crm.AuditEntry,
) (crm.Channel, error) {
	var c crm.Channel
	var refused error
	err := s.tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+channelColumns+`
			FROM channels c
			WHERE c.workspace_id = @workspace AND c.id = @id
			FOR UPDATE`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		if err != nil {
			return err
		}
		if c, err = pgx.CollectExactlyOneRow(rows, scanChannel); err != nil {
			return err
		}
		before := c
		if refused = change(&c); refused != nil {
			return refused
		}
		c.ID, c.Type, c.CreatedAt = before.ID, before.Type, before.CreatedAt
		_, err = tx.Exec(ctx, `
			UPDATE channels
			SET `+channelTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, channelTable, &c))
		if err != nil {
			return err
		}
		return addAudits(ctx, tx, w, audit)
	})
	if refused != nil {
		return crm.Channel{}, refused
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = crm.ErrNotFound
	}
	if err != nil {
		return crm.Channel{}, fmt.Errorf("update channel %s: %w", id, err)
	}
	return c, nil
}

// uuids makes ids of any kind what pgx sends as uuid[].
func uuids[ID ~[16]byte](ids []ID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = [16]byte(id)
	}
	return out
}
