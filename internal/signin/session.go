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

// The ways to sign in.
const (
	// ModeDevelopment needs no credential: everybody on this machine is an admin.
	ModeDevelopment = "development"
	// ModeOIDC signs in at LoginURL.
	ModeOIDC = "oidc"
	// ModeBearer needs a token in each request's Authorization header.
	ModeBearer = "bearer"
)

// Status is the JSON answer of [SessionPath]: how to sign in, and who is signed in.
type Status struct {
	Mode     string `json:"mode"`
	SignedIn bool   `json:"signedIn"`
	// Name is empty if the provider sends no name.
	Name string `json:"name,omitempty"`
	// LoginURL takes a returnTo; LogoutURL and RefreshURL require POST. They are paths as the browser has them. RefreshURL is set
	// if the session can be renewed.
	LoginURL   string     `json:"loginUrl,omitempty"`
	LogoutURL  string     `json:"logoutUrl,omitempty"`
	RefreshURL string     `json:"refreshUrl,omitempty"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	// PlaygroundURL is empty without a playground.
	PlaygroundURL string `json:"playgroundUrl,omitempty"`
}

// Without serves [SessionPath] without a sign-in provider. status is the answer as far as it is the same for everybody; who
// authenticates the value of an Authorization header.
func Without(status Status, who func(ctx context.Context, header string) (crm.Viewer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := status
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

func (s *SignIn) status(p sessionCookie) Status {
	ends := p.expiresAt()
	status := Status{
		Mode: ModeOIDC, SignedIn: true, Name: p.Name, LoginURL: s.at(LoginPath), LogoutURL: s.at(LogoutPath), ExpiresAt: &ends,
		PlaygroundURL: s.config.PlaygroundURL,
	}
	if p.renewable(s.now()) {
		status.RefreshURL = s.at(RefreshPath)
	}
	return status
}

// session reports who is signed in. It renews an expired session cookie, so that a page opened the next morning does
// not have to.
func (s *SignIn) session(w http.ResponseWriter, r *http.Request) {
	p, err := s.sessionCookieOf(r)
	if err == nil && !p.good(s.now()) {
		if p, err = s.renew(r.Context(), p); err == nil {
			p, err = s.keep(w, r, p)
		}
		s.logRenewal(r.Context(), err)
	}
	if err != nil {
		write(w, Status{Mode: ModeOIDC, LoginURL: s.at(LoginPath), PlaygroundURL: s.config.PlaygroundURL})
		return
	}
	write(w, s.status(p))
}

// refresh renews the session cookie. The answer is that of [SessionPath]; 401 when it can no longer be renewed, 503 when the
// provider is unavailable, and then the session cookie stays valid.
//
// The browser keeps a session cookie that could not be renewed: another tab may just have received the next one.
func (s *SignIn) refresh(w http.ResponseWriter, r *http.Request) {
	p, err := s.sessionCookieOf(r)
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
		s.dropSessionCookie(w)
		unauthenticated(w, r)
	case errors.Is(err, errEnded), errors.Is(err, errNoCookie), errors.Is(err, errBadCookie), errors.Is(err, errOver):
		unauthenticated(w, r)
	default:
		unavailable(w, r)
	}
}

func (s *SignIn) logRenewal(ctx context.Context, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, errEnded):
		s.log.InfoContext(ctx, "sign-in not renewed", "error", err)
	default:
		s.log.WarnContext(ctx, "cannot renew a sign-in", "error", err)
	}
}

// logout deletes the session cookie, ends the sign-in with every copy of the cookie and its open connections, revokes the
// refresh token at the provider, and sends the browser to sign out there too. A script that accepts JSON gets
// {"location": …} instead of the redirect.
func (s *SignIn) logout(w http.ResponseWriter, r *http.Request) {
	if p, err := s.sessionCookieOf(r); err == nil {
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
	s.dropSessionCookie(w)
	to := s.provider.endSessionURL()
	if to == "" {
		to = s.at(SignedOutPath)
	}
	if wantsJSON(r) {
		write(w, map[string]string{"location": to})
		return
	}
	redirect(w, to)
}

// audit records the sign-out, in a workspace that is still there. A failure is only logged: signing out is more important.
func (s *SignIn) audit(ctx context.Context, p sessionCookie) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	v, err := p.viewer()
	if err == nil {
		v.Workspace, err = s.finder.FindWorkspace(ctx, v.WorkspaceName)
	}
	if errors.Is(err, crm.ErrNotFound) {
		return
	}
	if err == nil {
		err = s.auditor.AddAudit(ctx, v.Workspace, crm.NewAudit(crm.SignedOut, v.Subject, s.now().UTC().Truncate(time.Microsecond)))
	}
	if err != nil {
		s.log.WarnContext(ctx, "cannot record a sign-out in the audit log", "error", err)
	}
}

// auditTimeout is how long signing out waits for the audit.
const auditTimeout = 3 * time.Second

// askToLogout answers GET with a confirmation, so that no page can sign somebody out with a link.
func (s *SignIn) askToLogout(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, notice{
		Title: "Sign out?", Text: "You will have to sign in again to see the staff pages.", SignOut: true,
	})
}

func (s *SignIn) signedOut(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, notice{Title: "Signed out", Text: "You are signed out of Kith.", Again: s.at(home)})
}

// wantsJSON reports whether a script sends r: navigations of a browser accept HTML.
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
