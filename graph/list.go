package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/answer"
	"kith/graph/model"
)

// resolveField is the middleware of all fields: it lets them resolve, writes the lists, and adds up the answer. Once that is
// too large nothing more is resolved, but for mutations.
func (h *Handler) resolveField(ctx context.Context, next graphql.Resolver) (any, error) {
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
		if list, ok := h.writeList(ctx, fc, value); ok {
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

// writeList writes the lists; not ok for what gqlgen has to write.
func (h *Handler) writeList(ctx context.Context, fc *graphql.FieldContext, value any) (list graphql.Marshaler, ok bool) {
	if h.stock {
		return nil, false
	}
	switch page := value.(type) {
	case model.ContactConnection:
		return written(ctx, h, fc, &page, (*compiler).contactConnection)
	case model.SessionConnection:
		return written(ctx, h, fc, &page, (*compiler).sessionConnection)
	}
	return nil, false
}
