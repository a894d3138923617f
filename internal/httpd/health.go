package httpd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// pingTimeout is how long /readyz waits for the database.
const pingTimeout = 2 * time.Second

// Health reports whether the process is alive and whether it is ready for requests.
type Health struct {
	ping     func(context.Context) error
	draining atomic.Bool
}

// NewHealth returns the health of a process that is ready while ping succeeds. An error of ping may have a method
// Text, which describes the problem in words that anybody may read.
func NewHealth(ping func(context.Context) error) *Health { return &Health{ping: ping} }

// Drain makes the process permanently unready.
func (h *Health) Drain() { h.draining.Store(true) }

// Live answers 200: a process that can answer this needs no restart.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

// Ready answers 200 while the process is ready, and 503 while it stops or its database is unavailable or cannot be written to.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	if h.draining.Load() {
		say(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()
	if err := h.ping(ctx); err != nil {
		what := "database away"
		if cause, ok := errors.AsType[interface {
			error
			Text() string
		}](err); ok {
			what = cause.Text()
		}
		say(w, http.StatusServiceUnavailable, what)
		return
	}
	say(w, http.StatusOK, "ok")
}

func say(w http.ResponseWriter, status int, what string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, what+"\n")
}
