package signin

import (
	"errors"
	"testing"
	"time"
)

func TestARenewalIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	now := noon
	n, err := newRenewals(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	next := ann
	next.Refresh = "the next one"
	n.note(ann.id(), renewal{cookie: next})
	if r, ok := n.known(ann.id()); !ok || r.cookie != next || r.err != nil {
		t.Errorf("got %v, %v", r, ok)
	}
	if _, ok := n.known(next.id()); ok {
		t.Error("the next session cookie is known before it was renewed")
	}
	now = now.Add(keepRenewal)
	if _, ok := n.known(ann.id()); ok {
		t.Error("remembered too long")
	}
}

func TestSigningOutEndsARenewalThatIsUnderWay(t *testing.T) {
	t.Parallel()
	n, err := newRenewals(func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	n.end(ann)
	if r := n.note(ann.id(), renewal{cookie: ann}); !errors.Is(r.err, errEnded) {
		t.Errorf("renewed after the end: %v", r)
	}
	if r, ok := n.known(ann.id()); !ok || !errors.Is(r.err, errEnded) {
		t.Errorf("got %v, %v", r, ok)
	}
}

func TestWhatIsNotRenewable(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	bare := ann
	bare.Refresh = ""
	late := ann
	late.End = noon.Unix()
	for name, p := range map[string]sessionCookie{"no refresh token": bare, "too long ago": late} {
		if _, err := s.renew(t.Context(), p); !errors.Is(err, errEnded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.renew(t.Context(), ann); !errors.Is(err, errAway) {
		t.Errorf("without a provider: %v", err)
	}
	if r, ok := s.renewals.known(ann.id()); ok {
		t.Errorf("a provider that is away is taken for an answer: %v", r)
	}
}
