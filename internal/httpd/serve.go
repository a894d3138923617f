package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serving says how to serve.
type Serving struct {
	Handler http.Handler
	// Drain ends streams and hijacked connections, which would not end otherwise. It is called once
	// serving is to stop, and may take as long as its context lasts. It may be nil.
	Drain  func(ctx context.Context) error
	Health *Health
	Logger *slog.Logger
	// Delay is how long to keep serving, but not ready, after ctx ends: load balancers need a while to notice and to
	// stop sending requests.
	Delay time.Duration
	// Grace is how long running requests may take to finish once serving is to stop.
	Grace time.Duration

	limits limits                                 // zero is usualLimits
	after  func(d time.Duration) <-chan time.Time // nil is time.After
}

// limits are the timeouts of connections, so that slow ones do not pile up.
type limits struct {
	header time.Duration // to send the head of a request
	read   time.Duration // to send all of it
	write  time.Duration // to take the answer, from the end of the request's head on
	idle   time.Duration // between requests
}

var usualLimits = limits{header: 5 * time.Second, read: 15 * time.Second, write: time.Minute, idle: 2 * time.Minute}

// Serve answers requests on ln until ctx ends. Then it becomes unready and, after the delay, stops accepting and lets running
// requests finish within the grace period; the rest are cancelled, logged and cut off. It returns when all goroutines
// have ended, with an error only when the listener failed.
//
// A handler that streams removes the read and write deadlines of its connection with [http.ResponseController].
func Serve(ctx context.Context, ln net.Listener, s Serving) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if s.limits == (limits{}) {
		s.limits = usualLimits
	}
	if s.after == nil {
		s.after = time.After
	}
	server := &http.Server{
		Handler:           s.Handler,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: s.limits.header,
		ReadTimeout:       s.limits.read,
		WriteTimeout:      s.limits.write,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.Health.Drain()
	if s.Delay > 0 {
		s.Logger.Info("no longer ready; stopping soon", "delay", s.Delay)
		select {
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-s.after(s.Delay):
		}
	}
	grace, stop := context.WithTimeout(base, s.Grace)
	defer stop()
	drained := make(chan error, 1)
	go func() {
		if s.Drain == nil {
			drained <- nil
			return
		}
		drained <- s.Drain(grace)
	}()
	err := server.Shutdown(grace)
	if late := <-drained; err == nil {
		err = late
	}
	if errors.Is(err, context.DeadlineExceeded) {
		s.Logger.Warn("requests were cut off", "after", s.Grace)
		err = nil
	}
	cancel()
	return errors.Join(err, server.Close())
}
