package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
)

// UpsertContacts takes in contacts as another system knows them.
func (s *Store) UpsertContacts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) (results []crm.Upserted, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		kept, repeated, err := keptUpserts(ctx, t.conn, w, b)
		if err != nil {
			return err
		}
		if repeated {
			results, err = restoreUpserts(ctx, t.conn, w, kept)
			return err
		}
		results, err = t.upsert(ctx, w, b)
		return err
	})
	return results, wrap("upsert contacts", err)
}

// PreviewUpserts says what UpsertContacts would do.
func (s *Store) PreviewUpserts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) ([]crm.Upserted, error) {
	known, err := read(ctx, s, func(c *conn) (crm.UpsertKnown, error) { return upsertKnown(ctx, c, w, b.Lookup()) })
	if err != nil {
		return nil, wrap("preview upserts", err)
	}
	return crm.DecideUpserts(known, b).Results, nil
}

// keptUpserts finds what a former call with the key of the batch answered.
func keptUpserts(ctx context.Context, c *conn, w crm.WorkspaceID, b crm.UpsertBatch) (kept string, repeated bool, err error) {
	if b.Key == nil {
		return "", false, nil
	}
	type former struct {
		digest  []byte
		results string
	}
	f, repeated, err := first(ctx, c, `SELECT digest, results FROM upsert_results WHERE workspace_id = @workspace AND key = @key`,
		args{"workspace": w, "key": b.Key[:]}, func(rows *sql.Rows) (f former, err error) {
			return f, rows.Scan(&f.digest, &f.results)
		})
	if err == nil && repeated && string(f.digest) != string(b.Digest[:]) {
		err = crm.ErrKeyReused
	}
	return f.results, repeated, err
}

// restoreUpserts is what a former call answered, with the contacts as they are now.
func restoreUpserts(ctx context.Context, c *conn, w crm.WorkspaceID, kept string) ([]crm.Upserted, error) {
	var results []crm.KeptUpsert
	if err := json.Unmarshal([]byte(kept), &results); err != nil {
		return nil, err
	}
	var ids []crm.ContactID
	for _, r := range results {
		ids = append(ids, r.IDs()...)
	}
	found, err := contacts(ctx, c, `c.id IN (SELECT unhex(value) FROM json_each(@ids))`, args{"workspace": w, "ids": idList(ids)})
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

// upsert does a batch.
func (t *tx) upsert(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) ([]crm.Upserted, error) {
	known, err := upsertKnown(ctx, t.conn, w, b.Lookup())
	if err != nil {
		return nil, err
	}
	done := crm.DecideUpserts(known, b)
	var events []crm.Event
	var audit []crm.AuditEntry
	for _, u := range done.Writes {
		if u.Before == nil {
			err = insertContact(ctx, t, w, u.After)
		} else {
			err = saveContact(ctx, t, w, *u.Before, u.After)
		}
		if err == nil && u.NewAccount {
			err = t.giveAccounts(ctx, w, u.After.ID, []crm.AccountID{u.Identity.AccountID})
		}
		if err == nil && u.Identity != nil {
			err = insertIdentity(ctx, t.conn, w, *u.Identity, crm.SessionID{})
		}
		if err != nil {
			return nil, err
		}
		events, audit = append(events, u.Event), append(audit, crm.AuditOf(u.Event))
	}
	if err := t.publishAll(ctx, w, events, audit...); err != nil {
		return nil, err
	}
	if b.Key != nil {
		if err := t.keepUpserts(ctx, w, b, done.Results); err != nil {
			return nil, err
		}
	}
	if n := done.Created(); n > 0 {
		err = addToCount(ctx, t.conn, w, n)
	}
	return done.Results, err
}

// keepUpserts keeps what the call answers.
func (t *tx) keepUpserts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch, results []crm.Upserted) error {
	kept := make([]crm.KeptUpsert, len(results))
	for i, r := range results {
		kept[i] = r.Keep()
	}
	text, err := json.Marshal(kept)
	if err == nil {
		_, err = t.exec(ctx, `
			INSERT INTO upsert_results (workspace_id, key, digest, results, at)
			VALUES (@workspace, @key, @digest, @results, @at)`, args{
			"workspace": w, "key": b.Key[:], "digest": b.Digest[:], "results": string(text), "at": b.At.UnixMicro(),
		})
	}
	return err
}

// upsertKnown reads what upserts can lead to.
func upsertKnown(ctx context.Context, c *conn, w crm.WorkspaceID, l crm.UpsertLookup) (crm.UpsertKnown, error) {
	known := crm.UpsertKnown{
		Identities: map[crm.IdentityKey]crm.ContactID{}, Survivors: map[crm.ContactID]crm.ContactID{}, Channels: map[crm.ChannelID]bool{},
	}
	ids := append([]crm.ContactID{}, l.Contacts...)
	for _, key := range l.Identities {
		a := args{"workspace": w, "channel": key.ChannelID[:], "external": key.ExternalID}
		_, found, err := first(ctx, c, `SELECT 1 FROM channels WHERE workspace_id = @workspace AND id = @channel`, a, scanInt)
		if err != nil {
			return known, err
		}
		known.Channels[key.ChannelID] = found
		id, found, err := first(ctx, c, `
			SELECT contact_id FROM identities
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, a, scanID[crm.ContactID])
		if err != nil {
			return known, err
		}
		if found {
			known.Identities[key] = id
			ids = append(ids, id)
		}
	}
	for _, id := range l.Contacts {
		survivor, err := currentContact(ctx, c, w, id)
		if err != nil {
			return known, err
		}
		if survivor != id {
			known.Survivors[id] = survivor
			ids = append(ids, survivor)
		}
	}
	terms := make([]string, len(l.Values))
	for i, v := range l.Values {
		terms[i] = search.TermOf(v.Field, v.Value)
	}
	holders, err := all(ctx, c, `
		SELECT contact_id FROM contact_terms
		WHERE workspace_id = @workspace AND term IN (SELECT value FROM json_each(@terms))`,
		args{"workspace": w, "terms": jsonList(terms)}, scanID[crm.ContactID])
	if err != nil {
		return known, err
	}
	known.Contacts, err = contacts(ctx, c, `c.id IN (SELECT unhex(value) FROM json_each(@ids))`,
		args{"workspace": w, "ids": idList(append(ids, holders...))})
	return known, err
}

// ForgetUpserts drops what calls from before a time answered.
func (s *Store) ForgetUpserts(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, args{"before": before.UnixMicro()},
		`SELECT 1 FROM upsert_results WHERE at < @before LIMIT 1`,
		`DELETE FROM upsert_results WHERE (workspace_id, key) IN (
		  SELECT workspace_id, key FROM upsert_results INDEXED BY upsert_results_by_time WHERE at < @before LIMIT @n
		)`)
	return more, wrap("forget upserts", err)
}
