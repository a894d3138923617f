package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
)

const channelColumns = `id, name, type, active, created_at, domains, require_signed_identity, secrets`

// Channels returns every channel of the workspace, oldest first.
func (s *Store) Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Channel, error) {
		return all(ctx, c, `
			SELECT `+channelColumns+`
			FROM channels
			WHERE workspace_id = @workspace
			ORDER BY id`,
			args{"workspace": w}, scanChannel)
	})
	return found, wrap("channels", err)
}

// ChannelsByID returns the channels that exist among ids.
func (s *Store) ChannelsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Channel, error) {
		return all(ctx, c, `
			SELECT `+channelColumns+`
			FROM channels
			WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))`,
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
			INSERT INTO channels (
			  workspace_id, id, name, type, active, created_at, domains, require_signed_identity, secrets
			) VALUES (
			  @workspace, @id, @name, @type, @active, @created, @domains, @signed, @secrets
			)`,
			args{
				"workspace": w,
				"id":        c.ID[:],
				"name":      c.Name,
				"type":      string(c.Type),
				"active":    c.Active,
				"created":   c.CreatedAt.UnixMicro(),
				"domains":   textList(c.Domains),
				"signed":    c.RequireSignedIdentity,
				"secrets":   []byte(c.Secrets),
			})
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
			SET name = @name, active = @active, domains = @domains, require_signed_identity = @signed, secrets = @secrets
			WHERE workspace_id = @workspace AND id = @id`,
			args{
				"workspace": w,
				"id":        id[:],
				"name":      c.Name,
				"active":    c.Active,
				"domains":   textList(c.Domains),
				"signed":    c.RequireSignedIdentity,
				"secrets":   []byte(c.Secrets),
			})
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

func channelByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ChannelID) (crm.Channel, bool, error) {
	return first(ctx, c, `
		SELECT `+channelColumns+`
		FROM channels
		WHERE workspace_id = @workspace AND id = @id`,
		args{"workspace": w, "id": id[:]}, scanChannel)
}

func scanChannel(rows *sql.Rows) (crm.Channel, error) { return scanChannelAfter(rows) }

// scanChannelAfter reads the channelColumns that come after other columns.
func scanChannelAfter(rows *sql.Rows, before ...any) (c crm.Channel, err error) {
	var created int64
	var domains []byte
	err = rows.Scan(append(before,
		(*uuid.UUID)(&c.ID), &c.Name, &c.Type, &c.Active, &created, &domains, &c.RequireSignedIdentity,
		(*[]byte)(&c.Secrets))...)
	if err != nil {
		return c, err
	}
	c.CreatedAt = micros(created)
	if string(domains) == "[]" {
		return c, nil
	}
	return c, json.Unmarshal(domains, &c.Domains)
}

// micros is the time that is stored as so many microseconds since 1970.
func micros(n int64) time.Time { return time.UnixMicro(n).UTC() }
