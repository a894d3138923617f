package httpd

import (
	"net"
	"net/http"
	"net/url"
	"slices"
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

// Open is a path that pages of some other origins may send to as well. What its query component asks for is executed, so that a
// GET with one is guarded like a post.
type Open struct {
	Path    string
	Origins []string
}

// SameOrigin refuses what a browser sends on behalf of a page from elsewhere: posts, and WebSockets, which browsers let
// any page open. Pages of the host that a request names are Kith's own, and so are those of the origin own, where it is set: a
// proxy may pass on another host. It panics for an origin that is none.
func SameOrigin(next http.Handler, own string, open Open) http.Handler {
	protection, relaxed := http.NewCrossOriginProtection(), http.NewCrossOriginProtection()
	trust := func(p *http.CrossOriginProtection, origins ...string) {
		for _, origin := range origins {
			if err := p.AddTrustedOrigin(origin); err != nil {
				panic(err) // the settings have been checked
			}
		}
	}
	if own != "" {
		trust(protection, own)
		trust(relaxed, own)
	}
	trust(relaxed, open.Origins...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := *r
		guard, executes := protection, strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
		if r.URL.Path == open.Path {
			guard, executes = relaxed, executes || r.URL.RawQuery != "" && r.Method != http.MethodOptions
		}
		if executes {
			asked.Method = http.MethodPost // a GET that can do what a POST can
		}
		if guard.Check(&asked) != nil {
			Refused(r.Context(), reasonOrigin)
			WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "A page of another origin may not ask here")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// OnlyHosts refuses requests for a host that known does not accept. It keeps a page whose name was pointed at this
// machine (DNS rebinding) from passing for a page of Kith's. The refusal is shown.
func OnlyHosts(known func(host string) bool, refusal string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !known(hostOf(r.Host)) {
			Refused(r.Context(), reasonHost)
			WriteError(w, r, http.StatusForbidden, "FORBIDDEN", refusal)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// NoOtherPages refuses whatever a browser asks because of a page of another origin, also by GET, such as a picture there
// whose address is here.
func NoOtherPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
			Refused(r.Context(), reasonOrigin)
			WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "A page of another origin may not ask here")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOf is a host without its port.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

// Direct refuses requests that show signs of a proxy in front, for a server that trusts everybody who reaches it as somebody on
// its own machine: a header that proxies add, HTTP/1.0, which some speak to what is behind them, or the origin of a page
// that is neither local nor one of origins. A proxy that shows no sign passes.
func Direct(local func(host string) bool, origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sign, reason := proxyHeader(r.Header), reasonProxy
		origin, err := url.Parse(r.Header.Get("Origin"))
		switch {
		case sign != "":
		case !r.ProtoAtLeast(1, 1):
			sign = "HTTP/1.0"
		case err == nil && origin.Host != "" && !local(origin.Hostname()) && !slices.Contains(origins, origin.String()):
			sign, reason = "a page of another origin", reasonOrigin
		default:
			next.ServeHTTP(w, r)
			return
		}
		Refused(r.Context(), reason)
		WriteError(w, r, http.StatusForbidden, "FORBIDDEN",
			"Without auth settings Kith answers this machine alone, without a proxy in between ("+sign+")")
	})
}

// proxyHeaders are names of headers that proxies, load balancers and tunnels add, and nobody else; those that end in -
// begin several.
var proxyHeaders = []string{
	"Cf-", "Fastly-Client-Ip", "Fly-Client-Ip", "Forwarded", "Forwarded-", "True-Client-Ip", "Via", "X-Azure-", "X-Client-Ip",
	"X-Cluster-Client-Ip", "X-Envoy-", "X-Forward-", "X-Forwarded", "X-Forwarded-", "X-Forwarder-", "X-Original-",
	"X-Proxyuser-Ip", "X-Real-", "X-Remote-", "X-Rewrite-Url", "X-Scheme",
}

// proxyHeader is a header of h that a proxy has added; empty for none.
func proxyHeader(h http.Header) string {
	for name := range h {
		plain := http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
		for _, known := range proxyHeaders {
			if plain == known || strings.HasSuffix(known, "-") && strings.HasPrefix(plain, known) {
				return known
			}
		}
	}
	return ""
}
