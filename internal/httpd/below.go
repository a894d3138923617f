package httpd

import (
	"net/http"
	"path"
	"strings"
)

// Below serves paths below base, such as /kith, as if base were not there. Other paths are served as they are, because some proxies
// strip what they select an application by. Some strip it without its slash, as nginx does with "location /kith" and
// "proxy_pass http://kith/;", and leave two at the beginning, which count as one. Other paths with empty or dotted parts are
// redirected to what they mean, below base.
func Below(base string, next http.Handler) http.Handler {
	if base == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		url := *r.URL
		url.Path, url.RawPath = strip(url.Path, base), strip(url.RawPath, base)
		if asked := url.EscapedPath(); asked != "*" && clean(asked) != asked {
			to := base + clean(asked)
			if url.RawQuery != "" {
				to += "?" + url.RawQuery
			}
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		asked := *r
		asked.URL = &url
		next.ServeHTTP(w, &asked)
	})
}

// strip is a path without base in front, and with one slash there.
func strip(p, base string) string {
	rest, ok := strings.CutPrefix(p, base)
	switch {
	case p == "":
		return ""
	case !ok || rest != "" && rest[0] != '/':
		rest = p
	}
	if rest == "*" {
		return rest
	}
	return "/" + strings.TrimLeft(rest, "/")
}

// clean is [path.Clean], which keeps a slash at the end.
func clean(p string) string {
	cleaned := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && cleaned != "/" {
		cleaned += "/"
	}
	return cleaned
}
