package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/storage"
)

// mendAtOnce is how many entries of the gram index are repaired with one scan of it.
const mendAtOnce = 10_000

// grams checks that every word in the gram index belongs to an entry, with as many words as FTS5 has counted for it, and
// every entry to a contact. It repairs those, and the entries that the check of the contacts left to it.
func (c *checkup) grams(ctx context.Context) error {
	wrong, err := read(ctx, c.Store, func(conn *conn) (map[int64]*storage.Finding, error) { return c.strayGrams(ctx, conn) })
	if err != nil {
		return err
	}
	for n, f := range c.stale {
		if f != nil || wrong[n] == nil {
			wrong[n] = f
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wrong)), mendAtOnce) {
		if c.Repair {
			if err := c.mendGrams(ctx, some); err != nil {
				return err
			}
		}
		for _, n := range some {
			if f := wrong[n]; f != nil {
				f.Repaired = c.Repair
				c.Found(*f)
			}
		}
	}
	return nil
}

// strayGrams returns the entries with too many or too few words, and those without a contact, by their numbers.
func (c *checkup) strayGrams(ctx context.Context, conn *conn) (map[int64]*storage.Finding, error) {
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
	found := make(map[int64]*storage.Finding)
	entries, err := all(ctx, conn, `
		SELECT d.id, d.sz, coalesce(w.name, ''), c.id
		FROM contact_grams_docsize d
		LEFT JOIN contacts c ON c.n = d.id
		LEFT JOIN workspaces w ON w.workspace_id = c.workspace_id`, nil, func(rows *sql.Rows) (none struct{}, err error) {
		var n int64
		var size, id []byte
		var workspace string
		if err := rows.Scan(&n, &size, &workspace, &id); err != nil {
			return none, err
		}
		switch {
		case id == nil:
			found[n] = &storage.Finding{Kind: storage.OrphanGrams}
		case c.Inspection.Workspace != "" && workspace != c.Inspection.Workspace: // another check's
		case int(words[n]) != tokens(size):
			found[n] = &storage.Finding{Workspace: workspace, Kind: storage.StaleGrams, Contact: new(crm.ContactID(id))}
		}
		delete(words, n)
		return none, nil
	})
	for n := range words {
		found[n] = &storage.Finding{Kind: storage.OrphanGrams}
	}
	c.progress(len(entries))
	return found, err
}

// mendGrams removes entries with all the words that they have or should have, and writes those of existing contacts again.
func (c *checkup) mendGrams(ctx context.Context, entries []int64) error {
	words := make(map[int64][]string, len(entries))
	for _, n := range entries {
		words[n] = nil
	}
	_, err := read(ctx, c.Store, func(conn *conn) ([]struct{}, error) {
		return all(ctx, conn, `SELECT doc, term FROM contact_gram_words`, nil, func(rows *sql.Rows) (none struct{}, err error) {
			var n int64
			var word string
			err = rows.Scan(&n, &word)
			if list, wanted := words[n]; wanted {
				words[n] = append(list, word)
			}
			return none, err
		})
	})
	if err != nil {
		return err
	}
	for _, n := range entries {
		if err := c.write(ctx, func(ctx context.Context, t *tx) error { return t.mendGrams(ctx, n, words[n]) }); err != nil {
			return err
		}
	}
	return nil
}

// mendGrams writes an entry again that was found to have these words. FTS5 counts all words in the index, and reports damage
// when more are removed than were ever added. So the entry is first replaced by one that repeats a placeholder as often as
// words are to be removed.
func (t *tx) mendGrams(ctx context.Context, n int64, words []string) error {
	const placeholder = "0 " // not a word of any contact
	size, there, err := first(ctx, t.conn, `SELECT sz FROM contact_grams_docsize WHERE id = @n`, args{"n": n},
		func(rows *sql.Rows) (size []byte, err error) { return size, rows.Scan(&size) })
	if err != nil {
		return err
	}
	g, _, err := t.entry(ctx, `n = @n`, args{"n": n})
	if err != nil {
		return err
	}
	if g.old != nil { // an edit may have added them since
		words = append(words, strings.Fields(*g.old)...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if there {
		t.grams = append(t.grams, gramChange{n: n, old: new(strings.Repeat(placeholder, tokens(size)))})
	}
	t.grams = append(t.grams,
		gramChange{n: n, new: new(strings.Repeat(placeholder, len(words)+1))},
		gramChange{n: n, old: new(placeholder + strings.Join(words, " ")), new: g.old})
	return nil
}
