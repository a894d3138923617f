// Package fastlist writes lists of contacts and sessions straight from their selection sets.
//
// Every keystroke asks for these lists, and gqlgen spends more on them than the database does: a context, a closure and a value
// for each field, and a goroutine for each row. Here a selection set is compiled once a request into field writers over plain
// structs, which append to one buffer.
//
// It is a short cut, not another way: gqlgen collects the fields and reads the arguments, rows come through the same service and
// the same loaders, and the bytes are those that gqlgen would have written. Anything out of the ordinary (a field that is not
// known here, an argument that is refused, an error of any row, a panic) is left to gqlgen, which starts over, finds in the
// loaders what was read already, and words the answer.
package fastlist

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/answer"
	"kith/graph/model"
	"kith/graph/resolve"
)

// Fields are the fields of an answer.
type Fields struct {
	// Recovered makes an error of a panic.
	Recovered func(ctx context.Context, panicked any) error
	// Stock has gqlgen write every list, for comparison.
	Stock bool
}

// Resolve is the middleware of all fields: it resolves them, writes the lists, and adds up the size of the answer. Once that is
// too large, it resolves mutations only.
func (o *Fields) Resolve(ctx context.Context, next graphql.Resolver) (any, error) {
	a, fc := answer.Of(ctx), graphql.GetFieldContext(ctx)
	switch {
	case a == nil:
		return next(ctx)
	case a.Over() && fc.Object != "Mutation":
		return graphql.Null, nil
	}
	value, err := next(ctx)
	if err != nil {
		return value, err
	}
	if fc.Object == "Query" {
		if list, ok := o.writeList(ctx, fc, value); ok {
			return list, nil
		}
		if err := ctx.Err(); err != nil {
			return value, err
		}
	}
	if !a.TakeField(fc.Field.Alias, value) {
		return graphql.Null, nil
	}
	return value, nil
}

// writeList writes a list. It is not ok when gqlgen has to write the value.
func (o *Fields) writeList(ctx context.Context, fc *graphql.FieldContext, value any) (list graphql.Marshaler, ok bool) {
	if o.Stock {
		return nil, false
	}
	switch page := value.(type) {
	case *model.ContactConnection:
		return written(ctx, o.Recovered, fc, page, (*compiler).contactConnection)
	case *model.SessionConnection:
		return written(ctx, o.Recovered, fc, page, (*compiler).sessionConnection)
	}
	return nil, false
}

// written is the selected fields of a page as JSON. It is not ok when gqlgen has to write them, or the answer is too large.
func written[T any](
	ctx context.Context, recovered func(context.Context, any) error, fc *graphql.FieldContext, page *T,
	compile func(*compiler, *graphql.FieldContext) fieldWriters[T],
) (list graphql.Marshaler, ok bool) {
	defer func() {
		if value := recover(); value != nil {
			_ = recovered(ctx, value)
			list, ok = nil, false // gqlgen writes the list instead, and reports what it meets
		}
	}()
	c := compiler{
		ctx:     graphql.WithFreshResponseContext(ctx), // gqlgen reports what is wrong with an argument
		op:      graphql.GetOperationContext(ctx),
		loaders: resolve.LoadersOf(ctx),
	}
	fields := compile(&c, fc)
	if c.unknown {
		return nil, false
	}
	w := &List{ctx: ctx, loaders: c.loaders, ahead: c.ahead, answer: answer.Of(ctx), b: answer.NewBuffer()}
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
