package httpd

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestBehind(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		remote  string
		headers map[string]string
		client  string
		tls     bool
	}{
		"without proxies nothing is believed": {nil, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "10.0.0.1", false},
		"nor of anybody else":                 {trusted, "203.0.113.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "203.0.113.1", false},
		"a trusted proxy tells":               {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "192.0.2.1", true},
		"so do several in a row":              {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1, 10.1.1.1,2001:db8:1::2"}, "192.0.2.1", false},
		"what a client puts there is not":     {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "198.51.100.9, 192.0.2.1, 10.1.1.1"}, "192.0.2.1", false},
		"nor is nonsense":                     {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1, x"}, "10.0.0.1", false},
		"with a port":                         {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1:4711"}, "192.0.2.1", false},
		"IPv6":                                {trusted, "[2001:db8:1::1]:1", map[string]string{"X-Forwarded-For": "[2001:db8:2::1]:4711"}, "2001:db8:2::/64", false},
		"IPv4 in IPv6":                        {trusted, "[::ffff:10.0.0.1]:1", map[string]string{"X-Forwarded-For": "::ffff:192.0.2.1"}, "192.0.2.1", false},
		"only proxies":                        {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-For": "10.0.0.2"}, "10.0.0.2", false},
		"no header":                           {trusted, "10.0.0.1:1", nil, "10.0.0.1", false},
		"HTTP":                                {trusted, "10.0.0.1:1", map[string]string{"X-Forwarded-Proto": "https, http"}, "10.0.0.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := Behind(Trust{Networks: c.trusted}, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, Address(r))
			}))
			r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
			r.RemoteAddr = c.remote
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			w := ask(h, r)
			if got := w.Body.String(); got != c.client {
				t.Errorf("the client is %s, want %s", got, c.client)
			}
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != c.tls {
				t.Errorf("TLS: %t", got)
			}
		})
	}
	w := ask(Behind(Trust{}, true, http.NotFoundHandler()), httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("where all is TLS: %q", got)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	h := CORS([]string{"https://app.example.com"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	for name, c := range map[string]struct {
		method, origin, preflight string
		status                    int
		allowed                   string
	}{
		"a program":                 {"POST", "", "", 418, ""},
		"a page that is let in":     {"POST", "https://app.example.com", "", 418, "https://app.example.com"},
		"its question before that":  {"OPTIONS", "https://app.example.com", "POST", 204, "https://app.example.com"},
		"options of its own":        {"OPTIONS", "https://app.example.com", "", 418, "https://app.example.com"},
		"another page":              {"POST", "https://evil.example", "", 418, ""},
		"its question before that ": {"OPTIONS", "https://evil.example", "POST", 418, ""},
		"a page without an origin":  {"POST", "null", "", 418, ""},
		"the name without TLS":      {"POST", "http://app.example.com", "", 418, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "/graphql", nil)
			for k, v := range map[string]string{"Origin": c.origin, "Access-Control-Request-Method": c.preflight} {
				if v != "" {
					r.Header.Set(k, v)
				}
			}
			w := ask(h, r)
			got := w.Header()
			if w.Code != c.status || got.Get("Access-Control-Allow-Origin") != c.allowed || got.Get("Vary") != "Origin" {
				t.Errorf("%d %v", w.Code, got)
			}
			if got.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies are let in")
			}
		})
	}
}

func TestPreflightsAreAllowedTheHeadersTheyAskFor(t *testing.T) {
	t.Parallel()
	h := CORS([]string{"https://app.example.com"}, http.NotFoundHandler())
	for name, c := range map[string]struct{ asked, allowed string }{
		"those of clients and tracing": {
			"apollographql-client-name,authorization, baggage,content-type,sentry-trace ,traceparent,x-anything",
			"apollographql-client-name, authorization, baggage, content-type, sentry-trace, traceparent, x-anything",
		},
		"none":            {"", ""},
		"what is no name": {"authorization, x y", ""},
		"an empty name":   {"authorization,,baggage", ""},
		"a second header": {"x\r\nSet-Cookie: a", ""},
		"too many":        {strings.Repeat("a,", 64) + "a", ""},
		"64":              {strings.Repeat("a,", 63) + "a", strings.Repeat("a, ", 63) + "a"},
		"too long":        {strings.Repeat("a", 4097), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
			r.Header = http.Header{
				"Origin": {"https://app.example.com"}, "Access-Control-Request-Method": {"GET"},
				"Access-Control-Request-Headers": {c.asked},
			}
			w := ask(h, r)
			got := w.Header()
			if w.Code != http.StatusNoContent || got.Get("Access-Control-Allow-Headers") != c.allowed ||
				got.Get("Access-Control-Allow-Methods") != "GET, POST" || got.Get("Access-Control-Allow-Credentials") != "" ||
				!slices.Equal(got.Values("Vary"), []string{"Origin", "Access-Control-Request-Headers"}) {
				t.Errorf("%d %v", w.Code, got)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/graphql", nil)
	r.Header.Set("Origin", "https://app.example.com")
	if got := ask(h, r).Header().Get("Access-Control-Expose-Headers"); got != "Retry-After, Traceparent, X-Request-Id" {
		t.Error(got)
	}
}

func TestCostlyRequestsAreCountedOnAllAskers(t *testing.T) {
	t.Parallel()
	l := NewLimiter(1) // 10 at once
	ann, office := Asker{"ann", 1}, Asker{"office", 2}
	if _, ok := l.Allow(8, ann, office); !ok {
		t.Fatal("refused")
	}
	if wait, ok := l.Allow(8, ann, office); ok || wait <= 0 {
		t.Error("ann has 2 left")
	}
	if _, ok := l.Allow(10, Asker{"bob", 1}, office); !ok {
		t.Error("what ann did not get is the office's to give: 12 left")
	}
	if _, ok := l.Allow(10, Asker{"cid", 1}, office); ok {
		t.Error("the office has 2 left")
	}
	if _, ok := l.Allow(10, Asker{"cid", 1}); !ok {
		t.Error("cid has lost what he did not get")
	}
	if _, ok := l.Allow(1_000_000, Asker{"dan", 1}); !ok {
		t.Error("more than there can ever be counts as all")
	}
}
