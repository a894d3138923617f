package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
)

// contactColumns are the columns of contacts c that scanContact reads; they use @workspace.
const contactColumns = `
	c.id, c.name, c.email, c.phone, c.notes, c.version, c.created_at, c.updated_at,
	c.name_origin, c.name_channel, c.email_origin, c.email_channel, c.phone_origin, c.phone_channel,
	(SELECT a.last_activity_at FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id)`

// contactRow is where a row of contactColumns is scanned to. Every part may be NULL, as on the empty side of a join.
type contactRow struct {
	id                                      uuid.NullUUID
	name, email, phone                      *string
	notes                                   sql.NullString
	version, created, updated, active       sql.NullInt64
	nameOrigin, emailOrigin, phoneOrigin    sql.NullInt64
	nameChannel, emailChannel, phoneChannel uuid.UUID
}

func (r *contactRow) targets(before ...any) []any {
	return append(before,
		&r.id, &r.name, &r.email, &r.phone, &r.notes, &r.version, &r.created, &r.updated,
		&r.nameOrigin, &r.nameChannel, &r.emailOrigin, &r.emailChannel, &r.phoneOrigin, &r.phoneChannel, &r.active)
}

// contact is the row as a contact, nil when there was none.
func (r *contactRow) contact() *crm.Contact {
	if !r.id.Valid {
		return nil
	}
	c := &crm.Contact{
		ID: crm.ContactID(r.id.UUID), Name: r.name, Email: r.email, Phone: r.phone, Notes: r.notes.String,
		Version: int(r.version.Int64), CreatedAt: micros(r.created.Int64), UpdatedAt: micros(r.updated.Int64),
		NameFrom:  provenance(r.nameOrigin, r.nameChannel),
		EmailFrom: provenance(r.emailOrigin, r.emailChannel),
		PhoneFrom: provenance(r.phoneOrigin, r.phoneChannel),
	}
	if r.active.Int64 > 0 {
		c.LastActivityAt = new(micros(r.active.Int64))
	}
	return c
}

func provenance(origin sql.NullInt64, channel uuid.UUID) crm.Provenance {
	return crm.Provenance{Origin: crm.Origin(origin.Int64), Channel: crm.ChannelID(channel)}
}

func scanContact(rows *sql.Rows) (crm.Contact, error) {
	var r contactRow
	if err := rows.Scan(r.targets()...); err != nil {
		return crm.Contact{}, err
	}
	return *r.contact(), nil
}

// channelOrNull is the channel of a provenance as an argument.
func channelOrNull(p crm.Provenance) any {
	if p.Channel == (crm.ChannelID{}) {
		return nil
	}
	return p.Channel[:]
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
		WHERE c.workspace_id = @workspace AND `+where, a, scanContact)
}

// contactByID reads one contact; ErrNotFound when there is none.
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

// IdentitiesByContact returns the identities of each of the contacts, oldest first.
func (s *Store) IdentitiesByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Identity, error) {
		return all(ctx, c, `
			SELECT contact_id, channel_id, external_id, display_name, created_at
			FROM identities INDEXED BY identities_by_contact
			WHERE workspace_id = @workspace AND contact_id IN (SELECT unhex(value) FROM json_each(@ids))
			ORDER BY created_at, channel_id, external_id`,
			args{"workspace": w, "ids": idList(ids)},
			func(rows *sql.Rows) (i crm.Identity, err error) {
				var at int64
				err = rows.Scan((*uuid.UUID)(&i.ContactID), (*uuid.UUID)(&i.ChannelID), &i.ExternalID, &i.DisplayName, &at)
				i.CreatedAt = micros(at)
				return i, err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	out := make(map[crm.ContactID][]crm.Identity)
	for _, i := range found {
		out[i.ContactID] = append(out[i.ContactID], i)
	}
	return out, nil
}

// UpdateContact hands a contact to e.Change and saves what it left behind.
func (s *Store) UpdateContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error) {
	var c crm.Contact
	var refused error
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		before, err := contactByID(ctx, t.conn, w, id)
		if err != nil {
			return err
		}
		after, event, err := e.Decide(before)
		if refused = err; err != nil {
			return err
		}
		if c = after; event == nil {
			return nil
		}
		if e.Unique {
			if err := checkUnique(ctx, t.conn, w, before, after); err != nil {
				return err
			}
		}
		if err := saveContact(ctx, t, w, before, after); err != nil {
			return err
		}
		return t.publish(ctx, w, *event)
	})
	if refused != nil {
		return crm.Contact{}, refused
	}
	if err != nil {
		return crm.Contact{}, fmt.Errorf("update contact %s: %w", id, err)
	}
	return c, nil
}

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
	_, err := t.exec(ctx, `
		UPDATE contacts
		SET name = @name, email = @email, phone = @phone, notes = @notes, version = @version, updated_at = @updated,
		    name_origin = @name_origin, name_channel = @name_channel,
		    email_origin = @email_origin, email_channel = @email_channel,
		    phone_origin = @phone_origin, phone_channel = @phone_channel,
		    name_key = @name_key, search_text = @search_text
		WHERE workspace_id = @workspace AND id = @id`, contactArgs(w, c, keys))
	if err != nil {
		return err
	}
	if err := dropTerms(ctx, t.conn, w, c.ID, without(old.Terms, keys.Terms)); err != nil {
		return err
	}
	return addTerms(ctx, t.conn, w, c.ID, without(keys.Terms, old.Terms))
}

// insertContact stores a new contact with its keys and its place among the active ones.
func insertContact(ctx context.Context, t *tx, w crm.WorkspaceID, c crm.Contact) error {
	keys := search.KeysOf(c)
	n, err := t.insert(ctx, `
		INSERT INTO contacts (
		  workspace_id, id, name, email, phone, version, created_at, updated_at,
		  name_origin, name_channel, email_origin, email_channel, phone_origin, phone_channel,
		  name_key, search_text, notes
		) VALUES (
		  @workspace, @id, @name, @email, @phone, @version, @created, @updated,
		  @name_origin, @name_channel, @email_origin, @email_channel, @phone_origin, @phone_channel,
		  @name_key, @search_text, @notes
		)`, contactArgs(w, c, keys))
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
	return args{
		"workspace": w, "id": c.ID[:], "name": c.Name, "email": c.Email, "phone": c.Phone, "notes": c.Notes,
		"version": c.Version, "created": c.CreatedAt.UnixMicro(), "updated": c.UpdatedAt.UnixMicro(),
		"name_origin": int64(c.NameFrom.Origin), "name_channel": channelOrNull(c.NameFrom),
		"email_origin": int64(c.EmailFrom.Origin), "email_channel": channelOrNull(c.EmailFrom),
		"phone_origin": int64(c.PhoneFrom.Origin), "phone_channel": channelOrNull(c.PhoneFrom),
		"name_key": k.Name, "search_text": k.Text,
	}
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

// withValues returns the contacts that may hold one of the values in their email or phone: see [crm.Holders].
func withValues(ctx context.Context, conn *conn, w crm.WorkspaceID, field string, values ...string) ([]crm.Contact, error) {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = search.TermOf(field, v)
	}
	return all(ctx, conn, `
		SELECT `+contactColumns+`
		FROM contact_terms t
		CROSS JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id
		WHERE t.workspace_id = @workspace AND t.term IN (SELECT value FROM json_each(@terms))`,
		args{"workspace": w, "terms": textList(terms)}, scanContact)
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

// DeleteContact removes a contact for good and detaches its sessions; where they are many, a tombstone stands for the
// rest until [Store.Maintain] has been at them.
func (s *Store) DeleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion) error {
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		c, err := contactByID(ctx, t.conn, w, id)
		if err != nil {
			return err
		}
		if err := dropFailures(ctx, t, w, id); err != nil {
			return err
		}
		if err := t.scrub(ctx, w, id); err != nil {
			return err
		}
		if err := recountAnonymous(ctx, t.conn, w, id); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM identities INDEXED BY identities_by_contact WHERE workspace_id = @workspace AND contact_id = @id`,
			`DELETE FROM contact_activity WHERE workspace_id = @workspace AND contact_id = @id`,
		} {
			if _, err := t.exec(ctx, query, args{"workspace": w, "id": id[:]}); err != nil {
				return err
			}
		}
		if err := dropTerms(ctx, t.conn, w, id, search.KeysOf(c).Terms); err != nil {
			return err
		}
		entry, err := t.indexed(ctx, w, id)
		if err != nil {
			return err
		}
		t.grams = append(t.grams, entry)
		_, err = t.exec(ctx, `DELETE FROM contacts WHERE workspace_id = @workspace AND id = @id`, args{"workspace": w, "id": id[:]})
		if err != nil {
			return err
		}
		if err := addToCount(ctx, t.conn, w, -1); err != nil {
			return err
		}
		err = t.publish(ctx, w, d.Decide(c))
		if err != nil {
			return err
		}
		more, err := t.detach(ctx, w, id)
		if err != nil || !more {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO contact_deletions (workspace_id, contact_id, deleted_at)
			VALUES (@workspace, @id, @now)`, args{"workspace": w, "id": id[:], "now": time.Now().UnixMicro()})
		return err
	})
	if err != nil {
		return fmt.Errorf("delete contact %s: %w", id, err)
	}
	s.eraser.ask()
	return nil
}

// detach makes sessions of a contact anonymous, and takes them from what their messages are known again by. It does one
// helping and reports whether there is more.
func (t *tx) detach(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) (more bool, err error) {
	const picked = `
		SELECT n, id FROM sessions
		WHERE workspace_id = @workspace AND contact_id = @id
		ORDER BY last_message_at, id
		LIMIT @n`
	a := args{"workspace": w, "id": id[:], "n": detachAtOnce}
	for _, query := range []string{
		`UPDATE messages SET session_id = NULL
		WHERE workspace_id = @workspace AND message_key IN (
		  SELECT m.message_key
		  FROM (` + picked + `) s
		  CROSS JOIN messages m INDEXED BY messages_of_session ON m.workspace_id = @workspace AND m.session_id = s.id
		  LIMIT @n
		)`,
		`UPDATE sessions SET ` + anonymized + ` WHERE n IN (SELECT n FROM (` + picked + `))`,
	} {
		if n, err := t.exec(ctx, query, a); err != nil || n == detachAtOnce {
			return true, err
		}
	}
	return false, nil
}
