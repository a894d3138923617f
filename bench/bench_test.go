package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheWorkspacesBesideHoldAsManyContacts(t *testing.T) {
	t.Parallel()
	for _, total := range []int{1000, 10_000, 100_000, 1_000_000} {
		of := sizes(total)
		if n := sum(of); n > total || n < total*98/100 {
			t.Errorf("%d beside %d", n, total)
		}
		if total == 1_000_000 && (len(of) != 2000 || slices.Max(of) != 25_000 || slices.Min(of) < 250) {
			t.Errorf("%d workspaces of %d to %d contacts", len(of), slices.Min(of), slices.Max(of))
		}
	}
}

func TestATurnCountsWhatFails(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			_, _ = w.Write([]byte(`{"data":{}}`))
		case "/errors":
			_, _ = w.Write([]byte(`{"errors":[{"message":"no"}]}`))
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer s.Close()
	var requests [][]byte
	for _, path := range []string{"/good", "/errors", "/broken"} {
		requests = append(requests, []byte("POST "+path+" HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"))
	}
	got := take(t.Context(), s.Listener.Addr().String(), requests, 0, 1, 50*time.Millisecond)
	if n := len(got.took); n < 3 || got.failed < n*2/3-1 || got.failed > n*2/3+1 || got.cut != 0 {
		t.Errorf("%d requests, %d failed, %d cut", n, got.failed, got.cut)
	}
}

func TestAReportTakesThePlaceOfTheOldOne(t *testing.T) {
	t.Parallel()
	o := options{out: filepath.Join(t.TempDir(), "bench.md"), results: filepath.Join(t.TempDir(), "RESULTS.md")}
	if err := os.WriteFile(o.results, []byte("# Results\n\nStorage.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, report := range []string{"first\n", "second\n"} {
		if err := write(o, report); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(o.results)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(got); !strings.Contains(s, "Storage.") || !strings.Contains(s, "second") || strings.Contains(s, "first") {
		t.Errorf("got %s", s)
	}
}
