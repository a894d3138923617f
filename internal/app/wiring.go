package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"kith/graph"
	"kith/internal/auth"
	"kith/internal/channels"
	"kith/internal/config"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/internal/httpd"
	"kith/internal/ingest"
	"kith/internal/jobs"
	"kith/internal/metrics"
	"kith/internal/profiles"
	"kith/internal/service"
	"kith/internal/signin"
	"kith/internal/vault"
	"kith/storage"
	"kith/web"
)

// strangersAMinute is how many unverified requests, and requests for channels that do not exist, an address may send in
// a minute.
const strangersAMinute = 60

// The paths of the endpoint and of the webhooks.
const (
	graphQLPath = "/graphql"
	webhookPath = "/channels/"
)

// wiring builds the HTTP handler from the opened parts.
type wiring struct {
	config    config.Config
	now       func() time.Time
	logger    *slog.Logger
	telemetry telemetry
	store     storage.Store
	settings  *storage.SettingsCache
	hub       *events.Hub
	health    *httpd.Health
	publicURL string
	opened    *closers // gets what has to be closed before the store
}

// handler returns the handler of all requests, and the GraphQL endpoint within it. Goroutines that it starts end with ctx.
func (w wiring) handler(ctx context.Context, messages *ingest.Ingest) (http.Handler, *graph.Handler, error) {
	secrets, err := vault.New(w.config.SecretKeys()...)
	if err != nil {
		return nil, nil, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	keys, err := auth.NewAPIKeys(w.store, w.logger, w.now)
	if err != nil {
		return nil, nil, err
	}
	authenticator, err := w.authenticator(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	staff, err := w.signIn(ctx)
	if err != nil {
		return nil, nil, err
	}
	trusted, err := w.trustedDocuments()
	if err != nil {
		return nil, nil, err
	}
	cursors, err := w.cursors(ctx)
	if err != nil {
		return nil, nil, err
	}
	admission := newAdmission(authenticator.Authenticate, cookieOf(staff), w.config.Limit(), w.telemetry.refusals.Refused)
	w.lookUpProfiles(ctx, messages, secrets)
	outgoing, err := w.outgoingWebhooks(ctx, cursors)
	if err != nil {
		return nil, nil, err
	}
	webhooks := w.webhooks(messages, secrets)
	endpoint := w.endpoint(ctx, admission, messages, webhooks, secrets, trusted, keys, cursors, outgoing)
	w.watch(ctx, endpoint, staff, keys)
	return w.guard(w.routes(endpoint, webhooks, staff, admission)), endpoint, nil
}

func (w wiring) authenticator(ctx context.Context, keys *auth.APIKeys) (*auth.Authenticator, error) {
	return auth.New(ctx, auth.Config{
		Secrets:     w.config.AuthSecrets(),
		JWKSURL:     w.config.AuthJWKSURL,
		Issuer:      w.config.AuthIssuer,
		Audience:    w.config.AuthAudience,
		Claims:      w.config.AuthClaims(),
		Leeway:      w.config.AuthLeeway,
		Development: w.config.Development(),
		Keys:        keys,
		Lifetime:    w.config.TokenLifetime,
		Fetched:     w.telemetry.identity.Requests,
	}, w.store, w.logger, w.now)
}

// cursors seals cursors with the database's key, which all processes have that share it.
func (w wiring) cursors(ctx context.Context) (*cursor.Sealer, error) {
	key, err := w.store.CursorKey(ctx)
	if err != nil {
		return nil, err
	}
	return cursor.NewSealer(key)
}

// messages records what channels report.
func (w wiring) messages() *ingest.Ingest {
	messages := ingest.New(w.store, w.config.DefaultRegion, w.now)
	messages.UndoMerge, messages.Settings = w.config.UndoMerge, w.settings
	if n, per := w.config.NewContacts.Window(); n > 0 {
		messages.NewContacts = httpd.NewAllowance(n, per)
	}
	return messages
}

// lookUpProfiles looks the names of customers up whose messages bring none.
func (w wiring) lookUpProfiles(ctx context.Context, messages *ingest.Ingest, secrets *vault.Vault) {
	lookups := profiles.New(ctx, profiles.Options{
		Channels: w.store, Open: secrets.Open, Ingest: messages, Logger: w.logger, Now: w.now,
		Registry: w.telemetry.registry, Panicked: w.telemetry.panicCounter("background"),
	})
	messages.Recorded = lookups.Recorded
	w.opened.add("profile look-ups", lookups.Close)
}

func (w wiring) webhooks(messages *ingest.Ingest, secrets *vault.Vault) *channels.Handler {
	return channels.New(channels.Options{
		Channels: w.store, Ingest: messages, Failures: w.store, Open: secrets.Open,
		Address: httpd.Address, Strangers: httpd.NewAllowance(strangersAMinute, time.Minute),
		Visitors: httpd.NewAllowance(w.config.WidgetRate.Window()),
		Logger:   w.logger, Now: w.now, Registry: w.telemetry.registry, Panicked: w.telemetry.panicCounter("background"),
	})
}

func (w wiring) endpoint(
	ctx context.Context, admission admission, messages *ingest.Ingest, webhooks *channels.Handler, secrets *vault.Vault, trusted *graph.TrustedDocuments,
	keys *auth.APIKeys, cursors *cursor.Sealer, outgoing outgoing,
) *graph.Handler {
	c := w.config
	var runner *jobs.Runner
	staff := service.New(w.store, service.Options{
		Region: c.DefaultRegion, Settings: w.settings, Retention: service.Retention{
			History: time.Duration(c.HistoryRetention), Audit: time.Duration(c.AuditRetention), Failures: c.FailureRetention,
		},
		Now: w.now, Vault: secrets, PublicURL: w.publicURL, Replayer: webhooks,
		WebhookVault: outgoing.vault, Webhooks: outgoing.dispatcher,
		Revoked: keys.Revoked, Cursors: cursors, UndoMerge: c.UndoMerge, Events: w.hub, JobCreated: func() { runner.Wake() },
		Panicked: w.telemetry.panicLogger("background", w.logger),
	})
	runner = jobs.New(w.store, staff.JobHandlers(), jobs.Options{
		Logger: w.logger, Now: w.now, Panicked: w.telemetry.panicCounter("background"),
	})
	w.opened.add("jobs", runJobs(ctx, runner))
	return graph.New(graph.Options{
		Service:         staff,
		Ingest:          messages,
		Authenticate:    admission.authenticate,
		Again:           admission.again,
		Ended:           w.connectionEnded,
		Logger:          w.logger,
		Introspection:   c.IntrospectionOn(),
		Allow:           admission.allow,
		Trusted:         trusted,
		Concurrency:     c.Concurrency,
		AnswerLimit:     c.AnswerLimit,
		ImportLimit:     int64(c.ImportLimit),
		Connections:     c.Connections,
		Subscriptions:   c.Subscriptions,
		Address:         httpd.Address,
		Now:             w.now,
		RequestID:       httpd.RequestID,
		Instrument:      w.telemetry.operations(w.logger),
		InstrumentField: w.telemetry.fields(),
		Panicked:        w.telemetry.panicCounter("operation"),
	})
}

// connectionEnded logs why a WebSocket or an event stream has lost its credential.
func (w wiring) connectionEnded(ctx context.Context, reason string) {
	w.logger.InfoContext(ctx, "connection ended", "reason", reason)
}

// watch ends connections when their sign-in or key ends or the database changes, until ctx ends, and registers the metrics of the
// endpoint.
func (w wiring) watch(ctx context.Context, endpoint *graph.Handler, staff *signin.SignIn, keys *auth.APIKeys) {
	go keys.Follow(ctx, endpoint.EndSignIn)
	if staff != nil {
		go staff.Follow(ctx, endpoint.EndSignIn)
	}
	go watchGeneration(ctx, w.store, func() {
		w.logger.Warn("the database was restarted, replaced or restored: caches are cleared and subscriptions end")
		endpoint.EndMoved(ctx, w.store)
	})
	go every(ctx, goneCheck, func() { endpoint.EndGone(ctx, w.settings.Settings) })
	registry := w.telemetry.registry
	metrics.InstrumentAnswers(registry, endpoint.SubscriptionsRefused, endpoint.AnswersRested)
	metrics.InstrumentConnections(registry, endpoint.Connections, endpoint.Refused, graph.ConnectionRefusals())
	metrics.InstrumentBacklog(registry, endpoint.Backlog)
}

// routes maps paths to handlers.
func (w wiring) routes(endpoint *graph.Handler, webhooks http.Handler, staff *signin.SignIn, admission admission) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(graphQLPath, httpd.CORS(w.config.Origins(), admission.admit(endpoint)))
	mux.Handle(graph.DownloadPath, admission.admit(endpoint.Download))
	mux.Handle(graph.UploadPath, admission.admit(endpoint.Upload))
	mux.Handle(graph.RefusedPath, admission.admit(http.HandlerFunc(endpoint.Upload.Refused)))
	w.handleSignIn(mux, staff, admission)
	mux.Handle(webhookPath+"{id}/webhook", webhooks)
	mux.HandleFunc("GET /livez", w.health.Live)
	mux.HandleFunc("GET /readyz", w.health.Ready)
	if w.config.AdminAddr == "" {
		mux.Handle("GET /metrics", admission.only(crm.ReadMetrics, metrics.Handler(w.telemetry.registry)))
	}
	if w.config.PlaygroundOn() {
		w.handlePlayground(mux, staff, admission)
	}
	base := w.config.BasePath()
	mux.Handle("/staff/", web.Staff(base))
	for _, short := range []string{"GET /{$}", "GET /staff", "GET /staff/{$}"} {
		mux.Handle(short, http.RedirectHandler(base+"/staff/contacts", http.StatusFound))
	}
	return mux
}

// guard puts the checks, headers and measurements of every request around the routes.
func (w wiring) guard(routes http.Handler) http.Handler {
	c := w.config
	guarded := httpd.SameOrigin(routes, c.PublicOrigin(), httpd.Open{Path: graphQLPath, Origins: c.Origins()})
	if c.Development() {
		guarded = httpd.OnlyHosts(config.Loopback, "Without auth settings Kith answers to localhost alone",
			httpd.Direct(config.Loopback, c.Origins(), guarded))
	}
	observed := httpd.Observe(httpd.Headers(httpd.Unencoded(openTo(webhookPath, routes, guarded))), w.logger, w.telemetry.registry,
		w.telemetry.panicCounter("request"), graphQLPath)
	traced := httpd.Identify(w.telemetry.traces.Requests(observed, httpd.RequestID))
	return httpd.Behind(httpd.Trust{Networks: c.Proxies(), Socket: c.TrustsSocket()}, c.PublicTLS(), httpd.Below(c.BasePath(), traced))
}

// trustedDocuments reads the manifest of the only documents to serve. Without one it returns nil, and any document is served.
func (w wiring) trustedDocuments() (*graph.TrustedDocuments, error) {
	if w.config.TrustedDocuments == "" {
		return nil, nil
	}
	f, err := os.Open(w.config.TrustedDocuments)
	if err != nil {
		return nil, &usageError{fmt.Errorf("KITH_TRUSTED_DOCUMENTS: %w", err)}
	}
	defer func() { _ = f.Close() }()
	trusted, err := graph.ReadTrustedDocuments(f)
	if err != nil {
		return nil, &usageError{fmt.Errorf("KITH_TRUSTED_DOCUMENTS: %w", err)}
	}
	trusted.TrustOwn(web.StaffOperations)
	return trusted, nil
}

// openTo exempts requests below a path from the guards: providers and pages of other origins may use any host name,
// and webhooks verify them by other means.
func openTo(path string, open, guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, path) {
			open.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}
