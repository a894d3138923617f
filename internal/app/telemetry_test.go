package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/internal/metrics"
	"kith/storage/postgres/pgtest"
)

// await waits until f answers true, for ten seconds at most.
func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatalf("%s: it did not come to that", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// freePort is an address that nobody listens at just now.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func TestPagesDoNotReachTheAdminAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	admin := freePort(t)
	s := start(t, production(t, "KITH_ADMIN_ADDR", admin))
	apart := &server{url: "http://" + admin}
	for name, c := range map[string]struct {
		host, site string
		want       int
	}{
		"a program":                    {admin, "", 200},
		"by another name of it":        {"localhost", "", 200},
		"typed into a browser":         {admin, "none", 200},
		"a name that was pointed here": {"evil.example", "", 403},
		"with the port":                {"evil.example:80", "same-origin", 403},
		"a name that begins like it":   {"localhost.evil.example", "", 403},
		"a picture elsewhere":          {admin, "cross-site", 403},
		"a page of another port":       {admin, "same-site", 403},
	} {
		for _, path := range []string{"/metrics", "/livez", "/debug/pprof/cmdline"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, apart.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = c.host
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			if status, body := do(t, r); status != c.want {
				t.Errorf("%s, %s: %d %s", name, path, status, body)
			}
		}
	}
	if status, _ := s.get(t, "/metrics"); status != http.StatusNotFound {
		t.Errorf("beside everything else: %d", status)
	}
}

func TestTheAdminAddressForOthersTakesAnyHost(t *testing.T) {
	t.Parallel()
	_, port, _ := net.SplitHostPort(freePort(t))
	start(t, production(t, "KITH_ADMIN_ADDR", ":"+port))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "kith-7f9c.example:9090"
	if status, body := do(t, r); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func TestMetricsBesideEverythingElseAreForAdmins(t *testing.T) {
	t.Parallel()
	env := production(t)
	s := start(t, env)
	for role, want := range map[string]int{"": 401, "garbage": 401, "channel": 403, "staff": 403, "admin": 200} {
		var headers []string
		if role == "garbage" {
			headers = []string{"Authorization", "Bearer garbage"}
		} else if role != "" {
			out, _, err := execute(t, env, "token", "--workspace=acme", "--role="+role, "--sub=prometheus")
			if err != nil {
				t.Fatal(err)
			}
			headers = []string{"Authorization", "Bearer " + strings.TrimSpace(out)}
		}
		res := s.sendAs(t, http.MethodGet, "/metrics", "", headers...)
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != want || strings.Contains(string(body), "kith_build_info") != (want == 200) ||
			(res.Header.Get("WWW-Authenticate") != "") != (want == 401) {
			t.Errorf("%q: %d %v %s, %v", role, res.StatusCode, res.Header, body, err)
		}
	}
}

func TestTheAdminAddressServesMetricsHealthAndProfilesApart(t *testing.T) {
	t.Parallel()
	admin := freePort(t)
	s := start(t, environment{"HOME": t.TempDir(), "KITH_ADMIN_ADDR": admin})
	s.ask(t, "", `query People { contacts(first: 1) { nodes { name } } channels { nodes { id } } }`)
	s.ask(t, "", `{ viewer { role } }`)
	s.ask(t, "", `{ nonsense }`)
	if status, _ := s.get(t, "/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics beside everything else: %d", status)
	}
	if status, _ := s.get(t, "/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("profiles beside everything else: %d", status)
	}
	apart := &server{url: "http://" + admin}
	for _, path := range []string{"/livez", "/readyz", "/debug/pprof/", "/debug/pprof/goroutine"} {
		if status, body := apart.get(t, path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	_, text := apart.get(t, "/metrics")
	for _, want := range []string{
		`kith_operation_duration_seconds_count{code="OK",field="several",kind="query"} 1`,
		`kith_operation_duration_seconds_count{code="OK",field="viewer",kind="query"} 1`,
		`kith_operation_duration_seconds_count{code="BAD_USER_INPUT",field="",kind="refused"} 1`,
		`kith_storage_call_duration_seconds_count{call="Contacts"} 1`,
		`kith_live_connections 0`, `kith_subscriptions 0`, `kith_subscriptions_dropped_total 0`, `kith_panics_total{where="background"} 0`,
		`kith_http_request_duration_seconds_count{code="200",route="/graphql"}`, "go_goroutines", "kith_build_info",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	for _, wrong := range []string{"nonsense", "People"} {
		if strings.Contains(text, wrong) {
			t.Errorf("a client's word %q is in the metrics", wrong)
		}
	}
}

// The people of this test, each value so odd that it cannot be in a log by chance.
const (
	oddName  = "Zsqwxname Vbqkjlast"
	oddEmail = "zsqwx.mail@example.com"
	oddPhone = "+4930998877665"
	oddNotes = "Zsqwxnotes"
	oddText  = "Zsqwxtext"
	oddID    = "zsqwx-external-id"
)

func TestLogsTellWhoAskedForWhatAndNothingOfAnybody(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "kith.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment{
				"KITH_DATABASE_URL": url(t), "KITH_AUTH_SECRET": secret, "KITH_LOG_LEVEL": "debug", "KITH_DEMO": "off",
			}
			token, _, err := execute(t, env, "token", "--workspace=acme", "--role=admin", "--sub=staff-7")
			if err != nil {
				t.Fatal(err)
			}
			token = strings.TrimSpace(token)
			env["KITH_LOG_FORMAT"] = "text"
			s := start(t, env)
			_, body := s.ask(t, token, `mutation { createChannel(input: {name: "Shop", type: WHATSAPP}) { channel { id } } }`)
			channel := between(body, `"id":"`, `"`)
			_, body = s.ask(t, token, `mutation Take { recordInteraction(input: {channelId: "`+channel+`", externalId: "`+oddID+`", messageId: "1",
				text: "`+oddText+`", profile: {name: "`+oddName+`", email: "`+oddEmail+`", emailVerified: true, phone: "`+oddPhone+`"}}) { contact { id } } }`)
			contact := between(body, `"id":"`, `"`)
			for _, operation := range []string{
				`query Find { contacts(search: "` + oddName + `") { nodes { name sessions { nodes { lastMessagePreview } } } } }`,
				`mutation { updateContact(input: {id: "` + contact + `", notes: "` + oddNotes + `"}) { userErrors { code } } }`,
				`mutation { updateContact(input: {id: "` + contact + `", email: "` + oddEmail + `@"}) { userErrors { code } } }`,
				`mutation { exportContact(input: {id: "` + contact + `"}) { document } }`,
				`{ contacts(search: "` + oddName + `", first: 0) { nodes { id } } }`,
				`{ ` + oddText + ` }`,
				`{ contacts(search: "` + oddName,
				`mutation { deleteContact(input: {id: "` + contact + `"}) { deletedContactId } }`,
			} {
				s.ask(t, token, operation)
			}
			s.ask(t, token+"x", `{ viewer { role } }`)
			s.stop()
			if err := <-s.done; err != nil {
				t.Error(err)
			}
			s.done <- nil
			log := s.log.String() + s.out.String()
			for _, personal := range []string{oddName, "Zsqwx", "zsqwx", "30998877665", token, secret} {
				if at := strings.Index(log, personal); at >= 0 {
					t.Errorf("%q is in the log: %s", personal, log[max(0, at-200):min(len(log), at+100)])
				}
			}
			for _, want := range []string{
				"kind=mutation field=recordInteraction operation=Take code=OK", "kind=query field=contacts operation=Find code=OK",
				"code=BAD_USER_INPUT", "workspace=acme subject=staff-7", "cost=",
			} {
				if !strings.Contains(log, want) {
					t.Errorf("no %q in the log", want)
				}
			}
		})
	}
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

// collector takes in traces over OTLP and HTTP, as bytes: names of spans are in them as they are.
type collector struct {
	*httptest.Server
	mu   sync.Mutex
	got  bytes.Buffer
	path string
}

func collect(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.path = r.URL.Path
		_, _ = io.Copy(&c.got, r.Body)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) has(what string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.got.Bytes(), []byte(what))
}

func TestTracesGoToACollectorThatIsSet(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := start(t, environment{
		"KITH_DATABASE_URL": pgtest.Database(t), "KITH_DEMO": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": c.URL,
	})
	s.ask(t, "", `query Find { contacts(search: "zsqwx") { nodes { name } } }`)
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-"
	got := s.sendAs(t, http.MethodGet, "/graphql?query="+url.QueryEscape(`{ contacts(search: "zsqwx") { search } }`), "",
		"Traceparent", trace+"00f067aa0ba902b7-01", "Tracestate", "theirs=1")
	if is := got.Header.Get("Traceparent"); !strings.HasPrefix(is, trace) || is == trace+"00f067aa0ba902b7-01" || got.Header.Get("Tracestate") != "" {
		t.Errorf("the answer names the span %q, of %v", is, got.Header)
	}
	s.stop()
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	s.done <- nil
	if c.path != "/v1/traces" {
		t.Errorf("traces went to %q", c.path)
	}
	for _, want := range []string{"/graphql", "query contacts", "resolve contacts", "SELECT", "kith"} {
		if !c.has(want) {
			t.Errorf("no %q in the traces", want)
		}
	}
	if c.has("zsqwx") {
		t.Error("what was searched for is in the traces")
	}
}

func TestPanicsAreCountedAndLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	w, err := startTelemetry(t.Context(), getenvOf(nil))
	if err != nil {
		t.Fatal(err)
	}
	work := &maintenance{
		store:       metrics.InstrumentStore(nil, w.registry, w.panicLogger("storage", slog.New(slog.DiscardHandler))),
		mergeProven: func(context.Context) (bool, error) { return false, nil },
		now:         time.Now, forgot: time.Now(), panicked: w.panicCounter("background"),
	}
	if _, err := work.once(t.Context()); err == nil || !strings.Contains(err.Error(), "nil pointer") {
		t.Errorf("the error of a store that panics: %v", err)
	}
	recorder := httptest.NewRecorder()
	metrics.Handler(w.registry).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(recorder.Body.String(), `kith_panics_total{where="storage"} 1`) {
		t.Error("the panic was not counted")
	}
	if w.traces != nil {
		t.Error("it traces without a setting")
	}
}

func TestADatabaseThatIsAwayAtStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	// A stand-in for the server's address, where nobody is at first.
	address, addr := freePort(t), freePort(t)
	away := *u
	away.Host = address
	ctx, stop := context.WithCancel(t.Context())
	log, done := &output{more: make(chan struct{}, 1)}, make(chan error, 1)
	env := environment{"KITH_ADDR": addr, "KITH_DATABASE_URL": away.String(), "KITH_DEMO": "off"}
	go func() { done <- run(ctx, []string{"--addr=" + addr}, env.list(), io.Discard, log) }()
	s := &server{url: "http://" + addr}
	await(t, "waiting", func() bool { return strings.Contains(log.String(), "waiting for the database") })
	for path, want := range map[string]int{"/livez": 200, "/readyz": 503, "/metrics": 503} {
		if status, body := s.get(t, path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := s.ask(t, "", `{ viewer { role } }`); status != 503 || !strings.Contains(body, "UNAVAILABLE") {
		t.Errorf("while it is away: %d %s", status, body)
	}
	forward(t, address, u.Host)
	await(t, "readiness", func() bool {
		status, _ := s.get(t, "/readyz")
		return status == http.StatusOK
	})
	if status, body := s.ask(t, "", `{ viewer { role } }`); status != 200 {
		t.Errorf("once it is back: %d %s", status, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// forward passes connections to an address on to another until the test ends.
func forward(t *testing.T, from, to string) {
	t.Helper()
	ln, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				}()
			}
		}
	}()
}
