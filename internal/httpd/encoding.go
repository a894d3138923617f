package httpd

import (
	"net/http"
	"strings"
)

// Unencoded refuses requests whose content is encoded, compressed for example, with 415: nothing here decodes it, and taken
// as it came it would be somebody else's text, or none.
func Unencoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Content-Encoding"), ","), ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				w.Header().Set("Accept-Encoding", "identity") // what would be taken (RFC 9110, section 12.5.3)
				WriteError(w, r, http.StatusUnsupportedMediaType, "BAD_USER_INPUT", "Send the content without Content-Encoding")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
