package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"kith/internal/auth"
	"kith/internal/crm"
)

const (
	// attemptCookie starts the names of the cookies that hold attempts: several tabs may sign in at the same time.
	attemptCookie = "kith-signin-"
	// attemptTime is how long somebody may take at the provider's sign-in page.
	attemptTime = 10 * time.Minute
	// maxAttempts is how many attempts a browser may have under way; beyond that all are dropped.
	maxAttempts = 5
	// attemptName is how much of the state names its cookie.
	attemptName = 8
)

// attempt is what binds the answer of the provider to the browser that asked.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE
	ReturnTo string `json:"r"`
	Expires  int64  `json:"e"` // in seconds since 1970
}

// login sends the browser to the provider. returnTo says where to go afterwards: a path of Kith's, as the browser has it.
func (s *SignIn) login(w http.ResponseWriter, r *http.Request) {
	returnTo := r.URL.Query().Get("returnTo")
	switch {
	case returnTo == "":
		returnTo = s.at(home)
	case !s.ownPath(returnTo):
		s.show(w, r, http.StatusBadRequest, notice{
			Title: "This link is not right", Text: "After signing in, only pages of Kith can be shown.", Again: s.at(home),
		})
		return
	}
	e, err := s.provider.endpoints(r.Context())
	if err != nil {
		s.showAway(w, r, returnTo)
		return
	}
	a := attempt{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), ReturnTo: returnTo,
		Expires: s.now().Add(attemptTime).Unix(),
	}
	s.dropAttempts(w, r)
	name := attemptCookie + a.State[:attemptName]
	value, err := s.seal(name, a)
	if err != nil {
		s.fail(w, r, "cannot seal an attempt to sign in", err)
		return
	}
	// Lax: it has to come along when the provider sends the browser back.
	s.setCookie(w, name, value, int(attemptTime.Seconds()), http.SameSiteLaxMode)
	redirect(w, s.provider.authorizeURL(e, a))
}

// dropAttempts takes the cookies of attempts away when there are too many.
func (s *SignIn) dropAttempts(w http.ResponseWriter, r *http.Request) {
	prefix := s.cookieName(attemptCookie)
	var names []string
	for _, c := range r.Cookies() {
		if name, ok := strings.CutPrefix(c.Name, prefix); ok && goodState.MatchString(name) {
			names = append(names, attemptCookie+name)
		}
	}
	if len(names) < maxAttempts {
		return
	}
	for _, name := range names {
		s.setCookie(w, name, "", -1, http.SameSiteLaxMode)
	}
}

// goodState is how the states look that Kith makes, and their beginnings.
var goodState = regexp.MustCompile(`^[A-Z2-7]{8,64}$`)

// attemptOf is the attempt that an answer of the provider's belongs to. Its cookie is taken away: it is good for once.
func (s *SignIn) attemptOf(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	state := r.URL.Query().Get("state")
	if !goodState.MatchString(state) {
		return attempt{}, false
	}
	name := attemptCookie + state[:attemptName]
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return attempt{}, false
	}
	var a attempt
	if err := s.unseal(c.Value, name, &a); err != nil || subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 {
		return attempt{}, false
	}
	s.setCookie(w, name, "", -1, http.SameSiteLaxMode)
	return a, s.now().Unix() < a.Expires
}

// callback is where the provider sends the browser with its answer.
func (s *SignIn) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, ok := s.attemptOf(w, r)
	if !ok {
		s.show(w, r, http.StatusBadRequest, notice{
			Title: "This sign-in has ended", Again: s.at(home),
			Text: "It took longer than ten minutes, was used before, or was begun in another browser.",
		})
		return
	}
	if e, err := s.provider.endpoints(r.Context()); err != nil {
		s.showAway(w, r, a.ReturnTo)
		return
	} else if iss := q.Get("iss"); iss != s.config.Issuer && (iss != "" || e.namesSelf) {
		s.fail(w, r, "sign-in answered by another issuer", nil)
		return
	}
	if code := q.Get("error"); code != "" {
		s.refused(w, r, code, a)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerTimeout)
	defer cancel()
	t, err := s.provider.exchange(ctx, q.Get("code"), a)
	var who person
	if err == nil {
		who, err = s.config.person(t.subject, t.claims)
	}
	if err != nil {
		s.notSignedIn(w, r, err, a)
		return
	}
	p := s.issue(rand.Text(), who, t, s.now().Add(s.config.Lifetime))
	v, err := p.viewer()
	if err == nil {
		_, err = auth.Open(ctx, s.workspaces, v)
	}
	if err == nil {
		_, err = s.keep(w, r, p)
	}
	if err != nil {
		s.notSignedIn(w, r, err, a)
		return
	}
	redirect(w, a.ReturnTo)
}

// refused shows an error of the provider (OpenID Connect Core 1.0, section 3.1.2.6). Nothing of the
// answer is repeated: anybody could have written it.
func (s *SignIn) refused(w http.ResponseWriter, r *http.Request, code string, a attempt) {
	if !goodErrorCode.MatchString(code) {
		code = "no code"
	}
	s.log.WarnContext(r.Context(), "the OpenID provider refused a sign-in", "code", code)
	switch code {
	case "access_denied":
		s.show(w, r, http.StatusForbidden, notice{
			Title: "Not signed in", Text: "The sign-in was refused or cancelled.", Again: a.ReturnTo,
		})
	case "temporarily_unavailable", "server_error":
		s.showAway(w, r, a.ReturnTo)
	default:
		s.show(w, r, http.StatusBadGateway, notice{
			Title: "Not signed in", Again: a.ReturnTo,
			Text: "The sign-in service refused the request. The log of this server says more.",
		})
	}
}

// notSignedIn shows why a sign-in failed.
func (s *SignIn) notSignedIn(w http.ResponseWriter, r *http.Request, err error, a attempt) {
	switch refusal, ok := errors.AsType[*accessError](err); {
	case ok:
		s.log.WarnContext(r.Context(), "signed in without access", "reason", refusal.reason)
		s.show(w, r, http.StatusForbidden, notice{
			Title: "No access", Detail: refusal.reason, SignOut: true, Again: a.ReturnTo,
			Text: "You are signed in, but may not use Kith. Please ask whoever looks after your account.",
		})
	case errors.Is(err, errEnded):
		s.log.WarnContext(r.Context(), "sign-in failed", "error", err)
		s.show(w, r, http.StatusBadRequest, notice{
			Title: "This sign-in has ended", Text: "The sign-in service did not know it any more.", Again: a.ReturnTo,
		})
	case errors.Is(err, errAway), errors.Is(err, crm.ErrUnavailable), errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded):
		s.log.WarnContext(r.Context(), "sign-in failed", "error", err)
		s.showAway(w, r, a.ReturnTo)
	default:
		s.fail(w, r, "sign-in failed", err)
	}
}

// fail shows an error that only the log explains: the settings of Kith and the provider do not match.
func (s *SignIn) fail(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.log.ErrorContext(r.Context(), what, "error", err) //nolint:sloglint // a constant at each call
	s.show(w, r, http.StatusBadGateway, notice{
		Title: "Not signed in", Again: s.at(home),
		Text: "Kith and the sign-in service do not understand each other. The log of this server says more.",
	})
}

func (s *SignIn) showAway(w http.ResponseWriter, r *http.Request, returnTo string) {
	w.Header().Set("Retry-After", "5")
	s.show(w, r, http.StatusServiceUnavailable, notice{
		Title: "Signing in is not possible right now", Again: returnTo,
		Text: "The sign-in service cannot be reached. Please try again in a moment.",
	})
}

// redirect sends the browser to a URL or a path, which may have been typed: what is not ASCII is escaped on the way.
func redirect(w http.ResponseWriter, to string) {
	var escaped strings.Builder
	for i := range len(to) {
		if c := to[i]; c <= ' ' || c > '~' {
			fmt.Fprintf(&escaped, "%%%02X", c)
		} else {
			escaped.WriteByte(c)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", escaped.String())
	w.WriteHeader(http.StatusSeeOther)
}
