package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/internal/match"
	"kith/storage"
)

const (
	// pairChanges and pairContacts are how many contacts are looked at in one transaction: those that have changed, and those
	// that were there before anybody looked for pairs.
	pairChanges  = 100
	pairContacts = 200
	// pairWorkspaces is how many workspaces are looked at in one go.
	pairWorkspaces = 8
)

// pairSome looks for contacts that may be one person. It compares those that have changed since it last ran, which the
// record of events lists, and those that it has never compared, such as loaded ones.
func (s *Store) pairSome(ctx context.Context) (more bool, err error) {
	todo, err := everywhere(ctx, s, `
		SELECT n.workspace_id
		FROM (SELECT DISTINCT workspace_id FROM contact_counts WHERE %[1]s) n
		LEFT JOIN (SELECT workspace_id, seq FROM event_heads WHERE %[1]s) h ON h.workspace_id = n.workspace_id
		LEFT JOIN (SELECT workspace_id, seq, contact_id FROM duplicate_progress WHERE %[1]s) p ON p.workspace_id = n.workspace_id
		WHERE n.workspace_id > @after AND (p.workspace_id IS NULL OR p.contact_id IS NOT NULL OR p.seq < h.seq)
		ORDER BY n.workspace_id
		LIMIT @n`, pgx.NamedArgs{"after": s.sweep.paired.Load(), "n": pairWorkspaces}, pgx.RowTo[crm.WorkspaceID])
	if len(todo) > pairWorkspaces { // each was read alone
		todo = todo[:pairWorkspaces]
	}
	last := crm.WorkspaceID(0) // those in front are looked at again once those behind have been
	if more = len(todo) == pairWorkspaces; more {
		last = todo[len(todo)-1]
	}
	for _, w := range todo {
		left, failed := s.pairBatch(ctx, w)
		err = errors.Join(err, failed)
		more = more || left
	}
	s.sweep.paired.Store(int32(last))
	return more, err
}

// pairBatch looks at some contacts of a workspace and reports whether there are more.
func (s *Store) pairBatch(ctx context.Context, w crm.WorkspaceID) (more bool, err error) {
	err = s.inTurn(ctx, w, func(ctx context.Context) error {
		return s.tx(ctx, func(tx pgx.Tx) error {
			free, err := s.mine(ctx, tx, value(w, "pairs", ""))
			if err != nil || !free {
				return err
			}
			r := pairing{Store: s, tx: tx, workspace: w}
			if err := r.next(ctx); err != nil {
				return err
			}
			more = r.more
			return r.look(ctx)
		})
	})
	return more && err == nil, err
}

// pairing is one batch.
type pairing struct {
	*Store
	tx        pgx.Tx
	workspace crm.WorkspaceID
	ids       []crm.ContactID // to look at
	more      bool
}

func (r *pairing) args() pgx.NamedArgs { return pgx.NamedArgs{"workspace": r.workspace} }

// next finds the contacts of the batch and moves the progress past them.
func (r *pairing) next(ctx context.Context) error {
	args := r.args()
	var head, seq int64
	var contact pgtype.UUID
	err := r.tx.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM event_heads WHERE workspace_id = @workspace`, args).Scan(&head)
	if err != nil {
		return err
	}
	err = r.tx.QueryRow(ctx, `
		SELECT seq, contact_id FROM duplicate_progress WHERE workspace_id = @workspace FOR UPDATE`, args).Scan(&seq, &contact)
	if errors.Is(err, pgx.ErrNoRows) { // the search begins
		seq, contact, err = head, pgtype.UUID{Valid: true}, nil
	}
	if err != nil {
		return err
	}
	if seen, is := r.sweep.seen.Load(r.workspace); is {
		seq = max(seq, seen.(int64))
	}
	args["seq"], args["contact"] = seq, contact
	if seq, err = r.changed(ctx, args, head); err != nil {
		return err
	}
	switch {
	case len(r.ids) > 0:
		r.more = r.more || contact.Valid
	case contact.Valid:
		if contact, err = r.unseen(ctx, args); err != nil {
			return err
		}
		r.more = contact.Valid
	default: // there is nothing to write
		r.sweep.seen.Store(r.workspace, seq)
		return nil
	}
	args["seq"], args["contact"] = seq, contact
	_, err = r.tx.Exec(ctx, `
		INSERT INTO duplicate_progress (workspace_id, seq, contact_id) VALUES (@workspace, @seq, @contact)
		ON CONFLICT (workspace_id) DO UPDATE SET seq = excluded.seq, contact_id = excluded.contact_id`, args)
	return err
}

// changed finds contacts that have changed since @seq, and returns how far it has looked: to head where there are no more.
func (r *pairing) changed(ctx context.Context, args pgx.NamedArgs, head int64) (seq int64, err error) {
	args["n"] = pairChanges
	rows, err := r.tx.Query(ctx, `
		SELECT contact_id, seq FROM changes
		WHERE workspace_id = @workspace AND seq > 0 AND seq > @seq AND session_id IS NULL AND contact_id IS NOT NULL
		  AND kind IN ('CREATED', 'UPDATED', 'SPLIT')
		ORDER BY seq
		LIMIT @n`, args)
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (id crm.ContactID, err error) {
		return id, row.Scan((*[16]byte)(&id), &seq)
	})
	r.ids = found
	if r.more = len(found) == pairChanges; !r.more {
		seq = max(seq, head)
	}
	return seq, err
}

// unseen finds contacts behind @contact; NULL says that these are the last.
func (r *pairing) unseen(ctx context.Context, args pgx.NamedArgs) (last pgtype.UUID, err error) {
	args["n"] = pairContacts
	rows, err := r.tx.Query(ctx, `
		SELECT id FROM contacts WHERE workspace_id = @workspace AND id > @contact ORDER BY id LIMIT @n`, args)
	r.ids, err = all(ctx, rows, err, scanID[crm.ContactID])
	if len(r.ids) == pairContacts {
		last = pgtype.UUID{Bytes: r.ids[pairContacts-1], Valid: true}
	}
	return last, err
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
	if err := r.saveKeys(ctx, people); err != nil {
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
	b := &pgx.Batch{}
	r.dropReasons(b)
	now := time.Now().UTC().Truncate(time.Microsecond)
	for id, p := range people {
		for _, other := range sharing[id] {
			if o, there := known[other]; there {
				if reasons := match.Reasons(p, o); reasons != 0 {
					suggest(b, r.workspace, id, other, reasons, now)
				}
			}
		}
	}
	b.Queue(`DELETE FROM duplicates WHERE workspace_id = @workspace AND reasons = 0 AND (a = ANY(@ids) OR b = ANY(@ids))`,
		pgx.NamedArgs{"workspace": r.workspace, "ids": uuids(r.ids)})
	return r.tx.SendBatch(ctx, b).Close()
}

// dropReasons queues the removal of all reasons but PROVEN from pairs with contacts of the batch.
func (r *pairing) dropReasons(b *pgx.Batch) {
	b.Queue(`
		UPDATE duplicates SET reasons = reasons & @proven::smallint
		WHERE workspace_id = @workspace AND (a = ANY(@ids) OR b = ANY(@ids))`, pgx.NamedArgs{
		"workspace": r.workspace, "ids": uuids(r.ids), "proven": int(crm.ProvenSame),
	})
}

// people reads contacts with their identities, and keeps them from being deleted.
func (r *pairing) people(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]match.Person, error) {
	args := r.args()
	args["ids"] = uuids(ids)
	_, err := r.tx.Exec(ctx, `
		SELECT id FROM contacts WHERE workspace_id = @workspace AND id = ANY(@ids) ORDER BY id FOR KEY SHARE`, args)
	if err != nil {
		return nil, err
	}
	contacts, err := r.contacts(ctx, r.tx, `c.id = ANY(@ids)`, args)
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.Query(ctx, selectIdentities, args)
	identities, err := all(ctx, rows, err, scanIdentity())
	if err != nil {
		return nil, err
	}
	types, err := r.types(ctx)
	if err != nil {
		return nil, err
	}
	return storage.People(contacts, identities, types), nil
}

func (r *pairing) types(ctx context.Context) (map[crm.ChannelID]crm.ChannelType, error) {
	rows, err := r.tx.Query(ctx, `SELECT id, type FROM channels WHERE workspace_id = @workspace`, r.args())
	types := map[crm.ChannelID]crm.ChannelType{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var id [16]byte
		var t string
		err := row.Scan(&id, &t)
		types[id] = crm.ChannelType(t)
		return struct{}{}, err
	})
	return types, err
}

// saveKeys writes the keys of people.
func (r *pairing) saveKeys(ctx context.Context, people map[crm.ContactID]match.Person) error {
	var keys []int64
	var contacts []crm.ContactID
	for id, p := range people {
		for _, k := range p.Keys() {
			keys, contacts = append(keys, int64(k)), append(contacts, id)
		}
	}
	args := pgx.NamedArgs{"workspace": r.workspace, "ids": uuids(r.ids), "keys": keys, "contacts": uuids(contacts)}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM match_keys WHERE workspace_id = @workspace AND contact_id = ANY(@ids)`, args)
	b.Queue(`
		INSERT INTO match_keys (workspace_id, key, contact_id)
		SELECT @workspace, k.key, k.contact FROM unnest(@keys::bigint[], @contacts::uuid[]) k(key, contact)
		ON CONFLICT DO NOTHING`, args)
	return r.tx.SendBatch(ctx, b).Close()
}

// sharing are the contacts that share a key with each of people, unless a crowd does.
func (r *pairing) sharing(ctx context.Context, people map[crm.ContactID]match.Person) (map[crm.ContactID][]crm.ContactID, error) {
	var keys []int64
	for _, p := range people {
		for _, k := range p.Keys() {
			keys = append(keys, int64(k))
		}
	}
	slices.Sort(keys)
	rows, err := r.tx.Query(ctx, `
		SELECT k.key, m.contact_id
		FROM unnest(@keys::bigint[]) k(key)
		CROSS JOIN LATERAL (
		  SELECT contact_id FROM match_keys WHERE workspace_id = @workspace AND key = k.key ORDER BY contact_id LIMIT @n
		) m`, pgx.NamedArgs{"workspace": r.workspace, "keys": slices.Compact(keys), "n": match.Crowd + 1})
	holders := map[match.Key][]crm.ContactID{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var k int64
		var id [16]byte
		err := row.Scan(&k, &id)
		holders[match.Key(k)] = append(holders[match.Key(k)], id)
		return struct{}{}, err
	})
	return match.Sharing(people, holders), err
}
