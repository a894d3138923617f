package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// kindParameter is a kind as the statements that read sessions of a kind take it: status, tag, channel.
func kindParameter(k storage.SessionKind) [3]any {
	v := [3]any{k.Status, nil, hex.EncodeToString(k.Channel[:])}
	if k.Tag != "" {
		v[1] = k.Tag
	}
	return v
}

// CountSessions counts the sessions that pass f, by status, tag and channel.
func (s *Store) CountSessions(ctx context.Context, w crm.WorkspaceID, f storage.SessionFilter) (storage.SessionCounts, error) {
	counts, err := readOnce(ctx, s, func(c *conn) ([]storage.KindCount, error) {
		a := args{"workspace": w}
		also := besideKinds(f, a)
		if f.Contact == nil && also == "" {
			return countersOf(ctx, c, w)
		}
		if f.Contact == nil {
			return all(ctx, c, `
				SELECT s.channel_id, s.status, coalesce(s.tag, ''), s.account_id IS NULL OR `+beingDetached+`, count(*)
				FROM sessions s
				WHERE s.workspace_id = @workspace`+also+`
				GROUP BY 1, 2, 3, 4`, a, scanSessionCount)
		}
		id, err := currentContact(ctx, c, w, *f.Contact)
		if err != nil {
			return nil, err
		}
		_, err = contactByID(ctx, c, w, id)
		if errors.Is(err, crm.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return sessionsOf(ctx, c, w, id, f)
	})
	if err != nil {
		return storage.SessionCounts{}, fmt.Errorf("count sessions: %w", err)
	}
	return f.Sum(counts), nil
}

// countersOf reads the counters of a workspace that are not zero. There is one for each kind at most.
func countersOf(ctx context.Context, c *conn, w crm.WorkspaceID) ([]storage.KindCount, error) {
	return all(ctx, c, `
		SELECT channel_id, status, tag, anonymous, sessions
		FROM session_counts
		WHERE workspace_id = @workspace AND sessions <> 0`, args{"workspace": w}, scanSessionCount)
}

// sessionsOf counts the sessions of a contact, of those that pass the filter's conditions that no counter knows.
func sessionsOf(
	ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID, f storage.SessionFilter,
) ([]storage.KindCount, error) {
	a := args{"workspace": w, "id": id[:]}
	return all(ctx, c, `
		SELECT s.channel_id, s.status, coalesce(s.tag, ''), false, count(*)
		FROM sessions s INDEXED BY sessions_by_account
		WHERE s.workspace_id = @workspace AND s.account_id IN (`+accountsOf("@id")+`)`+besideKinds(f, a)+`
		GROUP BY 1, 2, 3`, a, scanSessionCount)
}

// addToSessions changes a counter of sessions.
func addToSessions(ctx context.Context, c *conn, w crm.WorkspaceID, k storage.SessionKind, n int) error {
	_, err := c.exec(ctx, `
		INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, sessions)
		VALUES (@workspace, @channel, @status, @tag, @anonymous, @n)
		ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions`, args{
		"workspace": w, "channel": k.Channel[:], "status": k.Status, "tag": k.Tag, "anonymous": k.Anonymous, "n": n,
	})
	return err
}

// moveSession counts a session as one of another kind.
func moveSession(ctx context.Context, c *conn, w crm.WorkspaceID, from, to storage.SessionKind) error {
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
	counts, err := sessionsOf(ctx, c, w, id, storage.SessionFilter{})
	if err != nil {
		return err
	}
	for _, v := range counts {
		if err := addToSessions(ctx, c, w, v.SessionKind, -v.N); err != nil {
			return err
		}
		v.Anonymous = true
		if err := addToSessions(ctx, c, w, v.SessionKind, v.N); err != nil {
			return err
		}
	}
	return nil
}

func scanSessionCount(rows *sql.Rows) (c storage.KindCount, err error) {
	err = rows.Scan((*uuid.UUID)(&c.Channel), &c.Status, &c.Tag, &c.Anonymous, &c.N)
	return c, err
}
