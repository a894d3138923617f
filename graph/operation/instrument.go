package operation

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

// Info describes an operation for telemetry.
type Info struct {
	// Kind is query, mutation or subscription; empty for a document that was refused.
	Kind string
	// Field is the field of the root that is asked for, "several" for more than one. It is a field of the schema, or empty.
	Field string
	// Name is the client's name for the operation: any letters, digits and underscores.
	Name   string
	Cost   int // 0 if it was not measured
	Viewer crm.Viewer
}

// Instrument is called as each operation begins. The function that it returns is called at the end, with "OK", "CANCELLED" when
// the client left before the answer, or the code of the first error. A subscription counts as ended once it is open. The
// operation runs with the context returned.
type Instrument func(ctx context.Context, i Info) (context.Context, func(code string))

// How an operation ends, other than with the code of an error.
const (
	codeOK        = "OK"
	codeCancelled = "CANCELLED" // the client left, as one does who types on while the answer to fewer letters is under way
)

// ignore is the Instrument that does nothing.
func ignore(ctx context.Context, _ Info) (context.Context, func(string)) {
	return ctx, func(string) {}
}

// Instrument reports that an operation begins, and returns what reports its end. The operation of a refused document is nil.
func (r *Runner) Instrument(ctx context.Context, op *graphql.OperationContext) (context.Context, func(gqlerror.List, *problem.Refusal)) {
	i := Info{Viewer: auth.Viewer(ctx)}
	if op != nil && op.Operation != nil {
		i.Kind, i.Name, i.Field = string(op.Operation.Operation), op.Operation.Name, rootField(op.Operation.SelectionSet)
		i.Cost, _ = op.Stats.GetExtension(costKey).(int)
	}
	ctx, done := r.instrument(ctx, i)
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

// rootField is the field of a selection set of the root, fragments included.
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
