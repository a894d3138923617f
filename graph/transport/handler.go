// Package transport carries operations and answers: HTTP, server-sent events, and WebSockets.
//
// It negotiates media types, keeps the protocols exactly, and bounds what connections may take: how many there are, how long
// they may be idle, how much may be unread. Subscriptions that get the same answers share them. It knows no resolver.
package transport

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/crm"
	"kith/internal/events"
	"kith/internal/jobs"
)

// defaultConnections is how many sockets and event streams may be open by default.
const defaultConnections = 10_000

// Options are what the transports need.
type Options struct {
	Run    *operation.Runner
	Report *problem.Reporter
	// Authenticate returns the viewer of an Authorization header.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	// Again is Authenticate for the credential of an open connection: it must check it again. Nil is Authenticate.
	Again func(ctx context.Context, header string) (crm.Viewer, error)
	// Ended is called, once, for each open connection that ends because its credential is no longer valid, with the context of its
	// request and the reason. Nil does nothing.
	Ended func(ctx context.Context, reason string)
	// Subscribe returns the events of a viewer's workspace after an event, or from now on.
	Subscribe func(ctx context.Context, v crm.Viewer, after *crm.EventID) (*events.Subscription, error)
	// Watch follows a job that the viewer may see.
	Watch func(v crm.Viewer, j crm.Job) *jobs.Watch
	// Expect returns a context for resolving events of these contacts and sessions together.
	Expect func(ctx context.Context, v crm.Viewer, contacts []crm.ContactID, sessions []crm.SessionID) context.Context
	// Address is the address of a client. Nil takes all clients for one.
	Address func(r *http.Request) string
	// Now is the time for credentials to end. Nil is time.Now.
	Now func() time.Time
	// Connections is how many sockets and event streams may be open at a time, half of them from one address. 0 is 10,000.
	Connections int
	// Subscriptions is how many subscriptions a subject may have at a time. 0 is 200.
	Subscriptions int

	// For tests. Zero is the default.
	Times Times
	Cores float64 // see quotas
}

// Handler is the whole endpoint, authentication included: GraphQL over HTTP, by POST, and by GET what only reads; over server-sent events, one
// connection for each operation; and over WebSockets, many operations to a connection.
//
// It works with gqlgen's executor rather than with its server, to decode requests strictly, to answer with the statuses of the
// specification, and to write the data as it is instead of encoding it once more.
type Handler struct {
	run          *operation.Runner
	report       *problem.Reporter
	authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	again        func(ctx context.Context, header string) (crm.Viewer, error)
	reportEnded  func(ctx context.Context, reason string)
	subscribe    func(ctx context.Context, v crm.Viewer, after *crm.EventID) (*events.Subscription, error)
	watch        func(v crm.Viewer, j crm.Job) *jobs.Watch
	expect       func(ctx context.Context, v crm.Viewer, contacts []crm.ContactID, sessions []crm.SessionID) context.Context
	address      func(r *http.Request) string
	now          func() time.Time
	times        Times

	backlog     *backlog
	shared      sharedSubscriptions
	quotas      *quotas
	connections *connections
	long        longMessages
	lifetime    context.Context //nolint:containedctx // of the answers that streams share
	end         context.CancelFunc
}

// New makes the transports. [Handler.Shutdown] ends them.
func New(o Options) *Handler {
	h := &Handler{
		run:          o.Run,
		report:       o.Report,
		authenticate: o.Authenticate,
		again:        o.Again,
		reportEnded:  o.Ended,
		subscribe:    o.Subscribe,
		watch:        o.Watch,
		expect:       o.Expect,
		address:      o.Address,
		now:          o.Now,
		times:        cmp.Or(o.Times, DefaultTimes),
		backlog:      newBacklog(backlogPerAnswer * o.Run.AnswerLimit()),
		quotas: newQuotas(
			cmp.Or(o.Subscriptions, defaultSubscriptions), o.Run.Concurrency(), o.Run.Activity()),
		connections: newConnections(cmp.Or(o.Connections, defaultConnections)),
	}
	if h.again == nil {
		h.again = h.authenticate
	}
	if h.reportEnded == nil {
		h.reportEnded = func(context.Context, string) {}
	}
	if h.address == nil {
		h.address = func(*http.Request) string { return "" }
	}
	if h.now == nil {
		h.now = time.Now
	}
	if o.Cores > 0 {
		h.quotas.cores = o.Cores
	}
	h.lifetime, h.end = context.WithCancel(context.Background())
	return h
}
