package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// eventColumns are the columns of changes that scanEvent reads; they use @workspace.
var eventColumns = `
	id, seq, kind, coalesce(contact_id, ` + ownerNow + `), session_id, version, into_id, fields, old_values, new_values, actor, at`

// ownerNow is the contact that the session @workspace, session_id belongs to now.
var ownerNow = `(
	SELECT ` + ownerOf("s.account_id") + ` FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = session_id AND s.account_id NOT IN (` + deletedAccounts + `)
	)`

func scanEvent(row pgx.CollectableRow) (crm.Event, error) { return scanEventAfter(row) }

// scanEventAfter scans the columns of an event that come after others.
func scanEventAfter(row pgx.CollectableRow, before ...any) (crm.Event, error) {
	var e crm.Event
	var sequence *int64
	var contact, session, into pgtype.UUID
	var fields []string
	var old, after []*string
	var at time.Time
	err := row.Scan(append(before, (*[16]byte)(&e.ID), &sequence, &e.Kind, &contact, &session, &e.Version, &into,
		&fields, &old, &after, &e.Actor, &at)...)
	if err != nil {
		return e, err
	}
	if sequence != nil {
		e.Sequence = crm.Sequence(*sequence)
	}
	if contact.Valid {
		e.ContactID = (*crm.ContactID)(&contact.Bytes)
	}
	if session.Valid {
		e.SessionID = (*crm.SessionID)(&session.Bytes)
	}
	if into.Valid {
		e.Into = (*crm.ContactID)(&into.Bytes)
	}
	for i, name := range fields {
		c := crm.FieldChange{Field: name}
		if i < len(old) && i < len(after) { // else they are forgotten
			c.Old, c.New = old[i], after[i]
		}
		e.Changes = append(e.Changes, c)
	}
	e.At = at.UTC()
	return e, nil
}

// addChange queues the record of a change. It gets its sequence number once it is committed, see [sequencer].
func (s *Store) addChange(b *pgx.Batch, w crm.WorkspaceID, e crm.Event) {
	e = e.Kept()
	fields := []string{}
	var before, after []*string
	for _, c := range e.Changes {
		fields, before, after = append(fields, c.Field), append(before, c.Old), append(after, c.New)
	}
	var contact, session pgtype.UUID
	if e.ContactID != nil {
		contact = pgtype.UUID{Bytes: *e.ContactID, Valid: true}
	}
	if e.SessionID != nil {
		session = pgtype.UUID{Bytes: *e.SessionID, Valid: true}
	}
	b.Queue(`
		INSERT INTO changes (
		  workspace_id, id, kind, contact_id, session_id, into_id, version, fields, old_values, new_values, actor, at, stamp
		) VALUES (
		  @workspace, @id, @kind, @contact, @session, @into, @version, @fields, @old, @new, @actor, @at, @stamp
		)`, pgx.NamedArgs{
		"workspace": w, "id": [16]byte(e.ID), "kind": e.Kind, "contact": contact, "session": session, "into": (*[16]byte)(e.Into),
		"version": e.Version, "fields": fields, "old": before, "new": after, "actor": e.Actor, "at": e.At.UTC(), "stamp": s.sequencer.stamp(),
	})
}

// ownChanges are the changes that make a contact's history.
const ownChanges = `session_id IS NULL AND kind IN ('CREATED', 'UPDATED', 'MERGED', 'SPLIT')`

// scrub queues statements that empty the events of the contacts @ids, except deletions, and keep only their sequence
// numbers. Events that will get no sequence number are deleted. It holds the lock under which sequence numbers are given
// and activity is published, also in a workspace that has no event yet and so no row to lock.
func scrub(b *pgx.Batch, args pgx.NamedArgs) {
	b.Queue(`
		INSERT INTO event_heads (workspace_id, seq) VALUES (@workspace, 0)
		ON CONFLICT (workspace_id) DO UPDATE SET seq = event_heads.seq`, args)
	b.Queue(`
		UPDATE activity_marks SET contact_id = '00000000-0000-0000-0000-000000000000'
		WHERE workspace_id = @workspace AND contact_id = ANY(@ids)`, args) // the session's activity is still to be published
	b.Queue(`DELETE FROM changes WHERE workspace_id = @workspace AND contact_id = ANY(@ids) AND `+ownChanges+` AND seq = 0`, args)
	for _, of := range []string{ownChanges, ownActivity} {
		b.Queue(`
			UPDATE changes
			SET contact_id = NULL, into_id = NULL, version = 0, fields = '{}', old_values = NULL, new_values = NULL, actor = ''
			WHERE workspace_id = @workspace AND contact_id = ANY(@ids) AND `+of, args)
	}
}

// ownActivity are a contact's events of activity.
const ownActivity = `session_id IS NULL AND kind = 'ACTIVITY'`

// Events returns the events of the workspace after a sequence number, in order, n at most.
func (s *Store) Events(ctx context.Context, w crm.WorkspaceID, after crm.Sequence, n int) ([]crm.Event, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+eventColumns+`
		FROM changes
		WHERE workspace_id = @workspace AND seq > 0 AND seq > @after
		ORDER BY seq
		LIMIT @n`, pgx.NamedArgs{"workspace": w, "after": int64(after), "n": n})
	events, err := all(ctx, rows, err, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// LastSequence returns the sequence number and the id of the workspace's newest event.
func (s *Store) LastSequence(ctx context.Context, w crm.WorkspaceID) (sequence crm.Sequence, id crm.EventID, err error) {
	var newest pgtype.UUID
	err = s.pool.QueryRow(ctx, `
		SELECT h.seq, (SELECT c.id FROM changes c WHERE c.workspace_id = @workspace AND c.seq > 0 AND c.seq = h.seq)
		FROM event_heads h
		WHERE h.workspace_id = @workspace`, pgx.NamedArgs{"workspace": w}).Scan((*int64)(&sequence), &newest)
	if err = optional(err); err != nil {
		return 0, id, fmt.Errorf("read the last sequence number: %w", translate(ctx, err))
	}
	return sequence, newest.Bytes, nil
}

// SequenceOf returns the sequence number of an event, and gives it one if it has none yet.
func (s *Store) SequenceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Sequence, error) {
	sequence, err := s.sequenceOf(ctx, w, id)
	if err != nil {
		return 0, fmt.Errorf("sequence number of %s: %w", id, err)
	}
	return sequence, nil
}

func (s *Store) sequenceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Sequence, error) {
	for {
		var sequence *int64
		err := s.pool.QueryRow(ctx, `SELECT seq FROM changes WHERE workspace_id = @workspace AND id = @id`,
			pgx.NamedArgs{"workspace": w, "id": [16]byte(id)}).Scan(&sequence)
		switch {
		case errors.Is(err, pgx.ErrNoRows) || err == nil && sequence != nil && *sequence == 0:
			return 0, crm.ErrNotFound
		case err != nil:
			return 0, translate(ctx, err)
		case sequence != nil:
			return crm.Sequence(*sequence), nil
		}
		if err := s.sequencer.now(ctx, w); err != nil {
			return 0, err
		}
	}
}

// CountHistoryByContact counts each of the contacts' own changes as far as most.
func (s *Store) CountHistoryByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, most int,
) (map[crm.ContactID]storage.Count, error) {
	return s.countEach(ctx, most, `
		SELECT i.id, n.n
		FROM (`+askedContacts+`) i
		CROSS JOIN LATERAL (
		  SELECT count(*) AS n
		  FROM (
		    SELECT
		    FROM (
		      SELECT i.now AS of
		      UNION ALL
		      SELECT r.contact_id FROM redirects r WHERE r.workspace_id = @workspace AND r.survivor_id = i.now
		    ) o
		    JOIN changes h ON h.workspace_id = @workspace AND h.contact_id = o.of
		    WHERE h.workspace_id = @workspace AND `+ownChanges+`
		      AND EXISTS (SELECT FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.now)
		    LIMIT @n
		  ) h
		) n`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids), "n": most + 1})
}

// EventsByID returns the events that are kept among ids.
func (s *Store) EventsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.EventID) (map[crm.EventID]crm.Event, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+eventColumns+`
		FROM changes
		WHERE workspace_id = @workspace AND id = ANY(@ids) AND (contact_id IS NOT NULL OR session_id IS NOT NULL)`,
		pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("look up events: %w", err)
	}
	byID := make(map[crm.EventID]crm.Event, len(found))
	for i := range found {
		byID[found[i].ID] = found[i]
	}
	return byID, nil
}

// HistoryByContact returns one page of each of the contacts' own changes, newest first.
func (s *Store) HistoryByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p storage.Page) (map[crm.ContactID]storage.EventPage, error) {
	beyond, order := newestFirst(p)
	args := pageArgs(w, p)
	args["ids"] = uuids(ids)
	rows, err := s.pool.Query(ctx, `
		SELECT i.id, e.*
		FROM (`+askedContacts+`) i
		CROSS JOIN LATERAL (
		  SELECT i.now AS of
		  UNION ALL
		  SELECT r.contact_id FROM redirects r WHERE r.workspace_id = @workspace AND r.survivor_id = i.now
		) o
		CROSS JOIN LATERAL (
		  SELECT `+eventColumns+`
		  FROM changes
		  WHERE workspace_id = @workspace AND contact_id = o.of AND `+ownChanges+beyond+`
		    AND EXISTS (SELECT FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.now)
		  `+order+`
		) e`, args)
	if err != nil {
		return nil, fmt.Errorf("read histories: %w", translate(ctx, err))
	}
	found := map[crm.ContactID][]crm.Event{}
	var of crm.ContactID
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		e, err := scanEventAfter(row, (*[16]byte)(&of))
		found[of] = append(found[of], e)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read histories: %w", translate(ctx, err))
	}
	return storage.Histories(p, found), nil
}
