package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

// Operation is an operation as those see it who watch.
type Operation struct {
	// Kind is query, mutation or subscription; empty for a document that was refused.
	Kind string
	// Field is the one field of the root that is asked for, "several" for more than one. It is always one of the schema's,
	// or empty.
	Field string
	// Name is what the client calls the operation; whatever it likes, of letters, digits and underscores.
	Name   string
	Cost   int // 0 where nobody has measured it
	Viewer crm.Viewer
}

// Watch is told of each operation as it begins; what it returns is told how it ended: "OK", "CANCELLED" when the client left
// and there is no answer, or the code of the first error. A subscription ends, in this sense, when it stands. The operation
// goes on under the context returned.
type Watch func(ctx context.Context, o Operation) (context.Context, func(code string))

// How an operation ends, other than with the code of an error.
const (
	codeOK        = "OK"
	codeCancelled = "CANCELLED" // the client left, as one does who types on while the answer to fewer letters is under way
)

// ignore watches nothing.
func ignore(ctx context.Context, _ Operation) (context.Context, func(string)) {
	return ctx, func(string) {}
}

// watched begins to watch an operation, of which a refused document has none.
func (h *Handler) watched(ctx context.Context, op *graphql.OperationContext) (context.Context, func(gqlerror.List, *problem.Refusal)) {
	o := Operation{Viewer: auth.Viewer(ctx)}
	if op != nil && op.Operation != nil {
		o.Kind, o.Name, o.Field = string(op.Operation.Operation), op.Operation.Name, rootField(op.Operation.SelectionSet)
		o.Cost, _ = op.Stats.GetExtension(costKey).(int)
	}
	ctx, done := h.watch(ctx, o)
	return ctx, func(errs gqlerror.List, refused *problem.Refusal) {
		if refused != nil {
			errs = refused.Errors
		}
		code := codeOK
		switch {
		case len(errs) > 0 && errors.Is(ctx.Err(), context.Canceled):
			code = codeCancelled
		case len(errs) > 0:
			code, _ = errs[0].Extensions["code"].(string)
		}
		done(code)
	}
}

// rootField is the one field that a selection set of the root has, fragments included.
func rootField(set ast.SelectionSet) string {
	found := ""
	for _, s := range set {
		name := ""
		switch s := s.(type) {
		case *ast.Field:
			name = s.Name
		case *ast.InlineFragment:
			name = rootField(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition != nil {
				name = rootField(s.Definition.SelectionSet)
			}
		}
		switch {
		case found == "" || found == name:
			found = name
		case name != "":
			return "several"
		}
	}
	return found
}

// watchRoot calls watch around the fields of the root.
func watchRoot(watch func(context.Context, string) (context.Context, func())) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		ctx, done := watch(ctx, graphql.GetRootFieldContext(ctx).Field.Name)
		defer done()
		return next(ctx)
	}
}
