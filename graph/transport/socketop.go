package transport

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/graph/problem"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// socketOperation is one operation on a socket.
type socketOperation struct {
	socket  *socket
	id      string // the client's
	key     string // gqlgen's
	payload json.RawMessage

	over    atomic.Bool // nothing is sent any more
	counted *int        // what it is counted in; guarded by the socket

	// What became of the payload: a query or a mutation, a subscription, or a refusal.
	op      *graphql.OperationContext
	stream  *stream
	refused *problem.Refusal

	ran    bool // the stream has ended, or the answer is given
	corked bool
}

// read makes an operation of the payload. It is called on the goroutine that reads the socket: what the client sends after
// a subscription is executed after the subscription stands.
func (o *socketOperation) read(ctx context.Context) *problem.Refusal {
	s, h := o.socket, o.socket.h
	payload := o.payload
	o.payload = nil
	if len(payload) > operation.MaxBody {
		return problem.BadRequest("An operation can have at most 128 KiB")
	}
	asked, err := operation.Decode(payload)
	if err != nil {
		return h.report.Refuse(ctx, err)
	}
	s.mu.Lock()
	viewer := s.viewer
	s.mu.Unlock()
	if wait, ok := h.run.Allow(ctx, viewer, 1); !ok {
		return h.report.Refuse(ctx, problem.TooFast(wait))
	}
	now := time.Now()
	asked.ReadTime = graphql.TraceTiming{Start: now, End: now}
	op, refused := h.run.Prepare(ctx, asked)
	if refused != nil {
		return refused
	}
	if err := s.count(o, operation.IsSubscription(op)); err != nil {
		return h.report.Refuse(ctx, err)
	}
	if operation.IsSubscription(op) {
		o.stream, refused = h.open(ctx, op)
		return refused
	}
	o.op = op
	return nil
}

// answer sends all answers while gqlgen waits for the first, of which there is never one. What gqlgen is to send as an error
// is told by the context.
func (o *socketOperation) answer(ctx context.Context) (resp *graphql.Response) {
	if o.ran {
		return nil
	}
	o.ran = true
	defer func() {
		if value := recover(); value != nil {
			resp = nil
			o.fail(ctx, o.socket.h.report.Refuse(ctx, o.socket.h.report.Recovered(ctx, value)))
		}
	}()
	refused := o.refused
	switch {
	case refused != nil:
	case o.stream != nil:
		defer o.stream.close()
		err := o.stream.run(ctx, o)
		if ctx.Err() != nil || errors.Is(err, errOver) {
			return nil
		}
		refused = o.socket.h.report.Refuse(ctx, err)
	default:
		ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
		defer cancel()
		var json *answer.Buffer
		if json, refused = o.socket.h.run.Execute(ctx, o.op); refused == nil {
			o.reply(json)
		}
	}
	if refused != nil {
		o.fail(ctx, refused)
	}
	return resp
}

// reply sends the answer of a query or a mutation, to be freed.
func (o *socketOperation) reply(json *answer.Buffer) {
	message := answer.NewBuffer()
	defer message.Free()
	message.B = appendMessage(slices.Grow(message.B, len(json.B)+len(o.id)+64), o.id, messageNext, json.B)
	json.Free()
	if o.over.Load() {
		return
	}
	o.write(message.B)
}

// write sends a message, for as long as it is read. When that fails the socket is of no use any more.
func (o *socketOperation) write(message []byte) (ok bool) {
	s := o.socket
	if !o.corked || len(message) >= corkSize { // else it is held together with others
		defer s.hold(len(message))()
	}
	if s.ws.Write(context.Background(), websocket.MessageText, message) != nil {
		s.cut()
		return false
	}
	return true
}

func (o *socketOperation) fail(ctx context.Context, refused *problem.Refusal) {
	for _, e := range refused.Errors {
		transport.AddSubscriptionError(ctx, e)
	}
}

// next implements sink.
func (o *socketOperation) next(json []byte) error {
	if o.over.Load() {
		return errors.Join(errOver, o.flush())
	}
	if !o.corked {
		o.corked = true
		o.socket.wire.put()
	}
	b := answer.NewBuffer()
	defer b.Free()
	b.B = appendMessage(b.B, o.id, messageNext, json)
	if !o.write(b.B) {
		return errors.Join(errOver, o.flush())
	}
	return nil
}

// flush implements sink.
func (o *socketOperation) flush() error {
	if !o.corked {
		return nil
	}
	o.corked = false
	if o.socket.wire.pull() != nil {
		o.socket.cut()
		return errOver
	}
	return nil
}

// socketExecutor is what gqlgen's transport executes operations with.
type socketExecutor struct{ s *socket }

// operationKey is where gqlgen carries an operation from one call to the next.
const operationKey = "kith.operation"

// CreateOperationContext implements [graphql.GraphExecutor]. It never fails: what is wrong is told when the operation is
// dispatched, because for some errors gqlgen sends other messages than the protocol asks for.
func (e socketExecutor) CreateOperationContext(
	ctx context.Context, _ *graphql.RawParams,
) (*graphql.OperationContext, gqlerror.List) {
	o := e.s.arrived
	e.s.arrived = nil
	o.refused = o.read(ctx)
	op := o.op
	if op == nil {
		op = &graphql.OperationContext{}
	}
	op.Stats.SetExtension(operationKey, o)
	return op, nil
}

// DispatchOperation implements [graphql.GraphExecutor].
func (e socketExecutor) DispatchOperation(
	ctx context.Context, op *graphql.OperationContext,
) (graphql.ResponseHandler, context.Context) {
	o, _ := op.Stats.GetExtension(operationKey).(*socketOperation)
	return o.answer, ctx
}

// DispatchError implements [graphql.GraphExecutor]. It is never called.
func (e socketExecutor) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: list}
}
