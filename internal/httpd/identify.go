package httpd

import (
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
	"sync/atomic"
)

// requestIDHeader carries the request id both ways.
const requestIDHeader = "X-Request-Id"

var goodRequestID = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

type identityKey struct{}

// identity is what the log knows a request by.
type identity struct {
	id      string
	address string
	reason  atomic.Pointer[string] // why it was refused
}

// Identify gives each request an id: the client's own if it is a plain one.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !goodRequestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, &identity{id: id, address: Address(r)})))
	})
}

// RequestID is the id under which the log knows the request; empty outside of one.
func RequestID(ctx context.Context) string {
	if i, ok := ctx.Value(identityKey{}).(*identity); ok {
		return i.id
	}
	return ""
}

// Refused notes why a request is refused, for the log. The reason must not contain anything that the client sent. The first one
// counts.
func Refused(ctx context.Context, reason string) {
	if i, ok := ctx.Value(identityKey{}).(*identity); ok && reason != "" {
		i.reason.CompareAndSwap(nil, &reason)
	}
}

// refusal is why a request was refused; empty where nothing is noted.
func refusal(ctx context.Context) string {
	if i, ok := ctx.Value(identityKey{}).(*identity); ok {
		if reason := i.reason.Load(); reason != nil {
			return *reason
		}
	}
	return ""
}
