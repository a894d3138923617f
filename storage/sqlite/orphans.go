package sqlite

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/checkup"
)

// ActivityAfter reads activities.
func (w *checkedWorkspace) ActivityAfter(ctx context.Context, after checkup.Activity, n int) ([]checkup.Activity, error) {
	return rowsAfter(ctx, w, `
		SELECT a.contact_id, EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id)
		FROM contact_activity a
		WHERE a.workspace_id = @workspace AND a.contact_id > @id
		ORDER BY a.contact_id
		LIMIT @limit`, args{"id": after.Contact[:]}, n, func(rows *sql.Rows) (a checkup.Activity, err error) {
		return a, rows.Scan((*uuid.UUID)(&a.Contact), &a.HasContact)
	})
}

// RemoveActivity looks for the contact again.
func (w *checkedWorkspace) RemoveActivity(ctx context.Context, id crm.ContactID) error {
	return w.exec(ctx, `
		DELETE FROM contact_activity
		WHERE workspace_id = @workspace AND contact_id = @id
		  AND NOT EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @id)`, w.args(id))
}

// noSession is the session id of an identity without a session.
var noSession = make([]byte, len(crm.SessionID{}))

// IdentitiesAfter reads identities.
func (w *checkedWorkspace) IdentitiesAfter(ctx context.Context, after checkup.Identity, n int) ([]checkup.Identity, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  i.channel_id, i.external_id, i.contact_id, nullif(i.session_id, @none),
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.contact_id),
		  EXISTS (SELECT 1 FROM sessions s WHERE s.workspace_id = @workspace AND s.id = i.session_id),
		  `+strayIdentity+`
		FROM identities i
		WHERE i.workspace_id = @workspace AND (i.channel_id, i.external_id) > (@channel, @external)
		ORDER BY i.channel_id, i.external_id
		LIMIT @limit`,
		args{"channel": after.Channel[:], "external": after.External, "none": noSession}, n,
		func(rows *sql.Rows) (i checkup.Identity, err error) {
			var session *uuid.UUID
			err = rows.Scan((*uuid.UUID)(&i.Channel), &i.External, (*uuid.UUID)(&i.Contact), &session, &i.HasContact, &i.HasSession, &i.Stray)
			i.Session = (*crm.SessionID)(session)
			return i, err
		})
}

// RemoveIdentity removes an identity of the contact.
func (w *checkedWorkspace) RemoveIdentity(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		DELETE FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND contact_id = @contact`,
		args{"workspace": w.id, "channel": i.Channel[:], "external": i.External, "contact": i.Contact[:]})
}

// strayIdentity is the condition that the account of identity i is another contact's, which is there.
var strayIdentity = `EXISTS (
	SELECT 1 FROM contacts c
	WHERE c.workspace_id = @workspace AND c.id = ` + ownerOf("i.account_id") + ` AND c.id <> i.contact_id
)`

// MoveIdentity looks again whose the account is.
func (w *checkedWorkspace) MoveIdentity(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		UPDATE identities AS i SET contact_id = `+ownerOf("i.account_id")+`
		WHERE i.workspace_id = @workspace AND i.channel_id = @channel AND i.external_id = @external AND i.contact_id = @contact
		  AND `+strayIdentity,
		args{"workspace": w.id, "channel": i.Channel[:], "external": i.External, "contact": i.Contact[:]})
}

// ForgetSession takes the session from an identity.
func (w *checkedWorkspace) ForgetSession(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		UPDATE identities SET session_id = @none
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND session_id = @session`,
		args{"workspace": w.id, "channel": i.Channel[:], "external": i.External, "session": i.Session[:], "none": noSession})
}

// SessionsAfter reads sessions.
func (w *checkedWorkspace) SessionsAfter(ctx context.Context, after checkup.Session, n int) ([]checkup.Session, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  s.id, s.account_id, `+ownerOf("s.account_id")+`,
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = `+ownerOf("s.account_id")+`)
		    OR `+beingDetached+`,
		  s.last_message_preview IS NOT NULL,
		  s.account_id IS NULL
		    AND EXISTS (SELECT 1 FROM messages m WHERE m.workspace_id = @workspace AND m.session_id = s.id)
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.id > @id
		ORDER BY s.id
		LIMIT @limit`, args{"id": after.ID[:]}, n, func(rows *sql.Rows) (s checkup.Session, err error) {
		var account, contact *uuid.UUID
		err = rows.Scan((*uuid.UUID)(&s.ID), &account, &contact, &s.HasContact, &s.Preview, &s.Messages)
		s.Account, s.Contact = (*crm.AccountID)(account), (*crm.ContactID)(contact)
		return s, err
	})
}

// AnonymizeSession counts the session as another kind in the same transaction.
func (w *checkedWorkspace) AnonymizeSession(ctx context.Context, id crm.SessionID, account crm.AccountID) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE sessions SET `+anonymized+`
			WHERE workspace_id = @workspace AND id = @session AND account_id = @account`,
			args{"workspace": w.id, "session": id[:], "account": account[:]})
		if err != nil || n == 0 {
			return err
		}
		v, err := sessionByID(ctx, t.conn, w.id, id)
		if err != nil {
			return err
		}
		was := storage.KindOf(v)
		was.Anonymous = false
		if err := moveSession(ctx, t.conn, w.id, was, storage.KindOf(v)); err != nil {
			return err
		}
		_, err = t.exec(ctx, detachMessages, args{"workspace": w.id, "session": id[:]})
		return err
	})
}

// RemovePreview looks again whether the session is anonymous.
func (w *checkedWorkspace) RemovePreview(ctx context.Context, id crm.SessionID) error {
	return w.exec(ctx, `
		UPDATE sessions SET `+anonymized+`
		WHERE workspace_id = @workspace AND id = @session AND account_id IS NULL`,
		args{"workspace": w.id, "session": id[:]})
}

// DetachMessages looks again whether the session is anonymous.
func (w *checkedWorkspace) DetachMessages(ctx context.Context, id crm.SessionID) error {
	return w.exec(ctx, detachMessages, args{"workspace": w.id, "session": id[:]})
}

// detachMessages takes the session @session, where it has no contact, from what its messages are known again by.
const detachMessages = `
	UPDATE messages SET session_id = NULL
	WHERE workspace_id = @workspace AND session_id = @session AND EXISTS (
	  SELECT 1 FROM sessions WHERE workspace_id = @workspace AND id = @session AND account_id IS NULL
	)`

// AccountsAfter reads whose accounts are that are not the first ones of their contacts.
func (w *checkedWorkspace) AccountsAfter(ctx context.Context, after checkup.Account, n int) ([]checkup.Account, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  a.account_id, a.contact_id,
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id)
		FROM accounts a
		WHERE a.workspace_id = @workspace AND a.account_id > @id
		ORDER BY a.account_id
		LIMIT @limit`, args{"id": after.ID[:]}, n, func(rows *sql.Rows) (a checkup.Account, err error) {
		return a, rows.Scan((*uuid.UUID)(&a.ID), (*uuid.UUID)(&a.Contact), &a.HasContact)
	})
}

// RemoveAccount looks for the contact again.
func (w *checkedWorkspace) RemoveAccount(ctx context.Context, a checkup.Account) error {
	return w.exec(ctx, `
		DELETE FROM accounts
		WHERE workspace_id = @workspace AND account_id = @account AND contact_id = @id
		  AND NOT EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @id)`,
		args{"workspace": w.id, "account": a.ID[:], "id": a.Contact[:]})
}

// RedirectsAfter reads old ids.
func (w *checkedWorkspace) RedirectsAfter(ctx context.Context, after checkup.Redirect, n int) ([]checkup.Redirect, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  r.contact_id, r.survivor_id,
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = r.survivor_id),
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = r.contact_id)
		FROM redirects r
		WHERE r.workspace_id = @workspace AND r.contact_id > @id
		ORDER BY r.contact_id
		LIMIT @limit`, args{"id": after.Old[:]}, n, func(rows *sql.Rows) (r checkup.Redirect, err error) {
		return r, rows.Scan((*uuid.UUID)(&r.Old), (*uuid.UUID)(&r.Survivor), &r.HasSurvivor, &r.IsContact)
	})
}

// RemoveRedirect looks for the contacts again.
func (w *checkedWorkspace) RemoveRedirect(ctx context.Context, r checkup.Redirect) error {
	return w.exec(ctx, `
		DELETE FROM redirects
		WHERE workspace_id = @workspace AND contact_id = @id AND survivor_id = @survivor AND (
		  NOT EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @survivor)
		  OR EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @id)
		)`, args{"workspace": w.id, "id": r.Old[:], "survivor": r.Survivor[:]})
}

// DeliveriesAfter reads webhook deliveries.
func (w *checkedWorkspace) DeliveriesAfter(ctx context.Context, after checkup.Delivery, n int) ([]checkup.Delivery, error) {
	return rowsAfter(ctx, w, `
		SELECT d.id, EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.workspace_id = @workspace AND e.id = d.endpoint_id)
		FROM webhook_deliveries d
		WHERE d.workspace_id = @workspace AND d.id > @id
		ORDER BY d.id
		LIMIT @limit`, args{"id": after.ID[:]}, n, func(rows *sql.Rows) (d checkup.Delivery, err error) {
		return d, rows.Scan((*uuid.UUID)(&d.ID), &d.HasEndpoint)
	})
}

// RemoveDelivery looks for the endpoint again.
func (w *checkedWorkspace) RemoveDelivery(ctx context.Context, id crm.DeliveryID) error {
	return w.exec(ctx, `
		DELETE FROM webhook_deliveries
		WHERE workspace_id = @workspace AND id = @id AND endpoint_id NOT IN (
		  SELECT id FROM webhook_endpoints WHERE workspace_id = @workspace
		)`, args{"workspace": w.id, "id": id[:]})
}

// ChangesAfter reads changes.
func (w *checkedWorkspace) ChangesAfter(ctx context.Context, after checkup.Change, n int) ([]checkup.Change, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  v.id, v.kind, v.contact_id, v.session_id IS NOT NULL,
		  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = v.contact_id)
		    OR EXISTS (SELECT 1 FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = v.contact_id)
		FROM changes v
		WHERE v.workspace_id = @workspace AND v.id > @id
		ORDER BY v.id
		LIMIT @limit`, args{"id": after.ID[:]}, n, func(rows *sql.Rows) (v checkup.Change, err error) {
		var contact *uuid.UUID
		err = rows.Scan((*uuid.UUID)(&v.ID), &v.Kind, &contact, &v.OfSession, &v.HasContact)
		v.Contact = (*crm.ContactID)(contact)
		return v, err
	})
}

// ScrubContact looks for the contact again.
func (w *checkedWorkspace) ScrubContact(ctx context.Context, id crm.ContactID) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		ids, err := livingIDs(ctx, t.conn, w.id, id)
		if err != nil || len(ids) > 0 {
			return err
		}
		return t.scrub(ctx, w.id, id)
	})
}
