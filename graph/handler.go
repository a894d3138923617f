package graph

import (
	"context"
	"crypto/rand"
	"encoding/json"
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
	// RequestID names the request in the log, and in answers that say no more than that. Nil makes up an id.
	RequestID func(ctx context.Context) string

	fields graphql.FieldMiddleware // for tests; nil is writeLists
}

// Handler is the whole endpoint, authentication included: GraphQL over HTTP, by POST alone.
//
// It is written over gqlgen's executor rather than over its server, to decode requests strictly, to answer with the
// statuses that the specification asks for, and to write the data as it is instead of encoding it once more.
type Handler struct {
	desk         *desk.Desk
	authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	log          *slog.Logger
	requestID    func(ctx context.Context) string
	executor     *executor.Executor

	introspection bool
}

// NewHandler makes the endpoint.
func NewHandler(o Options) *Handler {
	h := &Handler{
		desk:          o.Desk,
		authenticate:  o.Authenticate,
		log:           o.Logger,
		requestID:     o.RequestID,
		introspection: o.Introspection,
	}
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

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		refuse(w, typeJSON, http.StatusMethodNotAllowed, "Send the operation by POST")
		return
	}
	mediaType := negotiate(r.Header.Values("Accept"))
	if mediaType == "" {
		refuse(w, typeJSON, http.StatusNotAcceptable, "Accept "+typeGraphQL+" or "+typeJSON)
		return
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
	started := time.Now()
	b := buffers.Get().(*buffer)
	defer b.free()
	body, err := b.readAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, mediaType, http.StatusRequestEntityTooLarge, "The body can have at most 128 KiB")
			return
		}
		refuse(w, mediaType, http.StatusBadRequest, "The body could not be read")
		return
	}
	params, err := decode(body)
	if err != nil {
		message, ext := h.describe(ctx, err)
		write(w, mediaType, http.StatusBadRequest, &graphql.Response{Errors: problem(message, ext)})
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: started, End: time.Now()}
	var written lists
	defer written.free()
	ctx = context.WithValue(auth.WithViewer(ctx, viewer), listsKey{}, &written)
	resp, status := h.execute(ctx, params)
	if status == http.StatusBadRequest && mediaType == typeJSON {
		status = http.StatusOK // what the specification asks of this media type, for the sake of old clients
	}
	write(w, mediaType, status, resp, written.written...)
}

// execute runs an operation. An answer without data has the status of a refusal.
func (h *Handler) execute(ctx context.Context, params *graphql.RawParams) (resp *graphql.Response, status int) {
	defer func() {
		if value := recover(); value != nil {
			message, ext := h.describe(ctx, &panicError{value, debug.Stack()})
			resp, status = &graphql.Response{Errors: problem(message, ext)}, http.StatusInternalServerError
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	op, errs := h.executor.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		if op.Doc != nil && op.Operation == nil {
			message := "operationName must name an operation of the document"
			return &graphql.Response{Errors: problem(message, extensions(codeBadUserInput))}, http.StatusBadRequest
		}
		return &graphql.Response{Errors: refusals(errs)}, http.StatusBadRequest
	}
	op.DisableIntrospection = !h.introspection
	answers, ctx := h.executor.DispatchOperation(ctx, op)
	resp = answers(ctx)
	if resp == nil || resp.Data == nil {
		message, ext := h.describe(ctx, errors.Join(context.Cause(ctx), crm.ErrUnavailable))
		return &graphql.Response{Errors: problem(message, ext)}, http.StatusServiceUnavailable
	}
	resp.Errors = resp.Errors[:min(len(resp.Errors), maxErrors)]
	return resp, http.StatusOK
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

// write sends an answer. The data is JSON already and goes out as it is, with the lists in their places; a refused request
// has none.
func write(w http.ResponseWriter, mediaType string, status int, resp *graphql.Response, written ...*buffer) {
	b := buffers.Get().(*buffer)
	defer b.free()
	out := append(b.b, '{')
	if len(resp.Errors) > 0 {
		list, err := json.Marshal(resp.Errors)
		if err != nil { // paths, positions and our own words: cannot be
			list = []byte(`[{"message":"internal error","extensions":{"code":"INTERNAL"}}]`)
		}
		out = append(append(out, `"errors":`...), list...)
	}
	if resp.Data != nil {
		if len(resp.Errors) > 0 {
			out = append(out, ',')
		}
		out = splice(append(out, `"data":`...), resp.Data, written)
	}
	out = append(out, "}\n"...)
	b.b = out
	h := w.Header()
	h["Content-Type"] = contentTypes[mediaType]
	h.Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(status)
	_, _ = w.Write(out) // at once; when that fails, the client is gone
}

// contentTypes are the media types as headers, which are not to be written to.
var contentTypes = map[string][]string{
	typeGraphQL: {typeGraphQL + "; charset=utf-8"},
	typeJSON:    {typeJSON + "; charset=utf-8"},
}
