package signin

import (
	"context"
	"net/http"
	"net/url"

	"kith/internal/crm"
)

// Members returns a handler that passes requests of people who are signed in, or who send a bearer token that who accepts, to
// next, and sends others to sign in first. An expired session cookie is enough if it can be renewed, because the page renews it.
//
// Browsers do not send the session cookie when another site, such as the provider's, led here (SameSite=Strict, RFC 6265bis,
// section 5.6.7.1). A page then makes them reload, and they send it. Sec-Fetch-Site shows that another site led here
// (Fetch Metadata Request Headers, section 2.3).
func (s *SignIn) Members(next http.Handler, who func(ctx context.Context, header string) (crm.Viewer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if header := r.Header.Get("Authorization"); header != "" {
			if _, err := who(r.Context(), header); err == nil {
				next.ServeHTTP(w, r)
				return
			}
		}
		p, err := s.sessionCookieOf(r)
		switch now := s.now(); {
		case err == nil && (p.good(now) || p.renewable(now)):
			next.ServeHTTP(w, r)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site":
			s.show(w, r, http.StatusOK, notice{Title: "One moment", Text: "The page is about to be shown.", Reload: true})
		default:
			redirect(w, s.at(LoginPath)+"?"+url.Values{"returnTo": {s.at(r.URL.RequestURI())}}.Encode())
		}
	})
}
