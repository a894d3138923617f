package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kith/storage/checkup"
)

// AccountsAfter reads whose accounts are that are not the first ones of their contacts.
func (w *checkedWorkspace) AccountsAfter(ctx context.Context, after checkup.Account, n int) ([]checkup.Account, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  a.account_id, a.contact_id,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id) IS NOT NULL
		FROM accounts a
		WHERE a.workspace_id = @workspace AND a.account_id > @id
		ORDER BY a.account_id
		LIMIT %d`, pgx.NamedArgs{"id": [16]byte(after.ID)}, n, func(row pgx.CollectableRow) (a checkup.Account, err error) {
		return a, row.Scan((*[16]byte)(&a.ID), (*[16]byte)(&a.Contact), &a.HasContact)
	})
}

// RemoveAccount looks for the contact again.
func (w *checkedWorkspace) RemoveAccount(ctx context.Context, a checkup.Account) error {
	return w.exec(ctx, `
		DELETE FROM accounts
		WHERE workspace_id = @workspace AND account_id = @account AND contact_id = @id
		  AND NOT EXISTS (SELECT FROM contacts WHERE workspace_id = @workspace AND id = @id)`,
		pgx.NamedArgs{"workspace": w.id, "account": [16]byte(a.ID), "id": [16]byte(a.Contact)})
}

// RedirectsAfter reads old ids.
func (w *checkedWorkspace) RedirectsAfter(ctx context.Context, after checkup.Redirect, n int) ([]checkup.Redirect, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  r.contact_id, r.survivor_id,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = r.survivor_id) IS NOT NULL,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = r.contact_id) IS NOT NULL
		FROM redirects r
		WHERE r.workspace_id = @workspace AND r.contact_id > @id
		ORDER BY r.contact_id
		LIMIT %d`, pgx.NamedArgs{"id": [16]byte(after.Old)}, n, func(row pgx.CollectableRow) (r checkup.Redirect, err error) {
		return r, row.Scan((*[16]byte)(&r.Old), (*[16]byte)(&r.Survivor), &r.HasSurvivor, &r.IsContact)
	})
}

// RemoveRedirect looks for the contacts again.
func (w *checkedWorkspace) RemoveRedirect(ctx context.Context, r checkup.Redirect) error {
	return w.exec(ctx, `
		DELETE FROM redirects
		WHERE workspace_id = @workspace AND contact_id = @id AND survivor_id = @survivor AND (
		  NOT EXISTS (SELECT FROM contacts WHERE workspace_id = @workspace AND id = @survivor)
		  OR EXISTS (SELECT FROM contacts WHERE workspace_id = @workspace AND id = @id)
		)`, pgx.NamedArgs{"workspace": w.id, "id": [16]byte(r.Old), "survivor": [16]byte(r.Survivor)})
}
