package transport

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/auth"
)

// socketOperation is one operation on a socket.
type socketOperation struct {
	socket *socket
	id     string // the client's
	cancel context.CancelFunc

	over    atomic.Bool // nothing more is sent
	counted *int        // the counter of the socket that it is in; guarded by the socket

	// Either is set once the operation is prepared: a query or a mutation, or a subscription.
	op     *graphql.OperationContext
	stream *stream

	corked bool
}

// prepare makes an operation of the payload, or refuses it. It is called on the goroutine that reads the socket: what the client
// sends after a subscription is executed after the subscription is open.
func (o *socketOperation) prepare(ctx context.Context, payload []byte) *problem.Refusal {
	s, h := o.socket, o.socket.h
	if len(payload) > operation.MaxBody {
		return problem.BadRequest("An operation can have at most 128 KiB")
	}
	asked, refused := operation.Decode(payload)
	if refused != nil {
		return refused
	}
	if wait, ok := h.run.Allow(ctx, auth.Viewer(ctx), 1); !ok {
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

// run answers the operation, unless it was refused, and ends it.
func (o *socketOperation) run(ctx context.Context, refused *problem.Refusal) {
	defer o.cancel()
	if refused == nil {
		refused = o.answer(ctx)
	}
	switch {
	case refused != nil:
		o.end(messageError, answer.ErrorsJSON(refused.Errors))
	case ctx.Err() == nil: // else the socket ends, and complete would mean a normal end
		o.end(messageComplete, nil)
	}
}

// end sends the last message of the operation, unless the client has completed it.
func (o *socketOperation) end(kind string, payload []byte) {
	s := o.socket
	s.mu.Lock()
	ended := s.forget(o)
	s.mu.Unlock()
	if ended {
		_ = s.send(appendMessage(nil, o.id, kind, payload))
		s.drained()
	}
}

// answer sends all answers, or says why not.
func (o *socketOperation) answer(ctx context.Context) (refused *problem.Refusal) {
	h := o.socket.h
	defer func() {
		if value := recover(); value != nil {
			refused = h.report.Refuse(ctx, h.report.Recovered(ctx, value))
		}
	}()
	if o.stream != nil {
		defer o.stream.close()
		err := o.stream.run(ctx, o)
		if ctx.Err() != nil || errors.Is(err, errOver) || errors.Is(err, errEnded) {
			return nil
		}
		return h.report.Refuse(ctx, err)
	}
	ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	json, _, refused := h.run.Execute(ctx, o.op)
	if refused == nil {
		o.reply(json)
	}
	return refused
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

// write sends a message, and waits until the client has read it. A failure cuts the socket.
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
