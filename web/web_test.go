package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func get(t *testing.T, h http.Handler, method, path, acceptEncoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if acceptEncoding != "" {
		r.Header.Set("Accept-Encoding", acceptEncoding)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var script = regexp.MustCompile(`<script[^>]* src="([^"]+)"`)

func TestPlayground(t *testing.T) {
	t.Parallel()
	h := Playground()
	page := body(t, get(t, h, "GET", "/playground", ""))
	main := script.FindStringSubmatch(page)
	if main == nil {
		t.Fatalf("the page has no script: %s", page)
	}

	t.Run("the page is the same with and without a slash", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(page, body(t, get(t, h, "GET", "/playground/", ""))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the page has a title and no inline script", func(t *testing.T) {
		t.Parallel()
		if !strings.Contains(page, "<title>Kith playground</title>") {
			t.Error("no title")
		}
		if strings.Count(page, "<script") != len(script.FindAllString(page, -1)) {
			t.Error("a script without src")
		}
	})
	t.Run("nothing on the page comes from elsewhere", func(t *testing.T) {
		t.Parallel()
		for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "/playground/assets/") {
				t.Errorf("%s is no asset of the page", m[1])
			}
			if r := get(t, h, "GET", m[1], ""); r.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", m[1], r.Status)
			}
		}
	})
	t.Run("every answer carries the policy", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/playground", main[1], "/playground/nothing"} {
			r := get(t, h, "GET", path, "")
			csp := r.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s: policy %q", path, csp)
			}
			if strings.Contains(csp, "unsafe-eval") || strings.Contains(csp, "script-src 'self' 'unsafe-inline'") {
				t.Errorf("%s: policy %q lets text become script", path, csp)
			}
			if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%s: X-Content-Type-Options %q", path, got)
			}
		}
	})
	t.Run("assets are kept for good, the page is asked for again", func(t *testing.T) {
		t.Parallel()
		if got := get(t, h, "GET", main[1], "").Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("asset: Cache-Control %q", got)
		}
		if got := get(t, h, "GET", "/playground", "").Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("page: Cache-Control %q", got)
		}
	})
	t.Run("gzip unpacks to the plain file", func(t *testing.T) {
		t.Parallel()
		plain := get(t, h, "GET", main[1], "")
		packed := get(t, h, "GET", main[1], "br, gzip;q=0.5")
		if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
			t.Fatalf("Content-Encoding %q", got)
		}
		if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
			t.Error("both have one ETag")
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != body(t, plain) {
			t.Error("the content differs")
		}
	})
	t.Run("an unchanged page is not sent again", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequest("GET", "/playground", nil)
		r.Header.Set("If-None-Match", get(t, h, "GET", "/playground", "").Header.Get("ETag"))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotModified {
			t.Errorf("got %d", w.Code)
		}
	})
	t.Run("only reading is allowed", func(t *testing.T) {
		t.Parallel()
		if r := get(t, h, "POST", "/playground", ""); r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST: %s", r.Status)
		}
		if r := get(t, h, "HEAD", "/playground", ""); r.StatusCode != http.StatusOK || body(t, r) != "" {
			t.Errorf("HEAD: %s", r.Status)
		}
	})
	t.Run("what is not there is 404, folders and ways out included", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/playground/assets", "/playground/assets/", "/playground/nothing.js", "/playground/../web.go"} {
			if r := get(t, h, "GET", path, ""); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", path, r.Status)
			}
		}
	})
}

func TestStaff(t *testing.T) {
	t.Parallel()
	h := Staff()
	page := body(t, get(t, h, "GET", "/staff/contacts", ""))

	t.Run("one document is all the pages", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/staff/contacts/", "/staff/chat", "/staff/chat/"} {
			if diff := cmp.Diff(page, body(t, get(t, h, "GET", path, ""))); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
		for _, path := range []string{"/staff/", "/staff/nothing", "/staff/contacts/1", "/staff/assets/"} {
			if r := get(t, h, "GET", path, ""); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", path, r.Status)
			}
		}
	})
	t.Run("everything on it is an asset of its own, kept for good", func(t *testing.T) {
		t.Parallel()
		references := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(references) < 3 {
			t.Errorf("only %d references", len(references))
		}
		for _, m := range references {
			r := get(t, h, "GET", m[1], "")
			if !strings.HasPrefix(m[1], "/staff/assets/") || r.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", m[1], r.Status)
			}
			if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("%s: Cache-Control %q", m[1], got)
			}
		}
	})
	t.Run("the policy allows nothing inline and nothing from elsewhere", func(t *testing.T) {
		t.Parallel()
		csp := get(t, h, "GET", "/staff/contacts", "").Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("policy %q", csp)
		}
		if strings.Count(page, "<script") != len(script.FindAllString(page, -1)) || strings.Contains(page, "style=") ||
			strings.Contains(page, "<style") {
			t.Errorf("something is inline: %s", page)
		}
	})
	t.Run("the first load is under 150 kB", func(t *testing.T) {
		t.Parallel()
		total := 0
		for _, m := range append(regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1),
			[]string{"", "/staff/contacts"}) {
			total += len(body(t, get(t, h, "GET", m[1], "gzip")))
		}
		if total >= 150_000 {
			t.Errorf("%d bytes", total)
		}
	})
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"":                        false,
		"gzip":                    true,
		"GZIP":                    true,
		"br, gzip, deflate":       true,
		"br;q=1.0, gzip ; q=0.8":  true,
		"gzip;q=0":                false,
		"gzip;q=0.000, *":         false,
		"*":                       true,
		"*;q=0":                   false,
		"identity, deflate, zstd": false,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}
