package graph

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kith/graph/fastlist"
	"kith/graph/subscribe"
	"kith/graph/transport"

	"github.com/99designs/gqlgen/graphql"
)

// Stock makes gqlgen write every list, for comparison.
func Stock(o *Options) { o.stock = true }

// Unlimited takes any operation, whatever it costs.
func Unlimited(o *Options) { o.unlimited = true }

// CountWritten counts the lists that are written without gqlgen.
func CountWritten(n *atomic.Int64) func(o *Options) {
	return func(o *Options) {
		o.around = func(fields graphql.FieldMiddleware) graphql.FieldMiddleware {
			return func(ctx context.Context, next graphql.Resolver) (any, error) {
				value, err := fields(ctx, next)
				if _, ok := value.(*fastlist.List); ok {
					n.Add(1)
				}
				return value, err
			}
		}
	}
}

// CountResolved counts the fields that are resolved.
func CountResolved(n *atomic.Int64) func(o *Options) {
	return func(o *Options) {
		o.around = func(fields graphql.FieldMiddleware) graphql.FieldMiddleware {
			return func(ctx context.Context, next graphql.Resolver) (any, error) {
				return fields(ctx, func(ctx context.Context) (any, error) {
					n.Add(1)
					return next(ctx)
				})
			}
		}
	}
}

// Hasty gives readers of large answers so long for each piece.
func Hasty(piece time.Duration) func(o *Options) {
	return func(o *Options) {
		o.times = transport.DefaultTimes
		o.times.Piece = piece
	}
}

// QuickTimes makes connections impatient: a socket waits so long for connection_init, and both kinds of connection show
// that they are alive as often.
func QuickTimes(init, alive time.Duration) func(o *Options) {
	return func(o *Options) {
		o.times = transport.DefaultTimes
		o.times.Init, o.times.Ping, o.times.Comment = init, alive, alive
	}
}

// QuickMessages makes sockets impatient with what comes slowly: a message that has begun, and the client's part of closing.
func QuickMessages(message, goodbye time.Duration) func(o *Options) {
	return func(o *Options) {
		o.times = transport.DefaultTimes
		o.times.Init, o.times.Ping, o.times.Message, o.times.Goodbye = time.Hour, time.Hour, message, goodbye
	}
}

// QuickLook makes connections look at their credentials so often.
func QuickLook(every time.Duration) func(o *Options) {
	return func(o *Options) {
		o.times = transport.DefaultTimes
		o.times.Look = every
	}
}

// Patient lets clients leave unread what is sent to them, and unanswered whether they are there.
func Patient(o *Options) {
	o.times = transport.DefaultTimes
	o.times.Ping, o.times.Pong, o.times.Write = time.Hour, time.Hour, time.Hour
	o.times.Piece, o.times.Answer = time.Hour, time.Hour
}

// Block holds the next operation up until finish is closed, and signals running when it arrives.
func Block(h *Handler, running, finish chan struct{}) {
	var once sync.Once
	h.executor.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		once.Do(func() {
			close(running)
			<-finish
		})
		return next(ctx)
	})
}

// Share gives each subject so much of a core for the answers to its subscriptions while others are at work.
func Share(cores float64) func(o *Options) { return func(o *Options) { o.cores = cores } }

// Hold holds up whatever has the text in its document until finish is closed, and signals entered for each.
func Hold(h *Handler, text string, entered chan<- struct{}, finish <-chan struct{}) {
	h.executor.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		if subscribe.EventOf(ctx) != nil && strings.Contains(graphql.GetOperationContext(ctx).RawQuery, text) {
			entered <- struct{}{}
			<-finish
		}
		return next(ctx)
	})
}
