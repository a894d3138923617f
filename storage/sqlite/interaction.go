package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// RecordInteraction adds one message to its contact and session, which it finds or makes.
func (s *Store) RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	i.Event = cmp.Or(i.Event, crm.NewEventID(i.Received))
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
	known, err := r.identities(ctx)
	if err == nil && len(known) == 0 && r.message.Former != "" {
		known, err = r.renamed(ctx)
	}
	if err != nil {
		return crm.Recorded{}, err
	}
	contact, event, err := r.contact(ctx, known)
	if err != nil {
		return crm.Recorded{}, err
	}
	session, err := r.session(ctx, contact.ID, newestSession(known, contact.ID))
	if err != nil {
		return crm.Recorded{}, err
	}
	if err := r.identify(ctx, known, contact.ID, session.ID); err != nil {
		return crm.Recorded{}, err
	}
	_, err = r.exec(ctx, `
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, 1, @day)`, args{
		"workspace": r.workspace, "key": r.key[:], "session": session.ID[:], "day": crm.Day(r.message.Received),
	})
	return crm.Recorded{Contact: &contact, Session: &session, Event: event}, err
}

// repeated answers a message that was recorded before.
func (r recording) repeated(ctx context.Context, id uuid.NullUUID) (crm.Recorded, error) {
	if !id.Valid {
		return crm.Recorded{Repeated: true}, nil
	}
	session, err := sessionByID(ctx, r.conn, r.workspace, crm.SessionID(id.UUID))
	if err != nil || session.ContactID == nil { // the deletion is not through yet
		return crm.Recorded{Repeated: true}, err
	}
	contact, err := contactByID(ctx, r.conn, r.workspace, *session.ContactID)
	return crm.Recorded{Contact: &contact, Session: &session, Repeated: true}, err
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

// identities are those that exist of the ids that the message names, that of the external id first.
func (r recording) identities(ctx context.Context) ([]knownIdentity, error) {
	return all(ctx, r.conn, `
		SELECT external_id, contact_id, session_id FROM identities
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id IN (@external, @alias)
		ORDER BY external_id <> @external`, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		"alias": r.message.Alias,
	}, scanIdentity)
}

// renamed gives an identity that is stored under the former id the external id, and is what the message then names.
func (r recording) renamed(ctx context.Context) ([]knownIdentity, error) {
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

// newestSession is the newest of the sessions that a contact's identities lead to; nil when there is none.
func newestSession(known []knownIdentity, c crm.ContactID) (newest *crm.SessionID) {
	for n, k := range known {
		if k.contact == c && (newest == nil || bytes.Compare(newest[:], k.session[:]) < 0) {
			newest = &known[n].session
		}
	}
	return newest
}

// contact finds or makes the message's contact and saves what the message tells of it. event is that of the contact's
// change, nil when there was none.
func (r recording) contact(ctx context.Context, known []knownIdentity) (c crm.Contact, event *crm.EventID, err error) {
	found := len(known) > 0
	if found {
		c, err = contactByID(ctx, r.conn, r.workspace, known[0].contact)
	} else {
		c, found, err = r.verified(ctx)
	}
	if err != nil {
		return c, nil, err
	}
	if !found {
		c = crm.ContactFrom(r.message)
		return c, &r.message.Event, r.addContact(ctx, c)
	}
	before := c
	if c.Learn(r.message.Profile, r.message.ChannelID) {
		event = &r.message.Event
		if c, err = saveContact(ctx, r.tx, r.workspace, before, c, r.message.Received); err != nil {
			return c, nil, err
		}
		if err := r.addEvents(ctx, r.workspace, r.event(crm.Updated, before, c)); err != nil {
			return c, nil, err
		}
	}
	if c.Receive(r.message); !sameTime(before.LastActivityAt, c.LastActivityAt) {
		r.marked = true
		_, err = r.exec(ctx, `
			UPDATE contact_activity SET last_activity_at = @at, dirty_at = @received, dirty_channel = @channel
			WHERE workspace_id = @workspace AND contact_id = @id`, args{
			"workspace": r.workspace, "id": c.ID[:], "at": c.LastActivityAt.UnixMicro(),
			"received": r.message.Received.UnixMicro(), "channel": r.message.ChannelID[:],
		})
	}
	return c, event, err
}

// addContact stores a new contact.
func (r recording) addContact(ctx context.Context, c crm.Contact) error {
	if err := insertContact(ctx, r.tx, r.workspace, c); err != nil {
		return err
	}
	if err := addToCount(ctx, r.conn, r.workspace, 1); err != nil {
		return err
	}
	return r.addEvents(ctx, r.workspace, r.event(crm.Created, crm.Contact{}, c))
}

// event is what the message did to the contact.
func (r recording) event(kind crm.EventKind, before, c crm.Contact) crm.Event {
	return crm.Event{
		ID: r.message.Event, Kind: kind, ContactID: &c.ID, Version: c.Version, Changes: c.ChangesFrom(before),
		Actor: r.message.ChannelID.String(), At: r.message.Received,
	}
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// verified finds the oldest contact that has the verified e-mail, else the verified phone in one of its variants, of the
// profile, as a value that staff entered or a channel verified.
func (r recording) verified(ctx context.Context) (c crm.Contact, found bool, err error) {
	p := r.message.Profile
	for _, f := range []struct {
		field    string
		value    *string
		verified bool
		variants func(string) []string
		from     func(crm.Contact) crm.Provenance
	}{
		{"email", p.Email, p.EmailVerified, itself, func(c crm.Contact) crm.Provenance { return c.EmailFrom }},
		{"phone", p.Phone, p.PhoneVerified, crm.PhoneVariants, func(c crm.Contact) crm.Provenance { return c.PhoneFrom }},
	} {
		if f.value == nil || !f.verified {
			continue
		}
		holders, err := holders(ctx, r.conn, r.workspace, f.field, f.variants(*f.value)...)
		if err != nil {
			return c, false, err
		}
		for _, h := range holders {
			if o := f.from(h).Origin; o == crm.Staff || o == crm.Verified {
				return h, true, nil
			}
		}
	}
	return c, false, nil
}

func itself(v string) []string { return []string{v} }

// session adds the message to the current session, or to a new one when that is closed.
func (r recording) session(ctx context.Context, contact crm.ContactID, current *crm.SessionID) (crm.Session, error) {
	if current != nil {
		session, err := sessionByID(ctx, r.conn, r.workspace, *current)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return session, err
		}
		if err == nil && session.Status.Open() {
			session.Receive(r.message)
			r.marked = true
			_, err = r.exec(ctx, `
				UPDATE sessions
				SET last_message_preview = @preview, last_message_at = @last, unread_count = @unread, dirty_at = @received
				WHERE workspace_id = @workspace AND id = @id`, args{
				"workspace": r.workspace, "id": session.ID[:], "preview": session.LastMessagePreview,
				"last": session.LastMessageAt.UnixMicro(), "unread": session.UnreadCount,
				"received": r.message.Received.UnixMicro(),
			})
			return session, err
		}
	}
	session := crm.SessionFrom(r.message, contact)
	if err := insertSession(ctx, r.conn, r.workspace, session); err != nil {
		return session, err
	}
	if err := addToSessions(ctx, r.conn, r.workspace, storage.KindOf(session), 1); err != nil {
		return session, err
	}
	return session, r.addEvents(ctx, r.workspace, crm.Event{
		Kind: crm.Created, ContactID: &contact, SessionID: &session.ID, Changes: session.ChangesFrom(crm.Session{}),
		Actor: r.message.ChannelID.String(), At: r.message.Received,
	})
}

// identify stores the new ones of the identities that the message names, and that the contact's known ones have a new
// session.
func (r recording) identify(
	ctx context.Context, known []knownIdentity, contact crm.ContactID, session crm.SessionID,
) error {
	for _, external := range r.message.ExternalIDs() {
		n := slices.IndexFunc(known, func(k knownIdentity) bool { return k.external == external })
		if n < 0 {
			identity := crm.IdentityFrom(r.message, contact)
			identity.ExternalID = external
			if err := insertIdentity(ctx, r.conn, r.workspace, identity, session); err != nil {
				return err
			}
			continue
		}
		if known[n].contact != contact || known[n].session == session {
			continue
		}
		_, err := r.exec(ctx, `
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, args{
			"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": external, "session": session[:],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insertIdentity stores a new identity, whose newest session is the given one.
func insertIdentity(ctx context.Context, c *conn, w crm.WorkspaceID, i crm.Identity, newest crm.SessionID) error {
	_, err := c.exec(ctx, `
		INSERT INTO identities (workspace_id, channel_id, external_id, contact_id, session_id, display_name, created_at)
		VALUES (@workspace, @channel, @external, @contact, @session, @name, @created)`, args{
		"workspace": w, "channel": i.ChannelID[:], "external": i.ExternalID, "contact": i.ContactID[:],
		"session": newest[:], "name": i.DisplayName, "created": i.CreatedAt.UnixMicro(),
	})
	return err
}

// knownIdentity is what an identity leads to.
type knownIdentity struct {
	external string
	contact  crm.ContactID
	session  crm.SessionID
}

func scanIdentity(rows *sql.Rows) (k knownIdentity, err error) {
	err = rows.Scan(&k.external, (*uuid.UUID)(&k.contact), (*uuid.UUID)(&k.session))
	return k, err
}

func scanSessionID(rows *sql.Rows) (id uuid.NullUUID, err error) {
	err = rows.Scan(&id)
	return id, err
}
