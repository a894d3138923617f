// Package subscribe is what the transports and the root fields of subscriptions have in common.
//
// A root field is resolved many times and never waits: once when the subscription is opened, to read its arguments, then
// once for each event. The context says which it is, and the channel of the field has one value at most.
package subscribe

import (
	"context"

	"kith/internal/crm"
)

// Request is what the root field of a subscription asks for.
type Request struct {
	After *string // the last event that the client has seen
	// About picks the events of the field. Its filter is applied later, when an event is resolved.
	About func(e *crm.Event) bool
	// Job says that the field follows a job instead of events, from how far it is; to nil where there is no such job.
	Job *JobRequest
}

// JobRequest is a job to follow, or nil.
type JobRequest struct{ Job *crm.Job }

type (
	requestKey struct{}
	eventKey   struct{}
	jobKey     struct{}
)

// WithRequest returns a context in which the root field fills in its request.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// WithEvent returns a context in which the root field resolves an event.
func WithEvent(ctx context.Context, e *crm.Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// EventOf is the event that the root field resolves; nil while a subscription is opened.
func EventOf(ctx context.Context) *crm.Event {
	e, _ := ctx.Value(eventKey{}).(*crm.Event)
	return e
}

// WithJob returns a context in which the root field resolves how far a job is, or that there is no such job.
func WithJob(ctx context.Context, j *crm.Job) context.Context {
	return context.WithValue(ctx, jobKey{}, JobRequest{j})
}

// ResolveJob resolves the root field of a subscription that follows a job: to its request, with the job as find reads it, or to the
// value of the job.
func ResolveJob[T any](ctx context.Context, find func() (*crm.Job, error), value func(*crm.Job) *T) (<-chan *T, error) {
	if now, is := ctx.Value(jobKey{}).(JobRequest); is {
		out := make(chan *T, 1)
		out <- value(now.Job)
		close(out)
		return out, nil
	}
	j, err := find()
	if err != nil {
		return nil, err
	}
	return open[T](ctx, Request{Job: &JobRequest{j}}), nil
}

// Resolve resolves the root field of a subscription: to its request, or to the value of the event, which is nil for an event
// that its filter leaves out.
func Resolve[T any](ctx context.Context, r Request, value func(*crm.Event) (*T, error)) (<-chan *T, error) {
	if e := EventOf(ctx); e != nil {
		v, err := value(e)
		if err != nil {
			return nil, err
		}
		out := make(chan *T, 1)
		if v != nil {
			out <- v
		}
		close(out)
		return out, nil
	}
	return open[T](ctx, r), nil
}

func open[T any](ctx context.Context, r Request) <-chan *T {
	if into, ok := ctx.Value(requestKey{}).(*Request); ok {
		*into = r
	}
	out := make(chan *T)
	close(out)
	return out
}
