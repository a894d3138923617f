package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// write stores the outcome of a message, in one round trip. It returns the announcements that have waited for it.
func (s *Store) write(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming, out crm.Outcome, stage gramStage,
) (waiting []crm.Interaction, err error) {
	b := &pgx.Batch{}
	if out.Creates() {
		insertContact(b, w, out.Contact, stage)
	} else if out.Edits() {
		saveContact(b, w, *out.Before, out.Contact)
	}
	if out.NewAccount {
		giveAccounts(b, w, out.Contact.ID, []crm.AccountID{out.Account})
	}
	switch {
	case out.NewSession:
		insertSession(b, w, *out.Session)
	case out.Session != nil:
		saveReceived(b, w, *out.Session)
	}
	for _, e := range out.Events {
		s.addChange(b, w, e)
	}
	saveIdentities(b, w, i.Interaction, out)
	findWaiting(b, w, i.Interaction, out, &waiting)
	if out.Proven != nil {
		addProof(b, w, *out.Proven)
	}
	if i.Kind == crm.Written {
		saveMessage(b, w, i, out)
	}
	slot := s.slot() // last, for others wait for these rows
	if out.NewSession {
		addToSessionsAt(b, w, slot%sessionSlots, storage.KindCount{SessionKind: storage.KindOf(*out.Session), N: 1})
	}
	if out.Creates() {
		addToCountAt(b, w, slot%countSlots, 1)
	}
	err = tx.SendBatch(ctx, b).Close()
	return waiting, err
}

// saveMessage queues what a message is known again by, and the activity that it is.
func saveMessage(b *pgx.Batch, w crm.WorkspaceID, i incoming, out crm.Outcome) {
	var session, joined pgtype.UUID
	if out.Session != nil {
		session = pgtype.UUID{Bytes: out.Session.ID, Valid: true}
		joined = pgtype.UUID{Bytes: out.Session.ID, Valid: !out.NewSession}
	}
	b.Queue(`
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, true, @day)`,
		pgx.NamedArgs{"workspace": w, "key": i.Key, "session": session, "day": crm.Day(i.Received)})
	if !out.Creates() {
		moveActivity(b, w, i, out.Contact.ID, joined)
	}
}

// addProof queues that two contacts are one person. Where a person has said that they are two, a person is to judge again,
// once.
func addProof(b *pgx.Batch, w crm.WorkspaceID, p crm.Proven) {
	first, second := p.Ordered()
	b.Queue(`
		INSERT INTO proofs (workspace_id, a, b, channel_id, at, suggest)
		SELECT @workspace, @a, @b, @channel, @at,
		  @suggest OR EXISTS (SELECT FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b)
		WHERE NOT EXISTS (SELECT FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b AND proven)
		ON CONFLICT (workspace_id, a, b) DO NOTHING`, pgx.NamedArgs{
		"workspace": w, "a": [16]byte(first), "b": [16]byte(second), "channel": [16]byte(p.Channel), "at": p.At.UTC(),
		"suggest": p.Suggest,
	})
}

// saveReceived queues what a message changes of a session.
func saveReceived(b *pgx.Batch, w crm.WorkspaceID, s crm.Session) {
	b.Queue(`
		UPDATE sessions
		SET last_message_preview = @last_message_preview, last_message_at = @last_message_at, unread_count = @unread_count,
		    last_inbound_at = @last_inbound_at, last_message = @last_message, channel_account = @channel_account
		WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, sessionTable, &s))
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
		  WHERE workspace_id = @workspace AND contact_id = @contact AND `+follows("last_activity_at")+`
		  RETURNING contact_id
		)
		INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
		SELECT @workspace, @pending, @channel, @contact, @session, EXISTS (SELECT FROM activity), @received`+ifMoved, args)
}

var insertIdentityRow = `
	INSERT INTO identities (` + identityTable.Insert() + `)
	VALUES (` + identityTable.Values() + `)`

// saveIdentities queues the new identities, and the new session of those that are known.
func saveIdentities(b *pgx.Batch, w crm.WorkspaceID, i crm.Interaction, out crm.Outcome) {
	var session crm.SessionID
	if out.Session != nil {
		session = out.Session.ID
	}
	if out.DisplayName != nil {
		b.Queue(`
			UPDATE identities SET display_name = @name
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, pgx.NamedArgs{
			"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "name": *out.DisplayName,
		})
	}
	for _, external := range out.Redirected {
		b.Queue(`
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, pgx.NamedArgs{
			"workspace": w, "channel": [16]byte(i.ChannelID), "external": external, "session": [16]byte(session),
		})
	}
	for _, i := range out.NewIdentities {
		b.Queue(insertIdentityRow, rowArgs(w, identityTable, &identityRow{i, session}))
	}
}

// optional makes a row that is not there no error.
func optional(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
