package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

// cookiesOfSignIns are two of one sign-in, the one renewed to the other, one of another sign-in, and one of an earlier version.
func cookiesOfSignIns(s *SignIn) (first, second, other, old sessionCookie) {
	who := person{"ann", "Ann", "acme", "staff"}
	end := noon.Add(time.Hour)
	first = s.issue("sign-in", who, tokens{end: end, refresh: "one"}, end)
	second = s.issue(first.signIn(), who, tokens{end: end, refresh: "two"}, end)
	second.Issued++
	return first, second, s.issue("another", who, tokens{end: end, refresh: "three"}, end), ann
}

// signOut signs out with a session cookie.
func signOut(t *testing.T, s *SignIn, p sessionCookie) {
	t.Helper()
	w := httptest.NewRecorder()
	s.logout(w, request(t, cookie(t, s, p), nil))
	if w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
}

// reason is why a session cookie is refused; empty if it is accepted.
func reason(t *testing.T, s *SignIn, p sessionCookie) string {
	t.Helper()
	_, found, err := s.Viewer(request(t, cookie(t, s, p), staff))
	if !found || err != nil && auth.Reason(err) == "" {
		t.Fatal(found, err)
	}
	return auth.Reason(err)
}

func TestSigningOutIsAuditedOnce(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	s := signInWith(t, store, nil)
	first, second, _, _ := cookiesOfSignIns(s)
	signOut(t, s, first)
	signOut(t, s, first)  // a copy of the cookie
	signOut(t, s, second) // a session cookie of the same sign-in
	stale := first
	stale.SignIn, stale.Refresh, stale.Expires = "stale", "", noon.Add(-time.Minute).Unix()
	signOut(t, s, stale)
	page, err := store.Audit(t.Context(), w, storage.Page{Size: 10})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if a := page.Entries[0]; a.Action != crm.SignedOut || a.Actor != "ann" || a.ContactID != nil || !a.At.Equal(noon) {
		t.Errorf("%+v", a)
	}
}

func TestSigningOutCreatesNoWorkspace(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	s := signInWith(t, store, nil)
	first, _, _, _ := cookiesOfSignIns(s)
	signOut(t, s, first)
	if w, err := store.FindWorkspace(t.Context(), "acme"); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("the workspace is there once more: %d, %v", w, err)
	}
}

func TestSigningOutEndsEveryCopyOfTheCookieAtEveryProcess(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	here, there := signInOver(t, store, nil), signInOver(t, store, nil)
	first, second, other, old := cookiesOfSignIns(here)
	signOut(t, here, first)
	signOut(t, here, old)
	if err := there.endings.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := signInOver(t, store, nil) // starts afterwards
	if err := late.endings.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	for at, s := range map[string]*SignIn{"here": here, "there": there, "at a process that starts later": late} {
		for name, p := range map[string]sessionCookie{"itself": first, "what it was renewed to": second, "one of before": old} {
			if got := reason(t, s, p); got != "signed out" {
				t.Errorf("%s, %s: %q", at, name, got)
			}
		}
		if got := reason(t, s, other); got != "" {
			t.Errorf("%s, another sign-in: %q", at, got)
		}
		w := httptest.NewRecorder()
		s.session(w, request(t, cookie(t, s, second), nil))
		var status Status
		if err := json.Unmarshal(w.Body.Bytes(), &status); err != nil || status.SignedIn {
			t.Errorf("%s: %s", at, w.Body)
		}
		w = httptest.NewRecorder()
		s.refresh(w, request(t, cookie(t, s, second), staff))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s: renewed: %d", at, w.Code)
		}
		w = httptest.NewRecorder()
		s.Members(http.NotFoundHandler(), nil).ServeHTTP(w, request(t, cookie(t, s, second), nil))
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s: a page for members: %d", at, w.Code)
		}
	}
}

func TestAnotherRoleEndsEarlierSessionCookies(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	first, second, other, _ := cookiesOfSignIns(s)
	s.endings.end(t.Context(), first, second.issuedAt())
	for name, c := range map[string]struct {
		cookie sessionCookie
		reason string
	}{"before": {first, "signed out"}, "after": {second, ""}, "another": {other, ""}} {
		if got := reason(t, s, c.cookie); got != c.reason {
			t.Errorf("%s: %q", name, got)
		}
	}
	signOut(t, s, second)
	if got := reason(t, s, second); got != "signed out" {
		t.Errorf("signed out afterwards: %q", got)
	}
}

// flaky is a store that cannot be written to while it is away.
type flaky struct {
	storage.SignIns

	away bool
}

func (f *flaky) EndSignIn(ctx context.Context, e crm.EndedSignIn) error {
	if f.away {
		return crm.ErrUnavailable
	}
	return f.SignIns.EndSignIn(ctx, e)
}

func TestASignOutIsToldOfOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	store := &flaky{SignIns: sqlitetest.Open(t), away: true}
	here, there := signInOver(t, store, nil), signInOver(t, store, nil)
	first, _, _, _ := cookiesOfSignIns(here)
	signOut(t, here, first)
	if got := reason(t, here, first); got != "signed out" {
		t.Errorf("here: %q", got)
	}
	if err := here.endings.look(t.Context()); !errors.Is(err, crm.ErrUnavailable) {
		t.Error(err)
	}
	store.away = false
	for _, s := range []*SignIn{here, there} {
		if err := s.endings.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := reason(t, there, first); got != "signed out" {
		t.Errorf("there: %q", got)
	}
}

func TestFollowTellsOfSignOutsElsewhere(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	here, there := signInOver(t, store, nil), signInOver(t, store, nil)
	ctx, cancel := context.WithCancel(t.Context())
	told, done := make(chan crm.EndedSignIn, 10), make(chan struct{})
	go func() {
		defer close(done)
		there.Follow(ctx, func(e crm.EndedSignIn) { told <- e })
	}()
	first, second, _, old := cookiesOfSignIns(here)
	for _, p := range []sessionCookie{first, second, old} { // the second is over with the first
		if here.endings.covers(p) {
			continue
		}
		signOut(t, here, p)
		e := <-told
		v, err := p.viewer()
		if err != nil || !e.Covers(v) {
			t.Errorf("%+v does not cover %+v, %v", e, v, err)
		}
	}
	cancel()
	<-done
	if len(told) > 0 {
		t.Errorf("told twice: %+v", <-told)
	}
}
