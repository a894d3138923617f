package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
)

// HasIdentity reports whether the channel knows a customer by one of the external ids.
func (s *Store) HasIdentity(
	ctx context.Context, w crm.WorkspaceID, channel crm.ChannelID, external []string,
) (found bool, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT EXISTS (
		  SELECT FROM identities
		  WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = ANY(@external)
		)`, pgx.NamedArgs{"workspace": w, "channel": [16]byte(channel), "external": external}).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for an identity: %w", translate(ctx, err))
	}
	return found, nil
}

// RecordInteraction takes one message in. Most messages come from a customer who is known, in a session that is open, with
// a profile that says nothing new: for them it is one statement, after a look unless the customer wrote lately. All others
// go through a transaction.
func (s *Store) RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	var r crm.Recorded
	message, err := s.incoming(ctx, i)
	if err == nil {
		r, err = s.record(ctx, w, message)
	}
	if err != nil {
		return crm.Recorded{}, fmt.Errorf("record interaction: %w", err)
	}
	if !r.Repeated {
		s.sequencer.unpublished(w)
	}
	return r, nil
}

// incoming is a message with what it is known again by.
type incoming struct {
	crm.Interaction
	key     [16]byte
	digest  [16]byte // under which it may still be stored, see [Store.keySome]
	pending [16]byte // id of its pending activity; not the key, because a forgotten message may return before that is published
}

func (s *Store) incoming(ctx context.Context, i crm.Interaction) (incoming, error) {
	secret, err := s.messageSecret(ctx)
	digest := i.MessageDigest()
	return incoming{Interaction: i, key: crm.MessageKey(secret, digest), digest: digest, pending: uuid.New()}, err
}

func (s *Store) record(ctx context.Context, w crm.WorkspaceID, i incoming) (crm.Recorded, error) {
	from := customerOf(w, i.Interaction)
	cached := s.known.Load().contacts // what comes of this look belongs to this database
	if c := cached.contact(from); c != nil && i.Alias == "" {
		if r, ok, err := s.append(ctx, w, i, *c); ok || err != nil {
			return r, err
		}
		cached.forget(from)
	}
	known, err := s.lookAt(ctx, w, i)
	if err != nil {
		return crm.Recorded{}, err
	}
	if known.seen {
		return s.repeated(ctx, w, known.message)
	}
	if c := known.contact; c != nil && known.open && known.alias {
		if r, ok, err := s.append(ctx, w, i, *c); ok || err != nil {
			cached.keep(from, r.Contact)
			return r, err
		}
	}
	r, err := s.recordAnew(ctx, w, i)
	cached.keep(from, r.Contact)
	return r, err
}

// lookup is what is known of a message's customer before anything is locked.
type lookup struct {
	seen    bool           // the message was recorded before
	message *crm.SessionID // the session that it is in; nil when its contact has been deleted
	contact *crm.Contact
	open    bool // the identity's newest session takes messages
	alias   bool // the message has none that is not known
}

var selectLookup = `
	SELECT
	  h.active, m.message_key IS NOT NULL, m.session_id, coalesce(s.status, ''), @alias = '' OR a.external_id IS NOT NULL,
	  ` + contactColumns + `
	FROM channels h
	LEFT JOIN messages m ON m.workspace_id = @workspace AND m.message_key IN (@key, @digest)
	LEFT JOIN identities y ON y.workspace_id = @workspace AND y.channel_id = h.id AND y.external_id = @external
	LEFT JOIN identities a ON a.workspace_id = @workspace AND a.channel_id = h.id AND a.external_id = @alias
	LEFT JOIN contacts c ON c.workspace_id = @workspace AND c.id = y.contact_id
	LEFT JOIN sessions s ON s.workspace_id = @workspace AND s.id = y.session_id
	WHERE h.workspace_id = @workspace AND h.id = @channel`

func (s *Store) lookAt(ctx context.Context, w crm.WorkspaceID, i incoming) (lookup, error) {
	rows, err := s.pool.Query(ctx, selectLookup, interactionArgs(w, i))
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (lookup, error) {
		var l lookup
		var active bool
		var message pgtype.UUID
		var status crm.SessionStatus
		var c contactRow
		if err := row.Scan(c.targets(&active, &l.seen, &message, &status, &l.alias)...); err != nil {
			return l, err
		}
		if !active {
			return l, crm.ErrInactive
		}
		if message.Valid {
			id := crm.SessionID(message.Bytes)
			l.message = &id
		}
		l.contact, l.open = c.contact(), status.Open()
		return l, nil
	})
	if err != nil {
		return lookup{}, err
	}
	if len(found) == 0 {
		return lookup{}, crm.ErrNotFound
	}
	return found[0], nil
}

func interactionArgs(w crm.WorkspaceID, i incoming) pgx.NamedArgs {
	return pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "alias": i.Alias,
		"key": i.key, "digest": i.digest, "pending": i.pending, "day": crm.Day(i.Received), "at": i.At, "received": i.Received,
		"preview": i.Preview,
	}
}

// repeated answers a message that was recorded before with what it belongs to now.
func (s *Store) repeated(ctx context.Context, w crm.WorkspaceID, id *crm.SessionID) (crm.Recorded, error) {
	if id == nil {
		return crm.Repeated(nil, nil), nil
	}
	found, err := s.sessions(ctx, s.pool, w, []crm.SessionID{*id})
	if err != nil {
		return crm.Recorded{}, err
	}
	if len(found) == 0 {
		return crm.Recorded{}, fmt.Errorf("session %s of a recorded message is not there", *id)
	}
	owner := found[0].ContactID
	if owner == nil { // the deletion is not through yet
		return crm.Repeated(nil, nil), nil
	}
	contacts, err := s.contacts(ctx, s.pool, `c.id = @id`, pgx.NamedArgs{"workspace": w, "id": [16]byte(*owner)})
	if err != nil || len(contacts) == 0 {
		return crm.Repeated(nil, nil), err
	}
	return crm.Repeated(&contacts[0], &found[0]), nil
}

// append adds a message to the open session of a customer whose contact is c, in one statement. ok is false, and nothing
// is written, when the message says something new of the contact, or when anything is not as it is taken to be: the
// contact and its version, the identity, the session, the channel, or that the message is new.
//
// The identity is locked against deletion and the session against closing, so that what the first part of the statement
// saw still holds when the last part writes.
func (s *Store) append(ctx context.Context, w crm.WorkspaceID, i incoming, c crm.Contact) (r crm.Recorded, ok bool, err error) {
	learnt := c
	if learnt.Learn(i.Profile, i.ChannelID) {
		return r, false, nil
	}
	args := interactionArgs(w, i)
	args["contact"], args["version"] = [16]byte(c.ID), c.Version
	activity, moved, unread := "", "false", "" // parts that a message to the customer leaves out: see moveActivity
	if i.Direction == crm.Inbound {
		activity = `activity AS (
		  UPDATE contact_activity a
		  SET last_activity_at = @at
		  FROM target t, message m
		  WHERE a.workspace_id = @workspace AND a.contact_id = t.contact_id AND a.last_activity_at < @at
		  RETURNING a.contact_id
		), `
		moved, unread = "EXISTS (SELECT FROM activity)", " + 1"
	}
	rows, err := s.pool.Query(ctx, `
		WITH target AS (
		  SELECT s.id, y.contact_id
		  FROM channels h
		  JOIN identities y ON y.workspace_id = @workspace AND y.channel_id = h.id AND y.external_id = @external
		  JOIN contacts c ON c.workspace_id = @workspace AND c.id = y.contact_id
		  JOIN sessions s ON s.workspace_id = @workspace AND s.id = y.session_id
		  WHERE h.workspace_id = @workspace AND h.id = @channel AND h.active
		    AND y.contact_id = @contact AND c.version = @version AND s.status IN ('ACTIVE', 'ESCALATED')
		    AND NOT EXISTS (SELECT FROM messages d WHERE d.workspace_id = @workspace AND d.message_key = @digest)
		  FOR KEY SHARE OF y
		  FOR NO KEY UPDATE OF s
		), message AS (
		  INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		  SELECT @workspace, @key, id, true, @day FROM target
		  ON CONFLICT DO NOTHING
		  RETURNING session_id
		), `+activity+`pending AS (
		  INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
		  SELECT @workspace, @pending, @channel, t.contact_id, t.id, `+moved+`, @received
		  FROM target t, message m
		)
		UPDATE sessions s
		SET last_message_preview = CASE WHEN @at >= s.last_message_at THEN @preview ELSE s.last_message_preview END,
		    last_message_at = greatest(s.last_message_at, @at),
		    unread_count = s.unread_count`+unread+`
		FROM message m
		WHERE s.workspace_id = @workspace AND s.id = m.session_id
		RETURNING
		  (SELECT a.last_activity_at FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = @contact),
		  `+sessionTable.Select("s")+`, true`, args) // as sessionColumns: the contact is there
	found, err := all(ctx, rows, err, scanSession(activityTarget{&c.LastActivityAt}))
	if err != nil || len(found) == 0 {
		return r, false, err
	}
	c.Receive(i.Interaction)
	return crm.Recorded{Contact: &c, Session: &found[0]}, true, nil
}

// recordAnew takes a message in with everything it touches locked. Messages of one identity, and those that vouch for
// one email or phone, wait for each other.
func (s *Store) recordAnew(ctx context.Context, w crm.WorkspaceID, i incoming) (r crm.Recorded, err error) {
	stage, err := s.gramStage(ctx, w) // before the transaction, which must not wait for a second connection
	if err != nil {
		return crm.Recorded{}, err
	}
	var known locked
	err = s.tx(ctx, func(tx pgx.Tx) error {
		known, err = s.lookAgain(ctx, tx, w, i)
		if err != nil || known.seen {
			return err
		}
		out := crm.Decide(known.Known, i.Interaction)
		r = out.Recorded()
		return s.write(ctx, tx, w, i, out, stage)
	})
	if err != nil {
		return crm.Recorded{}, err
	}
	if known.seen {
		return s.repeated(ctx, w, known.message)
	}
	return r, nil
}

// lockKeys are the keys of the locks of everything that must not be found or made twice.
func lockKeys(w crm.WorkspaceID, i crm.Interaction) []int64 {
	var locks []int64
	for _, external := range i.ExternalIDs() {
		locks = append(locks, value(w, i.ChannelID.String(), external))
	}
	for _, p := range i.Profile.Proofs() {
		locks = append(locks, lockKey(w, p.Field, p.Values[0]))
	}
	return locks
}

// locked is what is known of a message's customer, with a lock on each row.
type locked struct {
	crm.Known
	seen    bool           // the message was recorded before
	message *crm.SessionID // the session that it is in; nil when its contact has been deleted
}

// lookAgain takes the locks and looks again.
func (s *Store) lookAgain(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming) (locked, error) {
	var l locked
	var message pgtype.UUID
	b := &pgx.Batch{}
	args := interactionArgs(w, i)
	lockValues(b, lockKeys(w, i.Interaction))
	b.Queue(`SELECT session_id FROM messages WHERE workspace_id = @workspace AND message_key IN (@key, @digest)`, args).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&message)
			l.seen = err == nil
			return optional(err)
		})
	if i.Former != "" {
		rename(b, w, i.Interaction)
	}
	for _, external := range i.ExternalIDs() {
		b.Queue(`
			SELECT contact_id, session_id
			FROM identities
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external
			FOR NO KEY UPDATE`, pgx.NamedArgs{"workspace": w, "channel": args["channel"], "external": external}).
			QueryRow(func(row pgx.Row) error {
				k := crm.KnownIdentity{ExternalID: external}
				var session pgtype.UUID
				err := row.Scan((*uuid.UUID)(&k.ContactID), &session)
				if session.Valid {
					k.Session = (*crm.SessionID)(&session.Bytes)
				}
				if err == nil {
					l.Identities = append(l.Identities, k)
				}
				return optional(err)
			})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return l, err
	}
	if l.seen {
		if message.Valid {
			l.message = new(crm.SessionID(message.Bytes))
		}
		return l, nil
	}
	if len(l.Identities) == 0 {
		c, err := s.proven(ctx, tx, w, i.Profile)
		l.Contact = c
		return l, err
	}
	contact := l.Identities[0].ContactID
	if session := crm.NewestSession(l.Identities, contact); session != nil { // else the identity was loaded without any
		rows, err := tx.Query(ctx, selectSessionLocked, pgx.NamedArgs{"workspace": w, "id": [16]byte(*session)})
		found, err := all(ctx, rows, err, scanSession())
		if err != nil {
			return l, err
		}
		if len(found) > 0 {
			l.Session = &found[0]
		}
	}
	c, err := s.lockContact(ctx, tx, w, contact)
	l.Contact = &c
	return l, err
}

// rename queues that an identity under the former id gets the external id, unless there is one already.
func rename(b *pgx.Batch, w crm.WorkspaceID, i crm.Interaction) {
	b.Queue(`
		UPDATE identities SET external_id = @external
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @former
		  AND NOT EXISTS (
		    SELECT FROM identities y
		    WHERE y.workspace_id = @workspace AND y.channel_id = @channel AND y.external_id = @external
		  )`, pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "former": i.Former,
	})
}

// proven finds and locks the contact that the profile proves the customer to be; nil without one.
func (s *Store) proven(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, profile crm.Profile) (*crm.Contact, error) {
	for _, p := range profile.Proofs() {
		candidates, err := s.withValues(ctx, tx, w, p.Field, p.Values...)
		if err != nil {
			return nil, err
		}
		found := p.Holder(candidates)
		if found == nil {
			continue
		}
		c, err := s.lockContact(ctx, tx, w, found.ID)
		if errors.Is(err, crm.ErrNotFound) || err == nil && !p.LeadsTo(c) {
			return nil, errAgain // edited or deleted since it was found
		}
		return &c, err
	}
	return nil, nil
}
