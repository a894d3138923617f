package signin

import (
	"net/url"
	"strings"
	"unicode"
)

const (
	// home is where people come out who did not say where they want to go.
	home = "/staff/contacts"
	// maxReturnTo bounds what has to fit in a cookie.
	maxReturnTo = 1000
)

// localPath reports whether a browser takes s for a path of this server, whatever way it reads it: "//host", "/\host"
// and, since browsers skip tabs and line ends, "/\t/host" name another one. Signing in leads to pages, so its own paths
// are none.
func localPath(s string) bool {
	if len(s) > maxReturnTo || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") ||
		strings.ContainsRune(s, '\\') || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	return u.Path != "/auth" && !strings.HasPrefix(u.Path, "/auth/")
}
