package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/problem"
	"kith/graph/subscribe"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/events"
)

// stream is one client's subscription: its events, and the group that it shares the answers with.
type stream struct {
	events *events.Subscription
	group  *group
	share  *share
}

// errOver ends a stream that nobody listens to any more.
var errOver = errors.New("the operation is over")

// sink is where a stream's answers go. They reach the client with flush, or before. An error is errOver.
type sink interface {
	// next takes one answer, as JSON. It must not keep it.
	next(answer []byte) error
	flush() error
}

// open starts a subscription. From then on nothing that happens is missed. Close the stream when done.
func (h *Handler) open(
	ctx context.Context, op *graphql.OperationContext,
) (s *stream, refused *problem.Refusal) {
	ctx, done := h.watched(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			s, refused = nil, h.report.Refuse(ctx, h.report.Recovered(ctx, value))
		}
		done(nil, refused)
	}()
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) != 1 || fields[0].Name == "__typename" {
		return nil, problem.BadRequest("A subscription must have exactly one field")
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	var asked subscribe.Request
	answers, answering := h.executor.DispatchOperation(subscribe.WithRequest(ctx, &asked), op)
	if asked.About == nil { // the field has been refused
		if resp := answers(answering); resp != nil && len(resp.Errors) > 0 {
			return nil, &problem.Refusal{Errors: resp.Errors}
		}
		return nil, h.report.Refuse(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
	}
	var after *crm.EventID
	if asked.After != nil {
		id, ok := crm.ParseEventID(*asked.After)
		if !ok {
			return nil, h.report.Refuse(ctx, events.ErrResync)
		}
		after = &id
	}
	viewer := auth.Viewer(ctx)
	share, err := h.shares.join(viewer)
	if err != nil {
		return nil, h.report.Refuse(ctx, err)
	}
	subscription, err := h.service.Subscribe(ctx, viewer, after)
	if err != nil {
		share.leave()
		return nil, h.report.Refuse(ctx, err)
	}
	return &stream{subscription, h.join(op, fields[0].Field, viewer, asked.About), share}, nil
}

func (s *stream) close() {
	s.events.Close()
	s.group.leave()
	s.share.leave()
}

// run gives the sink the answers to all events, until ctx or the subscription ends, or the sink fails. The error is never
// nil.
func (s *stream) run(ctx context.Context, to sink) error {
	for {
		part, err := s.events.Next(ctx)
		if err != nil {
			return err
		}
		answers, err := s.group.answers(ctx, part.Batch, s.share)
		if err != nil {
			return err
		}
		for _, answer := range answers[part.From:] {
			if answer == nil {
				continue
			}
			if err := to.next(answer); err != nil {
				return err
			}
		}
		if err := to.flush(); err != nil {
			return err
		}
	}
}
