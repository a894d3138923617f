package signin

import (
	"context"
	"net/http"
	"net/url"

	"kith/internal/crm"
)

// Members returns a handler that lets next answer people who are signed in, or who show a bearer token that who takes, and
// sends others to sign in first. A pass that has ended will do as long as it can be renewed: the page that it opens does so.
//
// Browsers keep the pass to themselves when another site led here, the provider's for one (SameSite=Strict, RFC 6265bis,
// section 5.6.7.1). They are asked to come again by themselves, and bring it then. Which site led here they tell in
// Sec-Fetch-Site (Fetch Metadata Request Headers, section 2.3).
func (s *SignIn) Members(next http.Handler, who func(ctx context.Context, header string) (crm.Viewer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if header := r.Header.Get("Authorization"); header != "" {
			if _, err := who(r.Context(), header); err == nil {
				next.ServeHTTP(w, r)
				return
			}
		}
		p, err := s.passOf(r)
		switch now := s.now(); {
		case err == nil && (p.good(now) || p.renewable(now)):
			next.ServeHTTP(w, r)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site":
			s.show(w, r, http.StatusOK, notice{Title: "One moment", Text: "The page is about to be shown.", Reload: true})
		default:
			redirect(w, LoginPath+"?"+url.Values{"returnTo": {r.URL.RequestURI()}}.Encode())
		}
	})
}
