package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"kith/graph/generated"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/desk"
	"kith/internal/ingest"
)

// The bounds of a request.
const (
	maxBody          = 128 << 10
	maxTokens        = 2000
	operationTimeout = 10 * time.Second

	cachedDocuments   = 500
	maxCachedDocument = 8 << 10
)

// Options are what the endpoint needs.
type Options struct {
	Desk   *desk.Desk
	Ingest *ingest.Ingest
	// Authenticate tells who brings the value of an Authorization header, as [auth.Authenticator.Authenticate] does.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	Logger       *slog.Logger
	// Introspection lets clients read the schema.
	Introspection bool
	// Allow counts one more operation of the viewer's over a socket that stands, or tells how long to wait; requests are
	// counted before they come here. Nil lets everything through.
	Allow func(v crm.Viewer) (wait time.Duration, ok bool)
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
	fields graphql.FieldMiddleware // nil is writeLists
	times  times                   // zero is usualTimes
}

// Handler is the whole endpoint, authentication included: GraphQL over HTTP, by POST alone; over server-sent events, one
// connection for each operation; and over WebSockets, many operations to a connection.
//
// It is written over gqlgen's executor rather than over its server, to decode requests strictly, to answer with the
// statuses that the specification asks for, and to write the data as it is instead of encoding it once more.
type Handler struct {
	desk         *desk.Desk
	authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	log          *slog.Logger
	requestID    func(ctx context.Context) string
	watch        Watch
	panicked     func()
	executor     *executor.Executor

	introspection bool
	allow         func(v crm.Viewer) (wait time.Duration, ok bool)
	now           func() time.Time
	times         times

	groups   groups
	live     live
	lifetime context.Context //nolint:containedctx // of the answers that streams share
	end      context.CancelFunc
}

// NewHandler makes the endpoint. [Handler.Shutdown] ends it.
func NewHandler(o Options) *Handler {
	h := &Handler{
		desk:          o.Desk,
		authenticate:  o.Authenticate,
		log:           o.Logger,
		requestID:     o.RequestID,
		watch:         o.Watch,
		panicked:      o.Panicked,
		introspection: o.Introspection,
		allow:         o.Allow,
		now:           o.Now,
		times:         o.times,
	}
	if h.allow == nil {
		h.allow = func(crm.Viewer) (time.Duration, bool) { return 0, true }
	}
	if h.watch == nil {
		h.watch = ignore
	}
	if h.panicked == nil {
		h.panicked = func() {}
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.times == (times{}) {
		h.times = usualTimes
	}
	h.lifetime, h.end = context.WithCancel(context.Background())
	if h.requestID == nil {
		h.requestID = func(context.Context) string { return rand.Text() }
	}
	h.executor = executor.New(generated.NewExecutableSchema(generated.Config{
		Schema:    schema(),
		Resolvers: &resolver{desk: o.Desk, ingest: o.Ingest},
	}))
	h.executor.SetParserTokenLimit(maxTokens)
	h.executor.SetDisableSuggestion(true)
	h.executor.SetDefaultRulesFn(silentRules)
	h.executor.SetQueryCache(documentCache{lru.New[*ast.QueryDocument](cachedDocuments)})
	h.executor.SetErrorPresenter(h.present)
	h.executor.SetRecoverFunc(func(_ context.Context, value any) error { return &panicError{value, debug.Stack()} })
	h.executor.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(withLoaders(ctx, h.desk, auth.Viewer(ctx)))
	})
	if o.WatchField != nil {
		h.executor.AroundRootFields(watchRoot(o.WatchField))
	}
	if o.fields == nil {
		o.fields = writeLists
	}
	h.executor.AroundFields(o.fields)
	return h
}

// schema is the schema without @defer, which gqlgen's prelude brings along and this transport does not speak.
func schema() *ast.Schema {
	s := *generated.NewExecutableSchema(generated.Config{}).Schema()
	s.Directives = maps.Clone(s.Directives)
	delete(s.Directives, "defer")
	return &s
}

// silentRules are the rules of validation, without a guess at what a misspelt name might have been: the schema is not to
// be read where introspection is off.
func silentRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}

// documentCache keeps parsed documents; a long one is not worth the memory it could be made to hold.
type documentCache struct{ *lru.LRU[*ast.QueryDocument] }

func (c documentCache) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	if len(query) <= maxCachedDocument {
		c.LRU.Add(ctx, query, doc)
	}
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
	params, ok := h.read(ctx, w, r, mediaType)
	if !ok {
		return
	}
	ctx = auth.WithViewer(ctx, viewer)
	op, refused := h.prepare(ctx, params)
	switch {
	case only, refused == nil && (stream == preferred || stream == welcome && isSubscription(op)):
		h.serveEvents(w, r, viewer, op, refused)
		return
	case refused == nil && isSubscription(op):
		refuse(w, mediaType, http.StatusNotAcceptable, "A subscription is answered as "+typeEvents+", or over a WebSocket")
		return
	}
	var (
		written lists
		resp    *graphql.Response
	)
	defer written.free()
	if refused == nil {
		resp, refused = h.execute(context.WithValue(ctx, listsKey{}, &written), op)
	}
	if refused != nil {
		status := refused.status
		if status == http.StatusBadRequest && mediaType == typeJSON {
			status = http.StatusOK // what the specification asks of this media type, for the sake of old clients
		}
		write(w, mediaType, status, &graphql.Response{Errors: refused.errors})
		return
	}
	write(w, mediaType, http.StatusOK, resp, written.written...)
}

// read reads the body of a request, or refuses it.
func (h *Handler) read(
	ctx context.Context, w http.ResponseWriter, r *http.Request, mediaType string,
) (params *graphql.RawParams, ok bool) {
	started := time.Now()
	b := buffers.Get().(*buffer)
	defer b.free()
	body, err := b.readAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, mediaType, http.StatusRequestEntityTooLarge, "The body can have at most 128 KiB")
			return nil, false
		}
		refuse(w, mediaType, http.StatusBadRequest, "The body could not be read")
		return nil, false
	}
	params, err = decode(body)
	if err != nil {
		write(w, mediaType, http.StatusBadRequest, &graphql.Response{Errors: h.refuse(ctx, err).errors})
		return nil, false
	}
	params.ReadTime = graphql.TraceTiming{Start: started, End: time.Now()}
	return params, true
}

// refuseCredential answers a request that nobody stands behind.
func (h *Handler) refuseCredential(ctx context.Context, w http.ResponseWriter, mediaType string, err error) {
	message, ext := h.describe(ctx, err)
	status := http.StatusInternalServerError
	switch ext["code"] {
	case codeUnauthenticated:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
		if reason := auth.Reason(err); reason != "" {
			message += " (" + reason + ")"
		}
	case codeUnavailable:
		status = http.StatusServiceUnavailable
	}
	write(w, mediaType, status, &graphql.Response{Errors: problem(message, ext)})
}

// refuse answers a request that is not one of GraphQL.
func refuse(w http.ResponseWriter, mediaType string, status int, message string) {
	write(w, mediaType, status, &graphql.Response{Errors: problem(message, extensions(codeBadUserInput))})
}

func problem(message string, ext map[string]any) gqlerror.List {
	return gqlerror.List{{Message: shorten(message), Extensions: ext}}
}

// write sends an answer at once; when that fails, the client is gone.
func write(w http.ResponseWriter, mediaType string, status int, resp *graphql.Response, written ...*buffer) {
	b := buffers.Get().(*buffer)
	defer b.free()
	b.b = append(appendAnswer(b.b, resp, written...), '\n')
	h := w.Header()
	h["Content-Type"] = contentTypes[mediaType]
	h.Set("Content-Length", strconv.Itoa(len(b.b)))
	w.WriteHeader(status)
	_, _ = w.Write(b.b)
}

// contentTypes are the media types as headers, which are not to be written to.
var contentTypes = map[string][]string{
	typeGraphQL: {typeGraphQL + "; charset=utf-8"},
	typeJSON:    {typeJSON + "; charset=utf-8"},
}
