package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// write stores the outcome of a message, in one round trip.
func (s *Store) write(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming, out crm.Outcome, stage gramStage) error {
	b := &pgx.Batch{}
	if out.Creates() {
		insertContact(b, w, out.Contact, stage)
	} else if out.Edits() {
		saveContact(b, w, *out.Before, out.Contact)
	}
	if out.NewSession {
		insertSession(b, w, out.Session)
	} else {
		saveReceived(b, w, out.Session)
	}
	for _, e := range out.Events {
		s.addChange(b, w, e)
	}
	saveIdentities(b, w, i.ChannelID, out)
	b.Queue(`
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, true, @day)`,
		pgx.NamedArgs{"workspace": w, "key": i.key, "session": [16]byte(out.Session.ID), "day": crm.Day(i.Received)})
	if !out.Creates() {
		moveActivity(b, w, i, out.Contact.ID, pgtype.UUID{Bytes: out.Session.ID, Valid: !out.NewSession})
	}
	slot := s.slot() // last, for others wait for these rows
	if out.NewSession {
		addToSessionsAt(b, w, slot%sessionSlots, storage.KindCount{SessionKind: storage.KindOf(out.Session), N: 1})
	}
	if out.Creates() {
		addToCountAt(b, w, slot%countSlots, 1)
	}
	return tx.SendBatch(ctx, b).Close()
}

// saveReceived queues what a message changes of a session.
func saveReceived(b *pgx.Batch, w crm.WorkspaceID, s crm.Session) {
	b.Queue(`
		UPDATE sessions
		SET last_message_preview = @preview, last_message_at = @at, unread_count = @unread
		WHERE workspace_id = @workspace AND id = @id`, pgx.NamedArgs{
		"workspace": w, "id": [16]byte(s.ID), "preview": s.LastMessagePreview, "at": s.LastMessageAt, "unread": s.UnreadCount,
	})
}

// moveActivity queues that a message moves a contact's activity, and its pending activity: of the
// contact if it moved, and of the session unless that is new. A message to the customer moves nothing. That is decided
// here and not in the statement: Citus cannot plan an UPDATE whose condition is false whatever the row.
func moveActivity(b *pgx.Batch, w crm.WorkspaceID, i incoming, c crm.ContactID, session pgtype.UUID) {
	args := interactionArgs(w, i)
	args["contact"], args["session"] = [16]byte(c), session
	if i.Direction != crm.Inbound {
		if session.Valid {
			b.Queue(`
				INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
				VALUES (@workspace, @pending, @channel, @contact, @session, false, @received)`, args)
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
		SELECT @workspace, @pending, @channel, @contact, @session, EXISTS (SELECT FROM activity), @received`+ifMoved, args)
}

var insertIdentityRow = `
	INSERT INTO identities (` + identityTable.Insert() + `)
	VALUES (` + identityTable.Values() + `)`

// saveIdentities queues the new identities, and the new session of those that are known.
func saveIdentities(b *pgx.Batch, w crm.WorkspaceID, channel crm.ChannelID, out crm.Outcome) {
	session := [16]byte(out.Session.ID)
	for _, external := range out.Redirected {
		b.Queue(`
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, pgx.NamedArgs{
			"workspace": w, "channel": [16]byte(channel), "external": external, "session": session,
		})
	}
	for _, i := range out.NewIdentities {
		b.Queue(insertIdentityRow, rowArgs(w, identityTable, &identityRow{i, out.Session.ID}))
	}
}

// optional makes a row that is not there no error.
func optional(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
