package httpd

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestConnectionsThatAreTooSlowAreCut says as little as it can to a server with short patience, and beside it an
// ordinary client is served.
func TestConnectionsThatAreTooSlowAreCut(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, ln, Serving{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					w.WriteHeader(http.StatusRequestTimeout)
				}
			}),
			Health: NewHealth(func(context.Context) error { return nil }), Logger: slog.New(slog.DiscardHandler), Grace: time.Second,
			limits: limits{header: 200 * time.Millisecond, read: 400 * time.Millisecond, write: time.Second, idle: 200 * time.Millisecond},
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct{ says, hears string }{
		"nothing is said":           {"", ""},
		"half a head":               {"POST / HTTP/1.1\r\nHost: kith\r\nX-Slow", ""},
		"half a body":               {"POST / HTTP/1.1\r\nHost: kith\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 408 Request Timeout\r\n"},
		"nothing after a request":   {"GET / HTTP/1.1\r\nHost: kith\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		"half a head after another": {"GET / HTTP/1.1\r\nHost: kith\r\n\r\nGET", "HTTP/1.1 200 OK\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, c.says); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(bufio.NewReader(conn)) // to the end of the connection
			if err != nil || !strings.HasPrefix(string(said), c.hears) {
				t.Errorf("%q, %v", said, err)
			}
			// A connection of its own: one that was kept may be cut for idling just when it is used again.
			ordinary := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			resp, err := ordinary.Post("http://"+ln.Addr().String(), "text/plain", strings.NewReader("x"))
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatal("an ordinary client is not served", resp, err)
			}
			_ = resp.Body.Close()
		})
	}
}
