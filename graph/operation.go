package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/answer"
	"kith/graph/limit"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

// prepare makes an operation of what a client sent, or says why not. Every operation goes through here, by whichever
// transport it came: what is refused here is refused everywhere. The viewer is the context's.
func (h *Handler) prepare(ctx context.Context, asked *request) (op *graphql.OperationContext, refused *problem.Refusal) {
	defer func() {
		if value := recover(); value != nil {
			op, refused = nil, h.report.Refuse(ctx, h.report.Recovered(ctx, value))
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
		return nil, problem.RefuseDocument(errs)
	}
	op, errs = h.executor.CreateOperationContext(withDocument(graphql.StartOperationTrace(ctx), doc), &asked.RawParams)
	if len(errs) > 0 {
		if op.Operation == nil {
			return nil, problem.BadRequest("operationName must name an operation of the document")
		}
		return nil, problem.RefuseDocument(problem.OfDocument(errs))
	}
	viewer := auth.Viewer(ctx)
	cost, err := limit.Measure(op.Operation, op.Variables)
	if err != nil && !h.unlimited {
		return nil, problem.RefuseDocument(tooComplex(err))
	}
	if more := cost.Cost / costPerToken; more > 0 {
		if wait, ok := h.allow(ctx, viewer, more); !ok {
			return nil, h.report.Refuse(ctx, problem.TooFast(wait))
		}
	}
	op.DisableIntrospection = !h.introspection || viewer.Role == crm.RoleChannel
	op.Stats.SetExtension(costKey, cost.Cost)
	return op, nil
}

// costPerToken is how much cost each token of the rate limit covers.
const costPerToken = 1000

// lookUpDocument puts the text of a trusted document in its place.
func (h *Handler) lookUpDocument(asked *request) *problem.Refusal {
	switch {
	case asked.Query != "":
		return nil
	case h.trusted == nil:
		if persistedID(asked.Extensions) != "" {
			return problem.BadRequest("PersistedQueryNotSupported") // in the words that Apollo Client understands
		}
		return problem.BadRequest("This server keeps no documents: send the query")
	}
	text, ok := h.trusted.text(asked.DocumentID)
	if !ok {
		return problem.RefuseDocument(problem.Coded(untrusted, problem.Forbidden))
	}
	asked.Query = text
	return nil
}

// costKey is where an operation carries its cost.
const costKey = "kith.cost"

// noteCost puts the cost of the operation into its answer.
func noteCost(op *graphql.OperationContext, resp *graphql.Response) {
	if cost, ok := op.Stats.GetExtension(costKey).(int); ok {
		resp.Extensions = map[string]any{"cost": answer.Cost{Cost: cost, Limit: limit.MaxCost}}
	}
}

func isSubscription(op *graphql.OperationContext) bool {
	return op.Operation.Operation == ast.Subscription
}

// execute runs a query or a mutation and returns its answer as JSON, to be freed. An answer without data is a refusal.
func (h *Handler) execute(ctx context.Context, op *graphql.OperationContext) (json *answer.Buffer, refused *problem.Refusal) {
	var errs gqlerror.List
	ctx, done := h.watched(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			json, refused = nil, h.report.Refuse(ctx, h.report.Recovered(ctx, value))
		}
		done(errs, refused)
	}()
	if err := h.gate.enter(ctx); err != nil {
		return nil, h.report.Refuse(ctx, err)
	}
	defer h.gate.leave()
	who := subjectOf(auth.Viewer(ctx))
	h.shares.work.begin(who)
	defer h.shares.work.end(who)
	ctx, a := answer.New(ctx, h.answerLimit)
	defer a.Free()
	answers, ctx := h.executor.DispatchOperation(ctx, op)
	resp := answers(ctx)
	if resp == nil || resp.Data == nil {
		return nil, h.report.Refuse(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
	}
	resp = a.Checked(op, resp)
	errs = resp.Errors[:min(len(resp.Errors), problem.MaxErrors)]
	resp.Errors = errs
	noteCost(op, resp)
	return a.JSON(resp), nil
}
