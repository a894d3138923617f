package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/answer"
	"kith/graph/fastlist"
	"kith/graph/generated"
	"kith/graph/problem"
	"kith/graph/resolve"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/service"
)

// The bounds of a request.
const (
	maxBody          = 128 << 10
	operationTimeout = 10 * time.Second
	usualConcurrency = 128
	usualConnections = 10_000
)

// Options are what the endpoint needs.
type Options struct {
	Service *service.Service
	Ingest  *ingest.Ingest
	// Authenticate tells who brings the value of an Authorization header, as [auth.Authenticator.Authenticate] does.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	// Again is Authenticate for a credential that was good when its connection was opened: it must look at it once more. Nil is
	// Authenticate.
	Again  func(ctx context.Context, header string) (crm.Viewer, error)
	Logger *slog.Logger
	// Introspection lets clients read the schema.
	Introspection bool
	// Allow takes so many tokens of the viewer's, or tells how long to wait: one for an operation over a socket that stands,
	// as requests are counted before they come here, and one for each full 1,000 of an operation's cost. Nil lets everything
	// through.
	Allow func(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool)
	// Trusted are the only documents that are served. Nil is any.
	Trusted *TrustedDocuments
	// Concurrency is how many queries and mutations may run at a time; some more wait for a moment. 0 is 128.
	Concurrency int
	// AnswerLimit is how many bytes an answer can have. 0 is 8 MiB. The answers that wait for their readers can have eight times
	// as many together.
	AnswerLimit int
	// Connections is how many sockets and event streams may be open at a time, half of them from one address. 0 is 10,000.
	Connections int
	// Subscriptions is how many subscriptions a subject may have at a time. 0 is 200.
	Subscriptions int
	// Address names where a request came from. Nil takes all requests for those of one address.
	Address func(r *http.Request) string
	// Now tells when credentials have ended. Nil is time.Now.
	Now func() time.Time
	// Watch is told of every operation. Nil watches nothing.
	Watch Watch
	// WatchField is told of each field of the root as it begins; what it returns is called at its end. Nil watches nothing.
	WatchField func(ctx context.Context, field string) (context.Context, func())
	// Panicked is called for each panic that was caught. Nil does nothing.
	Panicked func()
	// RequestID names the request in the log, and in answers that say no more than that. Nil makes up an id.
	RequestID func(ctx context.Context) string

	// For tests.
	stock     bool                                                  // has gqlgen write every list
	around    func(graphql.FieldMiddleware) graphql.FieldMiddleware // nil is nothing
	times     times                                                 // zero is usualTimes
	unlimited bool                                                  // takes any operation, whatever it costs
	cores     float64                                               // see shares; 0 is the machine's share
}

// Handler is the whole endpoint, authentication included: GraphQL over HTTP, by POST alone; over server-sent events, one
// connection for each operation; and over WebSockets, many operations to a connection.
//
// It is written over gqlgen's executor rather than over its server, to decode requests strictly, to answer with the
// statuses that the specification asks for, and to write the data as it is instead of encoding it once more.
type Handler struct {
	service      *service.Service
	authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	again        func(ctx context.Context, header string) (crm.Viewer, error)
	address      func(r *http.Request) string
	watch        Watch
	report       *problem.Reporter
	executor     *executor.Executor

	introspection bool
	allow         func(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool)
	trusted       *TrustedDocuments
	schema        *ast.Schema
	documents     *documents
	gate          *gate
	answerLimit   int
	backlog       *backlog
	now           func() time.Time
	times         times
	unlimited     bool

	groups   groups
	shares   *shares
	live     *live
	long     longMessages
	lifetime context.Context //nolint:containedctx // of the answers that streams share
	end      context.CancelFunc
}

// NewHandler makes the endpoint. [Handler.Shutdown] ends it.
func NewHandler(o Options) *Handler {
	h := &Handler{
		service:       o.Service,
		authenticate:  o.Authenticate,
		again:         o.Again,
		address:       o.Address,
		watch:         o.Watch,
		report:        &problem.Reporter{Log: o.Logger, RequestID: o.RequestID, Panicked: o.Panicked},
		introspection: o.Introspection,
		allow:         o.Allow,
		trusted:       o.Trusted,
		schema:        schema(),
		documents:     newDocuments(),
		now:           o.Now,
		answerLimit:   o.AnswerLimit,
		times:         o.times,
		unlimited:     o.unlimited,
	}
	if h.again == nil {
		h.again = h.authenticate
	}
	if h.allow == nil {
		h.allow = func(context.Context, crm.Viewer, int) (time.Duration, bool) { return 0, true }
	}
	if o.Concurrency == 0 {
		o.Concurrency = usualConcurrency
	}
	h.gate = newGate(o.Concurrency)
	if h.answerLimit == 0 {
		h.answerLimit = answer.DefaultLimit
	}
	h.backlog = newBacklog(backlogPerAnswer * h.answerLimit)
	if o.Subscriptions == 0 {
		o.Subscriptions = usualSubscriptions
	}
	h.shares = newShares(o.Subscriptions, o.Concurrency)
	if o.cores > 0 {
		h.shares.cores = o.cores
	}
	if o.Connections == 0 {
		o.Connections = usualConnections
	}
	h.live = newLive(o.Connections)
	if h.address == nil {
		h.address = func(*http.Request) string { return "" }
	}
	if h.watch == nil {
		h.watch = ignore
	}
	if o.Panicked == nil {
		h.report.Panicked = func() {}
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.times == (times{}) {
		h.times = usualTimes
	}
	h.lifetime, h.end = context.WithCancel(context.Background())
	if o.RequestID == nil {
		h.report.RequestID = func(context.Context) string { return rand.Text() }
	}
	h.executor = executor.New(generated.NewExecutableSchema(generated.Config{
		Schema:    h.schema,
		Resolvers: resolve.New(o.Service, o.Ingest),
	}))
	h.executor.SetQueryCache(preparedDocument{})
	h.executor.SetErrorPresenter(h.report.Present)
	h.executor.SetRecoverFunc(h.report.Recovered)
	h.executor.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		if resolve.LoadersOf(ctx) == nil { // else they are those of a run of events
			ctx = resolve.WithLoaders(ctx, resolve.NewLoaders(h.service, auth.Viewer(ctx), h.report.Recovered))
		}
		return next(ctx)
	})
	if o.WatchField != nil {
		h.executor.AroundRootFields(watchRoot(o.WatchField))
	}
	if o.around == nil {
		o.around = func(fields graphql.FieldMiddleware) graphql.FieldMiddleware { return fields }
	}
	fields := &fastlist.Fields{Recovered: h.report.Recovered, Stock: o.stock}
	h.executor.AroundFields(o.around(fields.Resolve))
	return h
}

// schema is the schema without @defer, which gqlgen's prelude brings along and this transport does not speak.
func schema() *ast.Schema {
	s := *generated.NewExecutableSchema(generated.Config{}).Schema()
	s.Directives = maps.Clone(s.Directives)
	delete(s.Directives, "defer")
	return &s
}

// ServeHTTP answers one request, or many over one socket.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		if wantsSocket(r) {
			h.serveSocket(w, r)
			return
		}
		w.Header().Set("Allow", http.MethodPost)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		refuse(w, typeJSON, http.StatusMethodNotAllowed, "Send the operation by POST")
		return
	}
	accept := r.Header.Values("Accept")
	mediaType, stream := negotiate(accept), acceptsEvents(accept)
	if mediaType == "" && stream == no {
		refuse(w, typeJSON, http.StatusNotAcceptable, "Accept "+typeGraphQL+" or "+typeJSON+", or "+typeEvents+" for events")
		return
	}
	only := mediaType == "" // of HTTP itself, errors are JSON all the same
	if only {
		mediaType = typeJSON
	}
	ctx, cancel := context.WithTimeout(r.Context(), operationTimeout)
	defer cancel()
	viewer, err := h.authenticate(ctx, r.Header.Get("Authorization"))
	if err != nil {
		h.refuseCredential(ctx, w, mediaType, err)
		return
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		refuse(w, mediaType, http.StatusUnsupportedMediaType, "Content-Type must be application/json in UTF-8")
		return
	}
	asked, ok := h.read(ctx, w, r, mediaType)
	if !ok {
		return
	}
	ctx = auth.WithViewer(ctx, viewer)
	op, refused := h.prepare(ctx, asked)
	switch {
	case only, refused == nil && (stream == preferred || stream == welcome && isSubscription(op)):
		h.serveEvents(w, r, viewer, op, refused)
		return
	case refused == nil && isSubscription(op):
		refuse(w, mediaType, http.StatusNotAcceptable, "A subscription is answered as "+typeEvents+", or over a WebSocket")
		return
	}
	var json *answer.Buffer
	if refused == nil {
		json, refused = h.execute(ctx, op)
	}
	if refused != nil {
		status := refused.Status
		if status == http.StatusBadRequest && mediaType == typeJSON {
			status = http.StatusOK // what the specification asks of this media type, for the sake of old clients
		}
		refused.SetRetryAfter(w.Header())
		write(w, mediaType, status, &graphql.Response{Errors: refused.Errors})
		return
	}
	h.send(w, mediaType, viewer, json)
}

// read reads the body of a request, or refuses it.
func (h *Handler) read(
	ctx context.Context, w http.ResponseWriter, r *http.Request, mediaType string,
) (asked *request, ok bool) {
	started := time.Now()
	b := answer.NewBuffer()
	defer b.Free()
	body, err := b.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, mediaType, http.StatusRequestEntityTooLarge, "The body can have at most 128 KiB")
			return nil, false
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			refuse(w, mediaType, http.StatusRequestTimeout, "The body came too slowly")
			return nil, false
		}
		refuse(w, mediaType, http.StatusBadRequest, "The body could not be read")
		return nil, false
	}
	asked, err = decode(body)
	if err != nil {
		write(w, mediaType, http.StatusBadRequest, &graphql.Response{Errors: h.report.Refuse(ctx, err).Errors})
		return nil, false
	}
	asked.ReadTime = graphql.TraceTiming{Start: started, End: time.Now()}
	return asked, true
}

// refuseCredential answers a request that nobody stands behind.
func (h *Handler) refuseCredential(ctx context.Context, w http.ResponseWriter, mediaType string, err error) {
	message, ext := h.report.Describe(ctx, err)
	status := http.StatusInternalServerError
	switch ext["code"] {
	case problem.Unauthenticated:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
		if reason := auth.Reason(err); reason != "" {
			message += " (" + reason + ")"
		}
	case problem.Unavailable:
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	write(w, mediaType, status, &graphql.Response{Errors: problem.List(message, ext)})
}

// refuse answers a request that is not one of GraphQL.
func refuse(w http.ResponseWriter, mediaType string, status int, message string) {
	write(w, mediaType, status, &graphql.Response{Errors: problem.Coded(message, problem.BadUserInput)})
}

// write sends an answer at once; when that fails, the client is gone.
func write(w http.ResponseWriter, mediaType string, status int, resp *graphql.Response) {
	b := answer.NewBuffer()
	defer b.Free()
	b.B = append(answer.AppendJSON(b.B, resp), '\n')
	head(w, mediaType, len(b.B))
	w.WriteHeader(status)
	_, _ = w.Write(b.B)
}

// head sets what an answer is and how long.
func head(w http.ResponseWriter, mediaType string, length int) {
	h := w.Header()
	h["Content-Type"] = contentTypes[mediaType]
	h.Set("Content-Length", strconv.Itoa(length))
}

// contentTypes are the media types as headers, which are not to be written to.
var contentTypes = map[string][]string{
	typeGraphQL: {typeGraphQL + "; charset=utf-8"},
	typeJSON:    {typeJSON + "; charset=utf-8"},
}
