// Package tracing sends traces to an OpenTelemetry collector: a span for each request, operation, field of the root
// and statement of SQL. It is configured by the standard environment variables (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER
// and the others) and does nothing without them. Spans hold no argument, no variable and no value of a statement.
package tracing

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing sends spans. Nil sends none.
type Tracing struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	carried  propagation.TextMapPropagator
}

// Start begins to send spans with OTLP over HTTP if the environment names a collector; otherwise it returns nil.
func Start(ctx context.Context, getenv func(string) string, version string) (*Tracing, error) {
	endpoint := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if base := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); endpoint == "" && base != "" {
		endpoint = strings.TrimRight(base, "/") + "/v1/traces"
	}
	if endpoint == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil //nolint:nilnil // a nil Tracing traces nothing
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "kith"), attribute.String("service.version", version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("send traces: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracing{p, p.Tracer("kith"), propagation.TraceContext{}}, nil
}

// Provider is for libraries that trace; nil without tracing.
func (t *Tracing) Provider() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// Close sends the remaining spans until ctx ends.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// RequestID is the attribute of spans that has the id under which the log knows the request.
const RequestID = "request.id"

// Requests traces requests, and continues the traces in their headers. Each answer names its span in the header traceparent.
func (t *Tracing) Requests(next http.Handler, id func(context.Context) string) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := t.carried.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String(RequestID, id(ctx))))
		t.carried.Inject(ctx, propagation.HeaderCarrier(w.Header()))
		w.Header().Del("Tracestate") // the client's
		inner := r.WithContext(ctx)
		status := http.StatusOK
		defer func() {
			if inner.Pattern != "" {
				span.SetName(inner.Pattern)
				span.SetAttributes(attribute.String("http.route", inner.Pattern))
			}
			span.SetAttributes(attribute.Int("http.response.status_code", status))
			if status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}()
		next.ServeHTTP(httpsnoop.Wrap(w, httpsnoop.Hooks{
			WriteHeader: func(f httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
				return func(code int) { status = code; f(code) }
			},
		}), inner)
	})
}

// Begin starts a span within the one of ctx. The function it returns ends it, with a code that is not empty as an error.
func (t *Tracing) Begin(ctx context.Context, name string, about ...attribute.KeyValue) (context.Context, func(failure string)) {
	if t == nil {
		return ctx, func(string) {}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithAttributes(about...))
	return ctx, func(failure string) {
		if failure != "" {
			span.SetStatus(codes.Error, failure)
		}
		span.End()
	}
}
