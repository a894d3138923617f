package httpd

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogContext adds to each record what its context knows: the id of the request, that of the trace and, with addresses, the address of
// the client.
func LogContext(h slog.Handler, addresses bool) slog.Handler { return contextHandler{h, addresses} }

type contextHandler struct {
	slog.Handler
	addresses bool
}

// Handle implements [slog.Handler].
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if i, ok := ctx.Value(identityKey{}).(*identity); ok {
		r.AddAttrs(slog.String("request", i.id))
		if h.addresses {
			r.AddAttrs(slog.String("address", i.address))
		}
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		r.AddAttrs(slog.String("trace", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs), h.addresses}
}

// WithGroup implements [slog.Handler].
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name), h.addresses}
}
