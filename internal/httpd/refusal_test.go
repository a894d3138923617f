package httpd

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
)

func TestARefusalIsLoggedWithItsReasonAndPath(t *testing.T) {
	t.Parallel()
	local := func(host string) bool { return host == "localhost" }
	refuse := func(status int, reason string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			Refused(r.Context(), reason)
			Refused(r.Context(), "a later reason")
			w.WriteHeader(status)
		})
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		handler http.Handler
		change  func(r *http.Request)
		want    string // the reason; empty for none
	}{
		"the first reason":         {refuse(401, "token expired"), nil, "token expired"},
		"a request that went on":   {refuse(200, "token missing"), nil, ""},
		"the server's own fault":   {refuse(503, "token missing"), nil, ""},
		"a limit without a word":   {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }), nil, "rate"},
		"a limit":                  {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { TooMany(w, r, time.Second) }), nil, "rate"},
		"a page of another origin": {SameOrigin(ok, "", Open{}), func(r *http.Request) { r.Method = http.MethodPost; r.Header.Set("Sec-Fetch-Site", "cross-site") }, "origin"},
		"another host":             {OnlyHosts(local, "no", ok), func(r *http.Request) { r.Host = "evil.example" }, "host"},
		"a proxy":                  {Direct(local, nil, ok), func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") }, "proxy"},
		"a page elsewhere":         {Direct(local, nil, ok), func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, "origin"},
		"any other words":          {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { WriteError(w, r, 403, "FORBIDDEN", "Go away") }), nil, "Go away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := Identify(Observe(c.handler, slog.New(slog.NewJSONHandler(&log, nil)), prometheus.NewRegistry(), func() {}))
			r := get("/some/path")
			r.Host = "localhost"
			if c.change != nil {
				c.change(r)
			}
			ask(h, r)
			var line struct{ Reason, Path, Level string }
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, &log)
			}
			if line.Reason != c.want || (line.Path == "/some/path") != (c.want != "") {
				t.Errorf("logged %s", &log)
			}
		})
	}
}

func TestTheLogHasWhatTheContextKnows(t *testing.T) {
	t.Parallel()
	traceID, err := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	if err != nil {
		t.Fatal(err)
	}
	for _, addresses := range []bool{false, true} {
		var log bytes.Buffer
		logger := slog.New(LogContext(slog.NewTextHandler(&log, nil), addresses)).With("always", 1)
		h := Identify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx := trace.ContextWithSpanContext(r.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID}))
			logger.InfoContext(ctx, "something")
		}))
		r := get("/")
		r.Header.Set("X-Request-Id", "abc")
		ask(h, r)
		logger.Info("outside of a request")
		lines := strings.Split(log.String(), "\n")
		if !strings.Contains(lines[0], "always=1 request=abc") || !strings.HasSuffix(lines[0], "trace="+traceID.String()) ||
			strings.Contains(lines[0], "address=192.0.2.1") != addresses || strings.Contains(lines[1], "request=") {
			t.Errorf("addresses %v:\n%s", addresses, &log)
		}
	}
}

func TestTheProxyBehindAUnixSocketIsTrustedWhenSet(t *testing.T) {
	t.Parallel()
	for _, trust := range []Trust{{}, {Socket: true}, {Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}} {
		ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(Behind(trust, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(Address(r)))
		})))
		_ = server.Listener.Close()
		server.Listener = ln
		server.Start()
		t.Cleanup(server.Close)
		c, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("GET / HTTP/1.0\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"))
		var answer bytes.Buffer
		if _, err := answer.ReadFrom(c); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(answer.String(), "203.0.113.9") != trust.Socket || strings.Contains(answer.String(), "Strict-Transport") != trust.Socket {
			t.Errorf("%+v: %s", trust, &answer)
		}
	}
}
