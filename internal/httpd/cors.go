package httpd

import (
	"net/http"
	"slices"
	"strings"
)

// The bounds of the headers that a preflight asks for.
const (
	maxAskedHeaders = 64
	maxAskedBytes   = 4 << 10
)

// CORS lets pages of other origins ask, by the CORS protocol of the Fetch standard: by GET and POST, with any header, an
// Authorization of their own for example, but never with cookies. Other pages, and every page where there are no origins, get
// nothing of it.
func CORS(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !slices.Contains(origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Add("Vary", "Access-Control-Request-Headers")
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			if asked := askedHeaders(r.Header); asked != "" {
				h.Set("Access-Control-Allow-Headers", asked)
			}
			h.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", "Retry-After, Traceparent, X-Request-Id")
		next.ServeHTTP(w, r)
	})
}

// askedHeaders are the names of headers that a preflight asks for. None are returned if they are too many, or one is no name.
func askedHeaders(h http.Header) string {
	asked := strings.Join(h.Values("Access-Control-Request-Headers"), ",")
	if len(asked) > maxAskedBytes {
		return ""
	}
	names := strings.Split(asked, ",")
	if len(names) > maxAskedHeaders {
		return ""
	}
	for i, name := range names {
		if names[i] = strings.TrimSpace(name); !isToken(names[i]) {
			return ""
		}
	}
	return strings.Join(names, ", ")
}

const nameCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isToken reports whether a text may be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	other := func(r rune) bool { return !strings.ContainsRune(nameCharacters, r) }
	return s != "" && !strings.ContainsFunc(s, other)
}
