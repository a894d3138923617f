package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage/clause"
)

// contactTable are the columns of contacts.
var contactTable = clause.Table[contactRow]{
	{Name: "id", As: id(func(c *contactRow) *crm.ContactID { return &c.ID })},
	{Name: "name", Edited: true, As: optionalText(func(c *contactRow) **string { return &c.Name })},
	{Name: "email", Edited: true, As: optionalText(func(c *contactRow) **string { return &c.Email })},
	{Name: "phone", Edited: true, As: optionalText(func(c *contactRow) **string { return &c.Phone })},
	{Name: "notes", Edited: true, As: text(func(c *contactRow) *string { return &c.Notes })},
	{Name: "version", Edited: true, As: number(func(c *contactRow) *int { return &c.Version })},
	{Name: "created_at", As: instant(func(c *contactRow) *time.Time { return &c.CreatedAt })},
	{Name: "updated_at", Edited: true, As: instant(func(c *contactRow) *time.Time { return &c.UpdatedAt })},
	{Name: "name_origin", Edited: true, As: number(func(c *contactRow) *crm.Origin { return &c.NameFrom.Origin })},
	{Name: "name_channel", Edited: true, As: idOrNull(func(c *contactRow) *crm.ChannelID { return &c.NameFrom.Channel })},
	{Name: "email_origin", Edited: true, As: number(func(c *contactRow) *crm.Origin { return &c.EmailFrom.Origin })},
	{Name: "email_channel", Edited: true, As: idOrNull(func(c *contactRow) *crm.ChannelID { return &c.EmailFrom.Channel })},
	{Name: "phone_origin", Edited: true, As: number(func(c *contactRow) *crm.Origin { return &c.PhoneFrom.Origin })},
	{Name: "phone_channel", Edited: true, As: idOrNull(func(c *contactRow) *crm.ChannelID { return &c.PhoneFrom.Channel })},
	{Name: "further", Edited: true, As: further(func(c *contactRow) *[]crm.FurtherValue { return &c.Further })},
	{Name: "name_key", Edited: true, As: clause.Written(func(c *contactRow) any { return c.keys.Name })},
	{Name: "search_text", Edited: true, As: clause.Written(func(c *contactRow) any { return c.keys.Text })},
	{Name: "grams", As: clause.Written(func(c *contactRow) any { return c.grams })},
}

// contactRow is a row of contacts. The keys, and whether the gram index has them, are written and not read.
type contactRow struct {
	crm.Contact
	keys  search.Keys
	grams bool
}

// contactColumns are the columns of contacts c that targets takes; they use @workspace.
var contactColumns = contactTable.Select("c") + `,
	(SELECT a.last_activity_at FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id)`

// targets are where contactColumns are scanned to, after other columns. Rows may follow one another into one r.
func (r *contactRow) targets(before ...any) []any {
	return append(contactTable.Targets(r, before...), activityTarget{&r.LastActivityAt})
}

// contact is a copy of the row as a contact; nil on the empty side of a join.
func (r *contactRow) contact() *crm.Contact {
	if r.ID == (crm.ContactID{}) {
		return nil
	}
	return new(r.Contact)
}

// never is the time in the activity table for a contact that was never active.
var never = time.Unix(0, 0).UTC()

// activityTarget is where contact_activity.last_activity_at is scanned to.
type activityTarget struct{ to **time.Time }

func (t activityTarget) ScanTimestamptz(v pgtype.Timestamptz) error {
	if *t.to = nil; v.Valid && v.Time.After(never) {
		*t.to = new(v.Time.UTC())
	}
	return nil
}

// activeSince is what the activity table has of a contact.
func activeSince(c crm.Contact) time.Time {
	if c.LastActivityAt == nil {
		return never
	}
	return *c.LastActivityAt
}

// scanContact scans rows of contactColumns, one after the other.
func scanContact() pgx.RowToFunc[crm.Contact] {
	var r contactRow
	targets := r.targets()
	return func(row pgx.CollectableRow) (crm.Contact, error) {
		err := row.Scan(targets...)
		return r.Contact, err
	}
}

// ContactsByID returns the contacts that exist among ids.
func (s *Store) ContactsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	found, err := s.contacts(ctx, s.pool, `c.id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	if err != nil {
		return nil, fmt.Errorf("look up contacts: %w", err)
	}
	out := make(map[crm.ContactID]crm.Contact, len(found))
	for _, c := range found {
		out[c.ID] = c
	}
	return out, nil
}

// contacts reads the contacts that a condition picks, with what may follow a condition.
func (s *Store) contacts(ctx context.Context, q queryer, where string, args pgx.NamedArgs) ([]crm.Contact, error) {
	rows, err := q.Query(ctx, `
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE c.workspace_id = @workspace AND `+where, args)
	return all(ctx, rows, err, scanContact())
}

var selectContactLocked = `
	SELECT ` + contactColumns + `
	FROM contacts c
	WHERE c.workspace_id = @workspace AND c.id = @id
	FOR NO KEY UPDATE OF c`

// lockContact reads one contact and keeps others from changing it; ErrNotFound if it does not exist.
func (s *Store) lockContact(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.ContactID) (crm.Contact, error) {
	rows, err := tx.Query(ctx, selectContactLocked, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
	if err != nil {
		return crm.Contact{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanContact())
	if errors.Is(err, pgx.ErrNoRows) {
		return crm.Contact{}, crm.ErrNotFound
	}
	return c, err
}

// HasContacts reports whether the workspace has any contact.
func (s *Store) HasContacts(ctx context.Context, w crm.WorkspaceID) (bool, error) {
	var has bool
	// The order makes the planner look into the index, where it would read the table on from its start.
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) > 0
		FROM (SELECT id FROM contacts WHERE workspace_id = @workspace ORDER BY id LIMIT 1) c`,
		pgx.NamedArgs{"workspace": w}).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for contacts: %w", translate(ctx, err))
	}
	return has, nil
}

// identityTable are the columns of identities.
var identityTable = clause.Table[identityRow]{
	{Name: "id", As: clause.Written(func(i *identityRow) any { return [16]byte(i.ID()) })},
	{Name: "contact_id", As: id(func(i *identityRow) *crm.ContactID { return &i.ContactID })},
	{Name: "account_id", As: id(func(i *identityRow) *crm.AccountID { return &i.AccountID })},
	{Name: "channel_id", As: id(func(i *identityRow) *crm.ChannelID { return &i.ChannelID })},
	{Name: "external_id", As: text(func(i *identityRow) *string { return &i.ExternalID })},
	{Name: "display_name", As: optionalText(func(i *identityRow) **string { return &i.DisplayName })},
	{Name: "created_at", As: instant(func(i *identityRow) *time.Time { return &i.CreatedAt })},
	{Name: "session_id", As: clause.Written(idOrNull(func(i *identityRow) *crm.SessionID { return &i.newest }).Argument)},
}

// identityRow is a row of identities. The newest session is written and not read.
type identityRow struct {
	crm.Identity
	newest crm.SessionID
}

// scanIdentity scans rows of the table's columns, one after the other.
func scanIdentity() pgx.RowToFunc[crm.Identity] {
	var r identityRow
	targets := identityTable.Targets(&r)
	return func(row pgx.CollectableRow) (crm.Identity, error) {
		err := row.Scan(targets...)
		return r.Identity, err
	}
}

var selectIdentities = `
	SELECT ` + identityTable.Select("i") + `
	FROM identities i
	WHERE i.workspace_id = @workspace AND i.contact_id = ANY(@ids)
	ORDER BY i.created_at, i.channel_id, i.external_id`

// IdentitiesByContact returns the identities of each of the contacts, oldest first.
func (s *Store) IdentitiesByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	rows, err := s.pool.Query(ctx, selectIdentities, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanIdentity())
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	out := make(map[crm.ContactID][]crm.Identity)
	for _, i := range found {
		out[i.ContactID] = append(out[i.ContactID], i)
	}
	return out, nil
}

// IdentitiesByID returns the identities that exist among ids.
func (s *Store) IdentitiesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.IdentityID) (map[crm.IdentityID]crm.Identity, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+identityTable.Select("i")+`
		FROM identities i
		WHERE i.workspace_id = @workspace AND i.id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanIdentity())
	if err != nil {
		return nil, fmt.Errorf("look up identities by id: %w", err)
	}
	out := make(map[crm.IdentityID]crm.Identity, len(found))
	for _, i := range found {
		out[i.ID()] = i
	}
	return out, nil
}

// UpdateContact hands a contact to e.Change and saves what it left behind.
func (s *Store) UpdateContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error) {
	var c crm.Contact
	var changed bool
	var refused error
	err := s.tx(ctx, func(tx pgx.Tx) (err error) {
		c, changed, refused, err = s.updateContact(ctx, tx, w, id, e)
		return err
	})
	if refused != nil {
		return crm.Contact{}, refused
	}
	if err != nil {
		return crm.Contact{}, fmt.Errorf("update contact %s: %w", id, err)
	}
	if changed {
		s.sequencer.unpublished(w)
	}
	return c, nil
}

// updateContact is UpdateContact in a transaction. refused is an error of e.Change, which err is too.
func (s *Store) updateContact(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit,
) (c crm.Contact, changed bool, refused, err error) {
	before, err := s.lockContact(ctx, tx, w, id)
	if errors.Is(err, crm.ErrNotFound) {
		return c, false, nil, s.missing(ctx, tx, w, id)
	}
	if err != nil {
		return c, false, nil, err
	}
	c, event, refused := e.Decide(before)
	if refused != nil || event == nil {
		return c, false, refused, refused
	}
	if e.Unique {
		if err := s.checkUnique(ctx, tx, w, before, c); err != nil {
			return c, false, nil, err
		}
	}
	b := &pgx.Batch{}
	saveContact(b, w, before, c)
	s.publish(b, w, *event)
	return c, true, nil, tx.SendBatch(ctx, b).Close()
}

var updateContact = `
	WITH saved AS (
	  UPDATE contacts
	  SET ` + contactTable.Set() + `
	  WHERE workspace_id = @workspace AND id = @id
	), dropped AS (
	  DELETE FROM contact_terms
	  WHERE workspace_id = @workspace AND term = ANY(@dropped) AND contact_id = @id
	)
	INSERT INTO contact_terms (workspace_id, term, contact_id)
	SELECT @workspace, t, @id FROM unnest(@added::text[]) t
	ON CONFLICT DO NOTHING`

// saveContact queues writing a revision of a contact, with its keys, over the version before.
func saveContact(b *pgx.Batch, w crm.WorkspaceID, before, c crm.Contact) {
	old, keys := search.KeysOf(before), search.KeysOf(c)
	args := rowArgs(w, contactTable, &contactRow{Contact: c, keys: keys})
	args["dropped"], args["added"] = without(old.Terms, keys.Terms), without(keys.Terms, old.Terms)
	b.Queue(updateContact, args)
}

var insertContactRow = `
	INSERT INTO contacts (` + contactTable.Insert() + `)
	VALUES (` + contactTable.Values() + `)`

// insertContact queues a new contact with its keys and its last activity.
func insertContact(b *pgx.Batch, w crm.WorkspaceID, c crm.Contact, stage gramStage) {
	keys := search.KeysOf(c)
	args := rowArgs(w, contactTable, &contactRow{c, keys, stage != gramsNone})
	args["active"], args["terms"] = activeSince(c), keys.Terms
	b.Queue(insertContactRow, args)
	b.Queue(`
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
		VALUES (@workspace, @id, @active)`, args)
	b.Queue(`
		INSERT INTO contact_terms (workspace_id, term, contact_id)
		SELECT @workspace, t, @id FROM unnest(@terms::text[]) t`, args)
}

// without is what a has and b has not.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// checkUnique refuses an email or phone that the edit sets and another contact has, unless as a claim. It first makes
// every other writer of the same value wait, so that of two at the same time the second sees the first.
func (s *Store) checkUnique(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, before, after crm.Contact) error {
	for _, v := range crm.UniqueValues(before, after) {
		if err := s.lockValues(ctx, tx, lockKey(w, v.Field, v.Value)); err != nil {
			return err
		}
		holders, err := s.withValues(ctx, tx, w, v.Field, v.Value)
		if err == nil {
			err = v.CheckUnique(after.ID, holders)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// OFFSET and LIMIT keep it at look-ups, however large the planner takes the tables to be.
var selectContactsByTerm = `
	SELECT c.*
	FROM unnest(@terms::text[]) x(term)
	CROSS JOIN LATERAL (
	  SELECT t.contact_id FROM contact_terms t WHERE t.workspace_id = @workspace AND t.term = x.term OFFSET 0
	) t
	CROSS JOIN LATERAL (
	  SELECT ` + contactColumns + ` FROM contacts c WHERE c.workspace_id = @workspace AND c.id = t.contact_id LIMIT 1
	) c`

// withValues returns the contacts that may hold one of the values in their email or phone: see [crm.Holders].
func (s *Store) withValues(ctx context.Context, q queryer, w crm.WorkspaceID, field string, values ...string) ([]crm.Contact, error) {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = search.TermOf(field, v)
	}
	rows, err := q.Query(ctx, selectContactsByTerm, pgx.NamedArgs{"workspace": w, "terms": terms})
	return all(ctx, rows, err, scanContact())
}

// lockKey is the key of the lock that writers of an email or phone take. The variants of a phone number share one.
func lockKey(w crm.WorkspaceID, field, v string) int64 {
	if field == "phone" {
		v = slices.Min(crm.PhoneVariants(v))
	}
	return value(w, field, search.TermOf(field, v))
}

// value is the number of an advisory lock for one value in one workspace.
func value(w crm.WorkspaceID, kind, v string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\n%s\n%s", w, kind, v)
	return int64(h.Sum64())
}

// lockValues makes other transactions that touch the same values wait for this one.
func (s *Store) lockValues(ctx context.Context, tx pgx.Tx, values ...int64) error {
	b := &pgx.Batch{}
	lockValues(b, values)
	return tx.SendBatch(ctx, b).Close()
}

// lockValues queues the locks; always in the same order, so that two never wait for each other.
func lockValues(b *pgx.Batch, values []int64) {
	slices.Sort(values)
	b.Queue(`SELECT count(pg_advisory_xact_lock(v)) FROM unnest(@values::bigint[]) v`, pgx.NamedArgs{"values": values})
}

// countSlots is over how many rows the number of contacts is spread.
const countSlots = 16

// addToCount queues a change of the number of contacts.
func addToCount(b *pgx.Batch, w crm.WorkspaceID, n int) { addToCountAt(b, w, rand.IntN(countSlots), n) }

// addToCountAt is addToCount in a slot.
func addToCountAt(b *pgx.Batch, w crm.WorkspaceID, slot, n int) {
	b.Queue(`
		INSERT INTO contact_counts (workspace_id, slot, contacts)
		VALUES (@workspace, @slot, @n)
		ON CONFLICT (workspace_id, slot) DO UPDATE SET contacts = contact_counts.contacts + excluded.contacts`,
		pgx.NamedArgs{"workspace": w, "slot": slot, "n": n})
}

// detachAtOnce is how many sessions are detached, and how many of their messages, in one transaction.
const detachAtOnce = 1000

// DeleteContact removes a contact for good and detaches its sessions; if there are many, a tombstone represents the
// rest until [Store.Maintain] has been at them.
func (s *Store) DeleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion) error {
	var gone []crm.Identity
	err := s.tx(ctx, func(tx pgx.Tx) (err error) {
		gone, err = s.deleteContact(ctx, tx, w, id, d, s.slot())
		return err
	})
	if err != nil {
		return fmt.Errorf("delete contact %s: %w", id, err)
	}
	s.forgetIdentities(w, gone)
	s.sequencer.unpublished(w)
	return nil
}

// forgetIdentities drops identities that are gone from the cache.
func (s *Store) forgetIdentities(w crm.WorkspaceID, gone []crm.Identity) {
	for _, i := range gone {
		s.known.Load().contacts.forget(customer{w, i.ChannelID, i.ExternalID})
	}
}

// deleteContact is DeleteContact in a transaction, which counts in a slot. It returns the identities that are gone.
//
// Identities go first: they are what a concurrent message holds on to.
func (s *Store) deleteContact(
	ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion, slot int,
) (gone []crm.Identity, err error) {
	args := pgx.NamedArgs{"workspace": w, "id": [16]byte(id), "slot": slot % sessionSlots}
	rows, err := tx.Query(ctx, `
		DELETE FROM identities
		WHERE workspace_id = @workspace AND contact_id = @id
		RETURNING channel_id, external_id`, args)
	identities, err := all(ctx, rows, err, func(row pgx.CollectableRow) (i crm.Identity, err error) {
		return i, row.Scan((*[16]byte)(&i.ChannelID), &i.ExternalID)
	})
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `
		DELETE FROM contacts c
		WHERE c.workspace_id = @workspace AND c.id = @id
		RETURNING `+contactColumns, args)
	if err != nil {
		return nil, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanContact())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, s.missing(ctx, tx, w, id)
	}
	if err != nil {
		return nil, err
	}
	failures, err := mentioning(ctx, tx, w, identities)
	if err != nil {
		return nil, err
	}
	accounts, err := accountsOfContact(ctx, tx, w, id)
	if err != nil {
		return nil, err
	}
	ids, err := everyID(ctx, tx, w, id)
	if err != nil {
		return nil, err
	}
	args["terms"], args["accounts"], args["ids"] = search.KeysOf(c).Terms, uuids(accounts), uuids(ids)
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM contact_activity WHERE workspace_id = @workspace AND contact_id = @id`, args)
	b.Queue(`DELETE FROM contact_terms WHERE workspace_id = @workspace AND term = ANY(@terms) AND contact_id = @id`, args)
	dropFailures(b, w, identities, failures)
	dropNotices(b, w, identities)
	scrub(b, args)
	forgetMerges(b, args)
	s.publish(b, w, d.Decide(c))
	recountAnonymous(b, args) // before any is detached
	addToCountAt(b, w, slot%countSlots, -1)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	return identities, detachAll(ctx, tx, w, accounts)
}

// accountsAtOnce is how many accounts are looked at for sessions to detach in one transaction.
const accountsAtOnce = 10

// detachAll detaches the sessions of accounts. Of one that has many, and of all after it, a tombstone represents the rest.
func detachAll(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, accounts []crm.AccountID) error {
	for n, a := range accounts {
		if n == accountsAtOnce {
			return bury(ctx, tx, w, accounts[n:])
		}
		more, err := detach(ctx, tx, pgx.NamedArgs{"workspace": w, "id": [16]byte(a), "n": detachAtOnce})
		if err != nil {
			return err
		}
		if more {
			return bury(ctx, tx, w, accounts[n:])
		}
	}
	return nil
}

// bury makes tombstones of accounts.
func bury(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, accounts []crm.AccountID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO account_deletions (workspace_id, account_id, deleted_at)
		SELECT @workspace, a, @now FROM unnest(@accounts::uuid[]) a`,
		pgx.NamedArgs{"workspace": w, "accounts": uuids(accounts), "now": time.Now().UTC()})
	return err
}

// detach makes @n of the sessions of the account @id anonymous, once it has taken them from what their messages are known
// again by, @n of these at a time. It does one batch and reports whether there is more.
func detach(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs) (more bool, err error) {
	const picked = `
		SELECT id FROM sessions WHERE workspace_id = @workspace AND account_id = @id ORDER BY last_message_at, id LIMIT @n`
	for _, sql := range []string{
		`UPDATE messages SET session_id = NULL
		WHERE workspace_id = @workspace AND message_key IN (
		  SELECT m.message_key
		  FROM (` + picked + `) p
		  CROSS JOIN LATERAL (
		    SELECT message_key FROM messages WHERE workspace_id = @workspace AND session_id = p.id LIMIT @n
		  ) m
		  LIMIT @n
		)`,
		`UPDATE sessions SET ` + anonymized + ` WHERE workspace_id = @workspace AND id IN (` + picked + `)`,
	} {
		tag, err := tx.Exec(ctx, sql, args)
		if err != nil || tag.RowsAffected() == detachAtOnce {
			return true, err
		}
	}
	return false, nil
}
