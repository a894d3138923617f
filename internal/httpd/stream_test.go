package httpd

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestWhatStreamsIsLoggedAndNotTimed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		status  string
	}{
		"server-sent events": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			_, _ = io.WriteString(w, ":\n\n")
		}, `"status":200`},
		"a connection that is taken over": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusSwitchingProtocols)
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, `"status":101`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, log, registry := observed(c.handler)
			done := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done)
				h.ServeHTTP(w, r)
			}))
			defer server.Close()
			if resp, err := http.Get(server.URL + "/things/1"); err == nil {
				_ = resp.Body.Close()
			}
			<-done
			if !strings.Contains(log.String(), c.status) {
				t.Error(log)
			}
			if n, err := testutil.GatherAndCount(registry, "kith_http_request_duration_seconds"); n != 0 || err != nil {
				t.Errorf("%d series, %v", n, err)
			}
		})
	}
}

func TestAPanicIsAnsweredByARealServer(t *testing.T) {
	t.Parallel()
	h, _, _ := observed(func(http.ResponseWriter, *http.Request) { panic("oh") })
	server := httptest.NewServer(h)
	defer server.Close()
	resp, err := http.Get(server.URL + "/things/1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusInternalServerError || !strings.Contains(string(body), "INTERNAL") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestServeDrains(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace time.Duration
		drain func(ctx context.Context) error
	}{
		"what does not end by itself": {time.Minute, func(context.Context) error { return nil }},
		"for as long as the grace":    {time.Millisecond, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			begun, drained, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			go func() {
				done <- Serve(ctx, ln, Serving{
					Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						close(begun)
						select { // a stream
						case <-drained:
						case <-r.Context().Done():
						}
					}),
					Drain: func(ctx context.Context) error {
						defer close(drained)
						return c.drain(ctx)
					},
					Health: NewHealth(func(context.Context) error { return nil }), Logger: slog.New(slog.DiscardHandler), Grace: c.grace,
				})
			}()
			go func() {
				if resp, err := http.Get("http://" + ln.Addr().String()); err == nil {
					_ = resp.Body.Close()
				}
			}()
			<-begun
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			<-drained
		})
	}
}
