package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
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
	h := Playground("")
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
	t.Run("each coding unpacks to the plain file, and has its own tag", func(t *testing.T) {
		t.Parallel()
		plain := get(t, h, "GET", main[1], "")
		want, tags := body(t, plain), map[string]bool{plain.Header.Get("ETag"): true}
		for accept, coding := range map[string]string{"gzip, deflate, br, zstd": "br", "br;q=0.5, gzip": "gzip", "identity": ""} {
			r := get(t, h, "GET", main[1], accept)
			if got := r.Header.Get("Content-Encoding"); got != coding || r.Header.Get("Vary") != "Accept-Encoding" {
				t.Fatalf("%s: %v", accept, r.Header)
			}
			if unpacked(t, coding, body(t, r)) != want {
				t.Errorf("%s: the content differs", accept)
			}
			tags[r.Header.Get("ETag")] = true
		}
		if len(tags) != 3 {
			t.Errorf("the tags are %v", tags)
		}
	})
	t.Run("what is compressed has no path of its own", func(t *testing.T) {
		t.Parallel()
		for _, ending := range []string{".br", ".gz"} {
			if r := get(t, h, "GET", main[1]+ending, ""); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", ending, r.Status)
			}
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
	h := Staff("")
	page := body(t, get(t, h, "GET", "/staff/contacts", ""))

	t.Run("one document is all the pages", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/staff/contacts/", "/staff/chat", "/staff/chat/", "/staff/contacts/contact_1", "/staff/keys"} {
			if diff := cmp.Diff(page, body(t, get(t, h, "GET", path, ""))); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
		for _, path := range []string{"/staff/", "/staff/nothing", "/staff/contacts/1/2", "/staff/keys/1", "/staff/assets/"} {
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

// TestFilesAreCompressedAsTheyAre looks at every built file: what lies compressed beside it is the file, and none is missing.
func TestFilesAreCompressedAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range []*site{newSite(sub("dist/staff"), "", ""), newSite(sub("dist/graphiql"), "", "")} {
		for name, f := range s.files {
			for coding, content := range f.content {
				if unpacked(t, coding, string(content)) != string(f.content[""]) {
					t.Errorf("%s by %s is another file", name, coding)
				}
			}
			if len(f.content) == 1 && len(f.content[""]) > 4096 {
				t.Errorf("%s is not compressed: run make web", name)
			}
		}
	}
	err := fs.WalkDir(dist, "dist", func(name string, _ fs.DirEntry, err error) error {
		plain := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".br")
		if err == nil && plain != name {
			_, err = fs.Stat(dist, plain)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func unpacked(t *testing.T, coding, text string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	case "br":
		r = brotli.NewReader(r)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestBelowABasePathPagesLoadWhatLiesThere(t *testing.T) {
	t.Parallel()
	for path, h := range map[string]http.Handler{"/staff/contacts": Staff("/kith"), "/playground": Playground("/kith")} {
		r := get(t, h, "GET", path, "br, gzip")
		if coding := r.Header.Get("Content-Encoding"); coding != "" {
			t.Errorf("%s: %s of other content", path, coding)
		}
		page := body(t, r)
		addresses := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
		if len(addresses) < 3 {
			t.Errorf("%s: %v", path, addresses)
		}
		for _, address := range addresses {
			asset, ok := strings.CutPrefix(address[1], "/kith/")
			if !ok {
				t.Errorf("%s loads %s", path, address[1])
			} else if r := get(t, h, "GET", "/"+asset, ""); r.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", address[1], r.StatusCode)
			}
		}
		plain := map[string]http.Handler{"/staff/contacts": Staff(""), "/playground": Playground("")}[path]
		if tag := get(t, plain, "GET", path, "").Header.Get("ETag"); tag == r.Header.Get("ETag") {
			t.Errorf("%s: other content with the same ETag", path)
		}
	}
}

// A script that named another by its whole path would not find it below a base path.
func TestScriptsAndStylesFindEachOtherByWhereTheyLie(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css") {
			return err
		}
		text, err := fs.ReadFile(dist, name)
		for _, whole := range regexp.MustCompile(`.{0,40}["'`+"`"+`(]/?(?:staff|playground)/assets/.{0,40}`).FindAllString(string(text), -1) {
			t.Errorf("%s: %s", name, whole)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
