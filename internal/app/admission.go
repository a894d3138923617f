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

// channelFactor multiplies a person's rate for a channel credential, which reports for all customers
// of a channel.
const channelFactor = 10

// addressFactor multiplies a person's rate for all requests with credentials from one address, because an
// office has one address.
const addressFactor = 20

// admission authenticates each request once and limits the rate. Requests with a valid
// credential count towards its subject and its address, others towards a separate limit of their address.
//
// A credential is an Authorization header or, without one, the session cookie of the staff pages.
type admission struct {
	refused func(reason string) // counts refusals
	who     func(ctx context.Context, header string) (crm.Viewer, error)
	cookie  func(r *http.Request) (v crm.Viewer, found bool, err error) // nil where nobody signs in
	limiter *httpd.Limiter                                              // nil for no limit
}

func newAdmission(
	who func(context.Context, string) (crm.Viewer, error),
	cookie func(*http.Request) (crm.Viewer, bool, error),
	perSecond float64, refused func(reason string),
) admission {
	a := admission{refused: refused, cookie: cookie}
	a.who = func(ctx context.Context, header string) (crm.Viewer, error) {
		v, err := who(ctx, header)
		a.count(err)
		return v, err
	}
	if perSecond > 0 {
		a.limiter = httpd.NewLimiter(perSecond)
	}
	return a
}

// rateLimited is the reason of a refusal beyond the rate limit. The others are those of package auth.
const rateLimited = "rate limit"

// count counts a refused credential.
func (a admission) count(err error) {
	if reason := auth.Reason(err); reason != "" {
		a.refused(reason)
	}
}

type answerKey struct{}

// answer is the result of authenticating a request.
type answer struct {
	header  string
	address string // that the request came from
	viewer  crm.Viewer
	err     error
	cookie  *http.Request // the request, if the credential was its cookie
}

// ask authenticates r.
func (a admission) ask(r *http.Request) answer {
	got := answer{header: r.Header.Get("Authorization"), address: httpd.Address(r)}
	if got.header == "" && a.cookie != nil {
		var found bool
		if got.viewer, found, got.err = a.cookie(r); found {
			got.cookie = r
			a.count(got.err)
			return got
		}
	}
	got.viewer, got.err = a.who(r.Context(), got.header)
	return got
}

// admit passes requests within the rate limit to next.
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
			a.refused(rateLimited)
			httpd.TooMany(w, r, wait)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// allow takes tokens from the limits of a subject and of its address, or returns how long to wait. The context comes
// from admit.
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

// authenticate returns the viewer of the header or, if it is empty, of the cookie. It reuses the result of
// admit.
func (a admission) authenticate(ctx context.Context, header string) (crm.Viewer, error) {
	v, err := a.cached(ctx, header)
	httpd.Refused(ctx, auth.Reason(err))
	return v, err
}

func (a admission) cached(ctx context.Context, header string) (crm.Viewer, error) {
	if got, ok := ctx.Value(answerKey{}).(answer); ok && got.header == header {
		return got.viewer, got.err
	}
	return a.who(ctx, header)
}

// again is authenticate without the cached result, for long-lived connections.
func (a admission) again(ctx context.Context, header string) (v crm.Viewer, err error) {
	if got, ok := ctx.Value(answerKey{}).(answer); ok && got.header == header && got.cookie != nil {
		v, _, err = a.cookie(got.cookie.WithContext(ctx))
		a.count(err)
	} else {
		v, err = a.who(ctx, header)
	}
	httpd.Refused(ctx, auth.Reason(err))
	return v, err
}

// reasonRole is the reason of a refusal because of the viewer's role, as the log has it.
func reasonRole(v crm.Viewer) string { return "role " + string(v.Role) }

// only passes requests of viewers who may do p to next.
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
			httpd.Refused(r.Context(), reasonRole(v))
			httpd.WriteError(w, r, http.StatusForbidden, "FORBIDDEN", "This credential may not do that")
		default:
			next.ServeHTTP(w, r)
		}
	}))
}
