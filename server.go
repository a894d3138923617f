// Kith is a contacts server: a GraphQL endpoint, its playground and the commands around them. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"kith/graph"
	"kith/internal/auth"
	"kith/internal/channels"
	"kith/internal/config"
	"kith/internal/crm"
	"kith/internal/demo"
	"kith/internal/events"
	"kith/internal/httpd"
	"kith/internal/ingest"
	"kith/internal/metrics"
	"kith/internal/service"
	"kith/internal/vault"
	"kith/storage"
	"kith/web"
)

const (
	// strangersAMinute is how often in a minute an address may send a channel what is not verified, and ask for channels
	// that are not there.
	strangersAMinute = 60
	// closeTimeout is how long closing the database and the rest may take, after the requests have ended.
	closeTimeout = 1500 * time.Millisecond
	// demoContacts is how many contacts fill an empty workspace demo.
	demoContacts = 500
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	context.AfterFunc(ctx, stop) // a second signal kills
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kith: "+strings.ReplaceAll(err.Error(), "\n", "\n      "))
	}
	os.Exit(exitCode(err))
}

// stopSignals are the signals that stop Kith. A hangup does unless it was to be ignored from the start, as nohup wants it.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// exitCode is 0 when all went well, 2 when the command line or a setting is wrong, else 1.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

// What is alive between requests is small, so the collector runs often. Letting more garbage gather (300) answers some 8 %
// more searches a second at a million contacts and takes 81 MB instead of 59. The limit keeps a server that has much to
// hold from taking twice as much.
const (
	gcPercent   = 125
	memoryLimit = 256 << 20
)

// tuneCollector lets garbage gather, unless the environment says how much.
func tuneCollector(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// program is one run of one command.
type program struct {
	config  config.Config
	environ []string
	getenv  func(string) string
	stdout  io.Writer
	stderr  io.Writer
	now     func() time.Time

	watching watching
}

func (p *program) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: p.config.Level()}
	if p.config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}

// serve answers requests until ctx ends. What it opens it closes in reverse.
func (p *program) serve(ctx context.Context) (err error) {
	if err := p.config.Validate(true); err != nil {
		return &usageError{err}
	}
	if empty := config.EmptyCredentials(p.environ); len(empty) > 0 && p.config.Development() {
		return &usageError{fmt.Errorf("%s: set but empty: fill it in, or take it away to serve everybody on this machine as an admin",
			strings.Join(empty, ", "))}
	}
	tuneCollector(p.getenv)
	logger := p.logger()
	var opened closers
	defer func() {
		err = errors.Join(err, opened.close(closeTimeout))
		logger.Info("stopped")
	}()

	ln, err := net.Listen("tcp", p.config.Addr) // first, so that an address in use is told at once
	if err != nil {
		return err
	}
	opened.add("listener", func() error {
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	logger.Info("starting", "version", version(), "database", p.config.DatabaseURL)
	for _, warning := range p.config.Warnings() {
		logger.Warn(warning) //nolint:sloglint // constants, but for two settings
	}
	if p.watching, err = startWatching(ctx, p.getenv); err != nil {
		return &usageError{err}
	}
	opened.add("traces", p.watching.close)
	database := newDatabase(logger, p.now)
	health := httpd.NewHealth(database.ping)
	if addr := p.config.AdminAddr; addr != "" {
		stop, err := serveAdmin(addr, health, p.watching.registry, logger)
		if err != nil {
			return fmt.Errorf("KITH_ADMIN_ADDR: %w", err)
		}
		opened.add("admin address", stop)
	}
	store, err := p.openForServing(ctx, ln, health, logger)
	if err != nil {
		return err
	}
	store = database.open(p.watching.store(store, logger))
	opened.add("database", store.Close)
	if p.config.DemoOn() {
		if err := p.fillDemo(ctx, store, logger); err != nil {
			return err
		}
	}
	hub := events.New(store, logger)
	hub.Panicked = p.watching.caughtError("background", logger)
	p.watching.hub(hub)
	running, end := context.WithCancel(context.WithoutCancel(ctx)) // what serves requests goes on while Kith stops
	defer end()
	handler, streams, err := p.handler(running, store, hub, health, logger, ln.Addr())
	if err != nil {
		return err
	}
	opened.add("events", follow(running, hub))
	opened.add("maintenance", maintain(running, &upkeep{
		store: store, now: p.now,
		retention: retention{p.config.EventRetention, p.config.MessageRetention, p.config.FailureRetention},
		panicked:  p.watching.caught("background"),
	}, logger))

	p.announce(ln.Addr(), logger)
	return httpd.Serve(ctx, ln, httpd.Serving{
		Handler: handler, Drain: streams.Shutdown, Health: health, Logger: logger,
		Delay: p.config.ShutdownDelay, Grace: p.config.ShutdownTimeout,
	})
}

// handler puts together everything that is served at an address. The endpoint of GraphQL is also returned by itself.
func (p *program) handler(
	ctx context.Context, store storage.Store, hub *events.Hub, health *httpd.Health, logger *slog.Logger, addr net.Addr,
) (http.Handler, *graph.Handler, error) {
	c := p.config
	secrets, err := vault.New(c.SecretKeys()...)
	if err != nil {
		return nil, nil, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	authenticator, err := auth.New(ctx, auth.Config{
		Secret:      string(c.AuthSecret),
		JWKSURL:     c.AuthJWKSURL,
		Issuer:      c.AuthIssuer,
		Audience:    c.AuthAudience,
		Development: c.Development(),
		Lifetime:    c.TokenLifetime,
	}, store, logger, p.now)
	if err != nil {
		return nil, nil, err
	}
	staff, err := p.signIn(ctx, store, logger, addr)
	if err != nil {
		return nil, nil, err
	}
	trusted, err := p.trustedDocuments()
	if err != nil {
		return nil, nil, err
	}
	door := newDoor(authenticator.Authenticate, cookieOf(staff), c.Limit())
	registry := p.watching.registry
	messages := ingest.New(store, c.DefaultRegion, p.now)
	if n, per := c.NewContacts.Window(); n > 0 {
		messages.NewContacts = httpd.NewAllowance(n, per)
	}
	webhooks := channels.New(channels.Options{
		Channels: store, Ingest: messages, Failures: store, Open: secrets.Open,
		Address: httpd.Address, Strangers: httpd.NewAllowance(strangersAMinute, time.Minute),
		Visitors: httpd.NewAllowance(c.WidgetRate.Window()),
		Logger:   logger, Now: p.now, Registry: registry, Panicked: p.watching.caught("background"),
	})
	endpoint := graph.New(graph.Options{
		Service: service.New(store, service.Options{
			Region: c.DefaultRegion, Now: p.now, Vault: secrets, PublicURL: p.publicURL(addr), Replayer: webhooks,
			Events: hub, Panicked: p.watching.caughtError("background", logger),
		}),
		Ingest:        messages,
		Authenticate:  door.authenticate,
		Again:         door.again,
		Logger:        logger,
		Introspection: c.IntrospectionOn(),
		Allow:         door.allow,
		Trusted:       trusted,
		Concurrency:   c.Concurrency,
		AnswerLimit:   c.AnswerLimit,
		Connections:   c.Connections,
		Subscriptions: c.Subscriptions,
		Address:       httpd.Address,
		Now:           p.now,
		RequestID:     httpd.RequestID,
		Watch:         p.watching.operations(logger),
		WatchField:    p.watching.fields(),
		Panicked:      p.watching.caught("operation"),
	})

	if staff != nil {
		go staff.Follow(ctx, endpoint.EndSignIn)
	}
	go watchGeneration(ctx, store, func() {
		logger.Warn("the database was restarted, replaced or put back: what was remembered of it is forgotten")
		endpoint.EndMoved(ctx, store)
	})
	metrics.WatchAnswers(registry, endpoint.SubscriptionsRefused, endpoint.AnswersRested)
	metrics.WatchConnections(registry, endpoint.Connections, endpoint.Refused, graph.ConnectionRefusals())
	metrics.WatchBacklog(registry, endpoint.Backlog)

	mux := http.NewServeMux()
	mux.Handle(graphQLPath, httpd.CORS(c.Origins(), door.admit(endpoint)))
	p.handleSignIn(mux, staff, door)
	mux.Handle(webhookPath+"{id}/webhook", webhooks)
	mux.HandleFunc("GET /livez", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)
	if c.AdminAddr == "" {
		mux.Handle("GET /metrics", door.only(crm.ReadMetrics, metrics.Handler(registry)))
	}
	if c.PlaygroundOn() {
		handlePlayground(mux, staff, door)
	}
	mux.Handle("/staff/", web.Staff())
	for _, short := range []string{"GET /{$}", "GET /staff", "GET /staff/{$}"} {
		mux.Handle(short, http.RedirectHandler("/staff/contacts", http.StatusFound))
	}
	guarded := httpd.SameOrigin(mux, httpd.Open{Path: graphQLPath, Origins: c.Origins()})
	if c.Development() {
		guarded = httpd.OnlyHosts(config.Loopback, "Without auth settings Kith answers to localhost alone",
			httpd.Direct(config.Loopback, c.Origins(), guarded))
	}
	traced := p.watching.traces.Requests(httpd.Headers(httpd.Unencoded(openTo(webhookPath, mux, guarded))))
	observed := httpd.Observe(traced, logger, registry, p.watching.caught("request"), graphQLPath)
	return httpd.Behind(c.Proxies(), c.PublicTLS(), observed), endpoint, nil
}

// Where things are served: the endpoint, and webhooks, below their path and nothing else.
const (
	graphQLPath = "/graphql"
	webhookPath = "/channels/"
)

// trustedDocuments are the documents that are served; nil is any.
func (p *program) trustedDocuments() (*graph.TrustedDocuments, error) {
	if p.config.TrustedDocuments == "" {
		return nil, nil
	}
	f, err := os.Open(p.config.TrustedDocuments)
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

// openTo lets what is asked under a path past the guards: providers and pages of other origins come under whatever name
// they know Kith by, and prove themselves in their own way.
func openTo(path string, open, guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, path) {
			open.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// fillDemo gives the workspace demo some contacts when it has none.
func (p *program) fillDemo(ctx context.Context, store storage.Store, logger *slog.Logger) error {
	w, err := store.Workspace(ctx, auth.DevelopmentWorkspace)
	if err != nil {
		return fmt.Errorf("open workspace %s: %w", auth.DevelopmentWorkspace, err)
	}
	filled, err := store.HasContacts(ctx, w)
	if err != nil {
		return fmt.Errorf("look into workspace %s: %w", auth.DevelopmentWorkspace, err)
	}
	if filled {
		return nil
	}
	logger.Info("filling workspace", "workspace", auth.DevelopmentWorkspace, "contacts", demoContacts)
	return demo.Fill(ctx, store, auth.DevelopmentWorkspace, demo.Options{Contacts: demoContacts, Seed: 1, Now: p.now()})
}

// announce says where Kith listens: to a person in words, to a machine in the log.
func (p *program) announce(addr net.Addr, logger *slog.Logger) {
	logger.Info("listening", "addr", addr.String())
	if p.config.Development() {
		logger.Warn("no auth settings: everybody on this machine is ADMIN", "workspace", auth.DevelopmentWorkspace)
	}
	if p.config.LogFormat != "text" {
		return
	}
	base := localURL(addr)
	_, _ = fmt.Fprintf(p.stdout, "Contacts    %s/staff/contacts\n", base)
	if p.config.PlaygroundOn() {
		_, _ = fmt.Fprintf(p.stdout, "Playground  %s/playground\n", base)
	}
	_, _ = fmt.Fprintf(p.stdout, "GraphQL     %s/graphql\nHealth      %s/readyz\n", base, base)
}

// publicURL is where the world reaches what is served at an address, without a slash at the end.
func (p *program) publicURL(addr net.Addr) string {
	if p.config.PublicURL != "" {
		return strings.TrimRight(p.config.PublicURL, "/")
	}
	return localURL(addr)
}

// localURL is where this machine reaches what is served at an address.
func localURL(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
