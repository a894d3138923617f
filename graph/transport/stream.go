package transport

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/operation"
	"kith/graph/problem"
	"kith/graph/subscribe"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/events"
	"kith/internal/jobs"
)

// stream is one client's subscription: its events, or the job that it follows, and the subscription that it shares the answers with.
type stream struct {
	events *events.Subscription // nil without events
	job    *jobs.Watch          // nil with events, and where the job does not exist
	shared *sharedSubscription
	quota  *quota
}

// errOver ends a stream whose client no longer listens.
var errOver = errors.New("the operation is over")

// errEnded ends a stream that has nothing more to say.
var errEnded = errors.New("the subscription has ended")

// sink takes the answers of a stream. They reach the client with flush, or before. An error is errOver.
type sink interface {
	// next takes one answer, as JSON. It must not keep it.
	next(answer []byte) error
	flush() error
}

// open starts a subscription: no event from then on is missed. Close the stream when done.
func (h *Handler) open(
	ctx context.Context, op *graphql.OperationContext,
) (s *stream, refused *problem.Refusal) {
	ctx, done := h.run.Instrument(ctx, op)
	defer func() {
		if value := recover(); value != nil {
			s, refused = nil, h.report.Refuse(ctx, h.report.Recovered(ctx, value))
		}
		done(nil, refused)
	}()
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) != 1 || fields[0].Name == "__typename" {
		return nil, problem.Unprocessable("A subscription must have exactly one field")
	}
	ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	var asked subscribe.Request
	answers, answering := h.run.Dispatch(subscribe.WithRequest(ctx, &asked), op)
	if asked.About == nil && asked.Job == nil { // the field has been refused
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
	quota, err := h.quotas.join(viewer)
	if err != nil {
		return nil, h.report.Refuse(ctx, err)
	}
	if asked.Job != nil {
		s := &stream{shared: h.join(op, fields[0].Field, viewer, nil), quota: quota}
		if asked.Job.Job != nil {
			s.job = h.watch(viewer, *asked.Job.Job)
		}
		return s, nil
	}
	subscription, err := h.subscribe(ctx, viewer, after)
	if err != nil {
		quota.leave()
		return nil, h.report.Refuse(ctx, err)
	}
	return &stream{events: subscription, shared: h.join(op, fields[0].Field, viewer, asked.About), quota: quota}, nil
}

func (s *stream) close() {
	if s.events != nil {
		s.events.Close()
	}
	if s.job != nil {
		s.job.Close()
	}
	s.shared.leave()
	s.quota.leave()
}

// run gives the sink the answers to all events, until ctx or the subscription ends, or the sink fails. The error is never
// nil; it is errEnded after the last answer.
func (s *stream) run(ctx context.Context, to sink) error {
	if s.events == nil {
		return s.follow(ctx, to)
	}
	for {
		part, err := s.events.Next(ctx)
		if err != nil {
			return err
		}
		answers, err := s.shared.answers(ctx, part.Batch, s.quota)
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

// follow is run for a job.
func (s *stream) follow(ctx context.Context, to sink) error {
	progress, advanced := &jobs.Progress{}, true
	for {
		if s.job != nil {
			var err error
			if progress, advanced, err = s.job.Next(ctx); err != nil {
				return err
			}
		}
		if !advanced {
			return errEnded
		}
		answer, err := s.shared.progress(ctx, progress, s.job != nil, s.quota)
		if err != nil {
			return err
		}
		if err := to.next(answer); err != nil {
			return err
		}
		if err := to.flush(); err != nil {
			return err
		}
		advanced = s.job != nil
	}
}
