package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
)

// The gram index of SQLite has fewer, larger buckets than package search names, and a query asks for some of its grams
// only: looking a word up costs more here than passing over a few contacts, and every bucket and gram is a look-up.
const (
	bucketSize = 4
	mostGrams  = 6
)

// bucketOf is the bucket of a name key in the gram index. Like search.Bucket it rises with the key.
func bucketOf(nameKey string) int { return search.Bucket(nameKey) / bucketSize }

// gramChange is an entry of the gram index that a write adds, replaces or removes.
type gramChange struct {
	n        int64   // contacts.n
	old, new *string // words; nil without an entry before or after
}

// gramWords are the words of a contact with these keys.
func gramWords(w crm.WorkspaceID, nameKey, searchText string) string {
	return words(search.TextGrams(w, bucketOf(nameKey), searchText))
}

// indexed returns the entry of a contact as it is now. Its words follow from the stored keys, because this version may
// compute others.
func (t *tx) indexed(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) (gramChange, error) {
	g, found, err := t.entry(ctx, `workspace_id = @workspace AND id = @id`, args{"workspace": w, "id": id[:]})
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return g, err
}

// entry is indexed for the contact that meets a condition.
func (t *tx) entry(ctx context.Context, condition string, a args) (g gramChange, found bool, err error) {
	return first(ctx, t.conn, `SELECT n, workspace_id, name_key, search_text FROM contacts WHERE `+condition, a,
		func(rows *sql.Rows) (g gramChange, err error) {
			var w crm.WorkspaceID
			var nameKey, searchText string
			if err := rows.Scan(&g.n, &w, &nameKey, &searchText); err != nil {
				return g, err
			}
			g.old = new(gramWords(w, nameKey, searchText))
			return g, nil
		})
}

// flushGrams brings the gram index up to date for a whole group of writes. It comes last, because FTS5 writes a segment
// to the disk at each savepoint, and all of them have to be merged later. Entries are removed by their words, which the
// option secure-delete of FTS5 then erases from its segments; see https://sqlite.org/fts5.html#the_secure_delete_configuration_option.
func (t *tx) flushGrams(ctx context.Context) error {
	slices.SortStableFunc(t.grams, func(a, b gramChange) int { return cmp.Compare(a.n, b.n) }) // else FTS5 writes several segments
	for _, g := range t.grams {
		if err := t.changeGrams(ctx, g); err != nil {
			return err
		}
	}
	t.grams = nil
	return nil
}

// changeGrams changes one entry. Of one that stays it touches the words that go and those that come: each costs FTS5 a search
// through all rows that have it. The number of an entry's words is in a separate row.
func (t *tx) changeGrams(ctx context.Context, g gramChange) error {
	var there bool
	if g.old != nil {
		var err error
		_, there, err = first(ctx, t.conn, `SELECT 1 FROM contact_grams_docsize WHERE id = @n`, args{"n": g.n}, scanInt)
		if err != nil {
			return err
		}
	}
	switch {
	case !there && g.new == nil:
		return nil
	case !there:
		return t.addGrams(ctx, g.n, *g.new)
	case g.new == nil:
		return t.dropGrams(ctx, g.n, *g.old)
	}
	if err := t.dropGrams(ctx, g.n, withoutWords(*g.old, *g.new)); err != nil {
		return err
	}
	if err := t.addGrams(ctx, g.n, withoutWords(*g.new, *g.old)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE contact_grams_docsize SET sz = @size WHERE id = @n`,
		args{"n": g.n, "size": sizeOf(len(strings.Fields(*g.new)))})
	return err
}

// dropGrams removes an entry and these words of it. Both statements name their row, because FTS5 would write a segment
// before one that may change several.
func (t *tx) dropGrams(ctx context.Context, n int64, words string) error {
	t.dropped = t.dropped || words != ""
	_, err := t.exec(ctx, `INSERT INTO contact_grams (contact_grams, rowid, grams) VALUES ('delete', @n, @words)`,
		args{"n": n, "words": words})
	return err
}

// addGrams adds an entry of these words.
func (t *tx) addGrams(ctx context.Context, n int64, words string) error {
	_, err := t.exec(ctx, `INSERT INTO contact_grams (rowid, grams) VALUES (@n, @words)`, args{"n": n, "words": words})
	return err
}

// withoutWords are the words of a that b has not.
func withoutWords(a, b string) string {
	in := make(map[string]bool)
	for word := range strings.FieldsSeq(b) {
		in[word] = true
	}
	left := make([]byte, 0, len(a))
	for word := range strings.FieldsSeq(a) {
		if !in[word] {
			left = append(append(left, word...), ' ')
		}
	}
	return string(left)
}

// sizeOf is the number of words of an entry as FTS5 stores it: seven bits a byte, the highest ones first. Entries have fewer
// than 16,384.
func sizeOf(words int) []byte {
	if words < 1<<7 {
		return []byte{byte(words)}
	}
	return []byte{byte(words>>7) | 1<<7, byte(words & 0x7f)}
}

// unusedNumber is the number of a new contact where a leftover has the one that SQLite would take; else NULL.
const unusedNumber = `(SELECT max(n) + 1 FROM gram_leftovers WHERE n > (SELECT coalesce(max(n), 0) FROM contacts))`

// leaveGrams leaves the entry of a contact that becomes part of another in the gram index, where it finds nothing any more:
// removing it takes longer than all the rest of a merge. [Store.Maintain] does that.
func (t *tx) leaveGrams(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) error {
	g, err := t.indexed(ctx, w, id)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		INSERT INTO gram_leftovers (n, workspace_id, contact_id, words) VALUES (@n, @workspace, @id, @words)`,
		args{"n": g.n, "workspace": w, "id": id[:], "words": *g.old})
	return err
}

// dropLeftovers removes the entries that contacts have left.
func (t *tx) dropLeftovers(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) error {
	return t.dropLeftoversOf(ctx, `
		INDEXED BY gram_leftovers_of_contact
		WHERE workspace_id = @workspace AND contact_id IN (SELECT unhex(value) FROM json_each(@ids))`,
		args{"workspace": w, "ids": idList(ids)})
}

// dropLeftoversOf is dropLeftovers for those that a condition picks.
func (t *tx) dropLeftoversOf(ctx context.Context, condition string, a args) error {
	left, err := all(ctx, t.conn, `DELETE FROM gram_leftovers `+condition+` RETURNING n, words`, a,
		func(rows *sql.Rows) (g gramChange, err error) { return g, rows.Scan(&g.n, &g.old) })
	t.grams = append(t.grams, left...)
	return err
}

// dropSomeLeftovers removes an entry that a contact has left, and reports whether there are more.
func (s *Store) dropSomeLeftovers(ctx context.Context) (more bool, err error) {
	more, err = read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, `SELECT 1 FROM gram_leftovers LIMIT 1`, nil, scanInt)
		return found, err
	})
	if err != nil || !more {
		return false, err
	}
	return true, s.write(ctx, func(ctx context.Context, t *tx) error {
		return t.dropLeftoversOf(ctx, `WHERE n = (SELECT min(n) FROM gram_leftovers)`, nil)
	})
}

// words are grams as a text that FTS5 takes apart again.
func words(grams []int64) string {
	b := make([]byte, 0, 10*len(grams))
	for _, g := range grams {
		b = append(appendWord(b, g), ' ')
	}
	return string(b)
}

// matching is the FTS5 query for the contacts of a bucket that may contain every token.
func matching(w crm.WorkspaceID, bucket int, tokens []string) string {
	grams := search.Grams(w, bucket, tokens)
	var b strings.Builder
	for i, g := range grams[:min(len(grams), mostGrams)] {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteByte('"')
		b.Write(appendWord(nil, g))
		b.WriteByte('"')
	}
	return b.String()
}

// appendWord writes a gram as a word of FTS5. The bucket goes from the middle to the end, so that a gram's buckets stand
// side by side in the index.
func appendWord(b []byte, gram int64) []byte {
	g := uint64(gram)
	workspace, bucket, hash := g>>38, g>>32&0x3f, g&0xffffffff
	return strconv.AppendUint(b, workspace<<38|hash<<6|bucket, 32)
}
