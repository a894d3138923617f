package sqlite

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
)

// So many rows with search keys of an older version are brought up to date in one transaction.
const (
	staleContacts = 50
	staleTerms    = 1000
)

// staleKeys is how far the search keys of a workspace are up to date.
type staleKeys struct {
	workspace crm.WorkspaceID
	contact   uuid.UUID
	term      *string
}

func oldestKeys(ctx context.Context, c *conn) (v staleKeys, found bool, err error) {
	return first(ctx, c, `SELECT workspace_id, contact_id, term FROM stale_keys ORDER BY workspace_id LIMIT 1`, nil,
		func(rows *sql.Rows) (v staleKeys, err error) { return v, rows.Scan(&v.workspace, &v.contact, &v.term) })
}

// renewSome brings some search keys of an older version up to date: of contacts first, then the terms that these do not have
// any more.
func (s *Store) renewSome(ctx context.Context) (more bool, err error) {
	more, err = read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := oldestKeys(ctx, c)
		return found, err
	})
	if err != nil || !more {
		return false, err
	}
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		v, found, err := oldestKeys(ctx, t.conn)
		switch {
		case err != nil || !found:
			return err
		case v.term == nil:
			return renewContacts(ctx, t, v)
		}
		return dropOldTerms(ctx, t, v)
	})
	return true, err
}

// renewed is a contact with the keys that are stored with it.
type renewed struct {
	crm.Contact
	stored search.Keys
}

// renewContacts gives some contacts their keys.
func renewContacts(ctx context.Context, t *tx, v staleKeys) error {
	contacts, err := all(ctx, t.conn, `
		SELECT id, name, email, phone, further, name_key, search_text
		FROM contacts
		WHERE workspace_id = @workspace AND id > @after
		ORDER BY id
		LIMIT @n`, args{"workspace": v.workspace, "after": v.contact[:], "n": staleContacts},
		func(rows *sql.Rows) (c renewed, err error) {
			err = rows.Scan((*uuid.UUID)(&c.ID), &c.Name, &c.Email, &c.Phone, furtherTarget{&c.Further}, &c.stored.Name, &c.stored.Text)
			return c, err
		})
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if err := renew(ctx, t, v.workspace, c); err != nil {
			return err
		}
	}
	next := staleKeys{workspace: v.workspace}
	if len(contacts) == staleContacts {
		next.contact = uuid.UUID(contacts[len(contacts)-1].ID)
	} else {
		next.term = new("")
	}
	return next.save(ctx, t)
}

// renew writes the keys of a contact where others are stored.
func renew(ctx context.Context, t *tx, w crm.WorkspaceID, c renewed) error {
	keys := search.KeysOf(c.Contact)
	if keys.Name != c.stored.Name || keys.Text != c.stored.Text {
		entry, err := t.indexed(ctx, w, c.ID)
		if err != nil {
			return err
		}
		entry.new = new(gramWords(w, keys.Name, keys.Text))
		t.grams = append(t.grams, entry)
		_, err = t.exec(ctx, `
			UPDATE contacts SET name_key = @name_key, search_text = @search_text
			WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": c.ID[:], "name_key": keys.Name, "search_text": keys.Text})
		if err != nil {
			return err
		}
	}
	return addTerms(ctx, t.conn, w, c.ID, keys.Terms)
}

// dropOldTerms removes those of some terms that their contacts do not have any more.
func dropOldTerms(ctx context.Context, t *tx, v staleKeys) error {
	type term struct {
		term    string
		contact crm.Contact
	}
	terms, err := all(ctx, t.conn, `
		SELECT t.term, t.contact_id, c.email, c.phone, coalesce(c.further, '[]')
		FROM (
		  SELECT term, contact_id
		  FROM contact_terms
		  WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @after)
		  ORDER BY term, contact_id
		  LIMIT @n
		) t
		LEFT JOIN contacts c ON c.workspace_id = @workspace AND c.id = t.contact_id
		ORDER BY t.term, t.contact_id`, args{"workspace": v.workspace, "term": *v.term, "after": v.contact[:], "n": staleTerms},
		func(rows *sql.Rows) (v term, err error) {
			c := &v.contact
			return v, rows.Scan(&v.term, (*uuid.UUID)(&c.ID), &c.Email, &c.Phone, furtherTarget{&c.Further})
		})
	if err != nil {
		return err
	}
	for _, of := range terms {
		if old := without([]string{of.term}, search.KeysOf(of.contact).Terms); len(old) > 0 {
			if err := dropTerms(ctx, t.conn, v.workspace, of.contact.ID, old); err != nil {
				return err
			}
		}
	}
	if len(terms) < staleTerms {
		_, err = t.exec(ctx, `DELETE FROM stale_keys WHERE workspace_id = @workspace`, args{"workspace": v.workspace})
		return err
	}
	last := terms[len(terms)-1]
	return staleKeys{v.workspace, uuid.UUID(last.contact.ID), &last.term}.save(ctx, t)
}

// save notes how far it is.
func (v staleKeys) save(ctx context.Context, t *tx) error {
	_, err := t.exec(ctx, `UPDATE stale_keys SET contact_id = @contact, term = @term WHERE workspace_id = @workspace`,
		args{"workspace": v.workspace, "contact": v.contact[:], "term": v.term})
	return err
}
