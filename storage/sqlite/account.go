package sqlite

import (
	"context"
	"database/sql"

	"kith/internal/crm"
)

// ownerOf is the contact of an account, which is an expression: see [crm.AccountID]. It uses @workspace.
func ownerOf(account string) string { return ownerIn("@workspace", account) }

// ownerIn is [ownerOf] in a workspace, which is an expression.
func ownerIn(workspace, account string) string {
	return `coalesce(
	  (SELECT o.contact_id FROM accounts o WHERE o.workspace_id = ` + workspace + ` AND o.account_id = ` + account + `),
	  ` + account + `
	)`
}

// accountsOf is a query of the accounts of a contact, which is an expression. It uses @workspace. Accounts whose sessions are
// still being detached are not among them.
func accountsOf(contact string) string {
	return `
	  SELECT a.account_id
	  FROM (
	    SELECT ` + contact + ` AS account_id
	    WHERE NOT EXISTS (SELECT 1 FROM accounts o WHERE o.workspace_id = @workspace AND o.account_id = ` + contact + `)
	    UNION ALL
	    SELECT o.account_id
	    FROM accounts o INDEXED BY accounts_by_contact
	    WHERE o.workspace_id = @workspace AND o.contact_id = ` + contact + `
	  ) a
	  WHERE NOT EXISTS (
	    SELECT 1 FROM account_deletions d WHERE d.workspace_id = @workspace AND d.account_id = a.account_id
	  )`
}

// accountsOfContact are the accounts of a contact, in the order of their ids.
func accountsOfContact(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) ([]crm.AccountID, error) {
	return all(ctx, c, accountsOf("@id")+` ORDER BY 1`, args{"workspace": w, "id": id[:]}, scanID[crm.AccountID])
}

func scanID[ID ~[16]byte](rows *sql.Rows) (id ID, err error) {
	err = rows.Scan(idTarget[ID]{&id})
	return id, err
}

// giveAccounts makes accounts belong to a contact from now on. The first account of the contact itself needs no row.
func (t *tx) giveAccounts(ctx context.Context, w crm.WorkspaceID, to crm.ContactID, accounts []crm.AccountID) error {
	a := args{"workspace": w, "contact": to[:], "accounts": idList(accounts)}
	for _, query := range []string{
		`INSERT INTO accounts (workspace_id, account_id, contact_id)
		SELECT @workspace, unhex(value), @contact FROM json_each(@accounts) WHERE unhex(value) <> @contact
		ON CONFLICT (workspace_id, account_id) DO UPDATE SET contact_id = excluded.contact_id`,
		`DELETE FROM accounts
		WHERE workspace_id = @workspace AND account_id = @contact
		  AND account_id IN (SELECT unhex(value) FROM json_each(@accounts))`,
	} {
		if _, err := t.exec(ctx, query, a); err != nil {
			return err
		}
	}
	return nil
}

// moveAccounts is [tx.giveAccounts] for accounts of another contact, with their identities.
func (t *tx) moveAccounts(ctx context.Context, w crm.WorkspaceID, from, to crm.ContactID, accounts []crm.AccountID) error {
	if len(accounts) == 0 {
		return nil
	}
	if err := t.giveAccounts(ctx, w, to, accounts); err != nil {
		return err
	}
	_, err := t.exec(ctx, `
		UPDATE identities INDEXED BY identities_by_contact
		SET contact_id = @to
		WHERE workspace_id = @workspace AND contact_id = @from
		  AND account_id IN (SELECT unhex(value) FROM json_each(@accounts))`,
		args{"workspace": w, "from": from[:], "to": to[:], "accounts": idList(accounts)})
	return err
}

// currentContact is the contact that an id leads to: the one that it has become part of, or the id itself.
func currentContact(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) (crm.ContactID, error) {
	survivor, found, err := first(ctx, c, `
		SELECT survivor_id FROM redirects WHERE workspace_id = @workspace AND contact_id = @id`,
		args{"workspace": w, "id": id[:]}, scanID[crm.ContactID])
	if err != nil || !found {
		return id, err
	}
	return survivor, nil
}

// oldIDs are the ids of the contacts that have become part of a contact, the lowest first.
func oldIDs(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) ([]crm.ContactID, error) {
	return all(ctx, c, `
		SELECT contact_id
		FROM redirects INDEXED BY redirects_by_survivor
		WHERE workspace_id = @workspace AND survivor_id = @id
		ORDER BY contact_id`, args{"workspace": w, "id": id[:]}, scanID[crm.ContactID])
}

// editable reads a contact that is to be changed. One that has become part of another is a [crm.MergedError].
func editable(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) (crm.Contact, error) {
	now, err := currentContact(ctx, c, w, id)
	if err != nil {
		return crm.Contact{}, err
	}
	contact, err := contactByID(ctx, c, w, now)
	if err == nil && now != id {
		err = &crm.MergedError{Into: contact}
	}
	return contact, err
}
