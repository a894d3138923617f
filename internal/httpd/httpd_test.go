package httpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// observed serves GET /things/{id} with h, and keeps the log and the counts.
func observed(h http.HandlerFunc) (http.Handler, *bytes.Buffer, *prometheus.Registry) {
	mux := http.NewServeMux()
	mux.Handle("GET /things/{id}", h)
	var log bytes.Buffer
	registry := prometheus.NewPedanticRegistry()
	logger := slog.New(LogContext(slog.NewJSONHandler(&log, nil), false))
	return Identify(Observe(Headers(mux), logger, registry, func() {})), &log, registry
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	h, log, _ := observed(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, RequestID(r.Context())) })
	for id, kept := range map[string]bool{
		"abc-1.2_Z": true, "": false, "a b": false, "a\nb": false, strings.Repeat("a", 65): false, "é": false,
	} {
		r := get("/things/1")
		r.Header.Set("X-Request-Id", id)
		w := ask(h, r)
		got := w.Header().Get("X-Request-Id")
		if (got == id) != kept || got != w.Body.String() || len(got) < 8 || !strings.Contains(log.String(), `"request":"`+got+`"`) {
			t.Errorf("id %q became %q, the handler saw %q", id, got, w.Body)
		}
	}
}

func TestTheLogAndTheCountsHoldThePatternAndNoPersonalData(t *testing.T) {
	t.Parallel()
	h, log, registry := observed(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	r := get("/things/ann@example.com?search=ann")
	r.Header.Set("Authorization", "Bearer ann")
	ask(h, r)
	ask(h, get("/ann"))
	for _, want := range []string{`"route":"GET /things/{id}","status":418`, `"route":"other","status":404`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log.String(), "ann") || strings.Contains(log.String(), "192.0.2.1") {
		t.Errorf("personal data in the log:\n%s", log)
	}
	if n, err := testutil.GatherAndCount(registry, "kith_http_request_duration_seconds"); n != 2 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
}

func TestAPanicIsAnswered(t *testing.T) {
	t.Parallel()
	h, log, _ := observed(func(http.ResponseWriter, *http.Request) { panic("ann@example.com") })
	w := ask(h, get("/things/1"))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"code":"INTERNAL"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), `"msg":"panic"`) || !strings.Contains(log.String(), "httpd_test.go") ||
		!strings.Contains(log.String(), `"status":500`) || strings.Contains(log.String(), "ann@") {
		t.Errorf("the log:\n%s", log)
	}

	h, _, _ = observed(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an answer")
		panic("late")
	})
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Get(server.URL + "/things/1")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("half an answer passes for a whole one")
	}
}

func TestStreamingWorksThroughObserve(t *testing.T) {
	t.Parallel()
	h, _, _ := observed(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("no http.Flusher")
		}
		if _, ok := w.(http.Hijacker); !ok {
			t.Error("no http.Hijacker")
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Get(server.URL + "/things/1")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := Headers(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
	}))
	got := ask(h, get("/")).Header()
	want := http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Referrer-Policy":              {"no-referrer"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Content-Security-Policy":      {"default-src 'self'"},
		"Cache-Control":                {"no-store"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	h := OnlyHosts(func(host string) bool { return host == "localhost" || host == "::1" || host == "[::1]" }, "not here",
		SameOrigin(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
			"https://kith.example.com", Open{"/graphql", []string{"https://app.example.com"}}))
	for name, c := range map[string]struct {
		method, host string
		header       map[string]string
		want         int
	}{
		"a program may post":                    {"POST", "localhost:8080", nil, 204},
		"over IPv6 too":                         {"POST", "[::1]:8080", nil, 204},
		"a host needs no port":                  {"GET", "localhost", nil, 204},
		"an IPv6 host needs no port":            {"GET", "[::1]", nil, 204},
		"Kith's page may post":                  {"POST", "localhost:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		"another page may not post":             {"POST", "localhost:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"nor one on another port":               {"POST", "localhost:8080", map[string]string{"Origin": "http://localhost:5173"}, 403},
		"it may follow a link":                  {"GET", "localhost:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, 204},
		"it may not open a WebSocket":           {"GET", "localhost:8080", map[string]string{"Upgrade": "WebSocket", "Origin": "http://evil.example"}, 403},
		"Kith's page may open one":              {"GET", "localhost:8080", map[string]string{"Upgrade": "websocket", "Origin": "http://localhost:8080"}, 204},
		"a page of an origin that is let in":    {"POST", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}, 204},
		"it may open a WebSocket":               {"GET", "localhost", map[string]string{"Upgrade": "websocket", "Origin": "https://app.example.com"}, 204},
		"the same name over HTTP is another":    {"POST", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://app.example.com"}, 403},
		"it may read":                           {"GET?query={x}", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}, 204},
		"its preflight passes":                  {"OPTIONS?query={x}", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}, 204},
		"another page may not read":             {"GET?query={x}", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"nor one that hides that it is one":     {"GET?query={x}", "localhost", map[string]string{"Origin": "https://evil.example"}, 403},
		"Kith's page may read":                  {"GET?query={x}", "localhost", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		"so may the address bar":                {"GET?query={x}", "localhost", map[string]string{"Sec-Fetch-Site": "none"}, 204},
		"so may a program":                      {"GET?query={x}", "localhost", nil, 204},
		"a name pointed at this machine is off": {"GET", "evil.example:8080", nil, 403},
		"behind a proxy that passes another host, Kith's page may post": {"POST", "localhost", map[string]string{"Origin": "https://kith.example.com"}, 204},
		"and open a WebSocket":               {"GET", "localhost", map[string]string{"Upgrade": "websocket", "Origin": "https://kith.example.com"}, 204},
		"and read":                           {"GET?query={x}", "localhost", map[string]string{"Origin": "https://kith.example.com"}, 204},
		"but not another of the same domain": {"POST", "localhost", map[string]string{"Origin": "https://evil.kith.example.com"}, 403},
		"so is an empty one":                 {"GET", "", nil, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, query, _ := strings.Cut(c.method, "?")
			r := httptest.NewRequest(method, "/graphql?"+query, nil)
			r.Host = c.host
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			if w := ask(h, r); w.Code != c.want {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestDirect(t *testing.T) {
	t.Parallel()
	h := Direct(func(host string) bool { return host == "localhost" }, []string{"https://app.example.com"},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for header, want := range map[string]int{
		"":                                204,
		"X-Kith-Staff: 1":                 204,
		"X-Request-Id: a":                 204,
		"Traceparent: a":                  204,
		"Viable: a":                       204,
		"X-Forms: a":                      204,
		"Origin: null":                    204, // which SameOrigin refuses
		"Origin: http://localhost:5173":   204,
		"Origin: https://app.example.com": 204,
		"Origin: https://kith.example":    403,
		"Forwarded: for=192.0.2.1":        403,
		"Forwarded:":                      403,
		"X-Forwarded-For: 127.0.0.1":      403,
		"x-forwarded-proto: https":        403,
		"X-Forwarded-Whatever: a":         403,
		"X_Forwarded_For: 192.0.2.1":      403,
		"X-Real-IP: 192.0.2.1":            403,
		"Via: 1.1 proxy":                  403,
		"CF-Connecting-IP: 192.0.2.1":     403,
		"True-Client-IP: 192.0.2.1":       403,
		"X-Envoy-External-Address: a":     403,
		"X-Original-Host: kith.example":   403,
	} {
		r := get("/")
		if name, value, ok := strings.Cut(header, ":"); ok {
			r.Header.Set(name, strings.TrimSpace(value))
		}
		if w := ask(h, r); w.Code != want {
			t.Errorf("%q: %d %s", header, w.Code, w.Body)
		}
	}
	old := get("/")
	old.ProtoMinor = 0
	if w := ask(h, old); w.Code != 403 {
		t.Errorf("HTTP/1.0: %d", w.Code)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var away error
	h := NewHealth(func(context.Context) error { return away })
	ready := func() int { return ask(http.HandlerFunc(h.Ready), get("/readyz")).Code }
	if got := ready(); got != 200 {
		t.Errorf("a healthy process: %d", got)
	}
	away = errors.New("away")
	if got := ready(); got != 503 {
		t.Errorf("without a database: %d", got)
	}
	away = nil
	h.Drain()
	if got := ready(); got != 503 {
		t.Errorf("while stopping: %d", got)
	}
	if got := ask(http.HandlerFunc(h.Live), get("/livez")).Code; got != 200 {
		t.Errorf("alive all the same: %d", got)
	}
}

func TestReadyDoesNotWaitForADatabaseThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHealth(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		begun := time.Now()
		if got := ask(http.HandlerFunc(h.Ready), get("/readyz")).Code; got != 503 || time.Since(begun) != pingTimeout {
			t.Errorf("got %d after %s", got, time.Since(begun))
		}
	})
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.5)
		take := func(asker string, factor float64) (n int) {
			for {
				if _, ok := l.Allow(1, Asker{asker, factor}); !ok {
					return n
				}
				n++
			}
		}
		if n := take("ann", 1); n != 5 {
			t.Errorf("ten seconds' worth is 5, got %d", n)
		}
		if n := take("bot", 10); n != 50 {
			t.Errorf("ten times as many is 50, got %d", n)
		}
		if wait, ok := l.Allow(1, Asker{"ann", 1}); ok || wait != 2*time.Second {
			t.Errorf("got %s, %t", wait, ok)
		}
		time.Sleep(2 * time.Second)
		if n := take("ann", 1); n != 1 {
			t.Errorf("one more after two seconds, got %d", n)
		}
		for i := range 2 * remembered {
			l.Allow(1, Asker{string(rune(i)), 1})
		}
		if n := l.buckets.known.Len(); n != remembered {
			t.Errorf("%d askers are remembered", n)
		}
	})
}

func TestTooMany(t *testing.T) {
	t.Parallel()
	r := get("/graphql")
	r.Header.Set("Accept", "application/graphql-response+json, application/json")
	w := httptest.NewRecorder()
	TooMany(w, r, 1200*time.Millisecond)
	want := `{"errors":[{"message":"Too many requests. Try again in 2 s","extensions":{"code":"RATE_LIMITED"}}]}`
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" || w.Body.String() != want {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/graphql-response+json; charset=utf-8" {
		t.Error(got)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:1234":          "192.0.2.1",
		"[::ffff:192.0.2.1]:1234": "192.0.2.1",
		"[2001:db8:1:2:3::4]:1":   "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":        "fe80::/64",
		"@":                       "@",
	} {
		if got := Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s is of %s, want %s", remote, got, want)
		}
	}
}

// serving starts Serve with a handler that blocks until released or its context ends.
func serving(t *testing.T, grace time.Duration) (url string, stop context.CancelFunc, begun, release chan struct{}, done chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	begun, release, done = make(chan struct{}), make(chan struct{}), make(chan error, 1)
	health := NewHealth(func(context.Context) error { return nil })
	go func() {
		done <- Serve(ctx, ln, Serving{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(begun)
				select {
				case <-release:
				case <-r.Context().Done():
				}
				_, _ = io.WriteString(w, "done")
			}),
			Health: health, Logger: slog.New(slog.DiscardHandler), Grace: grace,
		})
	}()
	return "http://" + ln.Addr().String(), stop, begun, release, done
}

func TestServeLetsRunningRequestsFinish(t *testing.T) {
	t.Parallel()
	url, stop, begun, release, done := serving(t, time.Minute)
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	<-begun
	stop()
	for { // until the listener is closed
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Error(got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestServeGoesOnForTheDelay(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	health := NewHealth(func(context.Context) error { return nil })
	waiting, over, done := make(chan time.Duration, 1), make(chan time.Time), make(chan error, 1)
	go func() {
		done <- Serve(ctx, ln, Serving{
			Handler: http.HandlerFunc(health.Ready), Health: health, Logger: slog.New(slog.DiscardHandler), Delay: time.Minute, Grace: time.Minute,
			after: func(d time.Duration) <-chan time.Time { waiting <- d; return over },
		})
	}()
	stop()
	if d := <-waiting; d != time.Minute {
		t.Errorf("a delay of %s", d)
	}
	for range 3 { // each on a connection of its own
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("ready while about to stop: %d", res.StatusCode)
		}
	}
	close(over)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("still accepting")
	}
}

func TestServeCutsOffWhatRunsTooLong(t *testing.T) {
	t.Parallel()
	url, stop, begun, _, done := serving(t, time.Millisecond)
	cut := make(chan error, 1)
	go func() {
		res, err := http.Get(url)
		if err == nil {
			_ = res.Body.Close()
		}
		cut <- err
	}()
	<-begun
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-cut // the client hangs no longer
}
