package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
)

// UpsertContacts takes in contacts as another system knows them.
func (s *Store) UpsertContacts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) (results []crm.Upserted, err error) {
	stage, err := s.gramStage(ctx, s.pool, w) // before the transaction, which must not wait for a second connection
	if err != nil {
		return nil, fmt.Errorf("upsert contacts: %w", err)
	}
	err = s.tx(ctx, func(tx pgx.Tx) error {
		kept, repeated, err := claimUpserts(ctx, tx, w, b)
		if err != nil {
			return err
		}
		if repeated {
			results, err = s.restoreUpserts(ctx, tx, w, kept)
			return err
		}
		results, err = s.upsert(ctx, tx, w, b, stage, s.slot())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("upsert contacts: %w", err)
	}
	s.sequencer.unpublished(w)
	return results, nil
}

// PreviewUpserts says what UpsertContacts would do.
func (s *Store) PreviewUpserts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) ([]crm.Upserted, error) {
	known, err := s.upsertKnown(ctx, s.pool, w, b.Lookup(), "")
	if err != nil {
		return nil, fmt.Errorf("preview upserts: %w", err)
	}
	return crm.DecideUpserts(known, b).Results, nil
}

// claimUpserts takes the key of the batch, or finds what a former call with it answered. A call with the same key that is
// not through yet is waited for.
func claimUpserts(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, b crm.UpsertBatch) (kept string, repeated bool, err error) {
	if b.Key == nil {
		return "", false, nil
	}
	args := pgx.NamedArgs{"workspace": w, "key": b.Key[:], "digest": b.Digest[:], "at": b.At.UTC()}
	tag, err := tx.Exec(ctx, `
		INSERT INTO upsert_results (workspace_id, key, digest, results, at)
		VALUES (@workspace, @key, @digest, '', @at)
		ON CONFLICT (workspace_id, key) DO NOTHING`, args)
	if err != nil || tag.RowsAffected() > 0 {
		return "", false, err
	}
	var digest []byte
	err = tx.QueryRow(ctx, `SELECT digest, results FROM upsert_results WHERE workspace_id = @workspace AND key = @key`, args).
		Scan(&digest, &kept)
	if optional(err) == nil && err != nil {
		return "", false, errAgain // forgotten meanwhile
	}
	if err == nil && string(digest) != string(b.Digest[:]) {
		err = crm.ErrKeyReused
	}
	return kept, true, err
}

// restoreUpserts is what a former call answered, with the contacts as they are now.
func (s *Store) restoreUpserts(ctx context.Context, q queryer, w crm.WorkspaceID, kept string) ([]crm.Upserted, error) {
	var results []crm.KeptUpsert
	if err := json.Unmarshal([]byte(kept), &results); err != nil {
		return nil, err
	}
	var ids []crm.ContactID
	for _, r := range results {
		ids = append(ids, r.IDs()...)
	}
	found, err := s.contacts(ctx, q, `c.id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	now := make(map[crm.ContactID]crm.Contact, len(found))
	for _, c := range found {
		now[c.ID] = c
	}
	out := make([]crm.Upserted, len(results))
	for i, r := range results {
		out[i] = r.Restore(now)
	}
	return out, err
}

// upsert does a batch in a transaction. Writers of the same identities, emails and phones wait for each other.
func (s *Store) upsert(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, batch crm.UpsertBatch, stage gramStage, slot int,
) ([]crm.Upserted, error) {
	l := batch.Lookup()
	var locks []int64
	for _, i := range l.Identities {
		locks = append(locks, value(w, i.ChannelID.String(), i.ExternalID))
	}
	for _, v := range l.Values {
		locks = append(locks, lockKey(w, v.Field, v.Value))
	}
	if err := s.lockValues(ctx, tx, locks...); err != nil {
		return nil, err
	}
	known, err := s.upsertKnown(ctx, tx, w, l, `FOR NO KEY UPDATE OF c`)
	if err != nil {
		return nil, err
	}
	done := crm.DecideUpserts(known, batch)
	b := &pgx.Batch{}
	for _, u := range done.Writes {
		if u.Before == nil {
			insertContact(b, w, u.After, stage)
		} else {
			saveContact(b, w, *u.Before, u.After)
		}
		if u.NewAccount {
			giveAccounts(b, w, u.After.ID, []crm.AccountID{u.Identity.AccountID})
		}
		if u.Identity != nil {
			b.Queue(insertIdentityRow, rowArgs(w, identityTable, &identityRow{*u.Identity, crm.SessionID{}}))
		}
		s.publish(b, w, u.Event)
	}
	if batch.Key != nil {
		if err := keepUpserts(b, w, batch, done.Results); err != nil {
			return nil, err
		}
	}
	if n := done.Created(); n > 0 {
		addToCountAt(b, w, slot%countSlots, n) // last, for others wait for this row
	}
	if b.Len() == 0 {
		return done.Results, nil
	}
	return done.Results, tx.SendBatch(ctx, b).Close()
}

// keepUpserts queues keeping what the call answers.
func keepUpserts(b *pgx.Batch, w crm.WorkspaceID, batch crm.UpsertBatch, results []crm.Upserted) error {
	kept := make([]crm.KeptUpsert, len(results))
	for i, r := range results {
		kept[i] = r.Keep()
	}
	text, err := json.Marshal(kept)
	b.Queue(`UPDATE upsert_results SET results = @results WHERE workspace_id = @workspace AND key = @key`,
		pgx.NamedArgs{"workspace": w, "key": batch.Key[:], "results": string(text)})
	return err
}

// upsertKnown reads what upserts can lead to. lock is what follows the query of the contacts.
func (s *Store) upsertKnown(ctx context.Context, q queryer, w crm.WorkspaceID, l crm.UpsertLookup, lock string) (crm.UpsertKnown, error) {
	known := crm.UpsertKnown{Identities: map[crm.IdentityKey]crm.ContactID{}, Channels: map[crm.ChannelID]bool{}}
	var channels []crm.ChannelID
	var externals, terms []string
	for _, i := range l.Identities {
		channels, externals = append(channels, i.ChannelID), append(externals, i.ExternalID)
	}
	for _, v := range l.Values {
		terms = append(terms, search.TermOf(v.Field, v.Value))
	}
	args := pgx.NamedArgs{
		"workspace": w, "ids": uuids(l.Contacts), "channels": uuids(channels), "externals": externals, "terms": terms,
	}
	ids := append([]crm.ContactID{}, l.Contacts...)
	b := &pgx.Batch{}
	if len(l.Identities) > 0 {
		b.Queue(`SELECT id FROM channels WHERE workspace_id = @workspace AND id = ANY(@channels)`, args).
			Query(func(rows pgx.Rows) error {
				found, err := pgx.CollectRows(rows, scanID[crm.ChannelID])
				for _, id := range found {
					known.Channels[id] = true
				}
				return err
			})
		b.Queue(`
			SELECT i.channel_id, i.external_id, i.contact_id
			FROM unnest(@channels::uuid[], @externals::text[]) x(channel, external)
			CROSS JOIN LATERAL (
			  SELECT channel_id, external_id, contact_id FROM identities
			  WHERE workspace_id = @workspace AND channel_id = x.channel AND external_id = x.external
			  OFFSET 0
			) i`, args).
			Query(func(rows pgx.Rows) error {
				_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
					var key crm.IdentityKey
					var id crm.ContactID
					err := row.Scan((*[16]byte)(&key.ChannelID), &key.ExternalID, (*[16]byte)(&id))
					known.Identities[key] = id
					ids = append(ids, id)
					return struct{}{}, err
				})
				return err
			})
	}
	if len(terms) > 0 {
		b.Queue(`
			SELECT DISTINCT t.contact_id
			FROM unnest(@terms::text[]) x(term)
			CROSS JOIN LATERAL (
			  SELECT t.contact_id FROM contact_terms t WHERE t.workspace_id = @workspace AND t.term = x.term OFFSET 0
			) t`, args).
			Query(func(rows pgx.Rows) error {
				found, err := pgx.CollectRows(rows, scanID[crm.ContactID])
				ids = append(ids, found...)
				return err
			})
	}
	if b.Len() > 0 {
		if err := q.SendBatch(ctx, b).Close(); err != nil {
			return known, translate(ctx, err)
		}
	}
	var err error
	if len(l.Contacts) > 0 {
		if known.Survivors, err = survivorsOf(ctx, q, w, l.Contacts); err != nil {
			return known, err
		}
		for _, survivor := range known.Survivors {
			ids = append(ids, survivor)
		}
	}
	if len(ids) > 0 {
		known.Contacts, err = s.contacts(ctx, q, `c.id = ANY(@ids) ORDER BY c.id `+lock, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	}
	return known, err
}

// ForgetUpserts drops what calls from before a time answered.
func (s *Store) ForgetUpserts(ctx context.Context, before time.Time) (more bool, err error) {
	return s.forgetRows(ctx, "forget upserts", pgx.NamedArgs{"before": before.UTC()},
		`SELECT workspace_id FROM upsert_results WHERE %[1]s AND at < @before LIMIT 1`, `
		DELETE FROM upsert_results
		WHERE workspace_id = @workspace AND key IN (
		  SELECT key FROM upsert_results WHERE workspace_id = @workspace AND at < @before LIMIT @n
		)`)
}
