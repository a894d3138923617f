package main

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

// door asks who is there, once for each request, and turns away who asks too often. Whoever shows a good credential is
// counted by it, and all of them together by their address; strangers are counted by their address.
//
// A credential is an Authorization header or, without one, the cookie of somebody who signed in on the staff pages.
type door struct {
	who     func(ctx context.Context, header string) (crm.Viewer, error)
	cookie  func(r *http.Request) (v crm.Viewer, found bool, err error) // nil where nobody signs in
	limiter *httpd.Limiter                                              // nil for no limit
}

func newDoor(
	who func(context.Context, string) (crm.Viewer, error),
	cookie func(*http.Request) (crm.Viewer, bool, error),
	perSecond float64,
) door {
	d := door{who: who, cookie: cookie}
	if perSecond > 0 {
		d.limiter = httpd.NewLimiter(perSecond)
	}
	return d
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
func (d door) ask(r *http.Request) answer {
	a := answer{header: r.Header.Get("Authorization"), address: httpd.Address(r)}
	if a.header == "" && d.cookie != nil {
		var found bool
		if a.viewer, found, a.err = d.cookie(r); found {
			a.cookie = r
			return a
		}
	}
	a.viewer, a.err = d.who(r.Context(), a.header)
	return a
}

// admit lets requests through to next that are not too many.
func (d door) admit(next http.Handler) http.Handler {
	if d.limiter == nil && d.cookie == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := d.ask(r)
		ctx := context.WithValue(r.Context(), answerKey{}, a)
		if d.limiter == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		var (
			wait time.Duration
			ok   bool
		)
		if a.err == nil {
			wait, ok = d.allow(ctx, a.viewer, 1)
		} else {
			wait, ok = d.limiter.Allow(1, httpd.Asker{Name: "stranger " + a.address, Factor: 1})
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
func (d door) allow(ctx context.Context, v crm.Viewer, tokens int) (wait time.Duration, ok bool) {
	if d.limiter == nil {
		return 0, true
	}
	subject := httpd.Asker{Name: "subject " + v.WorkspaceName + "\x00" + v.Subject, Factor: 1}
	if v.Role == crm.RoleChannel {
		subject.Factor = channelFactor
	}
	a, known := ctx.Value(answerKey{}).(answer)
	if !known {
		return d.limiter.Allow(tokens, subject)
	}
	return d.limiter.Allow(tokens, subject, httpd.Asker{Name: "address " + a.address, Factor: addressFactor})
}

// authenticate returns who brings the header; with an empty one, whose cookie came along. It does not ask again what
// admit has asked.
func (d door) authenticate(ctx context.Context, header string) (crm.Viewer, error) {
	if a, ok := ctx.Value(answerKey{}).(answer); ok && a.header == header {
		return a.viewer, a.err
	}
	return d.who(ctx, header)
}

// again is authenticate that looks at the credential once more, for connections that last.
func (d door) again(ctx context.Context, header string) (crm.Viewer, error) {
	if a, ok := ctx.Value(answerKey{}).(answer); ok && a.header == header && a.cookie != nil {
		v, _, err := d.cookie(a.cookie.WithContext(ctx))
		return v, err
	}
	return d.who(ctx, header)
}

// only lets through to next who may do p, by a credential as admit takes them.
func (d door) only(p crm.Permission, next http.Handler) http.Handler {
	return d.admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := d.authenticate(r.Context(), r.Header.Get("Authorization"))
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
