package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/checkup"
)

// gramsAtOnce is how many entries of the gram index are repaired with one scan of it.
const gramsAtOnce = 10_000

// entry is what FTS5 keeps of a contact's entry in the gram index.
type entry struct {
	n     int64 // contacts.n
	there bool
	size  []byte
}

// lookIntoGrams notes whether the gram index lacks a contact or has other grams than the contact's. Only an entry of the
// stored keys can be replaced together with them; any other is left to Grams.
func (w *checkedWorkspace) lookIntoGrams(ctx context.Context, c *conn, v *checkup.Contact, e entry) error {
	current, err := w.sameGrams(ctx, c, e, v.Keys)
	if err != nil {
		return err
	}
	known := current
	if v.Keys.Name != v.Stored.Name || v.Keys.Text != v.Stored.Text {
		if known, err = w.sameGrams(ctx, c, e, v.Stored); err != nil {
			return err
		}
	}
	if v.Indexed = current || !known; known {
		return nil
	}
	w.stale[e.n] = nil
	if !current {
		w.stale[e.n] = &storage.Finding{Workspace: w.name, Kind: storage.StaleGrams, Contact: &v.ID}
	}
	return nil
}

// sameGrams reports whether the gram index has the grams of a contact. It compares their number and looks for two of
// them, which an entry of another text or another bucket can hardly have both: looking for all would take FTS5 ten
// milliseconds a contact.
func (w *checkedWorkspace) sameGrams(ctx context.Context, conn *conn, e entry, keys search.Keys) (bool, error) {
	if !e.there {
		return false, nil
	}
	grams := search.TextGrams(w.id, bucketOf(keys.Name), keys.Text)
	if len(grams) != tokens(e.size) {
		return false, nil
	}
	for i := range min(len(grams), sampledGrams) {
		_, found, err := first(ctx, conn, `SELECT 1 FROM contact_grams WHERE contact_grams MATCH @gram AND rowid = @n`,
			args{"gram": string(appendWord(nil, grams[i*len(grams)/sampledGrams])), "n": e.n}, scanInt)
		if err != nil || !found {
			return false, err
		}
	}
	return true, nil
}

// tokens is the number of words that FTS5 noted for an entry of one column: seven bits a byte, the highest ones first.
func tokens(size []byte) (n int) {
	for _, b := range size {
		n = n<<7 | int(b&0x7f)
	}
	return n
}

// Grams checks that every word in the gram index belongs to an entry, with as many words as FTS5 has counted for it, and
// every entry to a contact. It repairs those, and the entries that the check of the contacts left to it.
func (d *checkedDatabase) Grams(ctx context.Context, r *checkup.Report) error {
	wrong, err := readOnce(ctx, d.Store, func(c *conn) (map[int64]*storage.Finding, error) { return orphanGrams(ctx, c, r) })
	if err != nil {
		return err
	}
	for n, f := range d.stale {
		if f != nil || wrong[n] == nil {
			wrong[n] = f
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wrong)), gramsAtOnce) {
		if r.Repair {
			if err := d.rewriteGrams(ctx, some); err != nil {
				return err
			}
		}
		for _, n := range some {
			if f := wrong[n]; f != nil {
				f.Repaired = r.Repair
				r.Found(*f)
			}
		}
	}
	return nil
}

// orphanGrams returns the entries with too many or too few words, and those without a contact, by their numbers.
func orphanGrams(ctx context.Context, c *conn, r *checkup.Report) (map[int64]*storage.Finding, error) {
	words := make(map[int64]int32)
	_, err := all(ctx, c, `SELECT doc FROM contact_gram_words`, nil, func(rows *sql.Rows) (none struct{}, err error) {
		var n int64
		err = rows.Scan(&n)
		words[n]++
		return none, err
	})
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*storage.Finding)
	entries, err := all(ctx, c, `
		SELECT d.id, d.sz, coalesce(w.name, ''), coalesce(c.id, l.contact_id)
		FROM contact_grams_docsize d
		LEFT JOIN contacts c ON c.n = d.id
		LEFT JOIN gram_leftovers l ON l.n = d.id
		LEFT JOIN workspaces w ON w.workspace_id = coalesce(c.workspace_id, l.workspace_id)`, nil, func(rows *sql.Rows) (none struct{}, err error) {
		var n int64
		var size, id []byte
		var workspace string
		if err := rows.Scan(&n, &size, &workspace, &id); err != nil {
			return none, err
		}
		switch {
		case id == nil:
			found[n] = &storage.Finding{Kind: storage.OrphanGrams}
		case r.Workspace != "" && workspace != r.Workspace: // another check's
		case int(words[n]) != tokens(size):
			found[n] = &storage.Finding{Workspace: workspace, Kind: storage.StaleGrams, Contact: new(crm.ContactID(id))}
		}
		delete(words, n)
		return none, nil
	})
	for n := range words {
		found[n] = &storage.Finding{Kind: storage.OrphanGrams}
	}
	r.Looked(len(entries))
	return found, err
}

// rewriteGrams removes entries with all the words that they have or should have, and writes those of existing contacts again.
func (d *checkedDatabase) rewriteGrams(ctx context.Context, entries []int64) error {
	words := make(map[int64][]string, len(entries))
	for _, n := range entries {
		words[n] = nil
	}
	_, err := read(ctx, d.Store, func(c *conn) ([]struct{}, error) {
		return all(ctx, c, `SELECT doc, term FROM contact_gram_words`, nil, func(rows *sql.Rows) (none struct{}, err error) {
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
		if err := d.write(ctx, func(ctx context.Context, t *tx) error { return t.rewriteGrams(ctx, n, words[n]) }); err != nil {
			return err
		}
	}
	return nil
}

// rewriteGrams writes an entry again that was found to have these words. FTS5 counts all words in the index, and reports damage
// when more are removed than were ever added. So the entry is first replaced by one that repeats a placeholder as often as
// words are to be removed.
func (t *tx) rewriteGrams(ctx context.Context, n int64, words []string) error {
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
		gramChange{n: n, old: new(placeholder + strings.Join(words, " "))})
	if g.old != nil {
		t.grams = append(t.grams, gramChange{n: n, new: g.old})
	}
	return nil
}
