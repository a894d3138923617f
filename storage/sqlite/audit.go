package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// AddAudit keeps an entry.
func (s *Store) AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) error {
	return wrap("add audit entry", s.write(ctx, func(ctx context.Context, t *tx) error { return t.addAudit(ctx, w, a) }))
}

// SetAuditItems says how many contacts the action of an entry was about.
func (s *Store) SetAuditItems(ctx context.Context, w crm.WorkspaceID, id crm.AuditID, n int) error {
	return wrap("complete audit entry", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `UPDATE audit SET items = @items WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": id[:], "items": n})
		return err
	}))
}

// publish writes the event and the audit entry of a change that a person made.
func (t *tx) publish(ctx context.Context, w crm.WorkspaceID, e crm.Event) error {
	if err := t.addEvents(ctx, w, e); err != nil {
		return err
	}
	return t.addAudit(ctx, w, crm.AuditOf(e))
}

// publishAll writes the events and the audit entries of a change of several contacts.
func (t *tx) publishAll(ctx context.Context, w crm.WorkspaceID, events []crm.Event, audit ...crm.AuditEntry) error {
	if err := t.addEvents(ctx, w, events...); err != nil {
		return err
	}
	for _, a := range audit {
		if err := t.addAudit(ctx, w, a); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) addAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) error {
	fields, err := json.Marshal(append([]string{}, a.Fields...))
	if err != nil {
		return err
	}
	var contact, other, session, channel, failure, key, endpoint []byte
	if a.ContactID != nil {
		contact = a.ContactID[:]
	}
	if a.OtherID != nil {
		other = a.OtherID[:]
	}
	if a.SessionID != nil {
		session = a.SessionID[:]
	}
	if a.ChannelID != nil {
		channel = a.ChannelID[:]
	}
	if a.FailureID != nil {
		failure = a.FailureID[:]
	}
	if a.KeyID != nil {
		key = a.KeyID[:]
	}
	if a.EndpointID != nil {
		endpoint = a.EndpointID[:]
	}
	_, err = t.exec(ctx, `
		INSERT INTO audit (workspace_id, id, action, contact_id, other_id, session_id, channel_id, failure_id, key_id, endpoint_id, items, fields, actor, at)
		VALUES (@workspace, @id, @action, @contact, @other, @session, @channel, @failure, @key, @endpoint, @items, @fields, @actor, @at)`, args{
		"workspace": w, "id": a.ID[:], "action": string(a.Action), "contact": contact, "other": other,
		"session": session, "channel": channel, "failure": failure, "key": key, "endpoint": endpoint, "items": a.Items,
		"fields": string(fields), "actor": a.Actor, "at": a.At.UnixMicro(),
	})
	return err
}

// addAudits keeps those of the entries that have an action.
func (t *tx) addAudits(ctx context.Context, w crm.WorkspaceID, audit []*crm.AuditEntry) error {
	for _, a := range audit {
		if a.Action == "" {
			continue
		}
		if err := t.addAudit(ctx, w, *a); err != nil {
			return err
		}
	}
	return nil
}

// Audit returns one page of the entries, newest first.
func (s *Store) Audit(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.AuditPage, error) {
	d, beyond := clause.Reading(!p.FromEnd), ""
	a := args{"workspace": w, "n": p.Size + 1}
	if from := p.From(); from != nil {
		beyond = fmt.Sprintf(` AND id %s @id`, d.Beyond)
		a["id"] = from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.AuditEntry, error) {
		return all(ctx, c, fmt.Sprintf(`
			SELECT `+auditColumns+`
			FROM audit
			WHERE workspace_id = @workspace%s
			ORDER BY id %s
			LIMIT @n`, beyond, d.Order), a, scanAudit)
	})
	if err != nil {
		return storage.AuditPage{}, wrap("list audit entries", err)
	}
	entries, more := storage.Window(p, found, storage.AuditPosition, storage.NewestFirst)
	return storage.AuditPage{Entries: entries, More: more}, nil
}

// CountAudit counts the entries as far as most.
func (s *Store) CountAudit(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT count(*)
			FROM (SELECT 1 FROM audit WHERE workspace_id = @workspace LIMIT @n)`,
			args{"workspace": w, "n": most + 1}, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, wrap("count audit entries", err)
	}
	return storage.Counted(n, most), nil
}

// AuditByID returns the entries that exist among ids.
func (s *Store) AuditByID(ctx context.Context, w crm.WorkspaceID, ids []crm.AuditID) (map[crm.AuditID]crm.AuditEntry, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.AuditEntry, error) {
		return all(ctx, c, `
			SELECT `+auditColumns+`
			FROM audit
			WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanAudit)
	})
	if err != nil {
		return nil, wrap("look up audit entries", err)
	}
	byID := make(map[crm.AuditID]crm.AuditEntry, len(found))
	for i := range found {
		byID[found[i].ID] = found[i]
	}
	return byID, nil
}

// auditColumns are the columns of audit that scanAudit reads; they use @workspace.
var auditColumns = `id, action, coalesce(contact_id, ` + ownerNow + `), other_id, session_id, channel_id, failure_id, key_id, endpoint_id, items, fields, actor, at`

func scanAudit(rows *sql.Rows) (a crm.AuditEntry, err error) {
	var contact, other, session, channel, failure, key, endpoint uuid.NullUUID
	var fields []byte
	var at int64
	err = rows.Scan((*uuid.UUID)(&a.ID), &a.Action, &contact, &other, &session, &channel, &failure, &key, &endpoint, &a.Items, &fields, &a.Actor, &at)
	if err != nil {
		return a, err
	}
	if contact.Valid {
		a.ContactID = new(crm.ContactID(contact.UUID))
	}
	if other.Valid {
		a.OtherID = new(crm.ContactID(other.UUID))
	}
	if session.Valid {
		a.SessionID = new(crm.SessionID(session.UUID))
	}
	if channel.Valid {
		a.ChannelID = new(crm.ChannelID(channel.UUID))
	}
	if failure.Valid {
		a.FailureID = new(crm.FailureID(failure.UUID))
	}
	if key.Valid {
		a.KeyID = new(crm.KeyID(key.UUID))
	}
	if endpoint.Valid {
		a.EndpointID = new(crm.EndpointID(endpoint.UUID))
	}
	a.At = micros(at)
	return a, json.Unmarshal(fields, &a.Fields)
}
