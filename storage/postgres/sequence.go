package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
)

const (
	// batchChanges and batchActivity are how many rows one batch takes.
	batchChanges  = 1000
	batchActivity = 10_000
	// lookBack is how many events of other processes a batch looks through for activity that has been published.
	lookBack = 3000
)

// result is what a batch achieved.
type result struct {
	published bool      // there are new events
	next      time.Time // when the next batch is due; zero when nothing waits
}

// batch gives sequence numbers to the committed changes of a workspace and publishes its activity, in one transaction
// that locks the workspace's row of event_heads. Unless it is to wait, it skips a workspace that another process is
// working on.
func (t *sequencer) batch(ctx context.Context, w crm.WorkspaceID, wait bool) (result, error) {
	state := t.state(w)
	state.mu.Lock()
	defer state.mu.Unlock()
	for range 2 {
		r := batch{sequencer: t, throttleState: state, workspace: w}
		var out result
		var held bool
		err := pgx.BeginFunc(ctx, t.store.pool, func(tx pgx.Tx) (err error) {
			if held, err = r.look(ctx, tx, wait); err != nil || !held {
				return err
			}
			out, err = r.publish(ctx, tx)
			return err
		})
		if err != nil {
			return result{}, translate(ctx, err)
		}
		if held {
			r.committed()
			return out, nil
		}
		if _, err := t.store.Settings(ctx, w); err != nil {
			if errors.Is(err, crm.ErrWorkspaceGone) {
				err = nil // nothing of it is to be published, and nothing written
			}
			return result{}, err
		}
		tag, err := t.store.pool.Exec(ctx, `
			INSERT INTO event_heads (workspace_id, seq) VALUES (@workspace, 0)
			ON CONFLICT DO NOTHING`, pgx.NamedArgs{"workspace": w})
		if err != nil {
			return result{}, translate(ctx, err)
		}
		if tag.RowsAffected() == 0 && !wait {
			break // another process is working on it
		}
	}
	return result{next: time.Now().Add(batchPause)}, nil
}

// batch is one look at a workspace and what follows from it.
type batch struct {
	*sequencer
	*throttleState
	workspace crm.WorkspaceID
	now       time.Time

	found    crm.Sequence // the newest sequence number before this batch
	head     crm.Sequence
	changes  []change
	pending  []crm.PendingActivity
	activity crm.ThrottledActivity
}

// change is a change without a sequence number.
type change struct {
	id      crm.EventID
	kind    crm.EventKind
	contact pgtype.UUID
	session pgtype.UUID
	version int
	at      time.Time
	stamp   int64
}

// look takes the workspace's row and reads what there is to do. held is false when the row is not there or, unless it is
// to wait, another has it. The server gives the row back when it hears nothing of this process any more.
func (r *batch) look(ctx context.Context, tx pgx.Tx, wait bool) (held bool, err error) {
	args := pgx.NamedArgs{"workspace": r.workspace, "changes": batchChanges, "pending": batchActivity}
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
		LIMIT @pending`, args).Query(func(rows pgx.Rows) (err error) {
		r.pending, err = pgx.CollectRows(rows, scanActivity)
		return err
	})
	err = tx.SendBatch(ctx, b).Close()
	r.now = time.Now().UTC().Truncate(time.Microsecond) // so that an event is later than its messages
	return held, err
}

func scanActivity(row pgx.CollectableRow) (p crm.PendingActivity, err error) {
	var session pgtype.UUID
	err = row.Scan(&p.ID, (*[16]byte)(&p.ChannelID), (*[16]byte)(&p.ContactID), &session, &p.Moved, &p.Received, &p.Version)
	if session.Valid {
		p.SessionID = (*crm.SessionID)(&session.Bytes)
	}
	return p, err
}

// publish writes sequence numbers and events.
func (r *batch) publish(ctx context.Context, tx pgx.Tx) (result, error) {
	if len(r.pending) > 0 && r.known != r.found {
		if err := r.catchUp(ctx, tx); err != nil {
			return result{}, err
		}
	}
	r.activity = r.throttle.Decide(r.pending, r.now)
	next := r.activity.Next
	if len(r.changes) == batchChanges || len(r.pending) == batchActivity {
		next = r.now
	}
	out := result{published: len(r.changes)+len(r.activity.Events) > 0, next: next}
	b := &pgx.Batch{}
	var first time.Time
	if len(r.changes) > 0 {
		first = r.sequence(b)
	} else if len(r.activity.Events) > 0 {
		first = r.activity.Events[0].At
	}
	r.queueEvents(b)
	if len(r.activity.Done) > 0 {
		b.Queue(`DELETE FROM activity_marks WHERE workspace_id = @workspace AND id = ANY(@ids)`,
			pgx.NamedArgs{"workspace": r.workspace, "ids": r.activity.Done})
	}
	for _, p := range r.activity.Left {
		b.Queue(`
			INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
			VALUES (@workspace, @id, @channel, @contact, @session, @moved, @received)`, pgx.NamedArgs{
			"workspace": r.workspace, "id": p.ID, "channel": [16]byte(p.ChannelID), "contact": [16]byte(p.ContactID),
			"session": (*[16]byte)(p.SessionID), "moved": p.Moved, "received": p.Received,
		})
	}
	if out.published {
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

// catchUp learns what activity other processes have published since this one last looked.
func (r *batch) catchUp(ctx context.Context, tx pgx.Tx) error {
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
		r.throttle.Published(of, id.Time(), r.now)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	r.known = r.found
	return nil
}

// sequence queues the sequence numbers of the changes, and returns the time of the first.
func (r *batch) sequence(b *pgx.Batch) (first time.Time) {
	ids, sequences := make([][16]byte, len(r.changes)), make([]int64, len(r.changes))
	ordered := inOrder(r.changes)
	for i, c := range ordered {
		r.head++
		ids[i], sequences[i] = c.id, int64(r.head)
	}
	b.Queue(`
		UPDATE changes c SET seq = p.sequence
		FROM unnest(@ids::uuid[], @sequences::bigint[]) p(id, sequence)
		WHERE c.workspace_id = @workspace AND c.id = p.id AND c.seq IS NULL`,
		pgx.NamedArgs{"workspace": r.workspace, "ids": ids, "sequences": sequences}).
		Exec(func(tag pgconn.CommandTag) error {
			if int(tag.RowsAffected()) != len(ids) {
				return fmt.Errorf("%d of %d changes got their sequence number", tag.RowsAffected(), len(ids))
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
	positions := map[pgtype.UUID][]int{}
	for i, c := range out {
		of := c.contact
		if c.session.Valid {
			of = c.session
		}
		positions[of] = append(positions[of], i)
	}
	for _, at := range positions {
		one := make([]change, len(at))
		for i, n := range at {
			one[i] = out[n]
		}
		slices.SortStableFunc(one, func(a, b change) int {
			return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.rank(), b.rank()))
		})
		for i, n := range at {
			out[n] = one[i]
		}
	}
	return out
}

// rank is when in the life of a version a change comes.
func (c change) rank() int {
	return slices.Index([]crm.EventKind{crm.Created, crm.Updated, crm.SplitOff, crm.MergedInto, crm.Deleted}, c.kind)
}

// queueEvents queues the events of activity, sequence numbers included.
func (r *batch) queueEvents(b *pgx.Batch) {
	n := len(r.activity.Events)
	if n == 0 {
		return
	}
	ids, sequences := make([][16]byte, n), make([]int64, n)
	contacts, sessions := make([]pgtype.UUID, n), make([]pgtype.UUID, n)
	versions, actors, at := make([]int32, n), make([]string, n), make([]time.Time, n)
	for i, e := range r.activity.Events {
		e = e.Kept()
		r.head++
		ids[i], sequences[i], versions[i], actors[i], at[i] = e.ID, int64(r.head), int32(e.Version), e.Actor, e.At.UTC()
		if e.ContactID != nil {
			contacts[i] = pgtype.UUID{Bytes: *e.ContactID, Valid: true}
		}
		if e.SessionID != nil {
			sessions[i] = pgtype.UUID{Bytes: *e.SessionID, Valid: true}
		}
	}
	b.Queue(`
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, session_id, version, fields, actor, at, stamp)
		SELECT @workspace, e.id, e.sequence, 'ACTIVITY', e.contact_id, e.session_id, e.version, '{}', e.actor, e.at, 0
		FROM unnest(
		  @ids::uuid[], @sequences::bigint[], @contacts::uuid[], @sessions::uuid[], @versions::integer[], @actors::text[],
		  @at::timestamptz[]
		) e(id, sequence, contact_id, session_id, version, actor, at)`, pgx.NamedArgs{
		"workspace": r.workspace, "ids": ids, "sequences": sequences, "contacts": contacts, "sessions": sessions,
		"versions": versions, "actors": actors, "at": at,
	})
}

// committed remembers what the committed batch published.
func (r *batch) committed() {
	for _, e := range r.activity.Events {
		r.throttle.Published(e.Subject(), r.now, r.now)
	}
	if r.known == r.found {
		r.known = r.head
	}
}
