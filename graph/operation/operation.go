// Package operation makes an operation of a request, and answers it.
//
// All transports share it: a request refused here is refused everywhere, in the same words. It knows no HTTP, no resolver and no
// connection.
package operation

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/answer"
	"kith/graph/limit"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

// The bounds of an operation.
const (
	MaxBody = 128 << 10 // bytes of a request
	Timeout = 10 * time.Second
)

// defaultConcurrency is how many queries and mutations run at a time by default.
const defaultConcurrency = 128

// Options are what operations need.
type Options struct {
	Executor graphql.GraphExecutor
	Schema   *ast.Schema
	Report   *problem.Reporter
	// Introspection lets clients read the schema.
	Introspection bool
	// Allow takes tokens of a viewer's rate limit, or says how long to wait. Nil allows everything.
	Allow func(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool)
	// Trusted are the only documents that are served. Nil is any.
	Trusted *TrustedDocuments
	// Concurrency is how many queries and mutations may run at a time. 0 is 128.
	Concurrency int
	// AnswerLimit is how many bytes an answer can have. 0 is 8 MiB.
	AnswerLimit int
	// Instrument is called for every operation. Nil does nothing.
	Instrument Instrument
	// Unlimited accepts any operation, whatever its cost. For tests.
	Unlimited bool
}

// Runner prepares and executes operations.
type Runner struct {
	executor      graphql.GraphExecutor
	schema        *ast.Schema
	report        *problem.Reporter
	introspection bool
	allow         func(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool)
	trusted       *TrustedDocuments
	documents     *documents
	limiter       *Limiter
	concurrency   int
	activity      *Activity
	answerLimit   int
	instrument    Instrument
	unlimited     bool
}

// New makes a runner.
func New(o Options) *Runner {
	r := &Runner{
		executor:      o.Executor,
		schema:        o.Schema,
		report:        o.Report,
		introspection: o.Introspection,
		allow:         o.Allow,
		trusted:       o.Trusted,
		documents:     newDocuments(),
		concurrency:   cmp.Or(o.Concurrency, defaultConcurrency),
		activity:      NewActivity(),
		answerLimit:   cmp.Or(o.AnswerLimit, answer.DefaultLimit),
		instrument:    o.Instrument,
		unlimited:     o.Unlimited,
	}
	r.limiter = NewLimiter(r.concurrency)
	if r.instrument == nil {
		r.instrument = ignore
	}
	return r
}

// Dispatch hands an operation to gqlgen's executor. The transports execute subscriptions with it, event by event.
func (r *Runner) Dispatch(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return r.executor.DispatchOperation(ctx, op)
}

// Allow takes tokens of a viewer's rate limit, or says how long to wait.
func (r *Runner) Allow(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool) {
	if r.allow == nil {
		return 0, true
	}
	return r.allow(ctx, v, tokens)
}

// Concurrency is how many queries and mutations may run at a time.
func (r *Runner) Concurrency() int { return r.concurrency }

// AnswerLimit is how many bytes an answer can have.
func (r *Runner) AnswerLimit() int { return r.answerLimit }

// Activity records who has run operations.
func (r *Runner) Activity() *Activity { return r.activity }

// Prepare makes an operation of a request, or refuses it. Every operation of every transport goes through here, so that a
// refusal is the same everywhere. The viewer is the context's.
func (r *Runner) Prepare(ctx context.Context, asked *Request) (op *graphql.OperationContext, refused *problem.Refusal) {
	defer func() {
		if value := recover(); value != nil {
			op, refused = nil, r.report.Refuse(ctx, r.report.Recovered(ctx, value))
		}
		if refused != nil {
			_, done := r.Instrument(ctx, nil)
			done(nil, refused)
		}
	}()
	if refused := r.lookUpDocument(asked); refused != nil {
		return nil, refused
	}
	viewer := auth.Viewer(ctx)
	readsSchema := r.introspection && viewer.Role != crm.RoleChannel
	doc, refused := r.document(asked.Query, readsSchema)
	if refused != nil {
		return nil, refused
	}
	if asked.Safe && isMutation(doc, asked.OperationName) {
		return nil, problem.NotByGET()
	}
	op, errs := r.executor.CreateOperationContext(withDocument(graphql.StartOperationTrace(ctx), doc), &asked.RawParams)
	if len(errs) > 0 {
		if op.Operation == nil {
			return nil, problem.Unprocessable("operationName must name an operation of the document")
		}
		return nil, problem.RefuseDocument(problem.OfDocument(errs))
	}
	cost, err := limit.Measure(op.Operation, op.Variables)
	if err != nil && !r.unlimited {
		return nil, problem.RefuseDocument(tooComplex(err))
	}
	if more := cost.Cost / costPerToken; more > 0 {
		if wait, ok := r.Allow(ctx, viewer, more); !ok {
			return nil, r.report.Refuse(ctx, problem.TooFast(wait))
		}
	}
	op.DisableIntrospection = !readsSchema
	op.Stats.SetExtension(costKey, cost.Cost)
	return op, nil
}

// costPerToken is how much cost each token of the rate limit covers.
const costPerToken = 1000

// lookUpDocument sets the query to the text of the trusted document that a request names.
func (r *Runner) lookUpDocument(asked *Request) *problem.Refusal {
	switch {
	case asked.Query != "":
		return nil
	case r.trusted == nil && isPersisted(asked.Extensions):
		return problem.NotPersisted()
	case r.trusted == nil:
		return problem.Unprocessable("This server keeps no documents: send the query")
	}
	text, ok := r.trusted.text(asked.DocumentID)
	if !ok {
		return problem.RefuseDocument(problem.Coded(untrusted, problem.Forbidden))
	}
	asked.Query = text
	return nil
}

// costKey names the cost among the extensions of an operation.
const costKey = "kith.cost"

// noteCost puts the cost of the operation into its answer.
func noteCost(op *graphql.OperationContext, resp *graphql.Response) {
	if cost, ok := op.Stats.GetExtension(costKey).(int); ok {
		resp.Extensions = map[string]any{"cost": answer.Cost{Cost: cost, Limit: limit.MaxCost}}
	}
}

// IsSubscription reports whether an operation is a subscription.
func IsSubscription(op *graphql.OperationContext) bool {
	return op.Operation.Operation == ast.Subscription
}

// isMutation reports whether the operation of a name, or the only one, is a mutation.
func isMutation(doc *ast.QueryDocument, name string) bool {
	o := doc.Operations.ForName(name)
	return o != nil && o.Operation == ast.Mutation
}

// IsMutation reports whether an operation is a mutation.
func IsMutation(op *graphql.OperationContext) bool { return op.Operation.Operation == ast.Mutation }

// Execute runs a query or a mutation and returns its answer as JSON, to be freed. It is partial if it has errors beside the
// data. An answer without data is a refusal.
func (r *Runner) Execute(
	ctx context.Context, op *graphql.OperationContext,
) (json *answer.Buffer, partial bool, refused *problem.Refusal) {
	var errs gqlerror.List
	ctx, done := r.Instrument(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			json, partial, refused = nil, false, r.report.Refuse(ctx, r.report.Recovered(ctx, value))
		}
		done(errs, refused)
	}()
	if err := r.limiter.Enter(ctx); err != nil {
		return nil, false, r.report.Refuse(ctx, err)
	}
	defer r.limiter.Leave()
	who := SubjectOf(auth.Viewer(ctx))
	r.activity.Begin(who)
	defer r.activity.End(who)
	ctx, a := answer.New(ctx, r.answerLimit)
	defer a.Free()
	answers, ctx := r.executor.DispatchOperation(ctx, op)
	resp := answers(ctx)
	if resp == nil || resp.Data == nil {
		return nil, false, r.report.Refuse(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
	}
	resp = a.Checked(op, resp)
	errs = resp.Errors[:min(len(resp.Errors), problem.MaxErrors)]
	resp.Errors = errs
	noteCost(op, resp)
	return a.JSON(resp), len(errs) > 0, nil
}
