package graph

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/graph/scalar"
)

// usualAnswerLimit is how many bytes an answer can have.
const usualAnswerLimit = 8 << 20

// answer is one answer while it is made: its written lists, and what it has come to, so that making it ends where it would
// become too large. The fields of an answer are resolved side by side.
type answer struct {
	lists

	most int64
	// bytes are those of the written lists, and no more than those of what gqlgen has resolved.
	bytes atomic.Int64
	// fields are those that gqlgen has resolved, of which each takes memory until the answer is written.
	fields atomic.Int64
	over   atomic.Bool
}

// bytesPerField is how many bytes of the limit there are for each field that gqlgen may resolve. Fields of ordinary answers
// have more on the average.
const bytesPerField = 16

type answerKey struct{}

// withAnswer returns a context for making one answer.
func (h *Handler) withAnswer(ctx context.Context) (context.Context, *answer) {
	a := &answer{most: int64(h.answerLimit)}
	return context.WithValue(ctx, answerKey{}, a), a
}

// answerOf is the answer that is being made; nil for none.
func answerOf(ctx context.Context) *answer {
	a, _ := ctx.Value(answerKey{}).(*answer)
	return a
}

// take adds bytes and reports whether the answer is still within its limit.
func (a *answer) take(bytes int) bool {
	if a.bytes.Add(int64(bytes)) > a.most {
		a.over.Store(true)
	}
	return !a.over.Load()
}

// takeField adds a field that gqlgen has resolved.
func (a *answer) takeField(bytes int) bool {
	if a.fields.Add(1) > a.most/bytesPerField {
		a.over.Store(true)
	}
	return a.take(bytes)
}

// checked is what gqlgen answers, or in its place that it is too large. What a mutation has changed stays changed.
func (a *answer) checked(op *graphql.OperationContext, resp *graphql.Response) *graphql.Response {
	if !a.over.Load() && int64(len(resp.Data)+a.size()) <= a.most {
		return resp
	}
	message := fmt.Sprintf("The answer is too large: it can have at most %d bytes. Ask for fewer rows or fewer texts", a.most)
	if op.Operation.Operation == ast.Mutation {
		message += ". The mutation has been made"
	}
	return &graphql.Response{Data: []byte("null"), Errors: problem.Coded(message, problem.TooComplex)}
}

// json is an answer as JSON, with the written lists in their places.
func (a *answer) json(resp *graphql.Response) *buffer {
	b := buffers.Get().(*buffer)
	b.b = slices.Grow(b.b, len(resp.Data)+a.size()+512)
	b.b = appendAnswer(b.b, resp, a.written...)
	return b
}

// resolveField is the middleware of all fields: it lets them resolve, writes the lists, and adds up the answer. Once that is
// too large nothing more is resolved, but for mutations.
func (h *Handler) resolveField(ctx context.Context, next graphql.Resolver) (any, error) {
	a, fc := answerOf(ctx), graphql.GetFieldContext(ctx)
	switch {
	case a == nil:
		return next(ctx)
	case a.over.Load() && fc.Object != "Mutation":
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
	if !a.takeField(len(fc.Field.Alias) + len(`"":,`) + atLeast(value)) {
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

// atLeast is no more than the bytes that a value takes as JSON, and hardly less where it takes many.
func atLeast(value any) int {
	switch v := value.(type) {
	case string:
		return scalar.StringSize(v)
	case *string:
		if v != nil {
			return scalar.StringSize(*v)
		}
	case []string:
		n := len("[]")
		for _, s := range v {
			n += scalar.StringSize(s)
		}
		return n
	}
	return 1
}
