package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"

	"kith/graph"
	"kith/graph/problem"
	"kith/internal/events"
	"kith/internal/httpd"
	"kith/internal/metrics"
	"kith/internal/tracing"
	"kith/storage"
	"kith/storage/postgres"
)

// telemetry holds the metrics and traces of a running server. The zero value counts and traces nothing.
type telemetry struct {
	registry *prometheus.Registry
	panics   *metrics.Panics
	refusals *metrics.Refusals
	identity *metrics.Identity
	traces   *tracing.Tracing
}

func startTelemetry(ctx context.Context, getenv func(string) string) (telemetry, error) {
	traces, err := tracing.Start(ctx, getenv, version())
	registry := metrics.New(version())
	return telemetry{
		registry, metrics.NewPanics(registry), metrics.NewRefusals(registry, rateLimited), metrics.NewIdentity(registry), traces,
	}, err
}

// close sends the remaining traces.
func (t telemetry) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout/2)
	defer cancel()
	return t.traces.Close(ctx)
}

// panicCounter counts panics of one kind.
func (t telemetry) panicCounter(where string) func() { return func() { t.panics.Caught(where) } }

// panicLogger counts and logs panics of one kind.
func (t telemetry) panicLogger(where string, logger *slog.Logger) func(*storage.PanicError) {
	return func(p *storage.PanicError) {
		if t.panics != nil {
			t.panics.Caught(where)
		}
		logger.Error("panic", "panic", p.What, "stack", string(p.Stack))
	}
}

// store returns s with metrics of its calls, and of its connection pool where it has one.
func (t telemetry) store(s storage.Store, logger *slog.Logger) storage.Store {
	if pg, ok := s.(*postgres.Store); ok {
		metrics.InstrumentPool(t.registry, func() (p metrics.Pool) {
			p.Max, p.Open, p.InUse, p.Acquired, p.Waited, p.WaitedFor = pg.PoolStats()
			return p
		})
	}
	s = metrics.InstrumentStore(s, t.registry, t.panicLogger("storage", logger))
	metrics.InstrumentDatabase(t.registry, s.Stats, time.Now)
	return s
}

func (t telemetry) hub(h *events.Hub) { metrics.InstrumentSubscriptions(t.registry, h.Open, h.Dropped) }

func (t telemetry) operations(logger *slog.Logger) graph.Instrument {
	return instrumentOperations(metrics.NewOperations(t.registry), t.traces, logger)
}

// fields traces root fields; nil without tracing.
func (t telemetry) fields() func(context.Context, string) (context.Context, func()) {
	if t.traces == nil {
		return nil
	}
	return func(ctx context.Context, field string) (context.Context, func()) {
		ctx, end := t.traces.Begin(ctx, "resolve "+field)
		return ctx, func() { end("") }
	}
}

// instrumentOperations logs, counts and traces the operations of GraphQL. The log names the subject and the workspace, but
// no part of the request or answer.
func instrumentOperations(operations *metrics.Operations, traces *tracing.Tracing, logger *slog.Logger) graph.Instrument {
	return func(ctx context.Context, o graph.Operation) (context.Context, func(code string)) {
		began := time.Now()
		name := "refused"
		if o.Kind != "" {
			name = o.Kind + " " + o.Field
		}
		ctx, end := traces.Begin(ctx, name, attribute.String("graphql.operation.type", o.Kind),
			attribute.String("graphql.operation.name", shortName(o.Name)), attribute.Int("graphql.cost", o.Cost),
			attribute.String(tracing.RequestID, httpd.RequestID(ctx)))
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
			attrs := []slog.Attr{
				slog.String("kind", o.Kind), slog.String("field", o.Field), slog.String("operation", shortName(o.Name)),
				slog.String("code", code), slog.Duration("took", took), slog.Int("cost", o.Cost),
				slog.String("workspace", o.Viewer.WorkspaceName), slog.String("subject", o.Viewer.Subject),
				slog.String("role", string(o.Viewer.Role)),
			}
			if reason := operationReason(code, o); reason != "" {
				attrs = append(attrs, slog.String("reason", reason))
			}
			logger.LogAttrs(ctx, level, "operation", attrs...)
		}
	}
}

// operationReason is why an operation was refused, as the log has it; empty where the code says it.
func operationReason(code string, o graph.Operation) string {
	switch code {
	case problem.Forbidden:
		if strings.HasPrefix(o.Field, "__") {
			return "introspection"
		}
		return reasonRole(o.Viewer)
	case problem.RateLimited:
		return "rate"
	}
	return ""
}

// shortName cuts an operation's name for logs and traces.
func shortName(s string) string { return s[:min(len(s), 64)] }
