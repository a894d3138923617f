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
		"/kith//staff":               "/staff /staff",
		"/kith/kith/staff":           "/kith/staff /kith/staff", // once is enough
		"/kith/staff/contacts/a%2Fb": "/staff/contacts/a%2Fb /staff/contacts/a/b",
	} {
		w := ask(h, httptest.NewRequest("GET", asked, nil))
		if got := w.Header().Get("Path"); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d %q, want %q", asked, w.Code, got, want)
		}
	}
	// As nginx strips with "location /kith" and "proxy_pass http://kith/;".
	doubled := httptest.NewRequest("GET", "/", nil)
	doubled.URL.Path = "//staff/contacts"
	if got := ask(h, doubled).Header().Get("Path"); got != "/staff/contacts /staff/contacts" {
		t.Errorf("two slashes: %s", got)
	}
	for asked, want := range map[string]string{
		"/kith/a//staff?search=a": "/kith/a/staff?search=a",
		"/staff/./contacts/":      "/kith/staff/contacts/",
		"/kith/../other":          "/kith/other",
		"/kith//evil.example/..":  "/kith/",
	} {
		w := ask(h, httptest.NewRequest("POST", asked, nil))
		if got := w.Header().Get("Location"); w.Code != http.StatusTemporaryRedirect || got != want {
			t.Errorf("%s: %d %q, want %q", asked, w.Code, got, want)
		}
	}
}
