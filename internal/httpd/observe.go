package httpd

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/felixge/httpsnoop"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// quiet are the routes that machines ask all day.
var quiet = []string{"GET /livez", "GET /readyz", "GET /metrics"}

// maxPath is how much of a path is logged.
const maxPath = 256

// Observe logs and counts each request under the mux's pattern, and turns a panic into an INTERNAL error. The path is logged only of a
// request that is refused, see [Refused]. Nothing between it and the mux may copy the request. What is outside of it, such as [Identify], may put into the context
// what the log should contain.
//
// What speaks for itself in the log says so with chatty, by the route: its requests that went well are logged as debug.
func Observe(
	next http.Handler, logger *slog.Logger, registry prometheus.Registerer, panicked func(), chatty ...string,
) http.Handler {
	durations := promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{
		Name:    "kith_http_request_duration_seconds",
		Help:    "How long requests took, and by its count how many there were.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "code"})
	running := promauto.With(registry).NewGauge(prometheus.GaugeOpts{
		Name: "kith_http_requests_running",
		Help: "How many requests are being answered.",
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Inc()
		defer running.Dec()
		var seen httpsnoop.Metrics
		seen.Code = http.StatusOK
		begun := time.Now()
		defer func() { // also when the answer is broken off
			took := time.Since(begun)
			route := r.Pattern
			if route == "" {
				route = "other"
			}
			if !streams(w, seen.Code) { // how long those last is up to the client
				durations.WithLabelValues(route, strconv.Itoa(seen.Code)).Observe(took.Seconds())
			}
			reason := reasonOf(r, seen.Code)
			level := slog.LevelInfo
			switch {
			case reason != "":
			case slices.Contains(quiet, route), slices.Contains(chatty, route) && seen.Code < http.StatusBadRequest:
				level = slog.LevelDebug
			case seen.Code >= http.StatusInternalServerError:
				level = slog.LevelError
			}
			attrs := []slog.Attr{
				slog.String("route", route), slog.Int("status", seen.Code), slog.Duration("took", took),
				slog.Int64("bytes", seen.Written),
			}
			if reason != "" {
				attrs = append(attrs, slog.String("reason", reason), slog.String("path", shortPath(r)))
			}
			logger.LogAttrs(r.Context(), level, "request", attrs...)
		}()
		seen.CaptureMetrics(w, func(w http.ResponseWriter) {
			w = httpsnoop.Wrap(w, httpsnoop.Hooks{Hijack: func(f httpsnoop.HijackFunc) httpsnoop.HijackFunc {
				return func() (net.Conn, *bufio.ReadWriter, error) {
					seen.Code = http.StatusSwitchingProtocols
					return f()
				}
			}})
			recovering(w, r, next, logger, panicked)
		})
	})
}

// reasonOf is why r was refused; empty when it was not. A WebSocket is refused after it has begun.
func reasonOf(r *http.Request, status int) string {
	switch reason := refusal(r.Context()); {
	case status < http.StatusBadRequest && status != http.StatusSwitchingProtocols, status >= http.StatusInternalServerError:
		return ""
	case reason == "" && status == http.StatusTooManyRequests:
		return reasonRate
	default:
		return reason
	}
}

// shortPath is the path of r, as much of it as is logged.
func shortPath(r *http.Request) string {
	return strings.ToValidUTF8(r.URL.Path[:min(len(r.URL.Path), maxPath)], "")
}

// streams reports whether an answer was a stream, a file to keep or a WebSocket.
func streams(w http.ResponseWriter, code int) bool {
	return code == http.StatusSwitchingProtocols || strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") ||
		strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment")
}

// recovering serves r and answers a panic. When the answer had begun already it is broken off, so that the client does
// not take a part for the whole.
func recovering(w http.ResponseWriter, r *http.Request, next http.Handler, logger *slog.Logger, panicked func()) {
	begun := false
	w = httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(f httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(code int) { begun = true; f(code) }
		},
		Write: func(f httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) { begun = true; return f(b) }
		},
		Hijack: func(f httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) { begun = true; return f() }
		},
	})
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		panicked()
		what := fmt.Sprintf("%T", p) // a value may hold personal data
		if err, ok := p.(runtime.Error); ok {
			what = err.Error()
		}
		logger.ErrorContext(r.Context(), "panic", "panic", what, "stack", string(debug.Stack()))
		if begun {
			panic(http.ErrAbortHandler)
		}
		WriteError(w, r, http.StatusInternalServerError, "INTERNAL", "Something went wrong, request "+RequestID(r.Context()))
	}()
	next.ServeHTTP(w, r)
}
