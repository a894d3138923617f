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

// eventColumns are the columns of changes that scanEvent reads; they use @workspace.
var eventColumns = `id, seq, kind, coalesce(contact_id, ` + ownerNow + `), session_id, version, into_id, fields, actor, at`

// ownerNow is the contact that the session @workspace, session_id belongs to now.
var ownerNow = `(
	SELECT ` + ownerOf("s.account_id") + ` FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = session_id AND ` + ofNobodyDeleted + `
	)`

func scanEvent(rows *sql.Rows) (e crm.Event, err error) {
	var contact, session, into uuid.NullUUID
	var fields []byte
	var at int64
	err = rows.Scan((*uuid.UUID)(&e.ID), &e.Sequence, &e.Kind, &contact, &session, &e.Version, &into, &fields, &e.Actor, &at)
	if err != nil {
		return e, err
	}
	if contact.Valid {
		e.ContactID = new(crm.ContactID(contact.UUID))
	}
	if session.Valid {
		e.SessionID = new(crm.SessionID(session.UUID))
	}
	if into.Valid {
		e.Into = new(crm.ContactID(into.UUID))
	}
	e.At = micros(at)
	return e, json.Unmarshal(fields, &e.Changes)
}

// Events returns the events of the workspace after a sequence number, in order, n at most.
func (s *Store) Events(ctx context.Context, w crm.WorkspaceID, after crm.Sequence, n int) ([]crm.Event, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Event, error) {
		return all(ctx, c, `
			SELECT `+eventColumns+`
			FROM changes
			WHERE workspace_id = @workspace AND seq > @after AND seq > 0
			ORDER BY seq
			LIMIT @n`, args{"workspace": w, "after": after, "n": n}, scanEvent)
	})
	return found, wrap("events", err)
}

// SequenceOf returns the sequence number of an event. It has one from its commit on, until it is forgotten.
func (s *Store) SequenceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Sequence, error) {
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, found, err := first(ctx, c, `
			SELECT seq
			FROM changes
			WHERE workspace_id = @workspace AND id = @id AND seq > 0`, args{"workspace": w, "id": id[:]}, scanInt)
		if err == nil && !found {
			err = crm.ErrNotFound
		}
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("sequence number of %s: %w", id, err)
	}
	return crm.Sequence(n), nil
}

// LastSequence returns the sequence number and the id of the workspace's newest event.
func (s *Store) LastSequence(ctx context.Context, w crm.WorkspaceID) (crm.Sequence, crm.EventID, error) {
	type newest struct {
		sequence crm.Sequence
		id       uuid.NullUUID
	}
	n, err := read(ctx, s, func(c *conn) (newest, error) {
		n, _, err := first(ctx, c, `
			SELECT h.seq, (SELECT e.id FROM changes e WHERE e.workspace_id = @workspace AND e.seq > 0 AND e.seq = h.seq)
			FROM event_heads h
			WHERE h.workspace_id = @workspace`, args{"workspace": w}, func(rows *sql.Rows) (n newest, err error) {
			return n, rows.Scan(&n.sequence, &n.id)
		})
		return n, err
	})
	return n.sequence, crm.EventID(n.id.UUID), wrap("last sequence number", err)
}

// HistoryByContact returns one page of each of the contacts' own changes, newest first.
func (s *Store) HistoryByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p storage.Page) (map[crm.ContactID]storage.EventPage, error) {
	d, beyond := clause.Reading(!p.FromEnd), ""
	a := args{"workspace": w, "n": p.Size + 1}
	if from := p.From(); from != nil {
		beyond = fmt.Sprintf(` AND id %s @from`, d.Beyond)
		a["from"] = from.ID[:]
	}
	query := fmt.Sprintf(`
		SELECT `+eventColumns+`
		FROM changes
		WHERE `+historyOf+`%s
		ORDER BY id %s
		LIMIT @n`, beyond, d.Order)
	found, err := readOnce(ctx, s, func(c *conn) (map[crm.ContactID][]crm.Event, error) {
		found := make(map[crm.ContactID][]crm.Event, len(ids))
		for _, asked := range ids { // nothing travels between here and the database: a statement for each costs no more
			all, err := livingIDs(ctx, c, w, asked)
			if err != nil {
				return nil, err
			}
			found[asked], err = historiesOf(ctx, c, query, a, all)
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read histories: %w", err)
	}
	return storage.Histories(p, found), nil
}

// CountHistoryByContact counts each of the contacts' own changes as far as most.
func (s *Store) CountHistoryByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, most int,
) (map[crm.ContactID]storage.Count, error) {
	return countEach(ctx, s, most, `
		SELECT i.id, (
		  SELECT count(*)
		  FROM (
		    SELECT 1
		    FROM (
		      SELECT i.contact_id AS id
		      UNION ALL
		      SELECT r.contact_id FROM redirects r INDEXED BY redirects_by_survivor
		      WHERE r.workspace_id = @workspace AND r.survivor_id = i.contact_id
		    ) o
		    CROSS JOIN changes h
		    WHERE h.workspace_id = @workspace AND h.contact_id = o.id AND h.session_id IS NULL AND `+ownChanges+`
		    LIMIT @n
		  )
		)
		FROM (
		  SELECT DISTINCT
		    unhex(value) AS id,
		    coalesce(
		      (SELECT r.survivor_id FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = unhex(value)),
		      unhex(value)
		    ) AS contact_id
		  FROM json_each(@ids)
		) i
		WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.contact_id)`,
		args{"workspace": w, "ids": idList(ids), "n": most + 1})
}

// EventsByID returns the events that are kept among ids.
func (s *Store) EventsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.EventID) (map[crm.EventID]crm.Event, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Event, error) {
		return all(ctx, c, `
			SELECT `+eventColumns+`
			FROM changes
			WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))
			  AND (contact_id IS NOT NULL OR session_id IS NOT NULL)`,
			args{"workspace": w, "ids": idList(ids)}, scanEvent)
	})
	if err != nil {
		return nil, wrap("look up events", err)
	}
	byID := make(map[crm.EventID]crm.Event, len(found))
	for i := range found {
		byID[found[i].ID] = found[i]
	}
	return byID, nil
}

// livingIDs are the ids of the contact that an id leads to: its own, and those of the contacts that have become part of it.
// A contact that does not exist has none.
func livingIDs(ctx context.Context, c *conn, w crm.WorkspaceID, asked crm.ContactID) ([]crm.ContactID, error) {
	id, err := currentContact(ctx, c, w, asked)
	if err != nil {
		return nil, err
	}
	_, found, err := first(ctx, c, `SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @id`,
		args{"workspace": w, "id": id[:]}, scanInt)
	if err != nil || !found {
		return nil, err
	}
	old, err := oldIDs(ctx, c, w, id)
	return append(old, id), err
}

// historiesOf reads a page of the changes of each id.
func historiesOf(ctx context.Context, c *conn, query string, a args, ids []crm.ContactID) (found []crm.Event, err error) {
	for _, id := range ids {
		a["id"] = id[:]
		of, err := all(ctx, c, query, a, scanEvent)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found, nil
}

// addEvents writes events, each with the next sequence number of the workspace, in the transaction of the change. Writes
// follow one another, so that sequence numbers are in the order of commits and none is left out.
func (t *tx) addEvents(ctx context.Context, w crm.WorkspaceID, events ...crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	last, _, err := first(ctx, t.conn, `
		INSERT INTO event_heads (workspace_id, seq)
		VALUES (@workspace, @n)
		ON CONFLICT (workspace_id) DO UPDATE SET seq = seq + excluded.seq
		RETURNING seq`, args{"workspace": w, "n": len(events)}, scanInt)
	if err != nil {
		return err
	}
	rows := make([]eventRow, len(events))
	for i, e := range events {
		e = e.Kept()
		rows[i] = eventRow{
			uuid.UUID(e.ID), last - len(events) + 1 + i, e.Kind, (*uuid.UUID)(e.ContactID), (*uuid.UUID)(e.SessionID),
			(*uuid.UUID)(e.Into), e.Version, append([]crm.FieldChange{}, e.Changes...), e.Actor, e.At.UnixMicro(),
		}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, session_id, into_id, version, fields, actor, at)
		SELECT
		  @workspace, unhex(value ->> 'id', '-'), value ->> 'seq', value ->> 'kind', unhex(value ->> 'contact', '-'),
		  unhex(value ->> 'session', '-'), unhex(value ->> 'into', '-'), value ->> 'version', value ->> 'fields', value ->> 'actor', value ->> 'at'
		FROM json_each(@events)`, args{"workspace": w, "events": string(list)})
	t.published[w] = true
	return err
}

// eventRow is an event as the statement takes it.
type eventRow struct {
	ID      uuid.UUID         `json:"id"`
	Seq     int               `json:"seq"`
	Kind    crm.EventKind     `json:"kind"`
	Contact *uuid.UUID        `json:"contact"`
	Session *uuid.UUID        `json:"session"`
	Into    *uuid.UUID        `json:"into"`
	Version int               `json:"version"`
	Fields  []crm.FieldChange `json:"fields"`
	Actor   string            `json:"actor"`
	At      int64             `json:"at"`
}

// scrub empties a contact's events but for that of its deletion: only their sequence numbers stay. Those that have none
// serve nothing any more and go.
func (t *tx) scrub(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) error {
	const emptied = `UPDATE changes SET contact_id = NULL, into_id = NULL, version = 0, fields = '[]', actor = '' WHERE `
	for _, query := range []string{
		`DELETE FROM changes WHERE seq = 0 AND ` + historyOf,
		emptied + historyOf,
		emptied + `workspace_id = @workspace AND contact_id = @id AND session_id IS NULL AND kind = 'ACTIVITY'`,
	} {
		if _, err := t.exec(ctx, query, args{"workspace": w, "id": id[:]}); err != nil {
			return err
		}
	}
	return nil
}

// historyOf is the condition that a change belongs to the history of contact @id.
const historyOf = `workspace_id = @workspace AND contact_id = @id AND session_id IS NULL AND ` + ownChanges

// ownChanges is the condition that a change without a session is history.
const ownChanges = `kind IN ('CREATED', 'UPDATED', 'MERGED', 'SPLIT')`
