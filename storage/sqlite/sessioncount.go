package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// sessionKind is what sessions are counted by.
type sessionKind struct {
	channel   crm.ChannelID
	status    crm.SessionStatus
	tag       crm.SessionTag // empty for none
	anonymous bool
}

func kindOf(v crm.Session) sessionKind {
	k := sessionKind{channel: v.ChannelID, status: v.Status, anonymous: v.ContactID == nil}
	if v.Tag != nil {
		k.tag = *v.Tag
	}
	return k
}

// json is the kind as the statements that read sessions of a kind take it: status, tag, channel.
func (k sessionKind) json() [3]any {
	v := [3]any{k.status, nil, hex.EncodeToString(k.channel[:])}
	if k.tag != "" {
		v[1] = k.tag
	}
	return v
}

// sessionCount is a number of sessions of one kind.
type sessionCount struct {
	sessionKind
	n int
}

// CountSessions counts the sessions that pass f, by status, tag and channel.
func (s *Store) CountSessions(ctx context.Context, w crm.WorkspaceID, f storage.SessionFilter) (storage.SessionCounts, error) {
	counts, err := readOnce(ctx, s, func(c *conn) ([]sessionCount, error) {
		if f.Contact == nil {
			return countersOf(ctx, c, w)
		}
		_, err := contactByID(ctx, c, w, *f.Contact)
		if errors.Is(err, crm.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return sessionsOf(ctx, c, w, *f.Contact)
	})
	if err != nil {
		return storage.SessionCounts{}, fmt.Errorf("count sessions: %w", err)
	}
	out := storage.SessionCounts{
		Status: map[crm.SessionStatus]int{}, Tag: map[crm.SessionTag]int{}, Channel: map[crm.ChannelID]int{},
	}
	for _, c := range counts {
		if f.Anonymous != nil && *f.Anonymous != c.anonymous {
			continue
		}
		status, tag, channel := passes(f, c.sessionKind)
		if status && tag && channel {
			out.Total += c.n
		}
		if tag && channel {
			out.Status[c.status] += c.n
		}
		if status && channel && c.tag != "" {
			out.Tag[c.tag] += c.n
		}
		if status && channel && c.tag == "" {
			out.Untagged += c.n
		}
		if status && tag {
			out.Channel[c.channel] += c.n
		}
	}
	return out, nil
}

// passes reports which of the filter's conditions sessions of a kind pass.
func passes(f storage.SessionFilter, k sessionKind) (status, tag, channel bool) {
	status = f.Statuses == nil || slices.Contains(f.Statuses, k.status)
	tag = f.Tags == nil || k.tag != "" && slices.Contains(f.Tags, k.tag)
	channel = f.Channels == nil || slices.Contains(f.Channels, k.channel)
	return status, tag, channel
}

// countersOf reads the counters of a workspace that are not zero. There is one for each kind at most.
func countersOf(ctx context.Context, c *conn, w crm.WorkspaceID) ([]sessionCount, error) {
	return all(ctx, c, `
		SELECT channel_id, status, tag, anonymous, sessions
		FROM session_counts
		WHERE workspace_id = @workspace AND sessions <> 0`, args{"workspace": w}, scanSessionCount)
}

// sessionsOf counts the sessions of a contact.
func sessionsOf(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) ([]sessionCount, error) {
	return all(ctx, c, `
		SELECT channel_id, status, coalesce(tag, ''), false, count(*)
		FROM sessions INDEXED BY sessions_by_contact
		WHERE workspace_id = @workspace AND contact_id = @id
		GROUP BY 1, 2, 3`, args{"workspace": w, "id": id[:]}, scanSessionCount)
}

// addToSessions changes a counter of sessions.
func addToSessions(ctx context.Context, c *conn, w crm.WorkspaceID, k sessionKind, n int) error {
	_, err := c.exec(ctx, `
		INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, sessions)
		VALUES (@workspace, @channel, @status, @tag, @anonymous, @n)
		ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions`, args{
		"workspace": w, "channel": k.channel[:], "status": k.status, "tag": k.tag, "anonymous": k.anonymous, "n": n,
	})
	return err
}

// moveSession counts a session as one of another kind.
func moveSession(ctx context.Context, c *conn, w crm.WorkspaceID, from, to sessionKind) error {
	if from == to {
		return nil
	}
	if err := addToSessions(ctx, c, w, from, -1); err != nil {
		return err
	}
	return addToSessions(ctx, c, w, to, 1)
}

// recountAnonymous counts the sessions of a contact that is going as anonymous.
func recountAnonymous(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) error {
	counts, err := sessionsOf(ctx, c, w, id)
	if err != nil {
		return err
	}
	for _, v := range counts {
		if err := addToSessions(ctx, c, w, v.sessionKind, -v.n); err != nil {
			return err
		}
		v.anonymous = true
		if err := addToSessions(ctx, c, w, v.sessionKind, v.n); err != nil {
			return err
		}
	}
	return nil
}

func scanSessionCount(rows *sql.Rows) (c sessionCount, err error) {
	err = rows.Scan((*uuid.UUID)(&c.channel), &c.status, &c.tag, &c.anonymous, &c.n)
	return c, err
}
