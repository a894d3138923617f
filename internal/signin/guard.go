package signin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"kith/internal/auth"
	"kith/internal/crm"
)

// StaffHeader must be 1 for the cookie to count. Pages of other origins cannot set it without
// asking first (a preflight, in the Fetch standard), and Kith never lets them send cookies.
const StaffHeader = "X-Kith-Staff"

// Viewer returns the viewer of the session cookie of r; found is false without a session cookie. The error is
// [auth.ErrUnauthenticated] with a reason to show, [crm.ErrUnavailable] or the context's.
//
// The cookie counts only for requests of Kith's own pages: those with [StaffHeader], and WebSockets, which cannot have
// it, by their Origin.
func (s *SignIn) Viewer(r *http.Request) (v crm.Viewer, found bool, err error) {
	p, err := s.sessionCookieOf(r)
	switch {
	case errors.Is(err, errNoCookie):
		return crm.Viewer{}, false, nil
	case !s.own(r):
		return crm.Viewer{}, true, auth.Refuse(
			"the session cookie counts only for Kith's own pages, which send " + StaffHeader + ": 1")
	case errors.Is(err, errOver):
		return crm.Viewer{}, true, auth.Refuse("signed out")
	case err != nil:
		return crm.Viewer{}, true, auth.Refuse("session not valid: sign in again")
	case !p.good(s.now()):
		return crm.Viewer{}, true, auth.Refuse("session expired")
	}
	if v, err = p.viewer(); err != nil {
		return crm.Viewer{}, true, err
	}
	if v, err = auth.Open(r.Context(), s.workspaces, v); err != nil {
		return crm.Viewer{}, true, fmt.Errorf("session: %w", err)
	}
	return v, true, nil
}

// own reports whether one of Kith's own pages sends r.
func (s *SignIn) own(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return origin == s.origin
	}
	if r.Header.Get(StaffHeader) != "1" {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return origin == "" || origin == s.origin
}
