package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
)

const (
	passCookie = "kith"
	// hostPrefix makes browsers take a cookie from https alone, for this host and all its paths (RFC 6265bis, section
	// 4.1.3.2).
	hostPrefix = "__Host-"
	// maxCookie is how many bytes of name and value every browser takes (RFC 6265, section 6.1).
	maxCookie = 4096
	// unrenewed is how long a pass that can be renewed lasts at most, however long the provider's tokens do: so soon
	// the provider is asked whether the person may still come in.
	unrenewed = time.Hour
)

// pass is what the cookie holds.
type pass struct {
	Subject   string `json:"s"`
	Name      string `json:"n,omitempty"`
	Workspace string `json:"w"`
	Role      string `json:"r"` // as tokens spell it
	// Expires is when the pass ends, in seconds since 1970; End is when the last that it can be renewed to does.
	Expires int64 `json:"e"`
	End     int64 `json:"x"`
	// SignIn is random and the same in all passes of a sign-in; Issued is when this one was, in microseconds since 1970. Both are
	// missing in passes of before.
	SignIn string `json:"i,omitempty"`
	Issued int64  `json:"a,omitempty"`
	// Refresh is the provider's refresh token; empty when it gave none.
	Refresh string `json:"t,omitempty"`
}

func (p pass) good(now time.Time) bool { return now.Unix() < p.Expires }

func (p pass) renewable(now time.Time) bool { return p.Refresh != "" && now.Unix() < p.End }

func (p pass) expiresAt() time.Time { return time.Unix(p.Expires, 0).UTC() }

func (p pass) endsAt() time.Time { return time.Unix(max(p.End, p.Expires), 0).UTC() }

func (p pass) issuedAt() time.Time { return time.UnixMicro(p.Issued).UTC() }

// signIn names the sign-in; for a pass that has no name, the pass alone.
func (p pass) signIn() string {
	if p.SignIn != "" {
		return p.SignIn
	}
	id := p.id()
	return hex.EncodeToString(id[:])
}

// id tells this pass from the one it is renewed to.
func (p pass) id() [sha256.Size]byte {
	return sha256.Sum256([]byte(strconv.FormatInt(p.Expires, 10) + " " + p.Refresh))
}

// viewer is who holds the pass, the workspace's number apart.
func (p pass) viewer() (crm.Viewer, error) {
	v, err := auth.NewViewer(p.Subject, p.Name, p.Workspace, p.Role)
	v.ExpiresAt, v.SignIn, v.IssuedAt = p.expiresAt(), p.signIn(), p.issuedAt()
	return v, err
}

// issue is a pass of a sign-in for who, whose tokens end at tokensEnd, to somebody who signed in so that it all ends at end.
func (s *SignIn) issue(signIn string, who person, t tokens, end time.Time) pass {
	expires := t.end
	if t.refresh != "" {
		expires = earlier(expires, s.now().Add(unrenewed))
	}
	return pass{
		Subject: who.subject, Name: who.name, Workspace: who.workspace, Role: who.role,
		Expires: earlier(expires, end).Unix(), End: end.Unix(), Refresh: t.refresh,
		SignIn: signIn, Issued: s.now().UnixMicro(),
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

var (
	errNoPass  = errors.New("no pass")
	errBadPass = errors.New("pass not valid")
	errOver    = errors.New("signed out")
	errTooBig  = errors.New("too big for a cookie")
)

// passOf is the pass that a request brings, whether or not it has expired. The error is errNoPass, errBadPass, or
// errOver where it was ended before.
func (s *SignIn) passOf(r *http.Request) (pass, error) {
	c, err := r.Cookie(s.cookieName(passCookie))
	if err != nil {
		return pass{}, errNoPass
	}
	var p pass
	if err := s.unseal(c.Value, passCookie, &p); err != nil {
		return pass{}, errBadPass
	}
	if s.endings.covers(p) {
		return pass{}, errOver
	}
	return p, nil
}

// keep gives the browser a pass. A refresh token that is too long for a cookie is left out, so that the person has to
// sign in again when the pass ends.
func (s *SignIn) keep(w http.ResponseWriter, r *http.Request, p pass) (pass, error) {
	value, err := s.seal(passCookie, p)
	if errors.Is(err, errTooBig) && p.Refresh != "" {
		s.logger(r.Context()).WarnContext(r.Context(), "the provider's refresh token does not fit in a cookie: "+
			"staff have to sign in again when its other tokens end", "bytes", len(p.Refresh))
		p.Refresh = ""
		value, err = s.seal(passCookie, p)
	}
	if err != nil {
		return pass{}, fmt.Errorf("seal the pass: %w", err)
	}
	last := p.Expires
	if p.Refresh != "" {
		last = p.End
	}
	// Strict: only scripts of the staff pages bring it, never a link from elsewhere.
	s.setCookie(w, passCookie, value, int(last-s.now().Unix()), http.SameSiteStrictMode)
	return p, nil
}

func (s *SignIn) dropPass(w http.ResponseWriter) {
	s.setCookie(w, passCookie, "", -1, http.SameSiteStrictMode)
}

func (s *SignIn) cookieName(name string) string {
	if s.secure {
		return hostPrefix + name
	}
	return name
}

// setCookie sets a cookie for so many seconds, or takes it away for less than one.
func (s *SignIn) setCookie(w http.ResponseWriter, name, value string, seconds int, site http.SameSite) {
	if seconds < 1 {
		value, seconds = "", -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever browsers come by https
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: s.secure, HttpOnly: true, SameSite: site,
	})
}

// seal makes the value of a cookie. It can be opened only by that name, for the same client of the same provider, and while
// the same is required of everybody.
func (s *SignIn) seal(name string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sealed, err := s.sealer.Seal(plain, s.about(name))
	if err != nil {
		return "", err
	}
	value := base64.RawURLEncoding.EncodeToString(sealed)
	if len(hostPrefix)+len(name)+len(value) > maxCookie {
		return "", errTooBig
	}
	return value, nil
}

func (s *SignIn) unseal(value, name string, v any) error {
	if len(value) > maxCookie {
		return errTooBig
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil {
		return err
	}
	plain, err := s.sealer.Open(sealed, s.about(name))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

func (s *SignIn) about(name string) []byte {
	about := []string{name, s.config.Issuer, s.config.ClientID}
	for _, claim := range slices.Sorted(maps.Keys(s.config.Require)) {
		about = append(append(about, claim), slices.Sorted(slices.Values(s.config.Require[claim]))...)
	}
	return []byte(strings.Join(about, "\x00"))
}
