package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
)

// keysVersion is which search keys this version makes. Raise it when folding changes, in the release whose migration gives
// every workspace a row in stale_keys with that number that begins at the first contact, those that have one included.
const keysVersion = 1

// So many rows with search keys of an older version are brought up to date in one transaction.
const (
	staleContacts = 200
	staleTerms    = 2000
)

// staleKeys is how far the search keys of a workspace are up to date.
type staleKeys struct {
	workspace crm.WorkspaceID
	contact   [16]byte
	term      *string
}

// renewSome brings some search keys of an older version up to date: of contacts first, then the terms that these do not have
// any more.
func (s *Store) renewSome(ctx context.Context) (more bool, err error) {
	found, err := everywhere(ctx, s, `SELECT workspace_id FROM stale_keys WHERE %[1]s AND keys <= @keys ORDER BY workspace_id LIMIT 1`,
		pgx.NamedArgs{"keys": keysVersion}, pgx.RowTo[crm.WorkspaceID])
	if len(found) == 0 {
		return false, err
	}
	failed := s.inTurn(ctx, found[0], func(ctx context.Context) (err error) {
		more, err = s.renew(ctx, found[0])
		return err
	})
	return more, errors.Join(err, failed)
}

// renew brings some search keys of a workspace up to date, and reports whether there may be more.
func (s *Store) renew(ctx context.Context, w crm.WorkspaceID) (more bool, err error) {
	v := staleKeys{workspace: w}
	err = s.tx(ctx, func(tx pgx.Tx) error {
		free, err := s.mine(ctx, tx, value(v.workspace, "stale keys", ""))
		if err != nil || !free {
			return err
		}
		more = true
		err = tx.QueryRow(ctx, `
			SELECT contact_id, term FROM stale_keys
			WHERE workspace_id = @workspace AND keys <= @keys
			FOR NO KEY UPDATE`, pgx.NamedArgs{"workspace": v.workspace, "keys": keysVersion}).Scan(&v.contact, &v.term)
		switch {
		case errors.Is(err, pgx.ErrNoRows): // another process has done the rest
			return nil
		case err != nil:
			return err
		case v.term == nil:
			return renewContacts(ctx, tx, v)
		}
		return dropOldTerms(ctx, tx, v)
	})
	return more, err
}

// renewContacts gives some contacts their keys. They are locked, so that no edit comes between.
func renewContacts(ctx context.Context, tx pgx.Tx, v staleKeys) error {
	args := pgx.NamedArgs{"workspace": v.workspace, "after": v.contact, "n": staleContacts}
	rows, err := tx.Query(ctx, `
		SELECT id, name, email, phone, further, name_key, search_text
		FROM contacts
		WHERE workspace_id = @workspace AND id > @after
		ORDER BY id
		LIMIT @n
		FOR NO KEY UPDATE`, args)
	var ids, termsOf [][16]byte
	var names, texts, terms []string
	read, err := all(ctx, rows, err, func(row pgx.CollectableRow) (c crm.Contact, err error) {
		var stored search.Keys
		err = row.Scan((*[16]byte)(&c.ID), &c.Name, &c.Email, &c.Phone, furtherTarget{&c.Further}, &stored.Name, &stored.Text)
		keys := search.KeysOf(c)
		if keys.Name != stored.Name || keys.Text != stored.Text {
			ids, names, texts = append(ids, c.ID), append(names, keys.Name), append(texts, keys.Text)
		}
		for _, t := range keys.Terms {
			termsOf, terms = append(termsOf, c.ID), append(terms, t)
		}
		return c, err
	})
	if err != nil {
		return err
	}
	args["ids"], args["names"], args["texts"], args["terms_of"], args["terms"] = ids, names, texts, termsOf, terms
	b := &pgx.Batch{}
	b.Queue(`
		UPDATE contacts c SET name_key = n.name_key, search_text = n.search_text
		FROM unnest(@ids::uuid[], @names::text[], @texts::text[]) n(id, name_key, search_text)
		WHERE c.workspace_id = @workspace AND c.id = n.id`, args)
	b.Queue(`
		INSERT INTO contact_terms (workspace_id, term, contact_id)
		SELECT @workspace, n.term, n.id FROM unnest(@terms_of::uuid[], @terms::text[]) n(id, term)
		ON CONFLICT DO NOTHING`, args)
	next := staleKeys{workspace: v.workspace}
	if len(read) == staleContacts {
		next.contact = read[len(read)-1].ID
	} else {
		next.term = new("")
	}
	next.save(b)
	return tx.SendBatch(ctx, b).Close()
}

// dropOldTerms removes those of some terms that their contacts do not have any more. The contacts are locked meanwhile.
func dropOldTerms(ctx context.Context, tx pgx.Tx, v staleKeys) error {
	args := pgx.NamedArgs{"workspace": v.workspace, "term": v.term, "after": v.contact, "n": staleTerms}
	rows, err := tx.Query(ctx, `
		SELECT term, contact_id
		FROM contact_terms
		WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @after)
		ORDER BY term, contact_id
		LIMIT @n`, args)
	of := map[crm.ContactID][]string{}
	last := staleKeys{workspace: v.workspace, term: new("")}
	read, err := all(ctx, rows, err, func(row pgx.CollectableRow) (id crm.ContactID, err error) {
		err = row.Scan(last.term, (*[16]byte)(&id))
		last.contact = id
		of[id] = append(of[id], *last.term)
		return id, err
	})
	if err != nil {
		return err
	}
	args["ids"] = uuids(read)
	rows, err = tx.Query(ctx, `
		SELECT id, email, phone, further
		FROM contacts
		WHERE workspace_id = @workspace AND id = ANY(@ids)
		ORDER BY id
		FOR NO KEY UPDATE`, args)
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (c crm.Contact, err error) {
		err = row.Scan((*[16]byte)(&c.ID), &c.Email, &c.Phone, furtherTarget{&c.Further})
		of[c.ID] = without(of[c.ID], search.KeysOf(c).Terms)
		return c, err
	})
	if err != nil {
		return err
	}
	var ids [][16]byte
	var terms []string
	for id, dropped := range of {
		for _, t := range dropped {
			ids, terms = append(ids, id), append(terms, t)
		}
	}
	args["ids"], args["terms"] = ids, terms
	b := &pgx.Batch{}
	b.Queue(`
		DELETE FROM contact_terms t
		USING unnest(@ids::uuid[], @terms::text[]) n(id, term)
		WHERE t.workspace_id = @workspace AND t.term = n.term AND t.contact_id = n.id`, args)
	if len(read) == staleTerms {
		last.save(b)
	} else {
		b.Queue(`DELETE FROM stale_keys WHERE workspace_id = @workspace`, args)
	}
	return tx.SendBatch(ctx, b).Close()
}

// save queues noting how far it is.
func (v staleKeys) save(b *pgx.Batch) {
	b.Queue(`UPDATE stale_keys SET contact_id = @contact, term = @term WHERE workspace_id = @workspace`,
		pgx.NamedArgs{"workspace": v.workspace, "contact": v.contact, "term": v.term})
}
