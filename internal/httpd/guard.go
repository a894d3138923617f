package httpd

import (
	"net"
	"net/http"
	"strings"
)

// Headers sets what every answer should carry. A handler that serves pages replaces the policies with its own.
func Headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// Open is a path that pages of some other origins may send to as well.
type Open struct {
	Path    string
	Origins []string
}

// SameOrigin refuses what a browser sends on behalf of a page from elsewhere: posts, and WebSockets, which browsers let
// any page open. It panics for an origin that is none.
func SameOrigin(next http.Handler, open Open) http.Handler {
	protection, relaxed := http.NewCrossOriginProtection(), http.NewCrossOriginProtection()
	for _, origin := range open.Origins {
		if err := relaxed.AddTrustedOrigin(origin); err != nil {
			panic(err) // the settings have been checked
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := *r
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			asked.Method = http.MethodPost // a GET that can do what a POST can
		}
		guard := protection
		if r.URL.Path == open.Path {
			guard = relaxed
		}
		if guard.Check(&asked) != nil {
			WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "A page of another origin may not ask here")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// OnlyHosts refuses requests for a host that known does not accept. It keeps a page whose name was pointed at this
// machine (DNS rebinding) from passing for a page of Kith's.
func OnlyHosts(known func(host string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host // without a port
		}
		if !known(host) {
			WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "Without auth settings Kith answers to localhost alone")
			return
		}
		next.ServeHTTP(w, r)
	})
}
