package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
)

const (
	// gatherPause is how long pending activity is gathered, so that that of one moment shares a transaction.
	gatherPause = 20 * time.Millisecond
	// activityBatch is how many contacts, and how many sessions, have their activity published in one transaction. Other
	// writes wait that long.
	activityBatch = 100
)

// publishActivity publishes pending activity as events until ctx ends. One caller at a time does it, the others wait.
// Pending activity is stored in the transaction of its message, so that none is lost with a process: the next one that
// follows publishes it.
func (s *Store) publishActivity(ctx context.Context) error {
	select {
	case s.publishing <- struct{}{}:
		defer func() { <-s.publishing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		next, err := s.publishDue(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errClosed):
			return err
		case err != nil:
			next = followEvery // it may succeed then
		}
		pause := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-pause.C:
		case <-s.pending:
			pause.Reset(min(next, gatherPause))
			<-pause.C
		}
		pause.Stop()
	}
}

// publishDue publishes one batch of the activity that is due, and reports when to look for the next.
func (s *Store) publishDue(ctx context.Context) (next time.Duration, err error) {
	if next, err = s.nextDue(ctx); err != nil || next > 0 {
		return next, err
	}
	more := false
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		now := time.Now()
		contacts, err := s.pendingContacts(ctx, t, now)
		if err != nil {
			return err
		}
		sessions, err := s.pendingSessions(ctx, t, now)
		if err != nil {
			return err
		}
		more = len(contacts) == activityBatch || len(sessions) == activityBatch
		return t.addActivity(ctx, append(contacts, sessions...), now)
	})
	if err != nil || more {
		return 0, err
	}
	return s.nextDue(ctx)
}

// nextDue is how long it is until pending activity is due; [followEvery] at most, for other processes leave some, too.
func (s *Store) nextDue(ctx context.Context) (time.Duration, error) {
	return read(ctx, s, func(c *conn) (time.Duration, error) {
		next, now := followEvery, time.Now()
		for _, query := range []string{
			`SELECT told_at FROM contact_activity WHERE dirty_at IS NOT NULL ORDER BY told_at LIMIT 1`,
			`SELECT told_at FROM sessions WHERE dirty_at IS NOT NULL ORDER BY told_at LIMIT 1`,
		} {
			last, found, err := first(ctx, c, query, nil, scanInt)
			if err != nil {
				return 0, err
			}
			if found {
				next = min(next, crm.ActivityDue(micros(int64(last)), now, s.activityInterval))
			}
		}
		return next, nil
	})
}

// pending is the activity of a contact or session that no event has been published for yet.
type pending struct {
	workspace crm.WorkspaceID
	n         int64 // of a session's row
	gone      bool  // a contact that is not there
	event     crm.Event
}

// isDue is the condition that pending activity may be published, and the order in which it is.
const isDue = `dirty_at IS NOT NULL AND (told_at <= @due OR told_at > @now) ORDER BY told_at LIMIT @n`

func (s *Store) dueArgs(now time.Time) args {
	return args{"due": now.Add(-s.activityInterval).UnixMicro(), "now": now.UnixMicro(), "n": activityBatch}
}

// pendingContacts reads and clears the pending activity of contacts that is due.
func (s *Store) pendingContacts(ctx context.Context, t *tx, now time.Time) ([]pending, error) {
	found, err := all(ctx, t.conn, `
		SELECT a.workspace_id, a.contact_id, a.dirty_channel, a.dirty_at, c.version
		FROM (
		  SELECT workspace_id, contact_id, dirty_channel, dirty_at, told_at
		  FROM contact_activity
		  WHERE `+isDue+`
		) a
		LEFT JOIN contacts c ON c.workspace_id = a.workspace_id AND c.id = a.contact_id`, s.dueArgs(now),
		func(rows *sql.Rows) (m pending, err error) {
			var contact uuid.UUID
			var channel crm.ChannelID
			var at int64
			var version sql.NullInt64
			err = rows.Scan(&m.workspace, &contact, (*uuid.UUID)(&channel), &at, &version)
			m.gone = !version.Valid
			m.event = crm.Event{
				ContactID: (*crm.ContactID)(&contact), Version: int(version.Int64), Actor: channel.String(), At: micros(at),
			}
			return m, err
		})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	keys := make([][2]any, len(found))
	for i, m := range found {
		keys[i] = [2]any{m.workspace, hex.EncodeToString(m.event.ContactID[:])}
	}
	return found, t.clear(ctx, `
		UPDATE contact_activity SET dirty_at = NULL, dirty_channel = NULL, told_at = @now
		WHERE (workspace_id, contact_id) IN (SELECT value ->> 0, unhex(value ->> 1) FROM json_each(@keys))`, keys, now)
}

// pendingSessions reads and clears the pending activity of sessions that is due.
func (s *Store) pendingSessions(ctx context.Context, t *tx, now time.Time) ([]pending, error) {
	found, err := all(ctx, t.conn, `
		SELECT
		  s.n, s.workspace_id, s.id, s.channel_id, s.dirty_at,
		  CASE WHEN `+ofNobodyDeleted+` THEN `+ownerIn("s.workspace_id", "s.account_id")+` END
		FROM sessions s
		WHERE `+isDue, s.dueArgs(now),
		func(rows *sql.Rows) (m pending, err error) {
			var session uuid.UUID
			var contact uuid.NullUUID
			var channel crm.ChannelID
			var at int64
			err = rows.Scan(&m.n, &m.workspace, &session, (*uuid.UUID)(&channel), &at, &contact)
			m.event = crm.Event{SessionID: (*crm.SessionID)(&session), Actor: channel.String(), At: micros(at)}
			if contact.Valid {
				m.event.ContactID = (*crm.ContactID)(&contact.UUID)
			}
			return m, err
		})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	keys := make([]int64, len(found))
	for i, m := range found {
		keys[i] = m.n
	}
	return found, t.clear(ctx, `
		UPDATE sessions SET dirty_at = NULL, told_at = @now
		WHERE n IN (SELECT value FROM json_each(@keys))`, keys, now)
}

// clear runs a statement on @keys.
func (t *tx) clear(ctx context.Context, query string, keys any, now time.Time) error {
	list, err := json.Marshal(keys)
	if err == nil {
		_, err = t.exec(ctx, query, args{"keys": string(list), "now": now.UnixMicro()})
	}
	return err
}

// addActivity writes the events of pending activity, in the order of its messages.
func (t *tx) addActivity(ctx context.Context, list []pending, now time.Time) error {
	slices.SortStableFunc(list, func(a, b pending) int {
		return cmp.Or(cmp.Compare(a.workspace, b.workspace), a.event.At.Compare(b.event.At))
	})
	events := map[crm.WorkspaceID][]crm.Event{}
	for _, m := range list {
		if m.gone {
			continue
		}
		m.event.ID, m.event.Kind = crm.NewEventID(now), crm.Activity
		events[m.workspace] = append(events[m.workspace], m.event)
	}
	for w, of := range events {
		if err := t.addEvents(ctx, w, of...); err != nil {
			return err
		}
	}
	return nil
}
