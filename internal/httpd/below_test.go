package httpd

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestBelow(t *testing.T) {
	t.Parallel()
	h := Below("/kith", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Path", r.URL.EscapedPath()+" "+r.URL.Path)
	}))
	for asked, want := range map[string]string{
		"/kith/staff/contacts":       "/staff/contacts /staff/contacts",
		"/staff/contacts":            "/staff/contacts /staff/contacts", // stripped by the proxy
		"/kith":                      "/ /",
		"/kith/":                     "/ /",
		"/kith/staff/":               "/staff/ /staff/",
		"/kitharode":                 "/kitharode /kitharode",
		"/kith/kith/staff":           "/kith/staff /kith/staff", // once is enough
		"/kith/staff/contacts/a%2Fb": "/staff/contacts/a%2Fb /staff/contacts/a/b",
	} {
		w := ask(h, httptest.NewRequest("GET", asked, nil))
		if got := w.Header().Get("Path"); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d %q, want %q", asked, w.Code, got, want)
		}
	}
	for asked, want := range map[string]string{
		"/kith//staff?search=a":  "/kith/staff?search=a",
		"//staff/":               "/kith/staff/",
		"/kith/../other":         "/kith/other",
		"/kith//evil.example/..": "/kith/",
		"//evil.example":         "/kith/evil.example",
	} {
		r := httptest.NewRequest("POST", "/", nil)
		var err error
		if r.URL, err = r.URL.Parse("http://kith.example.com" + asked); err != nil {
			t.Fatal(err)
		}
		r.URL.Path = asked
		if r.URL.RawQuery != "" {
			r.URL.Path = asked[:len(asked)-len(r.URL.RawQuery)-1]
		}
		w := ask(h, r)
		if got := w.Header().Get("Location"); w.Code != http.StatusTemporaryRedirect || got != want {
			t.Errorf("%s: %d %q, want %q", asked, w.Code, got, want)
		}
	}
}
