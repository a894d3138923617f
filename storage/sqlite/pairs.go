package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/match"
	"kith/storage"
)

const (
	// pairChanges and pairContacts are how many contacts are looked at in one transaction, for which other writers wait: those
	// that have changed, and those that were there before anybody looked for pairs.
	pairChanges  = 100
	pairContacts = 100
	// pairWorkspaces is how many workspaces are looked at in one go.
	pairWorkspaces = 8
)

// pairSome looks for contacts that may be one person. It compares those that have changed since it last ran, which the
// record of events lists, and those that it has never compared, such as loaded ones.
func (s *Store) pairSome(ctx context.Context) (more bool, err error) {
	todo, err := read(ctx, s, func(c *conn) ([]crm.WorkspaceID, error) {
		return all(ctx, c, `
			SELECT n.workspace_id
			FROM contact_counts n
			LEFT JOIN event_heads h ON h.workspace_id = n.workspace_id
			LEFT JOIN duplicate_progress p ON p.workspace_id = n.workspace_id
			WHERE n.workspace_id > @after AND (p.workspace_id IS NULL OR p.contact_id IS NOT NULL OR p.seq < h.seq)
			ORDER BY n.workspace_id
			LIMIT @n`, args{"after": s.paired.Load(), "n": pairWorkspaces}, func(rows *sql.Rows) (w crm.WorkspaceID, err error) { return w, rows.Scan(&w) })
	})
	if err != nil {
		return false, err
	}
	last := crm.WorkspaceID(0) // those in front are looked at again once those behind have been
	if more = len(todo) == pairWorkspaces; more {
		last = todo[len(todo)-1]
	}
	for _, w := range todo {
		left, err := s.pairBatch(ctx, w)
		if err != nil {
			return false, err
		}
		more = more || left
	}
	s.paired.Store(int32(last))
	return more, nil
}

// pairBatch looks at some contacts of a workspace and reports whether there are more. Other writers wait only where there are
// any.
func (s *Store) pairBatch(ctx context.Context, w crm.WorkspaceID) (more bool, err error) {
	next, err := read(ctx, s, func(c *conn) (pairBatch, error) { return s.nextPairs(ctx, c, w) })
	if err != nil {
		return false, err
	}
	if len(next.ids) == 0 && !next.last {
		s.seen.Store(w, next.seq)
		return false, nil
	}
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		now, _, err := progressOf(ctx, t.conn, w)
		if err != nil || now.seq != next.from.seq || !bytes.Equal(now.contact, next.from.contact) {
			next.more = true // contacts were loaded, or another process was faster
			return err
		}
		r := pairing{tx: t, workspace: w, ids: next.ids}
		if err := r.look(ctx); err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO duplicate_progress (workspace_id, seq, contact_id) VALUES (@workspace, @seq, @contact)
			ON CONFLICT (workspace_id) DO UPDATE SET seq = excluded.seq, contact_id = excluded.contact_id`,
			args{"workspace": w, "seq": next.seq, "contact": next.contact})
		return err
	})
	return next.more, err
}

// pairProgress is how far the search has come: to an event, and to a contact, nil for the last one.
type pairProgress struct {
	seq     int64
	contact []byte
}

// progressOf is how far the search has come in a workspace, where it has begun.
func progressOf(ctx context.Context, c *conn, w crm.WorkspaceID) (pairProgress, bool, error) {
	return first(ctx, c, `SELECT seq, contact_id FROM duplicate_progress WHERE workspace_id = @workspace`, args{"workspace": w},
		func(rows *sql.Rows) (p pairProgress, err error) { return p, rows.Scan(&p.seq, &p.contact) })
}

// pairBatch is which contacts come next, and how far the search has come with them.
type pairBatch struct {
	pairProgress
	ids  []crm.ContactID
	from pairProgress // before
	last bool         // all contacts that were there before anybody looked have been looked at now
	more bool
}

// nextPairs finds the contacts of the next batch: those that have changed, and if there are none those
// that have never been compared.
func (s *Store) nextPairs(ctx context.Context, c *conn, w crm.WorkspaceID) (b pairBatch, err error) {
	a := args{"workspace": w}
	head, _, err := first(ctx, c, `SELECT coalesce(max(seq), 0) FROM event_heads WHERE workspace_id = @workspace`, a, scanInt)
	if err != nil {
		return b, err
	}
	from, found, err := progressOf(ctx, c, w)
	if err != nil {
		return b, err
	}
	b.pairProgress, b.from = from, from
	if !found { // the search begins
		b.pairProgress = pairProgress{seq: int64(head), contact: make([]byte, 16)}
	}
	if seen, is := s.seen.Load(w); is {
		b.seq = max(b.seq, seen.(int64))
	}
	if err := b.changed(ctx, c, w, int64(head)); err != nil || len(b.ids) > 0 || b.contact == nil {
		return b, err
	}
	return b, b.unseen(ctx, c, w)
}

// changed finds contacts that have changed, and moves the progress as far as it has looked: to head where there are no more.
func (b *pairBatch) changed(ctx context.Context, c *conn, w crm.WorkspaceID, head int64) (err error) {
	b.ids, err = all(ctx, c, `
		SELECT contact_id, seq FROM changes INDEXED BY changes_by_place
		WHERE workspace_id = @workspace AND seq > 0 AND seq > @seq AND session_id IS NULL AND contact_id IS NOT NULL
		  AND kind IN ('CREATED', 'UPDATED', 'SPLIT')
		ORDER BY seq
		LIMIT @n`, args{"workspace": w, "seq": b.seq, "n": pairChanges},
		func(rows *sql.Rows) (id crm.ContactID, err error) { return id, rows.Scan((*uuid.UUID)(&id), &b.seq) })
	if b.more = len(b.ids) == pairChanges; !b.more {
		b.seq = max(b.seq, head)
	}
	b.more = b.more || b.contact != nil
	return err
}

// unseen finds contacts that have never been compared, and moves the progress to the last of them.
func (b *pairBatch) unseen(ctx context.Context, c *conn, w crm.WorkspaceID) (err error) {
	b.ids, err = all(ctx, c, `
		SELECT id FROM contacts WHERE workspace_id = @workspace AND id > @contact ORDER BY id LIMIT @n`,
		args{"workspace": w, "contact": b.contact, "n": pairContacts},
		func(rows *sql.Rows) (id crm.ContactID, err error) { return id, rows.Scan((*uuid.UUID)(&id)) })
	if b.more = len(b.ids) == pairContacts; b.more {
		b.contact = b.ids[pairContacts-1][:]
	} else {
		b.contact, b.last = nil, true
	}
	return err
}

// pairing is what is done with a batch.
type pairing struct {
	*tx
	workspace crm.WorkspaceID
	ids       []crm.ContactID // to look at
}

// look compares the contacts of the batch with those that have something in common with them.
func (r *pairing) look(ctx context.Context) error {
	if len(r.ids) == 0 {
		return nil
	}
	people, err := r.people(ctx, r.ids)
	if err != nil {
		return err
	}
	sharing, err := r.sharing(ctx, people)
	if err != nil {
		return err
	}
	var others []crm.ContactID
	for _, ids := range sharing {
		others = append(others, ids...)
	}
	known, err := r.people(ctx, others)
	if err != nil {
		return err
	}
	if err := r.dropReasons(ctx); err != nil {
		return err
	}
	now := time.Now()
	for id, p := range people {
		for _, other := range sharing[id] {
			o, there := known[other]
			if !there {
				continue
			}
			if reasons := match.Reasons(p, o); reasons != 0 {
				a, b := crm.OrderedPair(id, other)
				if err := r.suggest(ctx, r.workspace, a, b, reasons, now); err != nil {
					return err
				}
			}
		}
	}
	return r.eachSide(ctx, `DELETE FROM duplicates INDEXED BY %s WHERE workspace_id = @workspace AND reasons = 0 AND %s`)
}

// dropReasons leaves pairs with contacts of the batch no reason but what a channel has proven.
func (r *pairing) dropReasons(ctx context.Context) error {
	return r.eachSide(ctx, `UPDATE duplicates INDEXED BY %s SET reasons = reasons & @proven WHERE workspace_id = @workspace AND %s`)
}

// eachSide runs a statement for the pairs of the batch's contacts, by either side: it takes the index and the condition.
func (r *pairing) eachSide(ctx context.Context, query string) error {
	const among = ` IN (SELECT unhex(value) FROM json_each(@ids))`
	for _, side := range [][2]any{{"duplicates_of_pair", "a" + among}, {"duplicates_by_b", "b" + among}} {
		_, err := r.exec(ctx, fmt.Sprintf(query, side[:]...),
			args{"workspace": r.workspace, "ids": idList(r.ids), "proven": int(crm.ProvenSame)})
		if err != nil {
			return err
		}
	}
	return nil
}

// people reads contacts with their identities.
func (r *pairing) people(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]match.Person, error) {
	a := args{"workspace": r.workspace, "ids": idList(ids)}
	found, err := contacts(ctx, r.conn, `c.id IN (SELECT unhex(value) FROM json_each(@ids))`, a)
	if err != nil {
		return nil, err
	}
	identities, err := all(ctx, r.conn, selectIdentities, a, scanIdentity())
	if err != nil {
		return nil, err
	}
	types := map[crm.ChannelID]crm.ChannelType{}
	_, err = all(ctx, r.conn, `SELECT id, type FROM channels WHERE workspace_id = @workspace`, args{"workspace": r.workspace},
		func(rows *sql.Rows) (struct{}, error) {
			var id uuid.UUID
			var t string
			err := rows.Scan(&id, &t)
			types[crm.ChannelID(id)] = crm.ChannelType(t)
			return struct{}{}, err
		})
	return storage.People(found, identities, types), err
}

// sharing writes the keys of people, and returns the contacts that share one with each of them, unless a crowd does.
func (r *pairing) sharing(ctx context.Context, people map[crm.ContactID]match.Person) (map[crm.ContactID][]crm.ContactID, error) {
	_, err := r.exec(ctx, `
		DELETE FROM match_keys INDEXED BY match_keys_of_contact
		WHERE workspace_id = @workspace AND contact_id IN (SELECT unhex(value) FROM json_each(@ids))`,
		args{"workspace": r.workspace, "ids": idList(r.ids)})
	if err != nil {
		return nil, err
	}
	keys := map[match.Key]bool{}
	rows := [][2]any{}
	for id, p := range people {
		for _, k := range p.Keys() {
			keys[k] = true
			rows = append(rows, [2]any{k, hex.EncodeToString(id[:])})
		}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	_, err = r.exec(ctx, `
		INSERT INTO match_keys (workspace_id, key, contact_id)
		SELECT @workspace, value ->> 0, unhex(value ->> 1) FROM json_each(@rows)`,
		args{"workspace": r.workspace, "rows": string(list)})
	if err != nil {
		return nil, err
	}
	holders, err := r.holders(ctx, slices.Sorted(maps.Keys(keys)))
	return match.Sharing(people, holders), err
}

// holders are the contacts that have each of the keys, as far as a crowd.
func (r *pairing) holders(ctx context.Context, keys []match.Key) (map[match.Key][]crm.ContactID, error) {
	list, err := json.Marshal(append([]match.Key{}, keys...))
	if err != nil {
		return nil, err
	}
	holders := make(map[match.Key][]crm.ContactID, len(keys))
	_, err = all(ctx, r.conn, `
		SELECT k.value, (
		  SELECT group_concat(hex(m.contact_id), '')
		  FROM (SELECT contact_id FROM match_keys WHERE workspace_id = @workspace AND key = k.value ORDER BY contact_id LIMIT @n) m
		)
		FROM json_each(@keys) k`, args{"workspace": r.workspace, "keys": string(list), "n": match.Crowd + 1},
		func(rows *sql.Rows) (none struct{}, err error) {
			var k int64
			var ids string
			if err := rows.Scan(&k, &ids); err != nil {
				return none, err
			}
			for len(ids) > 0 {
				var id crm.ContactID
				if _, err := hex.Decode(id[:], []byte(ids[:2*len(id)])); err != nil {
					return none, err
				}
				holders[match.Key(k)] = append(holders[match.Key(k)], id)
				ids = ids[2*len(id):]
			}
			return none, nil
		})
	return holders, err
}
