package sqlite

import (
	"context"
	"strconv"
	"strings"

	"kith/internal/crm"
	"kith/storage/search"
)

// The gram index of SQLite has fewer, larger buckets than package search names, and a query asks for some of its grams
// only: looking a word up costs more here than passing over a few contacts, and every bucket and gram is a look-up.
const (
	bucketSize = 4
	mostGrams  = 6
)

// bucketOf is the bucket of a name key in the gram index. Like search.Bucket it rises with the key.
func bucketOf(nameKey string) int { return search.Bucket(nameKey) / bucketSize }

// gramChange is an entry of the gram index that a write puts in, replaces or takes out.
type gramChange struct {
	kind      gramKind
	n         int64 // contacts.n
	workspace crm.WorkspaceID
	keys      search.Keys
}

type gramKind uint8

const (
	gramInsert gramKind = iota
	gramReplace
	gramDelete
)

// flushGrams brings the gram index up to date for a whole group of writes. It comes last, because FTS5 writes a segment
// to the disk at each savepoint, and all of them have to be merged later.
func (t *tx) flushGrams(ctx context.Context) error {
	for _, g := range t.grams {
		var err error
		t.dropped = t.dropped || g.kind != gramInsert
		switch g.kind {
		case gramInsert:
			_, err = t.exec(ctx, `INSERT INTO contact_grams (rowid, grams) VALUES (@n, @grams)`, g.args())
		case gramReplace:
			_, err = t.exec(ctx, `INSERT OR REPLACE INTO contact_grams (rowid, grams) VALUES (@n, @grams)`, g.args())
		case gramDelete:
			_, err = t.exec(ctx, `DELETE FROM contact_grams WHERE rowid = @n`, args{"n": g.n})
		}
		if err != nil {
			return err
		}
	}
	t.grams = nil
	return nil
}

func (g gramChange) args() args {
	return args{"n": g.n, "grams": words(search.TextGrams(g.workspace, bucketOf(g.keys.Name), g.keys.Text))}
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
