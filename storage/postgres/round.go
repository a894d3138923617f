package postgres

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
)

const (
	// tellEvery is the least time between two events of one contact's or one session's activity.
	tellEvery = time.Second
	// roundChanges and roundMarks are how many rows one round takes.
	roundChanges = 1000
	roundMarks   = 10_000
	// lookBack is how many events of other processes a round looks through for activity that has been told of.
	lookBack = 3000
)

// result is what came of a round.
type result struct {
	told bool      // there are new events
	next time.Time // when the next is needed; zero where none is
}

// round gives places to the committed changes of a workspace and tells of activity, in one transaction that holds the
// workspace's row of event_heads. It leaves a workspace alone that another process is at, unless it is to wait.
func (t *teller) round(ctx context.Context, w crm.WorkspaceID, wait bool) (result, error) {
	l := t.ledger(w)
	l.mu.Lock()
	defer l.mu.Unlock()
	for range 2 {
		r := round{teller: t, ledger: l, workspace: w}
		var out result
		var held bool
		err := pgx.BeginFunc(ctx, t.store.pool, func(tx pgx.Tx) (err error) {
			if held, err = r.look(ctx, tx, wait); err != nil || !held {
				return err
			}
			out, err = r.tell(ctx, tx)
			return err
		})
		if err != nil {
			return result{}, translate(ctx, err)
		}
		if held {
			r.remember()
			return out, nil
		}
		tag, err := t.store.pool.Exec(ctx, `
			INSERT INTO event_heads (workspace_id, seq) VALUES (@workspace, 0)
			ON CONFLICT DO NOTHING`, pgx.NamedArgs{"workspace": w})
		if err != nil {
			return result{}, translate(ctx, err)
		}
		if tag.RowsAffected() == 0 && !wait {
			break // somebody else is at it
		}
	}
	return result{next: time.Now().Add(tellPause)}, nil
}

// round is one look at a workspace and what follows from it.
type round struct {
	*teller
	*ledger
	workspace crm.WorkspaceID
	now       time.Time

	found   crm.Place // the newest place before this round
	head    crm.Place
	changes []change
	marks   []mark
	telling []crm.Event // of activity
}

// change is a change without a place.
type change struct {
	id      crm.EventID
	kind    crm.EventKind
	contact pgtype.UUID
	session pgtype.UUID
	version int
	at      time.Time
	stamp   int64
}

// mark says that a contact's or a session's activity is to be told of, or both.
type mark struct {
	id       [16]byte
	channel  crm.ChannelID
	contact  crm.ContactID
	session  pgtype.UUID
	moved    bool
	received time.Time
	version  *int // the contact's; nil where the contact is gone
}

// look takes the workspace's row and reads what there is to do. held is false when the row is not there or, unless it is
// to wait, another has it. The server gives the row back when it hears nothing of this process any more.
func (r *round) look(ctx context.Context, tx pgx.Tx, wait bool) (held bool, err error) {
	args := pgx.NamedArgs{"workspace": r.workspace, "changes": roundChanges, "marks": roundMarks}
	locking := "FOR NO KEY UPDATE"
	if !wait {
		locking += " SKIP LOCKED"
	}
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('idle_in_transaction_session_timeout', '5000', true)`)
	b.Queue(`SELECT seq FROM event_heads WHERE workspace_id = @workspace `+locking, args).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan((*int64)(&r.found))
			held, r.head = err == nil, r.found
			return optional(err)
		})
	b.Queue(`
		SELECT id, kind, contact_id, session_id, version, at, stamp
		FROM changes
		WHERE workspace_id = @workspace AND seq IS NULL
		ORDER BY stamp, id
		LIMIT @changes`, args).Query(func(rows pgx.Rows) (err error) {
		r.changes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c change, err error) {
			return c, row.Scan((*[16]byte)(&c.id), &c.kind, &c.contact, &c.session, &c.version, &c.at, &c.stamp)
		})
		return err
	})
	b.Queue(`
		SELECT m.id, m.channel_id, m.contact_id, m.session_id, m.moved, m.received_at,
		  (SELECT c.version FROM contacts c WHERE c.workspace_id = @workspace AND c.id = m.contact_id)
		FROM activity_marks m
		WHERE m.workspace_id = @workspace
		ORDER BY m.id
		LIMIT @marks`, args).Query(func(rows pgx.Rows) (err error) {
		r.marks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m mark, err error) {
			return m, row.Scan(&m.id, (*[16]byte)(&m.channel), (*[16]byte)(&m.contact), &m.session, &m.moved, &m.received, &m.version)
		})
		return err
	})
	err = tx.SendBatch(ctx, b).Close()
	r.now = time.Now().UTC().Truncate(time.Microsecond) // so that an event is later than the messages it tells of
	return held, err
}

// tell writes places and events.
func (r *round) tell(ctx context.Context, tx pgx.Tx) (result, error) {
	if len(r.marks) > 0 && r.known != r.found {
		if err := r.catchUp(ctx, tx); err != nil {
			return result{}, err
		}
	}
	done, left, next := r.activity()
	if len(r.changes) == roundChanges || len(r.marks) == roundMarks {
		next = r.now
	}
	out := result{told: len(r.changes)+len(r.telling) > 0, next: next}
	b := &pgx.Batch{}
	var first time.Time
	if len(r.changes) > 0 {
		first = r.place(b)
	} else if len(r.telling) > 0 {
		first = r.telling[0].At
	}
	r.queueEvents(b)
	if len(done) > 0 {
		b.Queue(`DELETE FROM activity_marks WHERE workspace_id = @workspace AND id = ANY(@ids)`,
			pgx.NamedArgs{"workspace": r.workspace, "ids": done})
	}
	for _, m := range left {
		b.Queue(`
			INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
			VALUES (@workspace, @id, @channel, @contact, @session, @moved, @received)`, pgx.NamedArgs{
			"workspace": r.workspace, "id": m.id, "channel": [16]byte(m.channel), "contact": [16]byte(m.contact),
			"session": m.session, "moved": m.moved, "received": m.received,
		})
	}
	if out.told {
		b.Queue(`
			UPDATE event_heads SET seq = @head, first_at = coalesce(first_at, @first)
			WHERE workspace_id = @workspace`,
			pgx.NamedArgs{"workspace": r.workspace, "head": int64(r.head), "first": first})
	}
	if b.Len() == 0 {
		return out, nil
	}
	return out, tx.SendBatch(ctx, b).Close()
}

// catchUp learns what activity other processes told of since this one last looked.
func (r *round) catchUp(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		SELECT id, coalesce(session_id, contact_id)
		FROM changes
		WHERE workspace_id = @workspace AND seq > 0 AND seq > @known AND kind = 'ACTIVITY'
		  AND coalesce(session_id, contact_id) IS NOT NULL`,
		pgx.NamedArgs{"workspace": r.workspace, "known": int64(max(r.known, r.found-lookBack))})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id crm.EventID
		var of [16]byte
		if err := rows.Scan((*[16]byte)(&id), &of); err != nil {
			return err
		}
		at := id.Time()
		if at.After(r.now) { // another clock
			at = r.now
		}
		if at.After(r.told[of]) {
			r.told[of] = at
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	r.known = r.found
	return nil
}

// activity decides which marks become events now. What was told of less than a second ago waits: one mark for each
// contact and session stays behind. It returns the marks that are done with, those to leave in their place, and when to
// come back for what waits.
func (r *round) activity() (done [][16]byte, left []mark, next time.Time) {
	for of, at := range r.told {
		if r.now.Sub(at) >= tellEvery {
			delete(r.told, of)
		}
	}
	telling, waiting := map[[16]byte]int{}, map[[16]byte]bool{}
	for _, m := range r.marks {
		var rest []mark // of the two parts, those that wait and have no mark yet
		parts, kept := 0, 0
		for _, part := range m.parts() {
			of := part.of()
			parts++
			at, early := r.told[of]
			n, is := telling[of]
			switch {
			case is:
				if e := part.event(r.now); e.At.After(r.telling[n].At) {
					r.telling[n] = e
				}
			case !early:
				telling[of] = len(r.telling)
				r.telling = append(r.telling, part.event(r.now))
			case waiting[of]:
			default:
				waiting[of] = true
				rest = append(rest, part)
				kept++
				if due := at.Add(tellEvery); next.IsZero() || due.Before(next) {
					next = due
				}
			}
		}
		if parts > 0 && kept == parts {
			continue // it stays as it is
		}
		done = append(done, m.id)
		for _, part := range rest {
			part.id = uuid.New()
			left = append(left, part)
		}
	}
	return done, left, next
}

// parts are a mark of the contact and one of the session, as far as m is of them.
func (m mark) parts() []mark {
	var parts []mark
	if m.moved && m.version != nil {
		c := m
		c.session = pgtype.UUID{}
		parts = append(parts, c)
	}
	if m.session.Valid {
		s := m
		s.moved = false
		parts = append(parts, s)
	}
	return parts
}

// of is the id of what a part is of.
func (m mark) of() [16]byte {
	if m.session.Valid {
		return m.session.Bytes
	}
	return m.contact
}

// event is the event of a part.
func (m mark) event(now time.Time) crm.Event {
	e := crm.Event{ID: crm.NewEventID(now), Kind: crm.Activity, Actor: m.channel.String(), At: m.received}
	if m.version != nil {
		e.ContactID = &m.contact
	}
	if m.session.Valid {
		e.SessionID = (*crm.SessionID)(&m.session.Bytes)
	} else {
		e.Version = *m.version
	}
	return e
}

// place queues the places of the changes, and returns the time of the first.
func (r *round) place(b *pgx.Batch) (first time.Time) {
	ids, places := make([][16]byte, len(r.changes)), make([]int64, len(r.changes))
	ordered := inOrder(r.changes)
	for i, c := range ordered {
		r.head++
		ids[i], places[i] = c.id, int64(r.head)
	}
	b.Queue(`
		UPDATE changes c SET seq = p.place
		FROM unnest(@ids::uuid[], @places::bigint[]) p(id, place)
		WHERE c.workspace_id = @workspace AND c.id = p.id AND c.seq IS NULL`,
		pgx.NamedArgs{"workspace": r.workspace, "ids": ids, "places": places}).
		Exec(func(tag pgconn.CommandTag) error {
			if int(tag.RowsAffected()) != len(ids) {
				return fmt.Errorf("%d of %d changes got their place", tag.RowsAffected(), len(ids))
			}
			return nil
		})
	return ordered[0].at
}

// inOrder is the order of changes that became visible together: that of their stamps. As these come from several clocks,
// the changes of one contact are put in the order of its versions, and a session starts before it changes.
func inOrder(changes []change) []change {
	out := slices.SortedFunc(slices.Values(changes), func(a, b change) int {
		return cmp.Or(cmp.Compare(a.stamp, b.stamp), bytes.Compare(a.id[:], b.id[:]))
	})
	places := map[pgtype.UUID][]int{}
	for i, c := range out {
		of := c.contact
		if c.session.Valid {
			of = c.session
		}
		places[of] = append(places[of], i)
	}
	for _, at := range places {
		one := make([]change, len(at))
		for i, n := range at {
			one[i] = out[n]
		}
		slices.SortStableFunc(one, func(a, b change) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.version, b.version))
		})
		for i, n := range at {
			out[n] = one[i]
		}
	}
	return out
}

// rank is when in a life a change comes.
func (c change) rank() int {
	return slices.Index([]crm.EventKind{crm.Created, crm.Updated, crm.Deleted}, c.kind)
}

// queueEvents queues the events of activity, places included.
func (r *round) queueEvents(b *pgx.Batch) {
	n := len(r.telling)
	if n == 0 {
		return
	}
	ids, places := make([][16]byte, n), make([]int64, n)
	contacts, sessions := make([]pgtype.UUID, n), make([]pgtype.UUID, n)
	versions, actors, at := make([]int32, n), make([]string, n), make([]time.Time, n)
	for i, e := range r.telling {
		e = e.Kept()
		r.head++
		ids[i], places[i], versions[i], actors[i], at[i] = e.ID, int64(r.head), int32(e.Version), e.Actor, e.At.UTC()
		if e.ContactID != nil {
			contacts[i] = pgtype.UUID{Bytes: *e.ContactID, Valid: true}
		}
		if e.SessionID != nil {
			sessions[i] = pgtype.UUID{Bytes: *e.SessionID, Valid: true}
		}
	}
	b.Queue(`
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, session_id, version, fields, actor, at, stamp)
		SELECT @workspace, e.id, e.place, 'ACTIVITY', e.contact_id, e.session_id, e.version, '{}', e.actor, e.at, 0
		FROM unnest(
		  @ids::uuid[], @places::bigint[], @contacts::uuid[], @sessions::uuid[], @versions::integer[], @actors::text[],
		  @at::timestamptz[]
		) e(id, place, contact_id, session_id, version, actor, at)`, pgx.NamedArgs{
		"workspace": r.workspace, "ids": ids, "places": places, "contacts": contacts, "sessions": sessions,
		"versions": versions, "actors": actors, "at": at,
	})
}

// remember keeps what the committed round told of.
func (r *round) remember() {
	for _, e := range r.telling {
		if e.SessionID != nil {
			r.told[*e.SessionID] = r.now
		} else {
			r.told[*e.ContactID] = r.now
		}
	}
	if r.known == r.found {
		r.known = r.head
	}
}
