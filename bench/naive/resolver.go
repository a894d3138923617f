package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type resolver struct {
	pool      *pgxpool.Pool
	workspace int
}

func (r *resolver) Query() QueryResolver     { return queryResolver{r} }
func (r *resolver) Contact() ContactResolver { return contactResolver{r} }

type queryResolver struct{ *resolver }

func (r queryResolver) Contacts(ctx context.Context, search string) ([]*Contact, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT id, name, email, phone, last_activity_at
		FROM naive.contacts
		WHERE workspace_id = $1
		  AND (name ILIKE '%' || $2 || '%' OR email ILIKE '%' || $2 || '%' OR phone ILIKE '%' || $2 || '%')
		ORDER BY name
		LIMIT 50`, r.workspace, search)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Contact, error) {
		var id uuid.UUID
		var c Contact
		err := row.Scan(&id, &c.Name, &c.Email, &c.Phone, &c.LastActivityAt)
		c.ID = id.String()
		return &c, err
	})
}

type contactResolver struct{ *resolver }

func (r contactResolver) Sessions(ctx context.Context, c *Contact, first int) ([]*Session, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT s.id, s.status, s.tag, s.last_message_preview, s.last_message_at, s.unread_count, c.id, c.name, c.type
		FROM plain.sessions AS s
		JOIN plain.channels AS c ON c.id = s.channel_id
		WHERE s.contact_id = $1
		ORDER BY s.last_message_at DESC
		LIMIT $2`, c.ID, first)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Session, error) {
		var id, channel uuid.UUID
		var at time.Time
		s := Session{Channel: &Channel{}}
		err := row.Scan(&id, &s.Status, &s.Tag, &s.LastMessagePreview, &at, &s.UnreadCount,
			&channel, &s.Channel.Name, &s.Channel.Type)
		s.ID, s.Channel.ID, s.LastMessageAt = id.String(), channel.String(), at
		return &s, err
	})
}
