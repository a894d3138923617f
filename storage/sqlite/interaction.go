package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// RecordInteraction adds one message to its contact and session, which it finds or makes.
func (s *Store) RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	var r crm.Recorded
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		digest := i.MessageDigest()
		rec := recording{tx: t, workspace: w, message: i, digest: digest, key: crm.MessageKey(t.secret, digest)}
		var err error
		r, err = rec.record(ctx)
		return err
	})
	if err != nil {
		return crm.Recorded{}, fmt.Errorf("record interaction: %w", err)
	}
	return r, nil
}

// HasIdentity reports whether the channel knows a customer by one of the external ids.
func (s *Store) HasIdentity(
	ctx context.Context, w crm.WorkspaceID, channel crm.ChannelID, external []string,
) (bool, error) {
	found, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT EXISTS (
			  SELECT 1 FROM identities
			  WHERE workspace_id = @workspace AND channel_id = @channel
			    AND external_id IN (SELECT value FROM json_each(@external))
			)`, args{"workspace": w, "channel": channel[:], "external": textList(external)}, scanInt)
		return n, err
	})
	return found == 1, wrap("look for an identity", err)
}

// recording is one message on its way in.
type recording struct {
	*tx
	workspace crm.WorkspaceID
	message   crm.Interaction
	key       [16]byte
	digest    [16]byte // under which it may still be stored, see [Store.keySome]
}

func (r recording) record(ctx context.Context) (crm.Recorded, error) {
	seen, found, err := first(ctx, r.conn, `
		SELECT session_id FROM messages
		WHERE workspace_id = @workspace AND message_key IN (@key, @digest)`,
		args{"workspace": r.workspace, "key": r.key[:], "digest": r.digest[:]}, scanSessionID)
	if err != nil {
		return crm.Recorded{}, err
	}
	if found {
		return r.repeated(ctx, seen)
	}
	if err := r.checkChannel(ctx); err != nil {
		return crm.Recorded{}, err
	}
	known, err := r.known(ctx)
	if err != nil {
		return crm.Recorded{}, err
	}
	out := crm.Decide(known, r.message)
	return out.Recorded(), r.save(ctx, out)
}

// repeated answers a message that was recorded before.
func (r recording) repeated(ctx context.Context, id uuid.NullUUID) (crm.Recorded, error) {
	if !id.Valid {
		return crm.Repeated(nil, nil), nil
	}
	session, err := sessionByID(ctx, r.conn, r.workspace, crm.SessionID(id.UUID))
	if err != nil || session.ContactID == nil { // the deletion is not through yet
		return crm.Repeated(nil, nil), err
	}
	contact, err := contactByID(ctx, r.conn, r.workspace, *session.ContactID)
	return crm.Repeated(&contact, &session), err
}

func (r recording) checkChannel(ctx context.Context) error {
	channel, found, err := channelByID(ctx, r.conn, r.workspace, r.message.ChannelID)
	switch {
	case err != nil:
		return err
	case !found:
		return crm.ErrNotFound
	case !channel.Active:
		return crm.ErrInactive
	}
	return nil
}

// known reads what is known of the message's customer.
func (r recording) known(ctx context.Context) (crm.Known, error) {
	identities, err := r.identities(ctx)
	if err == nil && len(identities) == 0 && r.message.Former != "" {
		identities, err = r.renamed(ctx)
	}
	if err != nil {
		return crm.Known{}, err
	}
	if len(identities) == 0 {
		c, err := r.proven(ctx)
		return crm.Known{Contact: c}, err
	}
	c, err := contactByID(ctx, r.conn, r.workspace, identities[0].ContactID)
	if err != nil {
		return crm.Known{}, err
	}
	k := crm.Known{Identities: identities, Contact: &c}
	if id := crm.NewestSession(identities, c.ID); id != nil {
		session, err := sessionByID(ctx, r.conn, r.workspace, *id)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return crm.Known{}, err
		}
		if err == nil {
			k.Session = &session
		}
	}
	return k, nil
}

// identities are those that exist of the ids that the message names, that of the external id first.
func (r recording) identities(ctx context.Context) ([]crm.KnownIdentity, error) {
	return all(ctx, r.conn, `
		SELECT external_id, contact_id, session_id FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id IN (@external, @alias)
		ORDER BY external_id <> @external`, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		"alias": r.message.Alias,
	}, scanKnownIdentity)
}

// renamed gives an identity that is stored under the former id the external id, and returns what the message then names.
func (r recording) renamed(ctx context.Context) ([]crm.KnownIdentity, error) {
	n, err := r.exec(ctx, `
		UPDATE identities SET external_id = @external
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @former`, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		"former": r.message.Former,
	})
	if err != nil || n == 0 {
		return nil, err
	}
	return r.identities(ctx)
}

// proven finds the contact that the profile proves the customer to be; nil without one.
func (r recording) proven(ctx context.Context) (*crm.Contact, error) {
	for _, p := range r.message.Profile.Proofs() {
		candidates, err := withValues(ctx, r.conn, r.workspace, p.Field, p.Values...)
		if err != nil {
			return nil, err
		}
		if c := p.Holder(candidates); c != nil {
			return c, nil
		}
	}
	return nil, nil
}

// save writes the outcome.
func (r recording) save(ctx context.Context, out crm.Outcome) error {
	for _, part := range []func(context.Context, crm.Outcome) error{
		r.saveContact, r.saveSession, r.saveIdentities, r.saveMessage,
	} {
		if err := part(ctx, out); err != nil {
			return err
		}
	}
	return r.addEvents(ctx, r.workspace, out.Events...)
}

func (r recording) saveContact(ctx context.Context, out crm.Outcome) error {
	if out.Creates() {
		if err := insertContact(ctx, r.tx, r.workspace, out.Contact); err != nil {
			return err
		}
		return addToCount(ctx, r.conn, r.workspace, 1)
	}
	if out.Edits() {
		if err := saveContact(ctx, r.tx, r.workspace, *out.Before, out.Contact); err != nil {
			return err
		}
	}
	if !out.MovesActivity() {
		return nil
	}
	r.pending = true
	_, err := r.exec(ctx, `
		UPDATE contact_activity SET last_activity_at = @at, dirty_at = @received, dirty_channel = @channel
		WHERE workspace_id = @workspace AND contact_id = @id`, args{
		"workspace": r.workspace, "id": out.Contact.ID[:], "at": out.Contact.LastActivityAt.UnixMicro(),
		"received": r.message.Received.UnixMicro(), "channel": r.message.ChannelID[:],
	})
	return err
}

func (r recording) saveSession(ctx context.Context, out crm.Outcome) error {
	s := out.Session
	if out.NewSession {
		if err := insertSession(ctx, r.conn, r.workspace, s); err != nil {
			return err
		}
		return addToSessions(ctx, r.conn, r.workspace, storage.KindOf(s), 1)
	}
	r.pending = true
	_, err := r.exec(ctx, `
		UPDATE sessions
		SET last_message_preview = @preview, last_message_at = @last, unread_count = @unread, dirty_at = @received
		WHERE workspace_id = @workspace AND id = @id`, args{
		"workspace": r.workspace, "id": s.ID[:], "preview": s.LastMessagePreview, "last": s.LastMessageAt.UnixMicro(),
		"unread": s.UnreadCount, "received": r.message.Received.UnixMicro(),
	})
	return err
}

func (r recording) saveIdentities(ctx context.Context, out crm.Outcome) error {
	for _, i := range out.NewIdentities {
		if err := insertIdentity(ctx, r.conn, r.workspace, i, out.Session.ID); err != nil {
			return err
		}
	}
	for _, external := range out.Redirected {
		_, err := r.exec(ctx, `
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, args{
			"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": external, "session": out.Session.ID[:],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r recording) saveMessage(ctx context.Context, out crm.Outcome) error {
	_, err := r.exec(ctx, `
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, 1, @day)`, args{
		"workspace": r.workspace, "key": r.key[:], "session": out.Session.ID[:], "day": crm.Day(r.message.Received),
	})
	return err
}

var insertIdentityRow = `
	INSERT INTO identities (` + identityTable.Insert() + `)
	VALUES (` + identityTable.Values() + `)`

// insertIdentity stores a new identity, whose newest session is the given one.
func insertIdentity(ctx context.Context, c *conn, w crm.WorkspaceID, i crm.Identity, newest crm.SessionID) error {
	_, err := c.exec(ctx, insertIdentityRow, rowArgs(w, identityTable, &identityRow{i, newest}))
	return err
}

func scanKnownIdentity(rows *sql.Rows) (k crm.KnownIdentity, err error) {
	var session uuid.NullUUID
	err = rows.Scan(&k.ExternalID, (*uuid.UUID)(&k.ContactID), &session)
	if session.Valid {
		k.Session = new(crm.SessionID(session.UUID))
	}
	return k, err
}

func scanSessionID(rows *sql.Rows) (id uuid.NullUUID, err error) {
	err = rows.Scan(&id)
	return id, err
}
