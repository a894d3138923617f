package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"

	"kith/graph"
	"kith/internal/config"
	"kith/internal/events"
	"kith/internal/httpd"
	"kith/internal/metrics"
	"kith/internal/tracing"
	"kith/storage"
	"kith/storage/postgres"
)

// watching is what shows from outside how Kith does.
type watching struct {
	registry *prometheus.Registry
	panics   *metrics.Panics
	traces   *tracing.Tracing
}

func startWatching(ctx context.Context, getenv func(string) string) (watching, error) {
	traces, err := tracing.Start(ctx, getenv, version())
	registry := metrics.New(version())
	return watching{registry, metrics.NewPanics(registry), traces}, err
}

// close sends what is left of the traces.
func (w watching) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout/2)
	defer cancel()
	return w.traces.Close(ctx)
}

// caught counts panics of one kind.
func (w watching) caught(where string) func() { return func() { w.panics.Caught(where) } }

// caughtError counts and logs panics of one kind.
func (w watching) caughtError(where string, logger *slog.Logger) func(*storage.PanicError) {
	return func(p *storage.PanicError) {
		if w.panics != nil {
			w.panics.Caught(where)
		}
		logger.Error("panic", "panic", p.What, "stack", string(p.Stack))
	}
}

// store is a store that is watched, with its pool where it has one.
func (w watching) store(s storage.Store, logger *slog.Logger) storage.Store {
	if pg, ok := s.(*postgres.Store); ok {
		metrics.WatchPool(w.registry, func() (p metrics.Pool) {
			p.Max, p.Open, p.InUse, p.Acquired, p.Waited, p.WaitedFor = pg.PoolStats()
			return p
		})
	}
	return metrics.WatchStore(s, w.registry, w.caughtError("storage", logger))
}

func (w watching) hub(h *events.Hub) { metrics.WatchSubscriptions(w.registry, h.Open, h.Dropped) }

func (w watching) operations(logger *slog.Logger) graph.Watch {
	return watchOperations(metrics.NewOperations(w.registry), w.traces, logger)
}

// fields traces the fields of the root; nil where nothing is traced.
func (w watching) fields() func(context.Context, string) (context.Context, func()) {
	if w.traces == nil {
		return nil
	}
	return func(ctx context.Context, field string) (context.Context, func()) {
		ctx, end := w.traces.Begin(ctx, "resolve "+field)
		return ctx, func() { end("") }
	}
}

// watchOperations logs, counts and traces the operations of GraphQL. The log tells who asked in which workspace, but
// nothing of what was asked for or answered.
func watchOperations(operations *metrics.Operations, traces *tracing.Tracing, logger *slog.Logger) graph.Watch {
	return func(ctx context.Context, o graph.Operation) (context.Context, func(code string)) {
		began := time.Now()
		name := "refused"
		if o.Kind != "" {
			name = o.Kind + " " + o.Field
		}
		ctx, end := traces.Begin(ctx, name, attribute.String("graphql.operation.type", o.Kind),
			attribute.String("graphql.operation.name", shortName(o.Name)), attribute.Int("graphql.cost", o.Cost))
		return ctx, func(code string) {
			took := time.Since(began)
			operations.Ended(o.Kind, o.Field, code, o.Cost, took)
			failure, level := "", slog.LevelInfo
			if code != "OK" {
				failure = code
			}
			if code == "INTERNAL" || code == "UNAVAILABLE" {
				level = slog.LevelError
			}
			end(failure)
			logger.LogAttrs(ctx, level, "operation",
				slog.String("kind", o.Kind), slog.String("field", o.Field), slog.String("operation", shortName(o.Name)),
				slog.String("code", code), slog.Duration("took", took), slog.Int("cost", o.Cost),
				slog.String("workspace", o.Viewer.WorkspaceName), slog.String("subject", o.Viewer.Subject),
				slog.String("request", httpd.RequestID(ctx)))
		}
	}
}

// shortName is as much of an operation's name as logs and traces hold.
func shortName(s string) string { return s[:min(len(s), 64)] }

// serveAdmin answers those who run Kith on an address of their own, until the function it returns is called: metrics,
// health and profiles. No page of a browser gets at it, neither from another origin nor, where it is for this machine, by a
// name that was pointed here.
func serveAdmin(addr string, health *httpd.Health, registry *prometheus.Registry, logger *slog.Logger) (stop func() error, err error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(registry))
	mux.HandleFunc("GET /livez", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	var handler http.Handler = mux
	if config.Loopback(addrHost(ln.Addr())) {
		handler = httpd.OnlyHosts(config.Loopback, "This address answers to localhost alone", mux)
	}
	server := &http.Server{
		Handler: httpd.Headers(httpd.NoOtherPages(handler)), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the admin address is not served any more", "error", err)
		}
	}()
	logger.Info("serving metrics, health and profiles", "addr", ln.Addr().String())
	return server.Close, nil
}

// addrHost is the host of an address.
func addrHost(addr net.Addr) string {
	host, _, _ := net.SplitHostPort(addr.String()) // of a listener: it has a port
	return host
}
