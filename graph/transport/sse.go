package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

// eventStream is the answer to one operation as server-sent events, in the distinct connections mode of graphql-sse: next
// for each answer, then complete. An error of the operation itself is an answer, too.
//
// See https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.
type eventStream struct {
	w      http.ResponseWriter
	rc     *http.ResponseController
	times  Times
	cancel context.CancelCauseFunc
	ended  func(why string) // reports the end of the credential
	once   sync.Once        // of ended

	backlog *backlog
	reader  operation.Subject

	buf *answer.Buffer // unwritten bytes, or nil; only the handler uses it

	mu      sync.Mutex
	alive   *time.Timer
	stopped bool
}

// serveEvents answers an operation, or sends the refusal.
func (h *Handler) serveEvents(
	w http.ResponseWriter, r *http.Request, v crm.Viewer, op *graphql.OperationContext, refused *problem.Refusal,
) {
	ctx, cancel := context.WithCancelCause(auth.WithViewer(r.Context(), v))
	defer cancel(nil)
	out := &eventStream{
		w: w, rc: http.NewResponseController(w), times: h.times, cancel: cancel, backlog: h.backlog, reader: operation.SubjectOf(v),
	}
	out.ended = func(why string) {
		if ctx.Err() == nil { // else it has ended for another reason
			h.reportEnded(ctx, why)
		}
	}
	if err := h.connections.add(out, h.address(r), &v); err != nil {
		h.turnAway(ctx, w, err)
		return
	}
	defer h.connections.remove(out)
	if end := h.expiry(v, func() { out.end(problem.ErrExpired, whyExpired) }); end != nil {
		defer end.Stop()
	}
	header := r.Header.Get("Authorization")
	if why := h.missed(ctx, header, v); why != "" {
		out.refuse(why)
	}
	defer h.lookAgain(ctx, header, v, out.refuse).Stop()
	var s *stream
	if refused == nil && operation.IsSubscription(op) {
		if s, refused = h.open(ctx, op); s != nil {
			defer s.close()
		}
	}
	// The head goes out once the subscription is open: a client that has it misses no event from then on.
	if out.begin() != nil {
		return
	}
	defer out.stop()
	switch {
	case refused != nil:
	case s == nil:
		out.answer(ctx, h, op)
		return
	default:
		err := s.run(ctx, out)
		switch {
		case errors.Is(err, errOver):
			return
		case errors.Is(err, errEnded):
			out.complete(nil)
			return
		}
		refused = h.report.Refuse(ctx, err)
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, problem.ErrDraining): // no complete: the client is to come back
		select {
		case <-r.Context().Done():
		case <-time.After(h.times.Settle):
		}
	case r.Context().Err() != nil: // the client has left
	case errors.Is(cause, problem.ErrExpired), errors.Is(cause, problem.ErrRevoked):
		out.complete(h.report.Refuse(ctx, cause).Errors)
	default:
		out.complete(refused.Errors)
	}
}

// answer executes a query or a mutation.
func (s *eventStream) answer(ctx context.Context, h *Handler, op *graphql.OperationContext) {
	ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	json, _, refused := h.run.Execute(ctx, op)
	if refused != nil {
		s.complete(refused.Errors)
		return
	}
	err := s.next(json.B)
	json.Free()
	if err == nil {
		s.complete(nil)
	}
}

// begin sends the head, and a comment because some browsers wait for the first byte. A stream takes longer than the
// server's time limits for a request.
func (s *eventStream) begin() error {
	h := s.w.Header()
	h.Set("Content-Type", typeEvents+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events to itself
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write([]byte(":\n\n")); err != nil {
		return err
	}
	s.alive = time.AfterFunc(s.times.Comment, s.comment)
	return nil
}

// stop ends the comments. Nothing is written after it returns.
func (s *eventStream) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.alive.Stop()
}

func (s *eventStream) comment() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if s.write([]byte(":\n\n")) == nil {
		s.alive.Reset(s.times.Comment)
	}
}

// next implements sink.
func (s *eventStream) next(json []byte) error {
	if s.buf == nil {
		s.buf = answer.NewBuffer()
	}
	b := append(slices.Grow(s.buf.B, len(json)+64), "event: next\ndata: "...)
	b = append(b, json...)
	s.buf.B = append(b, "\n\n"...)
	if len(s.buf.B) >= corkSize { // not to be held together with the next ones
		return s.flush()
	}
	return nil
}

// flush implements sink.
func (s *eventStream) flush() error {
	if s.buf == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.backlog.add(s.reader, len(s.buf.B), cutWriting(s.rc))
	err := s.write(s.buf.B)
	err = errors.Join(err, s.backlog.remove(u))
	s.buf.Free()
	s.buf = nil
	s.alive.Reset(s.times.Comment)
	if err != nil {
		return errors.Join(errOver, err)
	}
	return nil
}

// complete ends the operation, with errors if there are any.
func (s *eventStream) complete(errs gqlerror.List) {
	if len(errs) > 0 {
		_ = s.next(answer.AppendJSON(nil, &graphql.Response{Errors: errs}))
	}
	if s.buf == nil {
		s.buf = answer.NewBuffer()
	}
	s.buf.B = append(s.buf.B, "event: complete\ndata:\n\n"...)
	_ = s.flush()
}

// write writes immediately. The caller holds the lock.
func (s *eventStream) write(b []byte) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(s.times.Write)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil { //nolint:gosec // no XSS: events, and not to be sniffed
		return err
	}
	return s.rc.Flush()
}

func (s *eventStream) drain() { s.cancel(problem.ErrDraining) }

func (s *eventStream) refuse(why string) { s.end(problem.ErrRevoked, why) }

// end ends the stream with its credential.
func (s *eventStream) end(cause error, why string) {
	s.once.Do(func() { s.ended(why) })
	s.cancel(cause)
}

func (s *eventStream) cut() { s.cancel(problem.ErrDraining) }
