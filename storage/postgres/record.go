package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// write stores a message with the contact and the session it finds or makes, in one round trip.
func (s *Store) write(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming, l locked, stage gramStage) (crm.Recorded, error) {
	b := &pgx.Batch{}
	e := crm.Event{ID: eventID(i.Event, i.Received), Actor: i.ChannelID.String(), At: i.Received}
	var c crm.Contact
	var before crm.Contact
	if l.contact == nil {
		c = crm.ContactFrom(i.Interaction)
		insertContact(b, w, c, stage)
		e.Kind = crm.Created
	} else {
		before = *l.contact
		c = before
		if c.Learn(i.Profile, i.ChannelID) && !before.Same(c) {
			c = saveContact(b, w, before, c, i.Received)
			e.Kind = crm.Updated
		}
		c.Receive(i.Interaction)
	}
	r := crm.Recorded{Contact: &c}
	if e.Kind != "" {
		e.ContactID, e.Version, e.Changes = &c.ID, c.Version, c.ChangesFrom(before)
		s.addChange(b, w, e)
		r.Event = &e.ID
	}
	r.Session = new(crm.SessionFrom(i.Interaction, c.ID))
	known := l.session != nil && l.session.Status.Open()
	if known {
		r.Session = l.session
		r.Session.Receive(i.Interaction)
		b.Queue(`
			UPDATE sessions
			SET last_message_preview = @preview, last_message_at = @at, unread_count = @unread
			WHERE workspace_id = @workspace AND id = @id`, pgx.NamedArgs{
			"workspace": w, "id": [16]byte(r.Session.ID), "preview": r.Session.LastMessagePreview,
			"at": r.Session.LastMessageAt, "unread": r.Session.UnreadCount,
		})
	} else {
		insertSession(b, w, *r.Session)
		s.addChange(b, w, crm.Event{
			ID: crm.NewEventID(i.Received), Kind: crm.Created, ContactID: &c.ID, SessionID: &r.Session.ID,
			Changes: r.Session.ChangesFrom(crm.Session{}), Actor: i.ChannelID.String(), At: i.Received,
		})
	}
	for _, external := range i.ExternalIDs() {
		identity := crm.IdentityFrom(i.Interaction, c.ID)
		identity.ExternalID = external
		writeIdentity(b, w, identity, r.Session.ID, l.identities)
	}
	b.Queue(`
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, true, @day)`,
		pgx.NamedArgs{"workspace": w, "key": i.key, "session": [16]byte(r.Session.ID), "day": crm.Day(i.Received)})
	if l.contact != nil {
		moveActivity(b, w, i, c.ID, pgtype.UUID{Bytes: r.Session.ID, Valid: known})
	}
	slot := s.slot() // last, for others wait for these rows
	if !known {
		addToSessionsAt(b, w, slot%sessionSlots, storage.KindCount{SessionKind: storage.KindOf(*r.Session), N: 1})
	}
	if l.contact == nil {
		addToCountAt(b, w, slot%countSlots, 1)
	}
	return r, tx.SendBatch(ctx, b).Close()
}

// moveActivity queues that a message moves a contact's activity, and the mark that events are to tell of it: of the
// contact if it moved, and of the session unless that is new. A message to the customer moves nothing. That is decided
// here and not in the statement: Citus cannot plan an UPDATE whose condition is false whatever the row.
func moveActivity(b *pgx.Batch, w crm.WorkspaceID, i incoming, c crm.ContactID, session pgtype.UUID) {
	args := interactionArgs(w, i)
	args["contact"], args["session"] = [16]byte(c), session
	if i.Direction != crm.Inbound {
		if session.Valid {
			b.Queue(`
				INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
				VALUES (@workspace, @mark, @channel, @contact, @session, false, @received)`, args)
		}
		return
	}
	ifMoved := " WHERE EXISTS (SELECT FROM activity)"
	if session.Valid {
		ifMoved = ""
	}
	b.Queue(`
		WITH activity AS (
		  UPDATE contact_activity SET last_activity_at = @at
		  WHERE workspace_id = @workspace AND contact_id = @contact AND last_activity_at < @at
		  RETURNING contact_id
		)
		INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
		SELECT @workspace, @mark, @channel, @contact, @session, EXISTS (SELECT FROM activity), @received`+ifMoved, args)
}

func insertContact(b *pgx.Batch, w crm.WorkspaceID, c crm.Contact, stage gramStage) {
	keys := search.KeysOf(c)
	active := never
	if c.LastActivityAt != nil {
		active = *c.LastActivityAt
	}
	args := contactArgs(w, c, keys, pgx.NamedArgs{"grams": stage != gramsNone, "active": active, "terms": keys.Terms})
	b.Queue(`
		INSERT INTO contacts (
		  workspace_id, id, name, email, phone, notes, version, created_at, updated_at,
		  name_origin, name_channel, email_origin, email_channel, phone_origin, phone_channel,
		  name_key, search_text, grams
		) VALUES (
		  @workspace, @id, @name, @email, @phone, @notes, @version, @created, @updated,
		  @name_origin, @name_channel, @email_origin, @email_channel, @phone_origin, @phone_channel,
		  @name_key, @search_text, @grams
		)`, args)
	b.Queue(`
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
		VALUES (@workspace, @id, @active)`, args)
	b.Queue(`
		INSERT INTO contact_terms (workspace_id, term, contact_id)
		SELECT @workspace, t, @id FROM unnest(@terms::text[]) t`, args)
}

func insertSession(b *pgx.Batch, w crm.WorkspaceID, s crm.Session) {
	b.Queue(`
		INSERT INTO sessions (
		  workspace_id, id, contact_id, channel_id, status, tag, last_message_preview, last_message_at, unread_count, started_at
		) VALUES (
		  @workspace, @id, @contact, @channel, @status, @tag, @preview, @at, @unread, @started
		)`, pgx.NamedArgs{
		"workspace": w, "id": [16]byte(s.ID), "contact": [16]byte(*s.ContactID), "channel": [16]byte(s.ChannelID),
		"status": s.Status, "tag": s.Tag, "preview": s.LastMessagePreview, "at": s.LastMessageAt,
		"unread": s.UnreadCount, "started": s.StartedAt,
	})
}

// writeIdentity points an identity at its newest session, or makes it. One that is another contact's stays as it is.
func writeIdentity(b *pgx.Batch, w crm.WorkspaceID, i crm.Identity, newest crm.SessionID, known []knownIdentity) {
	n := slices.IndexFunc(known, func(k knownIdentity) bool { return k.external == i.ExternalID })
	exists := n >= 0
	if exists && (known[n].contact != i.ContactID || known[n].session.Valid && known[n].session.Bytes == newest) {
		return
	}
	args := pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "contact": [16]byte(i.ContactID),
		"session": [16]byte(newest), "name": i.DisplayName, "created": i.CreatedAt,
	}
	if exists {
		b.Queue(`
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, args)
		return
	}
	b.Queue(`
		INSERT INTO identities (workspace_id, channel_id, external_id, contact_id, session_id, display_name, created_at)
		VALUES (@workspace, @channel, @external, @contact, @session, @name, @created)`, args)
}

// optional makes a row that is not there no error.
func optional(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
