package postgres

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// ownerOf is the contact of an account, which is an expression: see [crm.AccountID]. It uses @workspace.
func ownerOf(account string) string {
	return `coalesce(
	  (SELECT o.contact_id FROM accounts o WHERE o.workspace_id = @workspace AND o.account_id = ` + account + `),
	  ` + account + `
	)`
}

// accountsOf is a query of the accounts of a contact, which is an expression. It uses @workspace.
func accountsOf(contact string) string {
	return `
	  SELECT ` + contact + ` AS account_id
	  WHERE NOT EXISTS (SELECT FROM accounts o WHERE o.workspace_id = @workspace AND o.account_id = ` + contact + `)
	  UNION ALL
	  SELECT o.account_id FROM accounts o WHERE o.workspace_id = @workspace AND o.contact_id = ` + contact
}

// accountsOfContact are the accounts of the contact, in the order of their ids.
func accountsOfContact(ctx context.Context, q queryer, w crm.WorkspaceID, c crm.ContactID) ([]crm.AccountID, error) {
	rows, err := q.Query(ctx, `SELECT a.account_id FROM (`+accountsOf("@id::uuid")+`) a ORDER BY a.account_id`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(c)})
	return all(ctx, rows, err, scanID[crm.AccountID])
}

func scanID[ID ~[16]byte](row pgx.CollectableRow) (id ID, err error) {
	var v [16]byte
	err = row.Scan(&v)
	return ID(v), err
}

// giveAccounts queues that accounts belong to a contact from now on. The first account of the contact itself needs no row.
func giveAccounts(b *pgx.Batch, w crm.WorkspaceID, c crm.ContactID, accounts []crm.AccountID) {
	if len(accounts) == 0 {
		return
	}
	args := pgx.NamedArgs{"workspace": w, "contact": [16]byte(c), "accounts": uuids(accounts)}
	b.Queue(`
		INSERT INTO accounts (workspace_id, account_id, contact_id)
		SELECT @workspace, a, @contact FROM unnest(@accounts::uuid[]) a WHERE a <> @contact::uuid
		ON CONFLICT (workspace_id, account_id) DO UPDATE SET contact_id = excluded.contact_id`, args)
	b.Queue(`
		DELETE FROM accounts
		WHERE workspace_id = @workspace AND account_id = @contact AND account_id = ANY(@accounts)`, args)
	b.Queue(`
		UPDATE identities SET contact_id = @contact
		WHERE workspace_id = @workspace AND account_id = ANY(@accounts) AND contact_id <> @contact::uuid`, args)
}

// everyID are the ids that lead to a contact: its own and those of contacts that have become part of it.
func everyID(ctx context.Context, q queryer, w crm.WorkspaceID, c crm.ContactID) ([]crm.ContactID, error) {
	rows, err := q.Query(ctx, `
		SELECT contact_id FROM redirects WHERE workspace_id = @workspace AND survivor_id = @id ORDER BY contact_id`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(c)})
	old, err := all(ctx, rows, err, scanID[crm.ContactID])
	return append([]crm.ContactID{c}, old...), err
}

// current is the contact that a contact has become part of, or the contact itself.
func (s *Store) current(ctx context.Context, w crm.WorkspaceID, c crm.ContactID) (crm.ContactID, error) {
	survivors, err := survivorsOf(ctx, s.pool, w, []crm.ContactID{c})
	if survivor, is := survivors[c]; is {
		c = survivor
	}
	return c, err
}

// survivorsOf are the contacts that those among ids have become part of.
func survivorsOf(ctx context.Context, q queryer, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.ContactID, error) {
	rows, err := q.Query(ctx, `
		SELECT contact_id, survivor_id FROM redirects WHERE workspace_id = @workspace AND contact_id = ANY(@ids)`,
		pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	out := map[crm.ContactID]crm.ContactID{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var old, survivor [16]byte
		err := row.Scan(&old, &survivor)
		out[old] = survivor
		return struct{}{}, err
	})
	return out, err
}

// missing is the error for a contact that is not there: a *crm.MergedError for one that has become part of another.
func (s *Store) missing(ctx context.Context, q queryer, w crm.WorkspaceID, id crm.ContactID) error {
	survivors, err := survivorsOf(ctx, q, w, []crm.ContactID{id})
	if err != nil {
		return err
	}
	survivor, merged := survivors[id]
	if !merged {
		return crm.ErrNotFound
	}
	found, err := s.contacts(ctx, q, `c.id = @id`, pgx.NamedArgs{"workspace": w, "id": [16]byte(survivor)})
	if err != nil || len(found) == 0 {
		return cmp.Or(err, crm.ErrNotFound)
	}
	return &crm.MergedError{Into: found[0]}
}

// forgetMerges queues that nothing is left of what the contact, whose ids @ids are, was merged with and taken for. Its
// accounts are @accounts.
func forgetMerges(b *pgx.Batch, args pgx.NamedArgs) {
	for _, sql := range []string{
		`DELETE FROM accounts WHERE workspace_id = @workspace AND account_id = ANY(@accounts)`,
		`DELETE FROM redirects WHERE workspace_id = @workspace AND survivor_id = @id`,
		`DELETE FROM merges WHERE workspace_id = @workspace AND survivor_id = ANY(@ids)`,
		`DELETE FROM proofs WHERE workspace_id = @workspace AND (a = ANY(@ids) OR b = ANY(@ids))`,
		`DELETE FROM match_keys WHERE workspace_id = @workspace AND contact_id = ANY(@ids)`,
		`DELETE FROM duplicates WHERE workspace_id = @workspace AND (a = ANY(@ids) OR b = ANY(@ids))`,
		`DELETE FROM dismissals WHERE workspace_id = @workspace AND (a = ANY(@ids) OR b = ANY(@ids))`,
	} {
		b.Queue(sql, args)
	}
}
