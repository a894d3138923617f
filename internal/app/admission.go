package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/httpd"
)

// channelFactor is how many times the requests of a person a channel credential may make: it speaks for all customers
// of a channel.
const channelFactor = 10

// addressFactor is how many times the requests of a person may come from one address by people with credentials: an
// office has one address.
const addressFactor = 20

// admission finds out who sends a request, once for each, and refuses those who send too many. Requests with a good
// credential count towards its subject, and all of them together towards their address; others towards their address.
//
// A credential is an Authorization header or, without one, the cookie of somebody who signed in on the staff pages.
type admission struct {
	who     func(ctx context.Context, header string) (crm.Viewer, error)
	cookie  func(r *http.Request) (v crm.Viewer, found bool, err error) // nil where nobody signs in
	limiter *httpd.Limiter                                              // nil for no limit
}

func newAdmission(
	who func(context.Context, string) (crm.Viewer, error),
	cookie func(*http.Request) (crm.Viewer, bool, error),
	perSecond float64,
) admission {
	a := admission{who: who, cookie: cookie}
	if perSecond > 0 {
		a.limiter = httpd.NewLimiter(perSecond)
	}
	return a
}

type answerKey struct{}

// answer is what came of a credential that admit has looked at.
type answer struct {
	header  string
	address string // that the request came from
	viewer  crm.Viewer
	err     error
	cookie  *http.Request // the request, where it was its cookie
}

// ask looks at the credential of r.
func (a admission) ask(r *http.Request) answer {
	got := answer{header: r.Header.Get("Authorization"), address: httpd.Address(r)}
	if got.header == "" && a.cookie != nil {
		var found bool
		if got.viewer, found, got.err = a.cookie(r); found {
			got.cookie = r
			return got
		}
	}
	got.viewer, got.err = a.who(r.Context(), got.header)
	return got
}

// admit lets requests through to next that are not too many.
func (a admission) admit(next http.Handler) http.Handler {
	if a.limiter == nil && a.cookie == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := a.ask(r)
		ctx := context.WithValue(r.Context(), answerKey{}, got)
		if a.limiter == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		var (
			wait time.Duration
			ok   bool
		)
		if got.err == nil {
			wait, ok = a.allow(ctx, got.viewer, 1)
		} else {
			wait, ok = a.limiter.Allow(1, httpd.Asker{Name: "stranger " + got.address, Factor: 1})
		}
		if !ok {
			httpd.TooMany(w, r, wait)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// allow takes tokens of somebody who has shown a credential, and of the address, or tells how long to wait. The context is
// one that admit has made.
func (a admission) allow(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool) {
	if a.limiter == nil {
		return 0, true
	}
	subject := httpd.Asker{Name: "subject " + v.WorkspaceName + "\x00" + v.Subject, Factor: 1}
	if v.Role == crm.RoleChannel {
		subject.Factor = channelFactor
	}
	got, known := ctx.Value(answerKey{}).(answer)
	if !known {
		return a.limiter.Allow(tokens, subject)
	}
	return a.limiter.Allow(tokens, subject, httpd.Asker{Name: "address " + got.address, Factor: addressFactor})
}

// authenticate returns who brings the header; with an empty one, whose cookie came along. It does not ask again what
// admit has asked.
func (a admission) authenticate(ctx context.Context, header string) (crm.Viewer, error) {
	if got, ok := ctx.Value(answerKey{}).(answer); ok && got.header == header {
		return got.viewer, got.err
	}
	return a.who(ctx, header)
}

// again is authenticate that looks at the credential once more, for connections that last.
func (a admission) again(ctx context.Context, header string) (crm.Viewer, error) {
	if got, ok := ctx.Value(answerKey{}).(answer); ok && got.header == header && got.cookie != nil {
		v, _, err := a.cookie(got.cookie.WithContext(ctx))
		return v, err
	}
	return a.who(ctx, header)
}

// only lets through to next who may do p, by a credential as admit takes them.
func (a admission) only(p crm.Permission, next http.Handler) http.Handler {
	return a.admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := a.authenticate(r.Context(), r.Header.Get("Authorization"))
		switch {
		case errors.Is(err, auth.ErrUnauthenticated):
			w.Header().Set("WWW-Authenticate", auth.Challenge(err))
			httpd.WriteError(w, r, http.StatusUnauthorized, "UNAUTHENTICATED", auth.Reason(err))
		case err != nil:
			httpd.WriteError(w, r, http.StatusServiceUnavailable, "UNAVAILABLE", "The service cannot answer now: try again later")
		case !v.Role.Can(p):
			httpd.WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "This credential may not do that")
		default:
			next.ServeHTTP(w, r)
		}
	}))
}
