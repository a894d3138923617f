package postgres

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage/checkup"
)

// ActivityAfter reads activities.
func (w *checkedWorkspace) ActivityAfter(ctx context.Context, after checkup.Activity, n int) ([]checkup.Activity, error) {
	return rowsAfter(ctx, w, `
		SELECT a.contact_id, (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id) IS NOT NULL
		FROM contact_activity a
		WHERE a.workspace_id = @workspace AND a.contact_id > @id
		ORDER BY a.contact_id
		LIMIT %d`, w.args(after.Contact), n, func(row pgx.CollectableRow) (a checkup.Activity, err error) {
		return a, row.Scan((*[16]byte)(&a.Contact), &a.HasContact)
	})
}

// RemoveActivity looks for the contact again.
func (w *checkedWorkspace) RemoveActivity(ctx context.Context, id crm.ContactID) error {
	return w.exec(ctx, `
		DELETE FROM contact_activity
		WHERE workspace_id = @workspace AND contact_id = @id
		  AND NOT EXISTS (SELECT FROM contacts WHERE workspace_id = @workspace AND id = @id)`, w.args(id))
}

// IdentitiesAfter reads identities.
func (w *checkedWorkspace) IdentitiesAfter(ctx context.Context, after checkup.Identity, n int) ([]checkup.Identity, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  i.channel_id, i.external_id, i.contact_id, i.session_id,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.contact_id) IS NOT NULL,
		  (SELECT true FROM sessions s WHERE s.workspace_id = @workspace AND s.id = i.session_id) IS NOT NULL,
		  `+strayIdentity+`
		FROM identities i
		WHERE i.workspace_id = @workspace AND (i.channel_id, i.external_id) > (@channel, @external)
		ORDER BY i.channel_id, i.external_id
		LIMIT %d`,
		pgx.NamedArgs{"channel": [16]byte(after.Channel), "external": after.External}, n,
		func(row pgx.CollectableRow) (i checkup.Identity, err error) {
			var session *[16]byte
			err = row.Scan((*[16]byte)(&i.Channel), &i.External, (*[16]byte)(&i.Contact), &session, &i.HasContact, &i.HasSession, &i.Stray)
			i.Session = (*crm.SessionID)(session)
			return i, err
		})
}

// RemoveIdentity removes an identity of the contact.
func (w *checkedWorkspace) RemoveIdentity(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		DELETE FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND contact_id = @contact`,
		pgx.NamedArgs{"workspace": w.id, "channel": [16]byte(i.Channel), "external": i.External, "contact": [16]byte(i.Contact)})
}

// strayIdentity is the condition that the account of identity i is another contact's, which is there.
var strayIdentity = `(
	SELECT true FROM contacts c
	WHERE c.workspace_id = @workspace AND c.id = ` + ownerOf("i.account_id") + ` AND c.id <> i.contact_id
) IS NOT NULL`

// MoveIdentity looks again whose the account is.
func (w *checkedWorkspace) MoveIdentity(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		UPDATE identities i SET contact_id = `+ownerOf("i.account_id")+`
		WHERE i.workspace_id = @workspace AND i.channel_id = @channel AND i.external_id = @external AND i.contact_id = @contact
		  AND `+strayIdentity,
		pgx.NamedArgs{
			"workspace": w.id, "channel": [16]byte(i.Channel), "external": i.External, "contact": [16]byte(i.Contact),
		})
}

// ForgetSession takes the session from an identity.
func (w *checkedWorkspace) ForgetSession(ctx context.Context, i checkup.Identity) error {
	return w.exec(ctx, `
		UPDATE identities SET session_id = NULL
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND session_id = @session`,
		pgx.NamedArgs{"workspace": w.id, "channel": [16]byte(i.Channel), "external": i.External, "session": [16]byte(*i.Session)})
}

// SessionsAfter reads sessions.
func (w *checkedWorkspace) SessionsAfter(ctx context.Context, after checkup.Session, n int) ([]checkup.Session, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  s.id, s.account_id, `+ownerOf("s.account_id")+`,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = `+ownerOf("s.account_id")+`) IS NOT NULL
		    OR (SELECT true FROM account_deletions d WHERE d.workspace_id = @workspace AND d.account_id = s.account_id) IS NOT NULL,
		  s.last_message_preview IS NOT NULL,
		  s.account_id IS NULL
		    AND (SELECT true FROM messages m WHERE m.workspace_id = @workspace AND m.session_id = s.id LIMIT 1) IS NOT NULL
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.id > @id
		ORDER BY s.id
		LIMIT %d`, pgx.NamedArgs{"id": [16]byte(after.ID)}, n, func(row pgx.CollectableRow) (s checkup.Session, err error) {
		var account, contact *[16]byte
		err = row.Scan((*[16]byte)(&s.ID), &account, &contact, &s.HasContact, &s.Preview, &s.Messages)
		s.Account, s.Contact = (*crm.AccountID)(account), (*crm.ContactID)(contact)
		return s, err
	})
}

// AnonymizeSession counts the session as another kind in the same transaction.
func (w *checkedWorkspace) AnonymizeSession(ctx context.Context, id crm.SessionID, account crm.AccountID) error {
	args := pgx.NamedArgs{"workspace": w.id, "session": [16]byte(id), "account": [16]byte(account), "slot": rand.IntN(sessionSlots)}
	return w.tx(ctx, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(anonymize, args)
		b.Queue(detachMessages, args)
		return tx.SendBatch(ctx, b).Close()
	})
}

// RemovePreview looks again whether the session is anonymous.
func (w *checkedWorkspace) RemovePreview(ctx context.Context, id crm.SessionID) error {
	return w.exec(ctx, `
		UPDATE sessions SET `+anonymized+`
		WHERE workspace_id = @workspace AND id = @session AND account_id IS NULL`,
		pgx.NamedArgs{"workspace": w.id, "session": [16]byte(id)})
}

// DetachMessages looks again whether the session is anonymous.
func (w *checkedWorkspace) DetachMessages(ctx context.Context, id crm.SessionID) error {
	return w.exec(ctx, detachMessages, pgx.NamedArgs{"workspace": w.id, "session": [16]byte(id)})
}

// ChangesAfter reads changes.
func (w *checkedWorkspace) ChangesAfter(ctx context.Context, after checkup.Change, n int) ([]checkup.Change, error) {
	return rowsAfter(ctx, w, `
		SELECT
		  e.id, e.kind, e.contact_id, e.session_id IS NOT NULL,
		  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = e.contact_id) IS NOT NULL
		    OR (SELECT true FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = e.contact_id) IS NOT NULL
		FROM changes e
		WHERE e.workspace_id = @workspace AND e.id > @id
		ORDER BY e.id
		LIMIT %d`, pgx.NamedArgs{"id": [16]byte(after.ID)}, n, func(row pgx.CollectableRow) (v checkup.Change, err error) {
		var contact *[16]byte
		err = row.Scan((*[16]byte)(&v.ID), &v.Kind, &contact, &v.OfSession, &v.HasContact)
		v.Contact = (*crm.ContactID)(contact)
		return v, err
	})
}

// ScrubContact looks for the contact again.
func (w *checkedWorkspace) ScrubContact(ctx context.Context, id crm.ContactID) error {
	return w.tx(ctx, func(tx pgx.Tx) error {
		_, err := w.lockContact(ctx, tx, w.id, id)
		if !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		args := w.args(id)
		args["ids"] = uuids([]crm.ContactID{id})
		b := &pgx.Batch{}
		scrub(b, args)
		return tx.SendBatch(ctx, b).Close()
	})
}

// anonymize makes the session @session anonymous, and counts it so, unless it is of another account than @account by now.
const anonymize = `
	WITH changed AS (
	  UPDATE sessions SET ` + anonymized + `
	  WHERE workspace_id = @workspace AND id = @session AND account_id = @account
	  RETURNING channel_id, status, coalesce(tag, '') AS tag
	)
	INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, slot, sessions)
	SELECT @workspace, c.channel_id, c.status, c.tag, v.anonymous, @slot, v.sign
	FROM changed c
	CROSS JOIN (VALUES (false, -1), (true, 1)) AS v(anonymous, sign)
	ON CONFLICT (workspace_id, channel_id, status, tag, anonymous, slot)
	DO UPDATE SET sessions = session_counts.sessions + excluded.sessions`

// detachMessages takes the session @session, where it has no contact, from what its messages are known again by.
const detachMessages = `
	UPDATE messages SET session_id = NULL
	WHERE workspace_id = @workspace AND session_id = @session AND (
	  SELECT account_id IS NULL FROM sessions WHERE workspace_id = @workspace AND id = @session
	)`
