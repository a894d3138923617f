package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// AddAudit keeps an entry.
func (s *Store) AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) error {
	_, err := s.pool.Exec(ctx, insertAudit, auditArgs(w, a))
	if err != nil {
		return fmt.Errorf("add audit entry: %w", translate(ctx, err))
	}
	return nil
}

// SetAuditItems says how many contacts the action of an entry was about.
func (s *Store) SetAuditItems(ctx context.Context, w crm.WorkspaceID, id crm.AuditID, n int) error {
	_, err := s.pool.Exec(ctx, `UPDATE audit SET items = @items WHERE workspace_id = @workspace AND id = @id`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(id), "items": n})
	if err != nil {
		return fmt.Errorf("complete audit entry: %w", translate(ctx, err))
	}
	return nil
}

// publish queues the record of a change that a person made, and its audit entry.
func (s *Store) publish(b *pgx.Batch, w crm.WorkspaceID, e crm.Event) {
	s.addChange(b, w, e)
	b.Queue(insertAudit, auditArgs(w, crm.AuditOf(e)))
}

const insertAudit = `
	INSERT INTO audit (workspace_id, id, action, contact_id, other_id, session_id, channel_id, failure_id, key_id, endpoint_id, items, fields, actor, at)
	VALUES (@workspace, @id, @action, @contact, @other, @session, @channel, @failure, @key, @endpoint, @items, @fields, @actor, @at)`

func auditArgs(w crm.WorkspaceID, a crm.AuditEntry) pgx.NamedArgs {
	var contact, session, channel, failure pgtype.UUID
	if a.ContactID != nil {
		contact = pgtype.UUID{Bytes: *a.ContactID, Valid: true}
	}
	if a.SessionID != nil {
		session = pgtype.UUID{Bytes: *a.SessionID, Valid: true}
	}
	if a.ChannelID != nil {
		channel = pgtype.UUID{Bytes: *a.ChannelID, Valid: true}
	}
	if a.FailureID != nil {
		failure = pgtype.UUID{Bytes: *a.FailureID, Valid: true}
	}
	return pgx.NamedArgs{
		"workspace": w, "id": [16]byte(a.ID), "action": string(a.Action), "contact": contact, "other": (*[16]byte)(a.OtherID), "session": session,
		"channel": channel, "failure": failure, "key": (*[16]byte)(a.KeyID), "endpoint": (*[16]byte)(a.EndpointID), "items": a.Items,
		"fields": append([]string{}, a.Fields...), "actor": a.Actor, "at": a.At.UTC(),
	}
}

// addAudits keeps those of the entries that have an action.
func addAudits(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, audit []*crm.AuditEntry) error {
	for _, a := range audit {
		if a.Action == "" {
			continue
		}
		if _, err := tx.Exec(ctx, insertAudit, auditArgs(w, *a)); err != nil {
			return err
		}
	}
	return nil
}

// Audit returns one page of the entries, newest first.
func (s *Store) Audit(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.AuditPage, error) {
	beyond, order := newestFirst(p)
	rows, err := s.pool.Query(ctx, `
		SELECT `+auditColumns+`
		FROM audit
		WHERE workspace_id = @workspace`+beyond+`
		`+order, pageArgs(w, p))
	found, err := all(ctx, rows, err, scanAudit)
	if err != nil {
		return storage.AuditPage{}, fmt.Errorf("list audit entries: %w", err)
	}
	entries, more := storage.Window(p, found, storage.AuditPosition, storage.NewestFirst)
	return storage.AuditPage{Entries: entries, More: more}, nil
}

// CountAudit counts the entries as far as most.
func (s *Store) CountAudit(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM (SELECT FROM audit WHERE workspace_id = @workspace LIMIT @n) a`,
		pgx.NamedArgs{"workspace": w, "n": most + 1}).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count audit entries: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// AuditByID returns the entries that exist among ids.
func (s *Store) AuditByID(ctx context.Context, w crm.WorkspaceID, ids []crm.AuditID) (map[crm.AuditID]crm.AuditEntry, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+auditColumns+`
		FROM audit
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanAudit)
	if err != nil {
		return nil, fmt.Errorf("look up audit entries: %w", err)
	}
	byID := make(map[crm.AuditID]crm.AuditEntry, len(found))
	for i := range found {
		byID[found[i].ID] = found[i]
	}
	return byID, nil
}

// auditColumns are the columns of audit that scanAudit reads; they use @workspace.
var auditColumns = `id, action, coalesce(contact_id, ` + ownerNow + `), other_id, session_id, channel_id, failure_id, key_id, endpoint_id, items, fields, actor, at`

func scanAudit(row pgx.CollectableRow) (a crm.AuditEntry, err error) {
	var contact, other, session, channel, failure, key, endpoint pgtype.UUID
	var at time.Time
	err = row.Scan((*[16]byte)(&a.ID), (*string)(&a.Action), &contact, &other, &session, &channel, &failure, &key, &endpoint, &a.Items, &a.Fields, &a.Actor, &at)
	if contact.Valid {
		a.ContactID = (*crm.ContactID)(&contact.Bytes)
	}
	if other.Valid {
		a.OtherID = (*crm.ContactID)(&other.Bytes)
	}
	if session.Valid {
		a.SessionID = (*crm.SessionID)(&session.Bytes)
	}
	if channel.Valid {
		a.ChannelID = (*crm.ChannelID)(&channel.Bytes)
	}
	if failure.Valid {
		a.FailureID = (*crm.FailureID)(&failure.Bytes)
	}
	if key.Valid {
		a.KeyID = (*crm.KeyID)(&key.Bytes)
	}
	if endpoint.Valid {
		a.EndpointID = (*crm.EndpointID)(&endpoint.Bytes)
	}
	a.At = at.UTC()
	return a, err
}
