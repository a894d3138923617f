package graph

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/answer"
	"kith/graph/resolve"
	"kith/graph/scalar"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// The lists of contacts and sessions are what every keystroke asks for, and gqlgen spends more on them than the database
// does: a context, a closure and a value for each field, a goroutine for each row. So these two lists are written straight
// from their selection sets: compiled once a request into steps over plain structs that append to one buffer.
//
// It is a short cut, not another way: fields are collected by gqlgen, arguments are read by gqlgen, rows come through the
// same service and the same loaders, and the bytes are those that gqlgen would have written. Whatever is out of the
// ordinary (a field that is not in fields.go, an argument that is refused, an error of any row, a panic) is left to gqlgen, which
// starts over, finds in the loaders what was read already, and words the answer.

// written is the selected fields of a page as JSON; not ok when gqlgen has to write it, or the answer is too large.
func written[T any](
	ctx context.Context, h *Handler, fc *graphql.FieldContext, page *T,
	compile func(*compiler, *graphql.FieldContext) steps[T],
) (list graphql.Marshaler, ok bool) {
	defer func() {
		if value := recover(); value != nil {
			_ = h.report.Recovered(ctx, value)
			list, ok = nil, false // gqlgen writes the list instead, and reports what it meets
		}
	}()
	c := compiler{
		ctx:     graphql.WithFreshResponseContext(ctx), // what is wrong with an argument is gqlgen's to tell
		op:      graphql.GetOperationContext(ctx),
		loaders: resolve.LoadersOf(ctx),
	}
	fields := compile(&c, fc)
	if c.unknown {
		return nil, false
	}
	w := &writer{ctx: ctx, loaders: c.loaders, ahead: c.ahead, answer: answer.Of(ctx), b: answer.NewBuffer()}
	defer func() {
		if !ok { // also after a panic
			w.answer.Take(-w.taken)
			w.b.Free()
		}
	}()
	fields.write(w, page)
	w.take(0)
	return w, w.err == nil
}

// compiler turns selection sets into steps.
type compiler struct {
	ctx     context.Context //nolint:containedctx // of the one field that is being compiled
	op      *graphql.OperationContext
	loaders *resolve.Loaders
	// ahead is what the contacts of the page ask loaders for. Contacts that are nested deeper ask on their own.
	ahead  []func(ctx context.Context, id crm.ContactID)
	nested int
	// unknown is set by what only gqlgen can write.
	unknown bool
}

// steps write the fields of an object one by one.
type steps[T any] []step[T]

type step[T any] struct {
	key   string // with its quotes and the colon
	write func(w *writer, v *T)
}

// leaves are the fields of a type that take no arguments and have no fields of their own.
type leaves[T any] map[string]func(w *writer, v *T)

// compile makes the steps of an object of the first of types, the others being its interfaces. known makes the step of a
// field that has fields; it is nil where there is none, and answers nil for one that it does not know.
func compile[T any](
	c *compiler, fc *graphql.FieldContext, types []string, plain leaves[T],
	known func(f *graphql.FieldContext) func(w *writer, v *T),
) steps[T] {
	fields := graphql.CollectFields(c.op, fc.Field.Selections, types)
	out := make(steps[T], 0, len(fields))
	for _, f := range fields {
		write := plain[f.Name]
		switch {
		case out.has(f.Alias):
			continue // as gqlgen does: the first one stays
		case f.Name == "__typename":
			name := types[0]
			write = func(w *writer, _ *T) { w.string(name) }
		case write == nil && known != nil:
			child, err := fc.Child(c.ctx, f)
			if err != nil {
				c.unknown = true
				return nil
			}
			write = known(child)
		}
		if write == nil {
			c.unknown = true
			return nil
		}
		out = append(out, step[T]{`"` + f.Alias + `":`, write})
	}
	return out
}

func (s steps[T]) has(alias string) bool {
	for i := range s {
		if key := s[i].key; key[1:len(key)-2] == alias {
			return true
		}
	}
	return false
}

// write appends an object.
func (s steps[T]) write(w *writer, v *T) {
	b := w.b
	b.B = append(b.B, '{')
	for i := range s {
		if i > 0 {
			b.B = append(b.B, ',')
		}
		b.B = append(b.B, s[i].key...)
		s[i].write(w, v)
	}
	b.B = append(b.B, '}')
}

// orNull appends an object, or null for none.
func (s steps[T]) orNull(w *writer, v *T) {
	if v == nil {
		w.null()
		return
	}
	s.write(w, v)
}

// writeList appends an array of objects.
func writeList[R, T any](w *writer, s steps[T], rows []R, object func(*R) *T) {
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

// writer is one list in the making, then its JSON.
type writer struct {
	ctx     context.Context //nolint:containedctx // of the one field that is being written
	loaders *resolve.Loaders
	ahead   []func(ctx context.Context, id crm.ContactID)
	answer  *answer.Answer
	taken   int // of the answer, by what is in b
	b       *answer.Buffer
	err     error
}

// errTooLarge fails a list that the answer has no room for.
var errTooLarge = errors.New("the answer is too large")

// chunk is how many bytes a list grows before they are taken of the answer.
const chunk = 64 << 10

// take takes of the answer what the list has grown by, if that is so much, and fails the list where it is too much.
func (w *writer) take(atLeast int) {
	n := len(w.b.B) - w.taken
	if n < atLeast {
		return
	}
	w.taken += n
	if !w.answer.Take(n) {
		w.fail(errTooLarge)
	}
}

// text appends a text that may be long; none to a list that has failed.
func (w *writer) text(s string) {
	if w.err == nil {
		w.string(s)
		w.take(chunk)
	}
}

// MarshalGQL leaves a mark where the list has its place in the answer, or writes it, once.
func (w *writer) MarshalGQL(to io.Writer) {
	if data, ok := w.answer.PlaceList(w.b); ok {
		_, _ = to.Write(data[:])
		return
	}
	_, _ = to.Write(w.b.B)
	w.b.Free()
}

// fail makes the list gqlgen's.
func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) null()            { w.b.B = append(w.b.B, "null"...) }
func (w *writer) bool(v bool)      { w.b.B = strconv.AppendBool(w.b.B, v) }
func (w *writer) int(v int)        { w.b.B = strconv.AppendInt(w.b.B, int64(v), 10) }
func (w *writer) string(s string)  { w.b.B = scalar.AppendString(w.b.B, s) }
func (w *writer) time(t time.Time) { w.b.B = scalar.AppendDateTime(w.b.B, t) }

func (w *writer) cursor(list cursor.List, at storage.Position) {
	w.b.B = append(cursor.Append(append(w.b.B, '"'), list, at), '"')
}

// writeID appends an id.
func writeID[T interface{ Append(b []byte) []byte }](w *writer, id T) {
	w.b.B = append(id.Append(append(w.b.B, '"')), '"')
}

// writeEnum appends a value that needs no escaping.
func writeEnum[T ~string](w *writer, v T) {
	w.b.B = append(append(append(w.b.B, '"'), v...), '"')
}

// writeOptional appends what v points to, or null.
func writeOptional[T any](w *writer, v *T, write func(*writer, T)) {
	if v == nil {
		w.null()
		return
	}
	write(w, *v)
}
