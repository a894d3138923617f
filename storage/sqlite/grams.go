package sqlite

import (
	"context"
	"database/sql"
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
	for _, g := range t.grams {
		if g.old != nil {
			t.dropped = true
			_, err := t.exec(ctx, `
				INSERT INTO contact_grams (contact_grams, rowid, grams)
				SELECT 'delete', id, @old FROM contact_grams_docsize WHERE id = @n`, args{"n": g.n, "old": *g.old})
			if err != nil {
				return err
			}
		}
		if g.new != nil {
			if _, err := t.exec(ctx, `INSERT INTO contact_grams (rowid, grams) VALUES (@n, @new)`, args{"n": g.n, "new": *g.new}); err != nil {
				return err
			}
		}
	}
	t.grams = nil
	return nil
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
