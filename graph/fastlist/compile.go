package fastlist

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/graph/resolve"
	"kith/internal/crm"
)

// compiler turns selection sets into field writers.
type compiler struct {
	ctx     context.Context //nolint:containedctx // of the one field that is being compiled
	op      *graphql.OperationContext
	loaders *resolve.Loaders
	// ahead is what the contacts of the page ask the loaders for. Contacts that are nested deeper ask for themselves.
	ahead  []func(ctx context.Context, id crm.ContactID)
	nested int
	// unknown is set when only gqlgen can write the list.
	unknown bool
}

// fieldWriters write the fields of an object in order.
type fieldWriters[T any] []fieldWriter[T]

type fieldWriter[T any] struct {
	key   string // with its quotes and the colon
	write func(w *List, v *T)
}

// plainFields are the fields of a type without arguments or fields below them.
type plainFields[T any] map[string]func(w *List, v *T)

// compile makes the field writers of an object of the first of types; the others are its interfaces. composite makes the writer
// of any other field than a plain one, nil for one that it does not know. It is nil where every field is plain.
func compile[T any](
	c *compiler, fc *graphql.FieldContext, types []string, plain plainFields[T],
	composite func(f *graphql.FieldContext) func(w *List, v *T),
) fieldWriters[T] {
	fields := graphql.CollectFields(c.op, fc.Field.Selections, types)
	out := make(fieldWriters[T], 0, len(fields))
	for _, f := range fields {
		write := plain[f.Name]
		switch {
		case out.has(f.Alias):
			continue // as gqlgen does: the first one stays
		case f.Name == "__typename":
			name := types[0]
			write = func(w *List, _ *T) { w.string(name) }
		case write == nil && composite != nil:
			child, err := fc.Child(c.ctx, f)
			if err != nil {
				c.unknown = true
				return nil
			}
			write = composite(child)
		}
		if write == nil {
			c.unknown = true
			return nil
		}
		out = append(out, fieldWriter[T]{`"` + f.Alias + `":`, write})
	}
	return out
}

func (s fieldWriters[T]) has(alias string) bool {
	for i := range s {
		if key := s[i].key; key[1:len(key)-2] == alias {
			return true
		}
	}
	return false
}

// write appends an object.
func (s fieldWriters[T]) write(w *List, v *T) {
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
func (s fieldWriters[T]) orNull(w *List, v *T) {
	if v == nil {
		w.null()
		return
	}
	s.write(w, v)
}

func (c *compiler) pageInfo(fc *graphql.FieldContext) fieldWriters[model.PageInfo] {
	return compile(c, fc, []string{"PageInfo"}, plainPageInfo, nil)
}
