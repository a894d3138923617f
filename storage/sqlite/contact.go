package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

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
}

// contactRow is a row of contacts. The keys are written and not read.
type contactRow struct {
	crm.Contact
	keys search.Keys
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

// activityTarget is where contact_activity.last_activity_at is scanned to: 0 for a contact that was never active.
type activityTarget struct{ to **time.Time }

func (t activityTarget) Scan(v any) error {
	n, is := v.(int64)
	if !is && v != nil {
		return unreadable(v, "a time")
	}
	if *t.to = nil; n > 0 {
		*t.to = new(micros(n))
	}
	return nil
}

// scanContact scans rows of contactColumns, one after the other.
func scanContact() func(*sql.Rows) (crm.Contact, error) {
	var r contactRow
	targets := r.targets()
	return func(rows *sql.Rows) (crm.Contact, error) {
		err := rows.Scan(targets...)
		return r.Contact, err
	}
}

// idList is an argument for json_each: the ids in hexadecimal.
func idList[ID ~[16]byte](ids []ID) string {
	b := make([]byte, 0, 2+35*len(ids))
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = hex.AppendEncode(b, id[:])
		b = append(b, '"')
	}
	return string(append(b, ']'))
}

// ContactsByID returns the contacts that exist among ids.
func (s *Store) ContactsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Contact, error) {
		return contacts(ctx, c, `c.id IN (SELECT unhex(value) FROM json_each(@ids))`, args{"workspace": w, "ids": idList(ids)})
	})
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
func contacts(ctx context.Context, c *conn, where string, a args) ([]crm.Contact, error) {
	return all(ctx, c, `
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE c.workspace_id = @workspace AND `+where, a, scanContact())
}

// contactByID reads one contact; ErrNotFound if it does not exist.
func contactByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) (crm.Contact, error) {
	found, err := contacts(ctx, c, `c.id = @id`, args{"workspace": w, "id": id[:]})
	if err == nil && len(found) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return crm.Contact{}, err
	}
	return found[0], nil
}

// HasContacts reports whether the workspace has any contact.
func (s *Store) HasContacts(ctx context.Context, w crm.WorkspaceID) (bool, error) {
	found, err := read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, `SELECT 1 FROM contacts WHERE workspace_id = @workspace LIMIT 1`, args{"workspace": w}, scanInt)
		return found, err
	})
	return found, wrap("look for contacts", err)
}

// identityTable are the columns of identities.
var identityTable = clause.Table[identityRow]{
	{Name: "id", As: clause.Written(func(i *identityRow) any {
		id := i.ID()
		return id[:]
	})},
	{Name: "contact_id", As: id(func(i *identityRow) *crm.ContactID { return &i.ContactID })},
	{Name: "account_id", As: id(func(i *identityRow) *crm.AccountID { return &i.AccountID })},
	{Name: "channel_id", As: id(func(i *identityRow) *crm.ChannelID { return &i.ChannelID })},
	{Name: "external_id", As: text(func(i *identityRow) *string { return &i.ExternalID })},
	{Name: "display_name", As: optionalText(func(i *identityRow) **string { return &i.DisplayName })},
	{Name: "created_at", As: instant(func(i *identityRow) *time.Time { return &i.CreatedAt })},
	{Name: "session_id", As: clause.Written(func(i *identityRow) any { return i.newest[:] })},
}

// identityRow is a row of identities. The newest session is written and not read.
type identityRow struct {
	crm.Identity
	newest crm.SessionID
}

// scanIdentity scans rows of the table's columns, one after the other.
func scanIdentity() func(*sql.Rows) (crm.Identity, error) {
	var r identityRow
	targets := identityTable.Targets(&r)
	return func(rows *sql.Rows) (crm.Identity, error) {
		err := rows.Scan(targets...)
		return r.Identity, err
	}
}

var selectIdentities = `
	SELECT ` + identityTable.Select("i") + `
	FROM identities i INDEXED BY identities_by_contact
	WHERE i.workspace_id = @workspace AND i.contact_id IN (SELECT unhex(value) FROM json_each(@ids))
	ORDER BY i.created_at, i.channel_id, i.external_id`

// IdentitiesByContact returns the identities of each of the contacts, oldest first.
func (s *Store) IdentitiesByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	found, err := read(ctx, s, func(c *conn) (map[crm.ContactID][]crm.Identity, error) {
		return identitiesByContact(ctx, c, w, ids)
	})
	return found, wrap("look up identities", err)
}

func identitiesByContact(
	ctx context.Context, c *conn, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID][]crm.Identity, error) {
	found, err := all(ctx, c, selectIdentities, args{"workspace": w, "ids": idList(ids)}, scanIdentity())
	if err != nil {
		return nil, err
	}
	out := make(map[crm.ContactID][]crm.Identity)
	for _, i := range found {
		out[i.ContactID] = append(out[i.ContactID], i)
	}
	return out, nil
}

// IdentitiesByID returns the identities that exist among ids.
func (s *Store) IdentitiesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.IdentityID) (map[crm.IdentityID]crm.Identity, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Identity, error) {
		return all(ctx, c, `
			SELECT `+identityTable.Select("i")+`
			FROM identities i INDEXED BY identities_by_id
			WHERE i.workspace_id = @workspace AND i.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanIdentity())
	})
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
	var refused error
	err := s.write(ctx, func(ctx context.Context, t *tx) (err error) {
		c, refused, err = t.updateContact(ctx, w, id, e)
		return err
	})
	if refused != nil {
		return crm.Contact{}, refused
	}
	if err != nil {
		return crm.Contact{}, fmt.Errorf("update contact %s: %w", id, err)
	}
	return c, nil
}

// updateContact is UpdateContact in a transaction. refused is an error of e.Change, which err is too.
func (t *tx) updateContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit,
) (after crm.Contact, refused, err error) {
	before, err := editable(ctx, t.conn, w, id)
	if err != nil {
		return after, nil, err
	}
	after, event, refused := e.Decide(before)
	if refused != nil || event == nil {
		return after, refused, refused
	}
	if e.Unique {
		if err := checkUnique(ctx, t.conn, w, before, after); err != nil {
			return after, nil, err
		}
	}
	if err := saveContact(ctx, t, w, before, after); err != nil {
		return after, nil, err
	}
	return after, nil, t.publish(ctx, w, *event)
}

var updateContact = `
	UPDATE contacts
	SET ` + contactTable.Set() + `
	WHERE workspace_id = @workspace AND id = @id`

// saveContact writes a revision of a contact, with its keys, over the version before.
func saveContact(ctx context.Context, t *tx, w crm.WorkspaceID, before, c crm.Contact) error {
	old, keys := search.KeysOf(before), search.KeysOf(c)
	if old.Name != keys.Name || old.Text != keys.Text {
		entry, err := t.indexed(ctx, w, c.ID)
		if err != nil {
			return err
		}
		entry.new = new(gramWords(w, keys.Name, keys.Text))
		t.grams = append(t.grams, entry)
	}
	if _, err := t.exec(ctx, updateContact, contactArgs(w, c, keys)); err != nil {
		return err
	}
	if err := dropTerms(ctx, t.conn, w, c.ID, without(old.Terms, keys.Terms)); err != nil {
		return err
	}
	return addTerms(ctx, t.conn, w, c.ID, without(keys.Terms, old.Terms))
}

var insertContactRow = `
	INSERT INTO contacts (n, ` + contactTable.Insert() + `)
	VALUES (` + unusedNumber + `, ` + contactTable.Values() + `)`

// insertContact stores a new contact with its keys and its last activity.
func insertContact(ctx context.Context, t *tx, w crm.WorkspaceID, c crm.Contact) error {
	keys := search.KeysOf(c)
	n, err := t.insert(ctx, insertContactRow, contactArgs(w, c, keys))
	if err != nil {
		return err
	}
	var active int64
	if c.LastActivityAt != nil {
		active = c.LastActivityAt.UnixMicro()
	}
	_, err = t.exec(ctx, `
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
		VALUES (@workspace, @id, @at)`, args{"workspace": w, "id": c.ID[:], "at": active})
	if err != nil {
		return err
	}
	t.grams = append(t.grams, gramChange{n: n, new: new(gramWords(w, keys.Name, keys.Text))})
	return addTerms(ctx, t.conn, w, c.ID, keys.Terms)
}

// contactArgs are the arguments that write a contact.
func contactArgs(w crm.WorkspaceID, c crm.Contact, k search.Keys) args {
	return rowArgs(w, contactTable, &contactRow{c, k})
}

func addTerms(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID, terms []string) error {
	for _, term := range terms {
		_, err := c.exec(ctx, `
			INSERT INTO contact_terms (workspace_id, term, contact_id)
			VALUES (@workspace, @term, @id)
			ON CONFLICT DO NOTHING`, args{"workspace": w, "term": term, "id": id[:]})
		if err != nil {
			return err
		}
	}
	return nil
}

func dropTerms(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID, terms []string) error {
	for _, term := range terms {
		_, err := c.exec(ctx, `
			DELETE FROM contact_terms
			WHERE workspace_id = @workspace AND term = @term AND contact_id = @id`,
			args{"workspace": w, "term": term, "id": id[:]})
		if err != nil {
			return err
		}
	}
	return nil
}

// without is what a has and b has not.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// checkUnique refuses an email or phone that the edit sets and another contact has, unless as a claim.
func checkUnique(ctx context.Context, conn *conn, w crm.WorkspaceID, before, after crm.Contact) error {
	for _, v := range crm.UniqueValues(before, after) {
		holders, err := withValues(ctx, conn, w, v.Field, v.Value)
		if err == nil {
			err = v.CheckUnique(after.ID, holders)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var selectContactsByTerm = `
	SELECT ` + contactColumns + `
	FROM contact_terms t
	CROSS JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id
	WHERE t.workspace_id = @workspace AND t.term IN (SELECT value FROM json_each(@terms))`

// withValues returns the contacts that may hold one of the values in their email or phone: see [crm.Holders].
func withValues(ctx context.Context, conn *conn, w crm.WorkspaceID, field string, values ...string) ([]crm.Contact, error) {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = search.TermOf(field, v)
	}
	return all(ctx, conn, selectContactsByTerm, args{"workspace": w, "terms": jsonList(terms)}, scanContact())
}

// addToCount changes the number of contacts.
func addToCount(ctx context.Context, c *conn, w crm.WorkspaceID, n int) error {
	_, err := c.exec(ctx, `
		INSERT INTO contact_counts (workspace_id, contacts)
		VALUES (@workspace, @n)
		ON CONFLICT (workspace_id) DO UPDATE SET contacts = contacts + excluded.contacts`, args{"workspace": w, "n": n})
	return err
}

// detachAtOnce is how many sessions are detached, and how many of their messages, in one transaction.
const detachAtOnce = 1000

// DeleteContact removes a contact for good and detaches its sessions; if there are many, tombstones represent the rest until
// [Store.Maintain] has been at them.
func (s *Store) DeleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion) error {
	err := s.write(ctx, func(ctx context.Context, t *tx) error { return t.deleteContact(ctx, w, id, d) })
	if err != nil {
		return fmt.Errorf("delete contact %s: %w", id, err)
	}
	s.eraser.ask()
	return nil
}

// deleteContact is DeleteContact in a transaction.
func (t *tx) deleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion) error {
	c, err := editable(ctx, t.conn, w, id)
	if err != nil {
		return err
	}
	accounts, err := accountsOfContact(ctx, t.conn, w, id)
	if err != nil {
		return err
	}
	if err := dropFailures(ctx, t, w, id); err != nil {
		return err
	}
	if err := t.forgetHistory(ctx, w, id); err != nil {
		return err
	}
	if err := t.dropNotices(ctx, w, id); err != nil {
		return err
	}
	if err := recountAnonymous(ctx, t.conn, w, id); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM identities INDEXED BY identities_by_contact WHERE workspace_id = @workspace AND contact_id = @id`,
		`DELETE FROM accounts INDEXED BY accounts_by_contact WHERE workspace_id = @workspace AND contact_id = @id`,
	} {
		if _, err := t.exec(ctx, query, args{"workspace": w, "id": id[:]}); err != nil {
			return err
		}
	}
	entry, err := t.indexed(ctx, w, id)
	if err != nil {
		return err
	}
	t.grams = append(t.grams, entry)
	if err := t.removeContact(ctx, w, c); err != nil {
		return err
	}
	if err := t.publish(ctx, w, d.Decide(c)); err != nil {
		return err
	}
	return t.detachAll(ctx, w, accounts)
}

// forgetHistory scrubs the history of a contact, and all that is kept of merges with it.
func (t *tx) forgetHistory(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) error {
	ids, err := oldIDs(ctx, t.conn, w, id)
	if err != nil {
		return err
	}
	ids = append(ids, id)
	for _, id := range ids {
		if err := t.scrub(ctx, w, id); err != nil {
			return err
		}
	}
	if err := t.dropLeftovers(ctx, w, ids); err != nil {
		return err
	}
	return t.forgetMerges(ctx, w, ids)
}

// forgetMerges drops what is kept of merges with a contact that is going, of which all ids are given.
func (t *tx) forgetMerges(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) error {
	const among = ` IN (SELECT unhex(value) FROM json_each(@ids))`
	for _, query := range []string{
		`DELETE FROM redirects INDEXED BY redirects_by_survivor WHERE workspace_id = @workspace AND survivor_id` + among,
		`DELETE FROM merges INDEXED BY merges_by_survivor WHERE workspace_id = @workspace AND survivor_id` + among,
		`DELETE FROM proofs WHERE workspace_id = @workspace AND a` + among,
		`DELETE FROM proofs WHERE workspace_id = @workspace AND b` + among,
		`DELETE FROM duplicates INDEXED BY duplicates_of_pair WHERE workspace_id = @workspace AND a` + among,
		`DELETE FROM duplicates INDEXED BY duplicates_by_b WHERE workspace_id = @workspace AND b` + among,
		`DELETE FROM dismissals WHERE workspace_id = @workspace AND a` + among,
		`DELETE FROM dismissals INDEXED BY dismissals_by_b WHERE workspace_id = @workspace AND b` + among,
	} {
		if _, err := t.exec(ctx, query, args{"workspace": w, "ids": idList(ids)}); err != nil {
			return err
		}
	}
	return nil
}

// removeContact removes a contact's row, with its activity and its search keys but the entry of the gram index.
func (t *tx) removeContact(ctx context.Context, w crm.WorkspaceID, c crm.Contact) error {
	a := args{"workspace": w, "id": c.ID[:]}
	if _, err := t.exec(ctx, `DELETE FROM contact_activity WHERE workspace_id = @workspace AND contact_id = @id`, a); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM match_keys INDEXED BY match_keys_of_contact WHERE workspace_id = @workspace AND contact_id = @id`, a)
	if err != nil {
		return err
	}
	if err := dropTerms(ctx, t.conn, w, c.ID, search.KeysOf(c).Terms); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM contacts WHERE workspace_id = @workspace AND id = @id`, a); err != nil {
		return err
	}
	return addToCount(ctx, t.conn, w, -1)
}

// detachAll detaches the sessions of accounts, one batch in all: tombstones represent the accounts that are left.
func (t *tx) detachAll(ctx context.Context, w crm.WorkspaceID, accounts []crm.AccountID) error {
	for room := int64(detachAtOnce); len(accounts) > 0 && room > 0; {
		n, more, err := t.detach(ctx, w, accounts[0], room)
		if err != nil {
			return err
		}
		if room -= n; more {
			break
		}
		accounts = accounts[1:]
	}
	if len(accounts) == 0 {
		return nil
	}
	_, err := t.exec(ctx, `
		INSERT INTO account_deletions (workspace_id, account_id, deleted_at)
		SELECT @workspace, unhex(value), @now FROM json_each(@accounts)`,
		args{"workspace": w, "accounts": idList(accounts), "now": time.Now().UnixMicro()})
	return err
}

// detach makes up to n sessions of an account anonymous, once it has taken as many messages as that from what they are known
// again by. It returns how many sessions these are, and whether there may be more.
func (t *tx) detach(ctx context.Context, w crm.WorkspaceID, id crm.AccountID, n int64) (sessions int64, more bool, err error) {
	const picked = `
		SELECT n, id FROM sessions
		WHERE workspace_id = @workspace AND account_id = @id
		ORDER BY last_message_at, id
		LIMIT @n`
	a := args{"workspace": w, "id": id[:], "n": n}
	messages, err := t.exec(ctx, `
		UPDATE messages SET session_id = NULL
		WHERE workspace_id = @workspace AND message_key IN (
		  SELECT m.message_key
		  FROM (`+picked+`) s
		  CROSS JOIN messages m INDEXED BY messages_of_session ON m.workspace_id = @workspace AND m.session_id = s.id
		  LIMIT @n
		)`, a)
	if err != nil || messages == n {
		return 0, true, err
	}
	sessions, err = t.exec(ctx, `UPDATE sessions SET `+anonymized+` WHERE n IN (SELECT n FROM (`+picked+`))`, a)
	return sessions, sessions == n, err
}
