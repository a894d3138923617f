package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

// RecordInteraction adds one message to its contact and session, which it finds or makes.
func (s *Store) RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	var r crm.Recorded
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		rec := recording{tx: t, workspace: w, message: i, digest: i.FormerDigest()}
		rec.message.Key = crm.MessageKey(t.secret, i.MessageDigest())
		var err error
		switch i.Kind {
		case crm.Announced:
			r, err = rec.take(ctx)
		case crm.Revised, crm.Withdrawn:
			r, err = rec.revise(ctx)
		default:
			r, err = rec.record(ctx)
		}
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
			)`, args{"workspace": w, "channel": channel[:], "external": jsonList(external)}, scanInt)
		return n, err
	})
	return found == 1, wrap("look for an identity", err)
}

// recording is one message, or another report of a channel, on its way in.
type recording struct {
	*tx
	workspace crm.WorkspaceID
	message   crm.Interaction
	digest    [16]byte // under which, or under the key of which, the message may still be stored: see [Store.keySome]
}

// record takes in a message unless it is known.
func (r recording) record(ctx context.Context) (crm.Recorded, error) {
	seen, found, err := r.seen(ctx)
	if err != nil {
		return crm.Recorded{}, err
	}
	if found {
		return r.repeated(ctx, seen)
	}
	return r.take(ctx)
}

// take does what the interaction does.
func (r recording) take(ctx context.Context) (crm.Recorded, error) {
	if err := r.checkChannel(ctx); err != nil {
		return crm.Recorded{}, err
	}
	known, err := r.known(ctx)
	if err != nil {
		return crm.Recorded{}, err
	}
	out := crm.Decide(known, r.message)
	if err := r.saveNotice(ctx, out); err != nil {
		return crm.Recorded{}, err
	}
	done := out.Recorded()
	if out.Nothing() {
		return done, nil
	}
	if done.Waiting, err = r.waiting(ctx, out); err != nil {
		return crm.Recorded{}, err
	}
	return done, r.save(ctx, known, out)
}

// seen finds the session of a message that is known; nil where it has none, or its contact has been deleted since.
func (r recording) seen(ctx context.Context) (session *crm.SessionID, found bool, err error) {
	former := crm.MessageKey(r.secret, r.digest)
	return first(ctx, r.conn, `
		SELECT session_id FROM messages
		WHERE workspace_id = @workspace AND message_key IN (@key, @digest, @former)`,
		args{"workspace": r.workspace, "key": r.message.Key[:], "digest": r.digest[:], "former": former[:]},
		func(rows *sql.Rows) (id *crm.SessionID, err error) {
			err = rows.Scan(optionalIDTarget[crm.SessionID]{&id})
			return id, err
		})
}

// repeated answers a message that was recorded before.
func (r recording) repeated(ctx context.Context, id *crm.SessionID) (crm.Recorded, error) {
	contact, session, err := r.stored(ctx, id)
	return crm.Repeated(contact, session), err
}

// stored reads the session of a known message, and its contact; nil where the contact has been deleted since.
func (r recording) stored(ctx context.Context, id *crm.SessionID) (*crm.Contact, *crm.Session, error) {
	if id == nil {
		return nil, nil, nil
	}
	session, err := sessionByID(ctx, r.conn, r.workspace, *id)
	if err != nil || session.ContactID == nil { // the deletion is not through yet
		return nil, nil, err
	}
	contact, err := contactByID(ctx, r.conn, r.workspace, *session.ContactID)
	return &contact, &session, err
}

// revise gives a message that is known another text, which shows where it is its session's newest.
func (r recording) revise(ctx context.Context) (crm.Recorded, error) {
	if err := r.checkChannel(ctx); err != nil {
		return crm.Recorded{}, err
	}
	id, found, err := r.seen(ctx)
	if err != nil || !found {
		return crm.Recorded{}, err
	}
	contact, session, err := r.stored(ctx, id)
	if err != nil || session == nil || !session.Revise(r.message.Key, r.message.Preview) {
		return crm.Repeated(contact, session), err
	}
	r.pending = true
	_, err = r.exec(ctx, `
		UPDATE sessions SET last_message_preview = @preview, dirty_at = @received
		WHERE workspace_id = @workspace AND id = @id`, args{
		"workspace": r.workspace, "id": session.ID[:], "preview": session.LastMessagePreview,
		"received": r.message.Received.UnixMicro(),
	})
	return crm.Recorded{Contact: contact, Session: session}, err
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

// known reads what is known of the customer.
func (r recording) known(ctx context.Context) (crm.Known, error) {
	identities, err := r.identities(ctx)
	if err == nil && len(identities) == 0 && r.message.Former != "" {
		identities, err = r.renamed(ctx)
	}
	if err != nil {
		return crm.Known{}, err
	}
	k := crm.Known{Identities: identities}
	own := crm.OfCustomer(identities, r.message)
	if len(own) == 0 {
		k.Contact, err = r.proven(ctx)
		return k, err
	}
	c, err := contactByID(ctx, r.conn, r.workspace, own[0].ContactID)
	if err != nil {
		return crm.Known{}, err
	}
	k.Contact = &c
	k.Session, err = r.session(ctx, own)
	return k, err
}

// session is the newest session of the first identity's account that is with the account of the workspace which the message
// was written to.
func (r recording) session(ctx context.Context, identities []crm.KnownIdentity) (*crm.Session, error) {
	account := identities[0].AccountID
	id := crm.NewestSession(identities, account)
	if id == nil {
		return nil, nil
	}
	session, err := sessionByID(ctx, r.conn, r.workspace, *id)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case session.IsOf(r.message):
		return &session, nil
	}
	session, found, err := first(ctx, r.conn, selectSessionWith, args{
		"workspace": r.workspace, "account": account[:], "channel": r.message.ChannelID[:],
		"with": r.message.Account, "n": lookAtSessions,
	}, scanSession())
	if err != nil || !found {
		return nil, err
	}
	return &session, nil
}

// selectSessionWith selects the newest of an account's sessions on a channel that are with an account of the workspace.
var selectSessionWith = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.n = (
	  SELECT o.n
	  FROM (
	    SELECT n, id, channel_id, channel_account
	    FROM sessions INDEXED BY sessions_by_account
	    WHERE workspace_id = @workspace AND account_id = @account
	    ORDER BY last_message_at DESC, id DESC
	    LIMIT @n
	  ) o
	  WHERE o.channel_id = @channel AND o.channel_account IN ('', @with)
	  ORDER BY o.id DESC
	  LIMIT 1
	)`

// identities are those that exist of the ids that the message names, in their order.
func (r recording) identities(ctx context.Context) ([]crm.KnownIdentity, error) {
	named, user := `= @external`, `''`
	ids := r.message.ExternalIDs()
	if len(ids) > 1 {
		named = `IN (@external, @alias, @previous)`
	}
	if r.message.Signed {
		user = userOfAccount
	}
	found, err := all(ctx, r.conn, `
		SELECT i.external_id, i.contact_id, i.account_id, i.session_id, `+user+`
		FROM identities i
		WHERE i.workspace_id = @workspace AND i.channel_id = @channel AND i.external_id `+named, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		"alias": r.message.Alias, "previous": r.message.Previous,
	}, scanKnownIdentity)
	slices.SortFunc(found, func(a, b crm.KnownIdentity) int {
		return cmp.Compare(slices.Index(ids, a.ExternalID), slices.Index(ids, b.ExternalID))
	})
	return found, err
}

// signedUser is the condition that identity u is that of a user whom the site has signed in.
const signedUser = `u.external_id >= 'user:' AND u.external_id < 'user;'`

// userOfAccount is the user of the account of identity i, @external where that is one of the account's.
const userOfAccount = `(
	SELECT u.external_id
	FROM identities u INDEXED BY identities_by_contact
	WHERE u.workspace_id = @workspace AND u.contact_id = i.contact_id AND u.account_id = i.account_id
	  AND u.channel_id = @channel AND ` + signedUser + `
	ORDER BY u.external_id <> @external, u.external_id
	LIMIT 1
	)`

// renamed gives an identity that is stored under the former id the external id, and returns what the message then names.
func (r recording) renamed(ctx context.Context) ([]crm.KnownIdentity, error) {
	id := crm.IdentityKey{ChannelID: r.message.ChannelID, ExternalID: r.message.ExternalID}.ID()
	n, err := r.exec(ctx, `
		UPDATE identities SET id = @id, external_id = @external
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @former`, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		"former": r.message.Former, "id": id[:],
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
		if err == nil && r.message.Signed {
			candidates, err = r.withoutOthers(ctx, candidates)
		}
		if err != nil {
			return nil, err
		}
		if c := p.Holder(candidates); c != nil {
			return c, nil
		}
	}
	return nil, nil
}

// withoutOthers leaves out the contacts of other users whom the site has signed in.
func (r recording) withoutOthers(ctx context.Context, contacts []crm.Contact) (left []crm.Contact, err error) {
	for _, c := range contacts {
		_, found, err := first(ctx, r.conn, `
			SELECT 1
			FROM identities u INDEXED BY identities_by_contact
			WHERE u.workspace_id = @workspace AND u.contact_id = @id AND u.channel_id = @channel
			  AND `+signedUser+` AND u.external_id <> @external
			LIMIT 1`, args{
			"workspace": r.workspace, "id": c.ID[:], "channel": r.message.ChannelID[:], "external": r.message.ExternalID,
		}, scanInt)
		if err != nil {
			return nil, err
		}
		if !found {
			left = append(left, c)
		}
	}
	return left, nil
}

// save writes the outcome.
func (r recording) save(ctx context.Context, known crm.Known, out crm.Outcome) error {
	for _, part := range []func(context.Context, crm.Outcome) error{
		r.saveContact, r.saveSession, r.saveMessage, r.saveProof,
	} {
		if err := part(ctx, out); err != nil {
			return err
		}
	}
	if err := r.saveIdentities(ctx, known, out); err != nil {
		return err
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
	if out.NewAccount {
		if err := r.giveAccounts(ctx, r.workspace, out.Contact.ID, []crm.AccountID{out.Account}); err != nil {
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
	if s == nil {
		return nil
	}
	if out.NewSession {
		if err := insertSession(ctx, r.conn, r.workspace, *s); err != nil {
			return err
		}
		return addToSessions(ctx, r.conn, r.workspace, storage.KindOf(*s), 1)
	}
	r.pending = true
	a := args{
		"workspace": r.workspace, "id": s.ID[:], "preview": s.LastMessagePreview, "at": s.LastMessageAt.UnixMicro(),
		"key": nil, "unread": s.UnreadCount, "inbound": nil, "account": s.ChannelAccount,
		"received": r.message.Received.UnixMicro(),
	}
	if s.LastMessage != nil {
		a["key"] = s.LastMessage[:]
	}
	if s.LastInboundAt != nil {
		a["inbound"] = s.LastInboundAt.UnixMicro()
	}
	_, err := r.exec(ctx, `
		UPDATE sessions
		SET
		  last_message_preview = @preview,
		  last_message_at = @at,
		  last_message = @key,
		  unread_count = @unread,
		  last_inbound_at = @inbound,
		  channel_account = @account,
		  dirty_at = @received
		WHERE workspace_id = @workspace AND id = @id`, a)
	return err
}

func (r recording) saveIdentities(ctx context.Context, known crm.Known, out crm.Outcome) error {
	newest := crm.NewestSession(known.Identities, out.Account)
	if out.Session != nil {
		newest = &out.Session.ID
	}
	if newest == nil {
		newest = new(crm.SessionID)
	}
	for _, i := range out.NewIdentities {
		if err := insertIdentity(ctx, r.conn, r.workspace, i, *newest); err != nil {
			return err
		}
	}
	if out.DisplayName != nil {
		_, err := r.exec(ctx, `
			UPDATE identities SET display_name = @name
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, args{
			"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": r.message.ExternalID, "name": *out.DisplayName,
		})
		if err != nil {
			return err
		}
	}
	for _, external := range out.Redirected {
		_, err := r.exec(ctx, `
			UPDATE identities SET session_id = @session
			WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external`, args{
			"workspace": r.workspace, "channel": r.message.ChannelID[:], "external": external, "session": newest[:],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r recording) saveMessage(ctx context.Context, out crm.Outcome) error {
	if r.message.Kind == crm.Announced {
		return nil
	}
	var session []byte
	if out.Session != nil {
		session = out.Session.ID[:]
	}
	_, err := r.exec(ctx, `
		INSERT INTO messages (workspace_id, message_key, session_id, keyed, day)
		VALUES (@workspace, @key, @session, 1, @day)`, args{
		"workspace": r.workspace, "key": r.message.Key[:], "session": session, "day": crm.Day(r.message.Received),
	})
	return err
}

// saveProof keeps that two contacts are one person until that is dealt with. Where a person has said that they are two, a
// person is to judge again, once.
func (r recording) saveProof(ctx context.Context, out crm.Outcome) error {
	p := out.Proven
	if p == nil {
		return nil
	}
	a, b := p.Ordered()
	_, err := r.exec(ctx, `
		INSERT INTO proofs (workspace_id, a, b, channel_id, at, suggest)
		SELECT @workspace, @a, @b, @channel, @at,
		  @suggest OR EXISTS (SELECT 1 FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b)
		WHERE NOT EXISTS (SELECT 1 FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b AND proven)
		ON CONFLICT DO UPDATE SET suggest = min(suggest, excluded.suggest)`, args{
		"workspace": r.workspace, "a": a[:], "b": b[:], "channel": p.Channel[:], "at": p.At.UnixMicro(), "suggest": p.Suggest,
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
	err = rows.Scan(
		&k.ExternalID, idTarget[crm.ContactID]{&k.ContactID}, idTarget[crm.AccountID]{&k.AccountID},
		optionalIDTarget[crm.SessionID]{&k.Session}, textTarget[string]{&k.User},
	)
	if k.Session != nil && *k.Session == (crm.SessionID{}) { // it never had one
		k.Session = nil
	}
	return k, err
}
