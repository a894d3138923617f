package httpd

import (
	"net/http"
	"strings"
	"testing"
)

func TestEncodedContentIsRefused(t *testing.T) {
	t.Parallel()
	h := Unencoded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		codings []string
		want    int
	}{
		{nil, 204},
		{[]string{""}, 204},
		{[]string{"identity"}, 204},
		{[]string{" Identity , "}, 204},
		{[]string{"gzip"}, 415},
		{[]string{"GZIP"}, 415},
		{[]string{"x-gzip"}, 415},
		{[]string{"deflate"}, 415},
		{[]string{"br"}, 415},
		{[]string{"zstd"}, 415},
		{[]string{"aws-chunked"}, 415},
		{[]string{"utf-8"}, 415},
		{[]string{"identity, gzip"}, 415},
		{[]string{"identity", "gzip"}, 415},
		{[]string{"gzip, identity"}, 415},
	} {
		r := get("/")
		r.Header["Content-Encoding"] = c.codings
		w := ask(h, r)
		if w.Code != c.want || c.want == 415 != (w.Header().Get("Accept-Encoding") == "identity") ||
			c.want == 415 != strings.Contains(w.Body.String(), `"code":"BAD_USER_INPUT"`) {
			t.Errorf("%q: %d %v %s", c.codings, w.Code, w.Header(), w.Body)
		}
	}
}
