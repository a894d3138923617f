package fastlist

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"kith/graph/answer"
	"kith/graph/resolve"
	"kith/graph/scalar"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// List is a list in the making, then its JSON.
type List struct {
	ctx     context.Context //nolint:containedctx // of the one field that is being written
	loaders *resolve.Loaders
	ahead   []func(ctx context.Context, id crm.ContactID)
	answer  *answer.Answer
	taken   int // bytes of b that the answer knows of
	b       *answer.Buffer
	err     error
}

// errTooLarge fails a list that the answer has no room for.
var errTooLarge = errors.New("the answer is too large")

// chunk is how many bytes a list grows before it reports them to the answer.
const chunk = 64 << 10

// take reports to the answer how much the list has grown, if that is at least so much, and fails a list that is too large.
func (w *List) take(atLeast int) {
	n := len(w.b.B) - w.taken
	if n < atLeast {
		return
	}
	w.taken += n
	if !w.answer.Take(n) {
		w.fail(errTooLarge)
	}
}

// text appends a text that may be long, unless the list has failed.
func (w *List) text(s string) {
	if w.err == nil {
		w.string(s)
		w.take(chunk)
	}
}

// MarshalGQL writes the placeholder of the list, or the list itself, once.
func (w *List) MarshalGQL(to io.Writer) {
	if data, ok := w.answer.PlaceList(w.b); ok {
		_, _ = to.Write(data[:])
		return
	}
	_, _ = to.Write(w.b.B)
	w.b.Free()
}

// fail leaves the list to gqlgen.
func (w *List) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *List) null()            { w.b.B = append(w.b.B, "null"...) }
func (w *List) bool(v bool)      { w.b.B = strconv.AppendBool(w.b.B, v) }
func (w *List) int(v int)        { w.b.B = strconv.AppendInt(w.b.B, int64(v), 10) }
func (w *List) string(s string)  { w.b.B = scalar.AppendString(w.b.B, s) }
func (w *List) time(t time.Time) { w.b.B = scalar.AppendDateTime(w.b.B, t) }

func (w *List) cursor(list cursor.List, at storage.Position) {
	w.b.B = append(cursor.Append(append(w.b.B, '"'), list, at), '"')
}

// writeID appends an id.
func writeID[T interface{ Append(b []byte) []byte }](w *List, id T) {
	w.b.B = append(id.Append(append(w.b.B, '"')), '"')
}

// writeEnum appends a value that needs no escaping.
func writeEnum[T ~string](w *List, v T) {
	w.b.B = append(append(append(w.b.B, '"'), v...), '"')
}

// writeOptional appends what v points to, or null.
func writeOptional[T any](w *List, v *T, write func(*List, T)) {
	if v == nil {
		w.null()
		return
	}
	write(w, *v)
}

// writeValues appends an array of values that are no objects.
func writeValues[T any](w *List, values []T, write func(*List, T)) {
	w.b.B = append(w.b.B, '[')
	for i, v := range values {
		if i > 0 {
			w.b.B = append(w.b.B, ',')
		}
		write(w, v)
	}
	w.b.B = append(w.b.B, ']')
}

// writeList appends an array of objects.
func writeList[R, T any](w *List, s fieldWriters[T], rows []R, object func(*R) *T) {
	w.b.B = append(w.b.B, '[')
	for i := range rows {
		if w.err != nil {
			return
		}
		if i > 0 {
			w.b.B = append(w.b.B, ',')
		}
		s.write(w, object(&rows[i]))
		w.take(chunk)
	}
	w.b.B = append(w.b.B, ']')
	w.fail(w.ctx.Err())
}

// itself is the object of a row that is one.
func itself[T any](v *T) *T { return v }
