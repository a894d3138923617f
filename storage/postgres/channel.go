package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

const channelColumns = `id, name, type, active, created_at, domains, require_signed_identity, secrets`

func scanChannel(row pgx.CollectableRow) (crm.Channel, error) {
	var c crm.Channel
	var at time.Time
	err := row.Scan((*[16]byte)(&c.ID), &c.Name, &c.Type, &c.Active, &at, &c.Domains, &c.RequireSignedIdentity,
		(*[]byte)(&c.Secrets))
	c.CreatedAt = at.UTC()
	if len(c.Domains) == 0 {
		c.Domains = nil
	}
	return c, err
}

// channelArgs are the parameters that write a channel.
func channelArgs(w crm.WorkspaceID, c crm.Channel) pgx.NamedArgs {
	domains, secrets := c.Domains, []byte(c.Secrets)
	if domains == nil {
		domains = []string{}
	}
	return pgx.NamedArgs{
		"workspace": w, "id": [16]byte(c.ID), "name": c.Name, "type": c.Type, "active": c.Active, "created": c.CreatedAt,
		"domains": domains, "signed": c.RequireSignedIdentity, "secrets": secrets,
	}
}

// Channels returns every channel of the workspace, oldest first.
func (s *Store) Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+channelColumns+`
		FROM channels
		WHERE workspace_id = @workspace
		ORDER BY id`, pgx.NamedArgs{"workspace": w})
	out, err := all(ctx, rows, err, scanChannel)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return out, nil
}

// ChannelsByID returns the channels that exist among ids.
func (s *Store) ChannelsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+channelColumns+`
		FROM channels
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
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
		args := channelArgs(w, c)
		_, err := tx.Exec(ctx, `
			INSERT INTO channels (
			  workspace_id, id, name, type, active, created_at, domains, require_signed_identity, secrets
			) VALUES (
			  @workspace, @id, @name, @type, @active, @created, @domains, @signed, @secrets
			)`, args)
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
			FROM channels
			WHERE workspace_id = @workspace AND id = @id
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
			SET name = @name, active = @active, domains = @domains, require_signed_identity = @signed, secrets = @secrets
			WHERE workspace_id = @workspace AND id = @id`, channelArgs(w, c))
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
