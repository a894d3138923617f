package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// sessionColumns are the columns of sessions s that scanSession reads. A session whose contact has been deleted shows
// none, also while it still holds the contact's id.
const sessionColumns = `
	s.id,
	CASE WHEN NOT EXISTS (
	  SELECT 1 FROM contact_deletions d WHERE d.workspace_id = s.workspace_id AND d.contact_id = s.contact_id
	) THEN s.contact_id END,
	s.channel_id, s.status, s.tag, s.last_message_preview, s.last_message_at, s.unread_count, s.started_at`

func scanSession(rows *sql.Rows) (s crm.Session, err error) {
	var contact uuid.NullUUID
	var last, started int64
	err = rows.Scan((*uuid.UUID)(&s.ID), &contact, (*uuid.UUID)(&s.ChannelID), &s.Status, &s.Tag, &s.LastMessagePreview,
		&last, &s.UnreadCount, &started)
	if contact.Valid {
		s.ContactID = new(crm.ContactID(contact.UUID))
	}
	s.LastMessageAt, s.StartedAt = micros(last), micros(started)
	return s, err
}

// SessionsByID returns the sessions that exist among ids.
func (s *Store) SessionsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Session, error) {
		return all(ctx, c, `
			SELECT `+sessionColumns+`
			FROM sessions s
			WHERE s.workspace_id = @workspace AND s.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanSession)
	})
	if err != nil {
		return nil, fmt.Errorf("look up sessions: %w", err)
	}
	out := make(map[crm.SessionID]crm.Session, len(found))
	for _, v := range found {
		out[v.ID] = v
	}
	return out, nil
}

// sessionByID reads one session; ErrNotFound when there is none.
func sessionByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.SessionID) (crm.Session, error) {
	v, found, err := first(ctx, c, `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.id = @id`, args{"workspace": w, "id": id[:]}, scanSession)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return v, err
}

// Sessions returns one page of the sessions that pass q.Filter, the newest last message first.
func (s *Store) Sessions(ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery) (storage.SessionPage, error) {
	f := q.Filter
	if f.Contact != nil {
		pages, err := s.SessionsByContact(ctx, w, []crm.ContactID{*f.Contact}, q)
		return pages[*f.Contact], err
	}
	a := args{"workspace": w}
	where, order := passing(q, a)
	query := `
		SELECT ` + sessionColumns + `
		FROM sessions s
		WHERE s.workspace_id = @workspace` + where + order
	switch {
	case f.Anonymous == nil:
	case *f.Anonymous:
		// Those without a contact, and those of contacts that are being deleted; each part from an index in order.
		query = `
			SELECT ` + sessionColumns + `
			FROM sessions s
			WHERE s.n IN (
			  SELECT n
			  FROM (
			    SELECT s.n FROM sessions s
			    WHERE s.workspace_id = @workspace AND s.contact_id IS NULL` + where + order + `
			  )
			  UNION ALL
			  SELECT o.n
			  FROM contact_deletions d
			  CROSS JOIN sessions o ON o.n IN (
			    SELECT s.n FROM sessions s
			    WHERE s.workspace_id = @workspace AND s.contact_id = d.contact_id` + where + order + `
			  )
			  WHERE d.workspace_id = @workspace
			)` + order
	default:
		query = `
			SELECT ` + sessionColumns + `
			FROM sessions s
			WHERE s.workspace_id = @workspace AND s.contact_id IS NOT NULL AND NOT EXISTS (
			  SELECT 1 FROM contact_deletions d WHERE d.workspace_id = @workspace AND d.contact_id = s.contact_id
			)` + where + order
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.Session, error) { return all(ctx, c, query, a, scanSession) })
	if err != nil {
		return storage.SessionPage{}, fmt.Errorf("list sessions: %w", err)
	}
	return sessionPage(q, found), nil
}

// SessionsByContact returns one page of the sessions of each of the contacts, the newest last message first.
func (s *Store) SessionsByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery) (map[crm.ContactID]storage.SessionPage, error) {
	f := q.Filter
	if f.Contact != nil {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id crm.ContactID) bool { return id != *f.Contact })
	}
	if f.Anonymous != nil && *f.Anonymous {
		return map[crm.ContactID]storage.SessionPage{}, nil
	}
	a := args{"workspace": w, "ids": idList(ids)}
	where, order := passing(q, a)
	// The inner query reads one page from the index for each contact, however many sessions the contact has.
	found, err := read(ctx, s, func(c *conn) ([]crm.Session, error) {
		return all(ctx, c, `
			SELECT `+sessionColumns+`
			FROM (SELECT DISTINCT unhex(value) AS id FROM json_each(@ids)) i
			CROSS JOIN sessions s ON s.n IN (
			  SELECT s.n FROM sessions s
			  WHERE s.workspace_id = @workspace AND s.contact_id = i.id`+where+order+`
			)
			WHERE NOT EXISTS (
			  SELECT 1 FROM contact_deletions d WHERE d.workspace_id = @workspace AND d.contact_id = i.id
			)`, a, scanSession)
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions by contact: %w", err)
	}
	byContact := make(map[crm.ContactID][]crm.Session)
	for _, v := range found {
		byContact[*v.ContactID] = append(byContact[*v.ContactID], v)
	}
	out := make(map[crm.ContactID]storage.SessionPage, len(byContact))
	for id, sessions := range byContact {
		slices.SortFunc(sessions, func(a, b crm.Session) int {
			if q.Before(storage.SessionPosition(a), storage.SessionPosition(b)) == q.Page.FromEnd {
				return 1
			}
			return -1
		})
		if p := sessionPage(q, sessions); len(p.Sessions) > 0 {
			out[id] = p
		}
	}
	return out, nil
}

// passing is the condition that a session s passes the filter and lies beyond the bound that reading starts at, and the
// order and the limit of reading; the contact is left to the caller. Their arguments are added to a.
func passing(q storage.SessionQuery, a args) (where, order string) {
	var b strings.Builder
	f := q.Filter
	if f.Channels != nil {
		b.WriteString(` AND s.channel_id IN (SELECT unhex(value) FROM json_each(@channels))`)
		a["channels"] = idList(f.Channels)
	}
	if f.Statuses != nil {
		b.WriteString(` AND s.status IN (SELECT value FROM json_each(@statuses))`)
		a["statuses"] = textList(f.Statuses)
	}
	if f.Tags != nil {
		b.WriteString(` AND s.tag IN (SELECT value FROM json_each(@tags))`)
		a["tags"] = textList(f.Tags)
	}
	d := direction(!q.Page.FromEnd)
	if from := q.Page.From(); from != nil {
		fmt.Fprintf(&b, ` AND (s.last_message_at, s.id) %s (@at, @id)`, d.beyond)
		a["at"], a["id"] = from.At.UnixMicro(), from.ID[:]
	}
	a["n"] = q.Page.Size + 1
	return b.String(), fmt.Sprintf(` ORDER BY s.last_message_at %[1]s, s.id %[1]s LIMIT @n`, d.order)
}

func sessionPage(q storage.SessionQuery, found []crm.Session) storage.SessionPage {
	sessions, more := storage.Window(q.Page, found, storage.SessionPosition, q.Before)
	return storage.SessionPage{Sessions: sessions, More: more}
}

// textList is an argument for json_each.
func textList[T ~string](values []T) string {
	b, _ := json.Marshal(values) // strings are always fit for JSON
	return string(b)
}

// insertSession stores a new session.
func insertSession(ctx context.Context, c *conn, w crm.WorkspaceID, v crm.Session) error {
	var contact any
	if v.ContactID != nil {
		contact = v.ContactID[:]
	}
	_, err := c.exec(ctx, `
		INSERT INTO sessions (
		  workspace_id, id, contact_id, channel_id, status, tag,
		  last_message_preview, last_message_at, unread_count, started_at
		) VALUES (
		  @workspace, @id, @contact, @channel, @status, @tag,
		  @preview, @last, @unread, @started
		)`, args{
		"workspace": w, "id": v.ID[:], "contact": contact, "channel": v.ChannelID[:], "status": v.Status, "tag": v.Tag,
		"preview": v.LastMessagePreview, "last": v.LastMessageAt.UnixMicro(), "unread": v.UnreadCount,
		"started": v.StartedAt.UnixMicro(),
	})
	return err
}
