package signin

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// pagePolicy lets the page do nothing but show itself. Where its form leads is not limited, since browsers would hold
// that against the provider's pages that signing out goes through.
const pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// notice is what a page says.
type notice struct {
	Title  string
	Text   string
	Detail string
	// Again is where to go after signing in again; empty offers no such thing.
	Again string
	// SignOut offers to sign out at the provider, so that somebody else can sign in.
	SignOut bool
	// Reload has the browser ask once more, by itself.
	Reload bool

	base string // of the links
}

// AgainURL signs in and leads on.
func (n notice) AgainURL() string {
	return n.base + LoginPath + "?" + url.Values{"returnTo": {n.Again}}.Encode()
}

// SignOutURL is where the form posts to.
func (n notice) SignOutURL() string { return n.base + LogoutPath }

// StyleURL is where the style sheet is.
func (n notice) StyleURL() string { return n.base + stylePath }

// show answers with a page.
func (s *SignIn) show(w http.ResponseWriter, r *http.Request, status int, n notice) {
	n.base = s.base
	var b bytes.Buffer
	if err := page.Execute(&b, n); err != nil {
		s.log.ErrorContext(r.Context(), "cannot write a page", "error", err)
		http.Error(w, n.Title, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

//go:embed page.css
var stylesheet []byte

// stylePath is where the pages' style sheet is.
const stylePath = "/auth/page.css"

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(stylesheet)
}
