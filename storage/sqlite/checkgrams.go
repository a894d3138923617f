package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/storage"
)

// mendAtOnce is how many entries of the gram index are mended by one look through it.
const mendAtOnce = 10_000

// grams checks that each word in the gram index is of an entry, and each entry of a contact. Then it mends what is known,
// by now, not to be as it should be.
func (c *checkup) grams(ctx context.Context) error {
	findings, err := read(ctx, c.Store, func(conn *conn) (map[int64]storage.Finding, error) { return c.strayGrams(ctx, conn) })
	if err != nil {
		return err
	}
	wrong := make(map[int64]bool)
	for _, n := range c.stale {
		wrong[n] = true
	}
	for n, f := range findings {
		if !wrong[n] {
			c.Found(f)
			wrong[n] = true
		}
	}
	for c.Repair && len(wrong) > 0 {
		some := make(map[int64][]string)
		for n := range wrong {
			if some[n] = nil; len(some) == mendAtOnce {
				break
			}
		}
		if err := c.mendGrams(ctx, some); err != nil {
			return err
		}
		for n := range some {
			delete(wrong, n)
		}
	}
	return nil
}

// strayGrams are the entries with words too many or too few, by their numbers, and those of no contact.
func (c *checkup) strayGrams(ctx context.Context, conn *conn) (map[int64]storage.Finding, error) {
	words := make(map[int64]int32)
	_, err := all(ctx, conn, `SELECT doc FROM contact_gram_words`, nil, func(rows *sql.Rows) (none struct{}, err error) {
		var n int64
		err = rows.Scan(&n)
		words[n]++
		return none, err
	})
	if err != nil {
		return nil, err
	}
	found := make(map[int64]storage.Finding)
	_, err = all(ctx, conn, `
		SELECT d.id, d.sz, w.name, c.id
		FROM contact_grams_docsize d
		LEFT JOIN contacts c ON c.n = d.id
		LEFT JOIN workspaces w ON w.workspace_id = c.workspace_id`, nil, func(rows *sql.Rows) (none struct{}, err error) {
		var n int64
		var size, id []byte
		var name *string
		if err := rows.Scan(&n, &size, &name, &id); err != nil {
			return none, err
		}
		switch {
		case id == nil:
			found[n] = storage.Finding{Kind: storage.OrphanGrams, Repaired: c.Repair}
		case int(words[n]) != tokens(size):
			contact := crm.ContactID(id)
			found[n] = storage.Finding{Kind: storage.StaleGrams, Contact: &contact, Repaired: c.Repair}
			if name != nil {
				f := found[n]
				f.Workspace = *name
				found[n] = f
			}
		}
		delete(words, n)
		return none, nil
	})
	c.progress(len(found))
	for n := range words {
		found[n] = storage.Finding{Kind: storage.OrphanGrams, Repaired: c.Repair}
	}
	return found, err
}

// mendGrams takes entries out, by all the words that they have or should have, and puts in those of the contacts that there are.
func (c *checkup) mendGrams(ctx context.Context, entries map[int64][]string) error {
	_, err := read(ctx, c.Store, func(conn *conn) (none struct{}, err error) {
		_, err = all(ctx, conn, `SELECT doc, term FROM contact_gram_words`, nil, func(rows *sql.Rows) (none struct{}, err error) {
			var n int64
			var word string
			if err := rows.Scan(&n, &word); err != nil {
				return none, err
			}
			if list, wanted := entries[n]; wanted {
				entries[n] = append(list, word)
			}
			return none, nil
		})
		return none, err
	})
	if err != nil {
		return err
	}
	for n, words := range entries {
		if err := c.write(ctx, func(ctx context.Context, t *tx) error { return t.mendGrams(ctx, n, words) }); err != nil {
			return err
		}
	}
	return nil
}

// mendGrams mends an entry that had the words. FTS5 keeps the number of all words and takes it for damage when more go than
// came: a word that no contact has stands in for those that were never counted, or not for this entry.
func (t *tx) mendGrams(ctx context.Context, n int64, words []string) error {
	const standIn = "0 "
	size, there, err := first(ctx, t.conn, `SELECT sz FROM contact_grams_docsize WHERE id = @n`, args{"n": n},
		func(rows *sql.Rows) (size []byte, err error) { return size, rows.Scan(&size) })
	if err != nil {
		return err
	}
	g := gramChange{n: n}
	w, id, err := t.contactNumbered(ctx, n)
	if err == nil {
		g, err = t.indexed(ctx, w, id)
	}
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	if g.old != nil { // which an edit may have put in since
		words = append(words, strings.Fields(*g.old)...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if there {
		t.grams = append(t.grams, gramChange{n: n, old: new(strings.Repeat(standIn, tokens(size)))})
	}
	t.grams = append(t.grams,
		gramChange{n: n, new: new(strings.Repeat(standIn, len(words)+1))},
		gramChange{n: n, old: new(standIn + strings.Join(words, " ")), new: g.old})
	return nil
}

func (t *tx) contactNumbered(ctx context.Context, n int64) (w crm.WorkspaceID, id crm.ContactID, err error) {
	_, found, err := first(ctx, t.conn, `SELECT workspace_id, id FROM contacts WHERE n = @n`, args{"n": n},
		func(rows *sql.Rows) (none struct{}, err error) {
			var b []byte
			if err := rows.Scan(&w, &b); err != nil {
				return none, err
			}
			id = crm.ContactID(b)
			return none, nil
		})
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return w, id, err
}
