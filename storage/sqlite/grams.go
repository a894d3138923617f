package sqlite

import (
	"context"
	"strconv"
	"strings"

	"kith/internal/crm"
	"kith/storage/search"
)

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
	return args{"n": g.n, "grams": words(search.TextGrams(g.workspace, search.Bucket(g.keys.Name), g.keys.Text))}
}

// words are grams as a text that FTS5 takes apart again.
func words(grams []int64) string {
	b := make([]byte, 0, 10*len(grams))
	for _, g := range grams {
		b = append(appendWord(b, g), ' ')
	}
	return string(b)
}

// allOf is the FTS5 query for the texts that have every one of the grams.
func allOf(grams []int64) string {
	var b strings.Builder
	for i, g := range grams {
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
	g := uint64(gram) //nolint:gosec // only the bits count
	workspace, bucket, hash := g>>38, g>>32&0x3f, g&0xffffffff
	return strconv.AppendUint(b, workspace<<38|hash<<6|bucket, 32)
}
