package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/internal/crm"
)

// refusal is why an operation is not executed: the errors, and the status that HTTP has for them.
type refusal struct {
	status int
	errors gqlerror.List
}

// refuse words what an error means for the client.
func (h *Handler) refuse(ctx context.Context, err error) *refusal {
	message, ext := h.describe(ctx, err)
	status := http.StatusInternalServerError
	switch ext["code"] {
	case codeBadUserInput, codeResync:
		status = http.StatusBadRequest
	case codeRateLimited:
		status = http.StatusTooManyRequests
	case codeForbidden:
		status = http.StatusForbidden
	case codeUnavailable:
		status = http.StatusServiceUnavailable
	}
	return &refusal{status, problem(message, ext)}
}

func badRequest(message string) *refusal {
	return &refusal{http.StatusBadRequest, problem(message, extensions(codeBadUserInput))}
}

// prepare makes an operation of what a client sent, or says why not. Every operation goes through here, by whichever
// transport it came: what is refused here is refused everywhere.
func (h *Handler) prepare(
	ctx context.Context, params *graphql.RawParams,
) (op *graphql.OperationContext, refused *refusal) {
	defer func() {
		if value := recover(); value != nil {
			op, refused = nil, h.refuse(ctx, &panicError{value, debug.Stack()})
		}
		if refused != nil {
			_, done := h.watched(ctx, nil)
			done(nil, refused)
		}
	}()
	op, errs := h.executor.CreateOperationContext(graphql.StartOperationTrace(ctx), params)
	if len(errs) > 0 {
		if op.Doc != nil && op.Operation == nil {
			return nil, badRequest("operationName must name an operation of the document")
		}
		return nil, &refusal{http.StatusBadRequest, refusals(errs)}
	}
	op.DisableIntrospection = !h.introspection
	return op, nil
}

func isSubscription(op *graphql.OperationContext) bool {
	return op.Operation.Operation == ast.Subscription
}

// execute runs a query or a mutation. An answer without data is a refusal.
func (h *Handler) execute(
	ctx context.Context, op *graphql.OperationContext,
) (resp *graphql.Response, refused *refusal) {
	ctx, done := h.watched(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			resp, refused = nil, h.refuse(ctx, &panicError{value, debug.Stack()})
		}
		var errs gqlerror.List
		if resp != nil {
			errs = resp.Errors
		}
		done(errs, refused)
	}()
	answers, ctx := h.executor.DispatchOperation(ctx, op)
	resp = answers(ctx)
	if resp == nil || resp.Data == nil {
		return nil, h.refuse(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
	}
	resp.Errors = resp.Errors[:min(len(resp.Errors), maxErrors)]
	return resp, nil
}

// appendAnswer appends an answer as JSON. The data is JSON already and stays as it is, with the written lists in their
// places; a refused operation has none.
func appendAnswer(b []byte, resp *graphql.Response, written ...*buffer) []byte {
	b = append(b, '{')
	if len(resp.Errors) > 0 {
		b = append(append(b, `"errors":`...), errorsJSON(resp.Errors)...)
	}
	if resp.Data != nil {
		if len(resp.Errors) > 0 {
			b = append(b, ',')
		}
		b = splice(append(b, `"data":`...), resp.Data, written)
	}
	return append(b, '}')
}

func errorsJSON(list gqlerror.List) []byte {
	text, err := json.Marshal(list)
	if err != nil { // paths, positions and our own words: cannot be
		return []byte(`[{"message":"internal error","extensions":{"code":"INTERNAL"}}]`)
	}
	return text
}
