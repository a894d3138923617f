package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"kith/internal/crm"
)

// Survivors returns the contact that each of the ids has become part of.
func (s *Store) Survivors(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.ContactID, error) {
	out := make(map[crm.ContactID]crm.ContactID)
	found, err := s.redirects(ctx, w, `contact_id`, ids)
	for _, r := range found {
		out[r.old] = r.survivor
	}
	return out, wrap("look up survivors", err)
}

// OldIDs returns the ids of the contacts that have become part of each of the contacts, the lowest first.
func (s *Store) OldIDs(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.ContactID, error) {
	out := make(map[crm.ContactID][]crm.ContactID)
	found, err := s.redirects(ctx, w, `survivor_id`, ids)
	for _, r := range found {
		out[r.survivor] = append(out[r.survivor], r.old)
	}
	return out, wrap("look up old ids", err)
}

// redirect is an old id with the contact that it leads to.
type redirect struct{ old, survivor crm.ContactID }

// redirects reads those that have one of the ids in a column, in the order of their old ids.
func (s *Store) redirects(ctx context.Context, w crm.WorkspaceID, column string, ids []crm.ContactID) ([]redirect, error) {
	return read(ctx, s, func(c *conn) ([]redirect, error) {
		return all(ctx, c, `
			SELECT contact_id, survivor_id
			FROM redirects
			WHERE workspace_id = @workspace AND `+column+` IN (SELECT unhex(value) FROM json_each(@ids))
			ORDER BY contact_id`, args{"workspace": w, "ids": idList(ids)}, func(rows *sql.Rows) (r redirect, err error) {
			err = rows.Scan(idTarget[crm.ContactID]{&r.old}, idTarget[crm.ContactID]{&r.survivor})
			return r, err
		})
	})
}

var selectAccountIdentities = `
	SELECT ` + identityTable.Select("i") + `
	FROM (SELECT DISTINCT unhex(value) AS id FROM json_each(@ids)) a
	CROSS JOIN identities i INDEXED BY identities_by_contact
	  ON i.workspace_id = @workspace AND i.contact_id = ` + ownerOf("a.id") + ` AND i.account_id = a.id
	ORDER BY i.created_at, i.channel_id, i.external_id`

// AccountIdentities returns the identities of each of the accounts, oldest first.
func (s *Store) AccountIdentities(ctx context.Context, w crm.WorkspaceID, ids []crm.AccountID) (map[crm.AccountID][]crm.Identity, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Identity, error) {
		return all(ctx, c, selectAccountIdentities, args{"workspace": w, "ids": idList(ids)}, scanIdentity())
	})
	if err != nil {
		return nil, fmt.Errorf("look up identities of accounts: %w", err)
	}
	out := make(map[crm.AccountID][]crm.Identity)
	for _, i := range found {
		out[i.AccountID] = append(out[i.AccountID], i)
	}
	return out, nil
}
