package signin

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

const (
	// home is where people come out who did not say where they want to go.
	home = "/staff/contacts"
	// maxReturnTo bounds what has to fit in a cookie.
	maxReturnTo = 1000
)

// ownPath reports whether a browser takes s for a path of Kith's, whatever way it reads it: "//host", "/\host"
// and, since browsers skip tabs and line ends, "/\t/host" name another host, and "/kith/../other" another application. Signing in
// leads to pages, so its own paths are none.
func (s *SignIn) ownPath(to string) bool {
	if len(to) > maxReturnTo || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsRune(to, '\\') || strings.ContainsFunc(to, unicode.IsControl) {
		return false
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	below, ok := strings.CutPrefix(path.Clean(u.Path), s.base)
	return ok && (below == "" || below[0] == '/') && below != "/auth" && !strings.HasPrefix(below, "/auth/")
}
