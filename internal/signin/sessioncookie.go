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
	sessionCookieName = "kith"
	// hostPrefix makes browsers take a cookie from https alone, for this host and all its paths (RFC 6265bis, section
	// 4.1.3.2). Where Kith has only a part of the paths, securePrefix does so for https (section 4.1.3.1): other applications of
	// the host, another Kith among them, neither get the cookie nor replace it.
	hostPrefix   = "__Host-"
	securePrefix = "__Secure-"
	// maxCookie is how many bytes of name and value every browser takes (RFC 6265, section 6.1).
	maxCookie = 4096
	// unrenewed is the longest life of a renewable session cookie, however long the provider's tokens live: by then
	// the provider is asked whether the person still has access.
	unrenewed = time.Hour
)

// sessionCookie is the content of the cookie.
type sessionCookie struct {
	Subject   string `json:"s"`
	Name      string `json:"n,omitempty"`
	Workspace string `json:"w"`
	Role      string `json:"r"` // as tokens spell it
	// Expires is when the session cookie ends, in seconds since 1970; End is when its last possible successor ends.
	Expires int64 `json:"e"`
	End     int64 `json:"x"`
	// SignIn is random and the same in all session cookies of a sign-in; Issued is in microseconds since 1970. Session
	// cookies of earlier versions have neither.
	SignIn string `json:"i,omitempty"`
	Issued int64  `json:"a,omitempty"`
	// Refresh is the provider's refresh token; empty when it gave none.
	Refresh string `json:"t,omitempty"`
}

func (p sessionCookie) good(now time.Time) bool { return now.Unix() < p.Expires }

func (p sessionCookie) renewable(now time.Time) bool { return p.Refresh != "" && now.Unix() < p.End }

func (p sessionCookie) expiresAt() time.Time { return time.Unix(p.Expires, 0).UTC() }

func (p sessionCookie) endsAt() time.Time { return time.Unix(max(p.End, p.Expires), 0).UTC() }

func (p sessionCookie) issuedAt() time.Time { return time.UnixMicro(p.Issued).UTC() }

// signIn identifies the sign-in; a session cookie of an earlier version identifies only itself.
func (p sessionCookie) signIn() string {
	if p.SignIn != "" {
		return p.SignIn
	}
	id := p.id()
	return hex.EncodeToString(id[:])
}

// id differs between a session cookie and its successor.
func (p sessionCookie) id() [sha256.Size]byte {
	return sha256.Sum256([]byte(strconv.FormatInt(p.Expires, 10) + " " + p.Refresh))
}

// viewer is the person of the session cookie, without the workspace's number.
func (p sessionCookie) viewer() (crm.Viewer, error) {
	v, err := auth.NewViewer(p.Subject, p.Name, p.Workspace, p.Role)
	v.ExpiresAt, v.SignIn, v.IssuedAt = p.expiresAt(), p.signIn(), p.issuedAt()
	return v, err
}

// issue makes a session cookie of a sign-in for who. It ends with the tokens, and at end at the latest.
func (s *SignIn) issue(signIn string, who person, t tokens, end time.Time) sessionCookie {
	expires := t.end
	if t.refresh != "" {
		expires = earlier(expires, s.now().Add(unrenewed))
	}
	return sessionCookie{
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
	errNoCookie  = errors.New("no session cookie")
	errBadCookie = errors.New("session cookie not valid")
	errOver      = errors.New("signed out")
	errTooBig    = errors.New("too big for a cookie")
)

// sessionCookieOf is the session cookie of a request, expired or not. The error is errNoCookie, errBadCookie, or errOver if
// the sign-in has ended.
func (s *SignIn) sessionCookieOf(r *http.Request) (sessionCookie, error) {
	c, err := r.Cookie(s.cookieName(sessionCookieName))
	if err != nil {
		return sessionCookie{}, errNoCookie
	}
	var p sessionCookie
	if err := s.unseal(c.Value, sessionCookieName, &p); err != nil {
		return sessionCookie{}, errBadCookie
	}
	if s.endings.covers(p) {
		return sessionCookie{}, errOver
	}
	return p, nil
}

// keep sets the session cookie. A refresh token that is too long for a cookie is left out, so that the person has to
// sign in again when the session cookie ends.
func (s *SignIn) keep(w http.ResponseWriter, r *http.Request, p sessionCookie) (sessionCookie, error) {
	value, err := s.seal(sessionCookieName, p)
	if errors.Is(err, errTooBig) && p.Refresh != "" {
		s.log.WarnContext(r.Context(), "the provider's refresh token does not fit in a cookie: "+
			"staff have to sign in again when its other tokens end", "bytes", len(p.Refresh))
		p.Refresh = ""
		value, err = s.seal(sessionCookieName, p)
	}
	if err != nil {
		return sessionCookie{}, fmt.Errorf("seal the session cookie: %w", err)
	}
	last := p.Expires
	if p.Refresh != "" {
		last = p.End
	}
	// Strict: the browser sends it only from pages of Kith, never after a link from another site.
	s.setCookie(w, sessionCookieName, value, int(last-s.now().Unix()), http.SameSiteStrictMode)
	return p, nil
}

func (s *SignIn) dropSessionCookie(w http.ResponseWriter) {
	s.setCookie(w, sessionCookieName, "", -1, http.SameSiteStrictMode)
}

func (s *SignIn) cookieName(name string) string {
	switch {
	case !s.secure:
		return name
	case s.base != "":
		return securePrefix + name
	default:
		return hostPrefix + name
	}
}

// setCookie sets a cookie for the given seconds, or deletes it for less than one.
func (s *SignIn) setCookie(w http.ResponseWriter, name, value string, seconds int, site http.SameSite) {
	if seconds < 1 {
		value, seconds = "", -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure if browsers use https
		Name: s.cookieName(name), Value: value, Path: s.base + "/", MaxAge: seconds,
		Secure: s.secure, HttpOnly: true, SameSite: site,
	})
}

// seal makes the value of a cookie. It can be opened only under the same name, for the same client of the same provider, and with
// the same required claims.
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
	if len(s.cookieName(name))+len(value) > maxCookie {
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
