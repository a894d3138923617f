package graph

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/download"
	"kith/graph/fastlist"
	"kith/graph/generated"
	"kith/graph/operation"
	"kith/graph/problem"
	"kith/graph/resolve"
	"kith/graph/transport"
	"kith/graph/upload"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/service"
)

// The parts of the endpoint that its callers use.
type (
	TrustedDocuments = operation.TrustedDocuments
	Operation        = operation.Info
	Instrument       = operation.Instrument
)

// Options are what the endpoint needs.
type Options struct {
	Service *service.Service
	Ingest  *ingest.Ingest
	// Authenticate returns the viewer of an Authorization header, as [auth.Authenticator.Authenticate] does.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	// Again is Authenticate for the credential of an open connection: it must check it again. Nil is Authenticate.
	Again func(ctx context.Context, header string) (crm.Viewer, error)
	// Ended is called, once, for each open connection that ends because its credential is no longer valid, with the context of its
	// request and the reason. Nil does nothing.
	Ended  func(ctx context.Context, reason string)
	Logger *slog.Logger
	// Introspection lets clients read the schema.
	Introspection bool
	// Allow takes tokens of a viewer's rate limit, or says how long to wait: one for an operation over an open socket, as HTTP
	// requests are counted before they come here, and one for each full 1,000 of an operation's cost. Nil allows everything.
	Allow func(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool)
	// Trusted are the only documents that are served. Nil is any.
	Trusted *TrustedDocuments
	// Concurrency is how many queries and mutations may run at a time; some more wait for a moment. 0 is 128.
	Concurrency int
	// AnswerLimit is how many bytes an answer can have. 0 is 8 MiB. All unread answers together can have eight times as many.
	AnswerLimit int
	// ImportLimit is how many bytes a file to import can have.
	ImportLimit int64
	// Connections is how many sockets and event streams may be open at a time, half of them from one address. 0 is 10,000.
	Connections int
	// Subscriptions is how many subscriptions a subject may have at a time. 0 is 200.
	Subscriptions int
	// Address is the address of a client. Nil takes all clients for one.
	Address func(r *http.Request) string
	// Now is the time for credentials to end. Nil is time.Now.
	Now func() time.Time
	// Instrument is called for every operation. Nil does nothing.
	Instrument Instrument
	// InstrumentField is called for each field of the root; the function that it returns is called at the end. Nil does nothing.
	InstrumentField func(ctx context.Context, field string) (context.Context, func())
	// Panicked is called for each panic that was caught. Nil does nothing.
	Panicked func()
	// RequestID is the id of a request in the log, and in answers to unexpected errors. Nil makes up an id.
	RequestID func(ctx context.Context) string

	// For tests.
	stock     bool                                                  // has gqlgen write every list
	around    func(graphql.FieldMiddleware) graphql.FieldMiddleware // nil is nothing
	times     transport.Times
	unlimited bool    // accepts any operation, whatever it costs
	cores     float64 // of each subject's subscriptions
}

// Handler is the endpoint.
type Handler struct {
	*transport.Handler
	// Download answers requests for exports. Its path has the pattern [DownloadPath].
	Download http.Handler
	// Upload takes in files for imports, and gives out what was refused. Its paths have the patterns [UploadPath] and [RefusedPath].
	Upload *upload.Handler

	executor *executor.Executor
}

// New makes the endpoint. [Handler.Shutdown] ends it.
func New(o Options) *Handler {
	report := &problem.Reporter{Log: o.Logger, RequestID: o.RequestID, Panicked: o.Panicked}
	if report.RequestID == nil {
		report.RequestID = func(context.Context) string { return rand.Text() }
	}
	if report.Panicked == nil {
		report.Panicked = func() {}
	}
	schema := schema()
	e := newExecutor(o, schema, report)
	run := operation.New(operation.Options{
		Executor: e, Schema: schema, Report: report, Introspection: o.Introspection, Allow: o.Allow, Trusted: o.Trusted,
		Concurrency: o.Concurrency, AnswerLimit: o.AnswerLimit, Instrument: o.Instrument, Unlimited: o.unlimited,
	})
	expect := func(
		ctx context.Context, v crm.Viewer, contacts []crm.ContactID, sessions []crm.SessionID,
	) context.Context {
		l := resolve.NewLoaders(o.Service, v, report.Recovered)
		l.ExpectEvents(contacts, sessions)
		return resolve.WithLoaders(ctx, l)
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	files := download.New(download.Options{Service: o.Service, Authenticate: o.Authenticate, Report: report, Now: now})
	taken := upload.New(upload.Options{Service: o.Service, Authenticate: o.Authenticate, Report: report, Limit: o.ImportLimit})
	return &Handler{executor: e, Download: files, Upload: taken, Handler: transport.New(transport.Options{
		Run: run, Report: report, Authenticate: o.Authenticate, Again: o.Again, Ended: o.Ended, Subscribe: o.Service.Subscribe,
		Watch: o.Service.WatchJob, Expect: expect, Address: o.Address, Now: o.Now, Connections: o.Connections, Subscriptions: o.Subscriptions,
		Times: o.times, Cores: o.cores,
	})}
}

// newExecutor makes gqlgen's executor over the resolvers.
func newExecutor(o Options, schema *ast.Schema, report *problem.Reporter) *executor.Executor {
	e := executor.New(generated.NewExecutableSchema(generated.Config{
		Schema:    schema,
		Resolvers: resolve.New(o.Service, o.Ingest),
	}))
	e.SetQueryCache(operation.PreparedDocument{})
	e.SetErrorPresenter(report.Present)
	e.SetRecoverFunc(report.Recovered)
	e.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		if resolve.LoadersOf(ctx) == nil { // else they are those of several events
			ctx = resolve.WithLoaders(ctx, resolve.NewLoaders(o.Service, auth.Viewer(ctx), report.Recovered))
		}
		return next(ctx)
	})
	if o.InstrumentField != nil {
		e.AroundRootFields(instrumentRoot(o.InstrumentField))
	}
	fields := (&fastlist.Fields{Recovered: report.Recovered, Stock: o.stock}).Resolve
	if o.around != nil {
		fields = o.around(fields)
	}
	e.AroundFields(fields)
	return e
}

// DownloadPath is the path of [Handler.Download], as a pattern of [http.ServeMux].
const DownloadPath = download.Pattern

// ReadExport reads the parameters of a download, for exports elsewhere. See [download.Parse].
func ReadExport(query url.Values) (download.Request, error) { return download.Parse(query) }

// instrumentRoot calls instrument around each field of the root.
func instrumentRoot(instrument func(context.Context, string) (context.Context, func())) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		ctx, done := instrument(ctx, graphql.GetRootFieldContext(ctx).Field.Name)
		defer done()
		return next(ctx)
	}
}

// schema is the schema without @defer, which gqlgen's prelude adds and the transports do not support.
func schema() *ast.Schema {
	s := *generated.NewExecutableSchema(generated.Config{}).Schema()
	s.Directives = maps.Clone(s.Directives)
	delete(s.Directives, "defer")
	return &s
}

// ReadTrustedDocuments reads a manifest of trusted documents. See [operation.ReadTrustedDocuments].
func ReadTrustedDocuments(r io.Reader) (*TrustedDocuments, error) {
	return operation.ReadTrustedDocuments(r, schema())
}

// The paths of [Handler.Upload], as patterns of [http.ServeMux].
const (
	UploadPath  = upload.Pattern
	RefusedPath = upload.RefusedPattern
)

// ConnectionRefusals are the reasons that [Handler.Refused] counts by.
func ConnectionRefusals() []string { return transport.ConnectionRefusals() }
