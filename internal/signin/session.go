package signin

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/httpd"
)

// The ways in which a page can come by a viewer.
const (
	// ModeDevelopment asks for nothing: everybody on this machine is an admin.
	ModeDevelopment = "development"
	// ModeOIDC signs in at LoginURL.
	ModeOIDC = "oidc"
	// ModeBearer needs a token in each request's Authorization header.
	ModeBearer = "bearer"
)

// Status tells a page how to sign in, or who is. It is what [SessionPath] answers, as JSON.
type Status struct {
	Mode     string `json:"mode"`
	SignedIn bool   `json:"signedIn"`
	// Name is empty when the provider tells none.
	Name string `json:"name,omitempty"`
	// LoginURL takes a returnTo; LogoutURL and RefreshURL want a POST. They are paths of this server. RefreshURL is there
	// when the session can be renewed.
	LoginURL   string     `json:"loginUrl,omitempty"`
	LogoutURL  string     `json:"logoutUrl,omitempty"`
	RefreshURL string     `json:"refreshUrl,omitempty"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
}

// Without serves [SessionPath] where no provider signs people in. who tells who brings the value of an Authorization
// header.
func Without(mode string, who func(ctx context.Context, header string) (crm.Viewer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := Status{Mode: mode}
		v, err := who(r.Context(), r.Header.Get("Authorization"))
		switch {
		case err == nil:
			status.SignedIn, status.Name = true, v.Name
			if !v.ExpiresAt.IsZero() {
				status.ExpiresAt = &v.ExpiresAt
			}
		case !errors.Is(err, auth.ErrUnauthenticated):
			unavailable(w, r)
			return
		}
		write(w, status)
	})
}

func (s *SignIn) status(p pass) Status {
	ends := p.expiresAt()
	status := Status{
		Mode: ModeOIDC, SignedIn: true, Name: p.Name, LoginURL: LoginPath, LogoutURL: LogoutPath, ExpiresAt: &ends,
	}
	if p.renewable(s.now()) {
		status.RefreshURL = RefreshPath
	}
	return status
}

// session tells a page who is signed in. A pass that has ended is renewed, so that a page opened the next morning need
// not know how.
func (s *SignIn) session(w http.ResponseWriter, r *http.Request) {
	p, err := s.passOf(r)
	if err == nil && !p.good(s.now()) {
		if p, err = s.renew(r.Context(), p); err == nil {
			p, err = s.keep(w, r, p)
		}
		s.logRenewal(r.Context(), err)
	}
	if err != nil {
		write(w, Status{Mode: ModeOIDC, LoginURL: LoginPath})
		return
	}
	write(w, s.status(p))
}

// refresh renews the pass. The answer is as of [SessionPath]; 401 when it cannot be renewed any more, 503 when the
// provider is away, and then the pass is as good as before.
//
// A pass that could not be renewed is left with the browser: another tab may just have got the next one.
func (s *SignIn) refresh(w http.ResponseWriter, r *http.Request) {
	p, err := s.passOf(r)
	switch {
	case err == nil && !s.own(r):
		httpd.WriteError(w, r, http.StatusForbidden, "FORBIDDEN",
			"Only a page of Kith's may ask for that, with "+StaffHeader+": 1")
		return
	case err == nil && p.Refresh == "" && p.good(s.now()):
		write(w, s.status(p))
		return
	case err == nil:
		if p, err = s.renew(r.Context(), p); err == nil {
			p, err = s.keep(w, r, p)
		}
		s.logRenewal(r.Context(), err)
	}
	_, refused := errors.AsType[*accessError](err)
	switch {
	case err == nil:
		write(w, s.status(p))
	case refused:
		s.dropPass(w)
		unauthenticated(w, r)
	case errors.Is(err, errEnded), errors.Is(err, errNoPass), errors.Is(err, errBadPass), errors.Is(err, errOver):
		unauthenticated(w, r)
	default:
		unavailable(w, r)
	}
}

func (s *SignIn) logRenewal(ctx context.Context, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, errEnded):
		s.logger(ctx).InfoContext(ctx, "sign-in not renewed", "error", err)
	default:
		s.logger(ctx).WarnContext(ctx, "cannot renew a sign-in", "error", err)
	}
}

// logout takes the pass away, ends the sign-in with every copy of the pass and all that is open by it, tells the provider
// that its refresh token is given up, and sends the browser to sign out there too. A script that accepts JSON alone gets
// {"location": …} instead of the redirect.
func (s *SignIn) logout(w http.ResponseWriter, r *http.Request) {
	if p, err := s.passOf(r); err == nil {
		signedIn := !s.endings.covers(p) && (p.good(s.now()) || p.renewable(s.now()))
		s.endings.end(r.Context(), p, p.endsAt())
		if signedIn {
			s.audit(r.Context(), p)
		}
		if p.Refresh != "" {
			s.renewals.end(p)
			s.provider.revoke(context.WithoutCancel(r.Context()), p.Refresh)
		}
	}
	s.dropPass(w)
	to := s.provider.endSessionURL()
	if to == "" {
		to = SignedOutPath
	}
	if wantsJSON(r) {
		write(w, map[string]string{"location": to})
		return
	}
	redirect(w, to)
}

// audit keeps that somebody signed out. A failure is only logged: signing out goes before.
func (s *SignIn) audit(ctx context.Context, p pass) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	v, err := p.viewer()
	if err == nil {
		v, err = auth.Open(ctx, s.workspaces, v)
	}
	if err == nil {
		err = s.auditor.AddAudit(ctx, v.Workspace, crm.NewAudit(crm.SignedOut, v.Subject, s.now().UTC().Truncate(time.Microsecond)))
	}
	if err != nil {
		s.logger(ctx).WarnContext(ctx, "cannot keep in the audit that somebody signed out", "error", err)
	}
}

// auditTimeout is how long signing out waits for the audit.
const auditTimeout = 3 * time.Second

// askToLogout is where a link leads: a link changes nothing, so that no page can sign somebody out with one.
func (s *SignIn) askToLogout(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, notice{
		Title: "Sign out?", Text: "You will have to sign in again to see the staff pages.", SignOut: true,
	})
}

func (s *SignIn) signedOut(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, notice{Title: "Signed out", Text: "You are signed out of Kith.", Again: home})
}

// wantsJSON reports whether r is a script's: pages that a browser navigates to are HTML.
func wantsJSON(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	media, _, err := mime.ParseMediaType(first)
	return err == nil && media == "application/json"
}

func unauthenticated(w http.ResponseWriter, r *http.Request) {
	httpd.WriteError(w, r, http.StatusUnauthorized, "UNAUTHENTICATED", "The session has ended: sign in again")
}

func unavailable(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "5")
	httpd.WriteError(w, r, http.StatusServiceUnavailable, "UNAVAILABLE", "The service cannot answer now: try again later")
}

func write(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and times
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(b, '\n'))
}
