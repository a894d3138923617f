package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

// loadAtOnce is how many contacts are loaded in one transaction. Other writes wait that long.
const loadAtOnce = 2000

// Load adds contacts with their identities and sessions.
func (s *Store) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[storage.Loaded]) error {
	batch := make([]storage.Loaded, 0, loadAtOnce)
	store := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.write(ctx, func(ctx context.Context, t *tx) error { return load(ctx, t, w, batch) })
		batch = batch[:0]
		return err
	}
	for l := range contacts {
		batch = append(batch, l)
		if len(batch) < loadAtOnce {
			continue
		}
		if err := store(); err != nil {
			return fmt.Errorf("load contacts: %w", err)
		}
	}
	return wrap("load contacts", store())
}

func load(ctx context.Context, t *tx, w crm.WorkspaceID, batch []storage.Loaded) error {
	kinds := map[storage.SessionKind]int{}
	for _, l := range batch {
		if err := insertContact(ctx, t, w, l.Contact); err != nil {
			return err
		}
		accounts := l.Accounts()
		if len(accounts) > 1 {
			if err := t.giveAccounts(ctx, w, l.Contact.ID, slices.Collect(maps.Values(accounts))); err != nil {
				return err
			}
		}
		newest := map[crm.ChannelID]crm.Session{}
		for _, v := range l.Sessions {
			v.ContactID, v.AccountID = &l.Contact.ID, new(accounts[v.ChannelID])
			if err := insertSession(ctx, t.conn, w, v); err != nil {
				return err
			}
			kinds[storage.KindOf(v)]++
			if n, ok := newest[v.ChannelID]; !ok || cmp.Or(v.StartedAt.Compare(n.StartedAt), bytes.Compare(v.ID[:], n.ID[:])) > 0 {
				newest[v.ChannelID] = v
			}
		}
		for _, i := range l.Identities {
			i.ContactID, i.AccountID = l.Contact.ID, accounts[i.ChannelID]
			if err := insertIdentity(ctx, t.conn, w, i, newest[i.ChannelID].ID); err != nil {
				return err
			}
		}
	}
	for k, n := range kinds {
		if err := addToSessions(ctx, t.conn, w, k, n); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `
		INSERT INTO duplicate_progress (workspace_id, seq, contact_id)
		VALUES (@workspace, 0, X'00000000000000000000000000000000')
		ON CONFLICT (workspace_id) DO UPDATE SET contact_id = excluded.contact_id`, args{"workspace": w}) // these have not been compared
	if err != nil {
		return err
	}
	return addToCount(ctx, t.conn, w, len(batch))
}
