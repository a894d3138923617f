package graph

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/limit"
	"kith/internal/auth"
	"kith/internal/crm"
)

// refusal is why an operation is not executed: the errors, and the status that HTTP has for them.
type refusal struct {
	status int
	errors gqlerror.List
	wait   time.Duration // before asking again is worth while; 0 where nobody knows
}

// tell says in a header when to ask again.
func (r *refusal) tell(h http.Header) {
	if r.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(r.wait)))
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// refuse words what an error means for the client.
func (h *Handler) refuse(ctx context.Context, err error) *refusal {
	message, ext := h.describe(ctx, err)
	status, wait := http.StatusInternalServerError, time.Duration(0)
	switch ext["code"] {
	case codeBadUserInput, codeResync:
		status = http.StatusBadRequest
	case codeRateLimited:
		status = http.StatusTooManyRequests
	case codeForbidden:
		status = http.StatusForbidden
	case codeUnavailable:
		status, wait = http.StatusServiceUnavailable, time.Second
	}
	if many, ok := errors.AsType[*tooManyError](err); ok {
		wait = many.wait
	}
	return &refusal{status, problem(message, ext), wait}
}

func badRequest(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, errors: problem(message, extensions(codeBadUserInput))}
}

// prepare makes an operation of what a client sent, or says why not. Every operation goes through here, by whichever
// transport it came: what is refused here is refused everywhere. The viewer is the context's.
func (h *Handler) prepare(ctx context.Context, asked *request) (op *graphql.OperationContext, refused *refusal) {
	defer func() {
		if value := recover(); value != nil {
			op, refused = nil, h.refuse(ctx, h.caught(ctx, value))
		}
		if refused != nil {
			_, done := h.watched(ctx, nil)
			done(nil, refused)
		}
	}()
	if refused := h.lookUpDocument(asked); refused != nil {
		return nil, refused
	}
	doc, errs := h.document(asked.Query)
	if len(errs) > 0 {
		return nil, refuseOf(errs)
	}
	op, errs = h.executor.CreateOperationContext(withDocument(graphql.StartOperationTrace(ctx), doc), &asked.RawParams)
	if len(errs) > 0 {
		if op.Operation == nil {
			return nil, badRequest("operationName must name an operation of the document")
		}
		return nil, refuseOf(refusals(errs))
	}
	viewer := auth.Viewer(ctx)
	cost, err := limit.Measure(op.Operation, op.Variables)
	if err != nil && !h.unlimited {
		return nil, refuseOf(tooComplex(err))
	}
	if more := cost.Cost / costPerToken; more > 0 {
		if wait, ok := h.allow(ctx, viewer, more); !ok {
			return nil, h.refuse(ctx, tooFast(wait))
		}
	}
	op.DisableIntrospection = !h.introspection || viewer.Role == crm.RoleChannel
	op.Stats.SetExtension(costKey, cost.Cost)
	return op, nil
}

// costPerToken is how much cost each token of the rate limit covers.
const costPerToken = 1000

// lookUpDocument puts the text of a trusted document in its place.
func (h *Handler) lookUpDocument(asked *request) *refusal {
	switch {
	case asked.Query != "":
		return nil
	case h.trusted == nil:
		if persistedID(asked.Extensions) != "" {
			return badRequest("PersistedQueryNotSupported") // in the words that Apollo Client understands
		}
		return badRequest("This server keeps no documents: send the query")
	}
	text, ok := h.trusted.text(asked.DocumentID)
	if !ok {
		return refuseOf(problem(untrusted, extensions(codeForbidden)))
	}
	asked.Query = text
	return nil
}

// refuseOf refuses an operation for what is wrong with its document.
func refuseOf(errs gqlerror.List) *refusal {
	status := http.StatusBadRequest
	if errs[0].Extensions["code"] == codeForbidden {
		status = http.StatusForbidden
	}
	return &refusal{status: status, errors: errs}
}

// costKey is where an operation carries its cost.
const costKey = "kith.cost"

// costNote is what an answer tells about the cost of its operation.
type costNote struct {
	Cost  int `json:"cost"`
	Limit int `json:"limit"`
}

// noteCost puts the cost of the operation into its answer.
func noteCost(op *graphql.OperationContext, resp *graphql.Response) {
	if cost, ok := op.Stats.GetExtension(costKey).(int); ok {
		resp.Extensions = map[string]any{"cost": costNote{cost, limit.MaxCost}}
	}
}

func isSubscription(op *graphql.OperationContext) bool {
	return op.Operation.Operation == ast.Subscription
}

// execute runs a query or a mutation and returns its answer as JSON, to be freed. An answer without data is a refusal.
func (h *Handler) execute(ctx context.Context, op *graphql.OperationContext) (json *buffer, refused *refusal) {
	var errs gqlerror.List
	ctx, done := h.watched(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			json, refused = nil, h.refuse(ctx, h.caught(ctx, value))
		}
		done(errs, refused)
	}()
	if err := h.gate.enter(ctx); err != nil {
		return nil, h.refuse(ctx, err)
	}
	defer h.gate.leave()
	who := subjectOf(auth.Viewer(ctx))
	h.shares.work.begin(who)
	defer h.shares.work.end(who)
	ctx, a := h.withAnswer(ctx)
	defer a.free()
	answers, ctx := h.executor.DispatchOperation(ctx, op)
	resp := answers(ctx)
	if resp == nil || resp.Data == nil {
		return nil, h.refuse(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
	}
	resp = a.checked(op, resp)
	errs = resp.Errors[:min(len(resp.Errors), maxErrors)]
	resp.Errors = errs
	noteCost(op, resp)
	return a.json(resp), nil
}

// appendAnswer appends an answer as JSON. The data is JSON already and stays as it is, with the written lists in their
// places; a refused operation has none. What it cost comes last.
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
	if note, ok := resp.Extensions["cost"].(costNote); ok {
		b = append(b, `,"extensions":{"cost":{"cost":`...)
		b = strconv.AppendInt(b, int64(note.Cost), 10)
		b = append(b, `,"limit":`...)
		b = strconv.AppendInt(b, int64(note.Limit), 10)
		b = append(b, `}}`...)
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
