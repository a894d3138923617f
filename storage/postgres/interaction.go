package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
		r, err = s.take(ctx, w, message)
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
	digest  [16]byte // under which it may still be stored, see [Store.keySome]
	former  [16]byte // the key of the digest, likewise
	pending [16]byte // id of its pending activity; not the key, because a forgotten message may return before that is published
}

func (s *Store) incoming(ctx context.Context, i crm.Interaction) (incoming, error) {
	secret, err := s.messageSecret(ctx)
	digest := i.FormerDigest()
	i.Key = crm.MessageKey(secret, i.MessageDigest())
	return incoming{Interaction: i, digest: digest, former: crm.MessageKey(secret, digest), pending: uuid.New()}, err
}

func (s *Store) take(ctx context.Context, w crm.WorkspaceID, i incoming) (crm.Recorded, error) {
	switch i.Kind {
	case crm.Announced:
		return s.announce(ctx, w, i)
	case crm.Revised, crm.Withdrawn:
		return s.revise(ctx, w, i)
	default:
		return s.record(ctx, w, i)
	}
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
	open    bool // the identity's newest session takes messages, and is on the message's account
	alias   bool // the message has none, or one that is known as the same contact's
}

var selectLookup = `
	SELECT
	  h.active, m.message_key IS NOT NULL, m.session_id, coalesce(s.status, ''), coalesce(s.channel_account, ''),
	  @alias = '' OR coalesce(a.account_id = y.account_id, false),
	  ` + contactColumns + `
	FROM channels h
	LEFT JOIN messages m ON m.workspace_id = @workspace AND m.message_key IN (@key, @digest, @former)
	LEFT JOIN identities y ON y.workspace_id = @workspace AND y.channel_id = h.id AND y.external_id = @external
	LEFT JOIN identities a ON a.workspace_id = @workspace AND a.channel_id = h.id AND a.external_id = @alias
	LEFT JOIN contacts c ON c.workspace_id = @workspace AND c.id = y.contact_id
	LEFT JOIN sessions s ON s.workspace_id = @workspace AND s.id = y.session_id
	WHERE h.workspace_id = @workspace AND h.id = @channel`

func (s *Store) lookAt(ctx context.Context, w crm.WorkspaceID, i incoming) (lookup, error) {
	rows, err := s.pool.Query(ctx, selectLookup, hotArgs(interactionArgs(w, i)))
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (lookup, error) {
		var l lookup
		var active bool
		var message pgtype.UUID
		var status crm.SessionStatus
		var account string
		var c contactRow
		if err := row.Scan(c.targets(&active, &l.seen, &message, &status, &account, &l.alias)...); err != nil {
			return l, err
		}
		if !active {
			return l, crm.ErrInactive
		}
		if message.Valid {
			id := crm.SessionID(message.Bytes)
			l.message = &id
		}
		l.contact, l.open = c.contact(), status.Open() && crm.Session{ChannelAccount: account}.IsOf(i.Interaction)
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
		"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "alias": i.Alias, "account": i.Account,
		"key": i.Key, "digest": i.digest, "former": i.former, "pending": i.pending, "day": crm.Day(i.Received), "at": i.At, "received": i.Received,
		"latest": i.Latest(), "preview": i.Preview,
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

// follows is [crm.Interaction.Follows] of the time in a column.
func follows(column string) string { return "(" + column + " < @at OR " + column + " > @latest)" }

// newest is true of a message that is the newest of session s.
var newest = "(@at = s.last_message_at OR " + follows("s.last_message_at") + ")"

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
	activity, moved := "", "false" // parts that a message to the customer leaves out: see moveActivity
	unread := "unread_count = CASE WHEN " + newest + " THEN 0 ELSE s.unread_count END"
	if i.Direction == crm.Inbound {
		activity = `activity AS (
		  UPDATE contact_activity a
		  SET last_activity_at = @at
		  FROM target t, message m
		  WHERE a.workspace_id = @workspace AND a.contact_id = t.contact_id AND ` + follows("a.last_activity_at") + `
		  RETURNING a.contact_id
		), `
		moved = "EXISTS (SELECT FROM activity)"
		unread = "unread_count = s.unread_count + 1, last_inbound_at = CASE WHEN s.last_inbound_at > @latest THEN @at ELSE greatest(s.last_inbound_at, @at) END"
	}
	rows, err := s.pool.Query(ctx, `
		WITH target AS (
		  SELECT s.id, y.contact_id
		  FROM channels h
		  JOIN identities y ON y.workspace_id = @workspace AND y.channel_id = h.id AND y.external_id = @external
		  JOIN contacts c ON c.workspace_id = @workspace AND c.id = y.contact_id
		  JOIN sessions s ON s.workspace_id = @workspace AND s.id = y.session_id
		  WHERE h.workspace_id = @workspace AND h.id = @channel AND h.active
		    AND y.contact_id = @contact AND c.version = @version AND s.status IN ('ACTIVE', 'ESCALATED')`+onAccount(i.Interaction)+`
		    AND NOT EXISTS (SELECT FROM messages d WHERE d.workspace_id = @workspace AND d.message_key IN (@digest, @former))
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
		SET last_message_preview = CASE WHEN `+newest+` THEN @preview ELSE s.last_message_preview END,
		    last_message = CASE WHEN `+newest+` THEN @key ELSE s.last_message END,
		    last_message_at = CASE WHEN `+newest+` THEN @at ELSE s.last_message_at END,
		    channel_account = CASE WHEN s.channel_account = '' THEN @account ELSE s.channel_account END,
		    `+unread+`
		FROM message m
		WHERE s.workspace_id = @workspace AND s.id = m.session_id
		RETURNING
		  (SELECT a.last_activity_at FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = @contact),
		  `+sessionTable.Select("s")+`, @contact::uuid`, hotArgs(args)) // as sessionColumns
	found, err := all(ctx, rows, err, scanSession(activityTarget{&c.LastActivityAt}))
	if retryable(err) { // a deadlock with a merge, for one
		return r, false, nil
	}
	if err != nil || len(found) == 0 {
		return r, false, err
	}
	c.Receive(i.Interaction)
	return crm.Recorded{Contact: &c, Session: &found[0]}, true, nil
}

// recordAnew takes an interaction in with everything it touches locked. Messages of one identity, and those that vouch for
// one email or phone, wait for each other.
func (s *Store) recordAnew(ctx context.Context, w crm.WorkspaceID, i incoming) (r crm.Recorded, err error) {
	stage, err := s.gramStage(ctx, s.pool, w) // before the transaction, which must not wait for a second connection
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
		if err := saveNotice(ctx, tx, w, i.Interaction, out); err != nil {
			return err
		}
		if r = out.Recorded(); out.Nothing() {
			return nil
		}
		r.Waiting, err = s.write(ctx, tx, w, i, out, stage)
		return err
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
	l, err := lockIdentities(ctx, tx, w, i)
	if err != nil || l.seen {
		return l, err
	}
	customer := crm.OfCustomer(l.Identities, i.Interaction)
	if len(customer) == 0 {
		if i.Kind != crm.Announced {
			l.Contact, err = s.proven(ctx, tx, w, i.Interaction)
		}
		return l, err
	}
	if i.Kind != crm.Announced {
		l.Session, err = lockNewest(ctx, tx, w, i, customer)
		if err != nil {
			return l, err
		}
	}
	c, err := s.lockContact(ctx, tx, w, customer[0].ContactID)
	l.Contact = &c
	return l, err
}

// lockIdentities takes the locks of the interaction and those of its identities, always in the same order.
func lockIdentities(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming) (l locked, err error) {
	var message pgtype.UUID
	b := &pgx.Batch{}
	args := interactionArgs(w, i)
	lockValues(b, lockKeys(w, i.Interaction))
	if i.Kind == crm.Written {
		b.Queue(`SELECT session_id FROM messages WHERE workspace_id = @workspace AND message_key IN (@key, @digest, @former)`, args).
			QueryRow(func(row pgx.Row) error {
				err := row.Scan(&message)
				l.seen = err == nil
				return optional(err)
			})
	}
	if i.Former != "" {
		rename(b, w, i.Interaction)
	}
	ids := i.ExternalIDs()
	found := map[string]crm.KnownIdentity{}
	for _, external := range slices.Sorted(slices.Values(ids)) {
		b.Queue(selectIdentityLocked(i.Signed), pgx.NamedArgs{
			"workspace": w, "channel": args["channel"], "external": external, "prefix": crm.SignedPrefix,
		}).QueryRow(func(row pgx.Row) error {
			k := crm.KnownIdentity{ExternalID: external}
			var session pgtype.UUID
			err := row.Scan((*[16]byte)(&k.ContactID), (*[16]byte)(&k.AccountID), &session, &k.User)
			if session.Valid {
				k.Session = (*crm.SessionID)(&session.Bytes)
			}
			if err == nil {
				found[external] = k
			}
			return optional(err)
		})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return l, err
	}
	if l.seen && message.Valid {
		l.message = new(crm.SessionID(message.Bytes))
	}
	for _, external := range ids {
		if k, is := found[external]; is {
			l.Identities = append(l.Identities, k)
		}
	}
	return l, nil
}

// selectIdentityLocked looks for a signed user id of the identity's account only where the interaction is a signed user's.
func selectIdentityLocked(signed bool) string {
	user := "''"
	if signed {
		user = `coalesce((
		  SELECT min(u.external_id) FROM identities u
		  WHERE u.workspace_id = @workspace AND u.contact_id = i.contact_id AND u.account_id = i.account_id
		    AND u.channel_id = @channel AND starts_with(u.external_id, @prefix)
		), '')`
	}
	return `
		SELECT i.contact_id, i.account_id, i.session_id, ` + user + `
		FROM identities i
		WHERE i.workspace_id = @workspace AND i.channel_id = @channel AND i.external_id = @external
		FOR NO KEY UPDATE OF i`
}

// lockNewest reads and locks the session that a message may join: the newest that its identities lead to, and where that is
// not there, closed, or on another account of the workspace, the newest of the customer's account.
func lockNewest(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i incoming, customer []crm.KnownIdentity) (*crm.Session, error) {
	args := pgx.NamedArgs{"workspace": w, "channel": [16]byte(i.ChannelID), "account": i.Account}
	account := customer[0].AccountID
	if id := crm.NewestSession(customer, account); id != nil {
		args["id"] = [16]byte(*id)
		s, err := readSession(ctx, tx, selectSessionLocked, args)
		if err != nil || s != nil && s.Status.Open() && s.IsOf(i.Interaction) {
			return s, err
		}
	}
	args["of"] = [16]byte(account)
	return readSession(ctx, tx, `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.workspace_id = @workspace AND s.account_id = @of AND s.channel_id = @channel`+onAccount(i.Interaction)+`
		ORDER BY s.last_message_at DESC, s.id DESC
		LIMIT 1
		FOR NO KEY UPDATE OF s`, args)
}

// onAccount is the condition on sessions s that [crm.Session.IsOf] the interaction; it uses @account.
func onAccount(i crm.Interaction) string {
	if i.Account == "" {
		return ""
	}
	return ` AND s.channel_account IN (@account, '')`
}

// readSession reads one session; nil when it is not there.
func readSession(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) (*crm.Session, error) {
	rows, err := tx.Query(ctx, sql, args)
	found, err := all(ctx, rows, err, scanSession())
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// announce takes in which ids are one customer's. Most announcements say nothing new.
func (s *Store) announce(ctx context.Context, w crm.WorkspaceID, i incoming) (crm.Recorded, error) {
	var active bool
	var known, accounts int
	err := s.pool.QueryRow(ctx, `
		SELECT h.active, count(y.external_id), count(DISTINCT y.account_id)
		FROM channels h
		LEFT JOIN identities y ON y.workspace_id = @workspace AND y.channel_id = h.id AND y.external_id = ANY(@externals)
		WHERE h.workspace_id = @workspace AND h.id = @channel
		GROUP BY h.active`, pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "externals": i.ExternalIDs(),
	}).Scan(&active, &known, &accounts)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return crm.Recorded{}, crm.ErrNotFound
	case err != nil:
		return crm.Recorded{}, translate(ctx, err)
	case !active:
		return crm.Recorded{}, crm.ErrInactive
	case known == 0 && i.Previous == "", known == len(i.ExternalIDs()) && accounts == 1 && i.Profile == (crm.Profile{}):
		return crm.Recorded{}, nil
	}
	return s.recordAnew(ctx, w, i)
}

// revise gives a message that is known another text, which shows where it is its session's newest.
func (s *Store) revise(ctx context.Context, w crm.WorkspaceID, i incoming) (crm.Recorded, error) {
	known, err := s.lookAt(ctx, w, i)
	if err != nil || !known.seen {
		return crm.Recorded{}, err
	}
	changed := false
	err = s.tx(ctx, func(tx pgx.Tx) error {
		args := interactionArgs(w, i)
		v, err := readSession(ctx, tx, selectSessionOfMessage, args)
		if changed = false; err != nil || v == nil || v.ContactID == nil || !v.Revise(i.Key, i.Preview) {
			return err
		}
		changed = true
		args["session"], args["contact"] = [16]byte(v.ID), [16]byte(*v.ContactID)
		b := &pgx.Batch{}
		b.Queue(`UPDATE sessions SET last_message_preview = @preview WHERE workspace_id = @workspace AND id = @session`, args)
		b.Queue(`
			INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
			VALUES (@workspace, @pending, @channel, @contact, @session, false, @received)`, args)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return crm.Recorded{}, err
	}
	r, err := s.repeated(ctx, w, known.message)
	if changed {
		r.Repeated = false
	}
	return r, err
}

var selectSessionOfMessage = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = (
	  SELECT m.session_id FROM messages m WHERE m.workspace_id = @workspace AND m.message_key = @key
	)
	FOR NO KEY UPDATE OF s`

// rename queues that an identity under the former id gets the external id, unless there is one already.
func rename(b *pgx.Batch, w crm.WorkspaceID, i crm.Interaction) {
	b.Queue(`
		UPDATE identities SET id = @id, external_id = @external
		WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @former
		  AND NOT EXISTS (
		    SELECT FROM identities y
		    WHERE y.workspace_id = @workspace AND y.channel_id = @channel AND y.external_id = @external
		  )`, pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "external": i.ExternalID, "former": i.Former,
		"id": [16]byte(crm.IdentityKey{ChannelID: i.ChannelID, ExternalID: i.ExternalID}.ID()),
	})
}

// proven finds and locks the contact that the profile proves the customer to be; nil without one.
func (s *Store) proven(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i crm.Interaction) (*crm.Contact, error) {
	for _, p := range i.Profile.Proofs() {
		candidates, err := s.withValues(ctx, tx, w, p.Field, p.Values...)
		if err == nil && i.Signed && len(candidates) > 0 {
			candidates, err = withoutUsers(ctx, tx, w, i.ChannelID, candidates)
		}
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

// withoutUsers are the candidates that no user of the channel's site is yet.
func withoutUsers(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, ch crm.ChannelID, candidates []crm.Contact) ([]crm.Contact, error) {
	ids := make([]crm.ContactID, len(candidates))
	for n, c := range candidates {
		ids[n] = c.ID
	}
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT contact_id FROM identities
		WHERE workspace_id = @workspace AND contact_id = ANY(@ids) AND channel_id = @channel AND starts_with(external_id, @prefix)`,
		pgx.NamedArgs{"workspace": w, "ids": uuids(ids), "channel": [16]byte(ch), "prefix": crm.SignedPrefix})
	users, err := all(ctx, rows, err, scanID[crm.ContactID])
	return slices.DeleteFunc(candidates, func(c crm.Contact) bool { return slices.Contains(users, c.ID) }), err
}
