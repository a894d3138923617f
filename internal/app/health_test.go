package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

func TestHealthAsksTheServerWithTheSameSettings(t *testing.T) {
	t.Parallel()
	s := start(t, environment{"KITH_DATABASE_URL": "sqlite:" + t.TempDir() + "/kith.db", "KITH_DEMO": "off"})
	addr := strings.TrimPrefix(s.url, "http://")
	_, port, _ := strings.Cut(addr, ":")
	for _, settings := range []environment{
		{"KITH_ADDR": addr},
		{"KITH_ADDR": ":" + port, "KITH_AUTH_SECRET": secret},
		{"KITH_ADDR": "0.0.0.0:" + port, "KITH_AUTH_SECRET": secret},
		{"KITH_ADDR": "127.0.0.1:1", "KITH_ADMIN_ADDR": addr},
	} {
		for _, args := range [][]string{{"health"}, {"health", "--live"}} {
			if out, _, err := execute(t, settings, args...); err != nil || out != "ok\n" {
				t.Errorf("%v %v: %q, %v", settings, args, out, err)
			}
		}
	}
}

func TestHealthAsksThroughAUnixSocket(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "kith.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})}}
	s.Start()
	t.Cleanup(s.Close)
	if out, _, err := execute(t, environment{"KITH_ADDR": "unix:" + socket}, "health"); err != nil || out != "ok\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestHealthFailsWhileAServerIsNotReady(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			http.Error(w, "database away", http.StatusServiceUnavailable)
		}
	}))
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	settings := environment{"KITH_ADDR": at.Host}
	if _, _, err := execute(t, settings, "health"); exitCode(err) != 1 || !strings.Contains(err.Error(), "503: database away") {
		t.Errorf("unready: %v", err)
	}
	if _, _, err := execute(t, settings, "health", "--live"); err != nil {
		t.Errorf("alive: %v", err)
	}
	s.Close()
	if _, _, err := execute(t, settings, "health", "--live"); exitCode(err) != 1 {
		t.Errorf("gone: %v", err)
	}
	if _, _, err := execute(t, environment{"KITH_ADDR": "127.0.0.1:0"}, "health"); exitCode(err) != 2 {
		t.Errorf("a port that is not known: %v", err)
	}
}
