package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"kith/storage"
)

const (
	// renewalsKept is how many renewals are remembered, and keepRenewal for how long.
	renewalsKept = 4 << 10
	keepRenewal  = time.Minute
)

// errEnded means that the provider no longer renews the session cookie.
var errEnded = errors.New("sign-in ended")

// renewals makes sure that a single-use refresh token is used once, even if two tabs ask at the same time, or a tab asks
// again because it was closed before the answer. It is only a cache: without an entry, the provider decides.
type renewals struct {
	flight singleflight.Group
	now    func() time.Time

	mu     sync.Mutex
	recent *lru.Cache[[sha256.Size]byte, renewal]
}

// renewal is the result of renewing a session cookie.
type renewal struct {
	cookie sessionCookie
	err    error // errEnded or an *accessError; never a temporary error
	at     time.Time
}

func newRenewals(now func() time.Time) (*renewals, error) {
	recent, err := lru.New[[sha256.Size]byte, renewal](renewalsKept)
	if err != nil {
		return nil, fmt.Errorf("remember renewals: %w", err)
	}
	return &renewals{now: now, recent: recent}, nil
}

func (n *renewals) known(id [sha256.Size]byte) (renewal, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.recent.Get(id)
	return r, ok && n.now().Sub(r.at) < keepRenewal
}

// note remembers a renewal, unless the session cookie was ended meanwhile; then it returns the end.
func (n *renewals) note(id [sha256.Size]byte, r renewal) renewal {
	n.mu.Lock()
	defer n.mu.Unlock()
	if before, ok := n.recent.Get(id); ok && errors.Is(before.err, errEnded) {
		return before
	}
	r.at = n.now()
	n.recent.Add(id, r)
	return r
}

// end keeps a session cookie from being renewed, even by a renewal that is in progress.
func (n *renewals) end(p sessionCookie) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recent.Add(p.id(), renewal{err: errEnded, at: n.now()})
}

// renew returns the successor of p. The error is errEnded, an *accessError, or says that the provider is unavailable.
// A renewal that has begun is finished even if ctx ends, because the refresh token may be used up.
func (s *SignIn) renew(ctx context.Context, p sessionCookie) (sessionCookie, error) {
	if !p.renewable(s.now()) {
		return sessionCookie{}, errEnded
	}
	id := p.id()
	switch r, ok := s.renewals.known(id); {
	case ok && s.current(r):
		return r.cookie, r.err
	case ok && r.cookie.id() != id: // its successor has ended too
		return s.renew(ctx, r.cookie)
	}
	done := s.renewals.flight.DoChan(string(id[:]), func() (_ any, err error) {
		defer func() {
			if p := recover(); p != nil { // nobody else recovers panics of this goroutine
				caught := storage.NewPanicError(p)
				if s.config.Panicked != nil {
					s.config.Panicked(caught)
				}
				err = caught
			}
		}()
		if r, ok := s.renewals.known(id); ok && s.current(r) {
			return r, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		next, err := s.renewed(ctx, p)
		_, refused := errors.AsType[*accessError](err)
		switch {
		case err != nil && !refused && !errors.Is(err, errEnded):
			return nil, err
		case refused: // because of the claims: connections opened with earlier session cookies end
			s.endings.end(ctx, p, p.endsAt())
		case err == nil && (next.Workspace != p.Workspace || next.Role != p.Role):
			s.endings.end(ctx, p, next.issuedAt())
		}
		r := s.renewals.note(id, renewal{cookie: next, err: err})
		if err == nil && r.err != nil {
			s.provider.revoke(ctx, next.Refresh)
		}
		return r, nil
	})
	select {
	case <-ctx.Done():
		return sessionCookie{}, ctx.Err()
	case result := <-done:
		if result.Err != nil {
			return sessionCookie{}, result.Err
		}
		r := result.Val.(renewal)
		return r.cookie, r.err
	}
}

// current reports whether a remembered renewal is still valid.
func (s *SignIn) current(r renewal) bool { return r.err != nil || r.cookie.good(s.now()) }

// renewed asks the provider.
func (s *SignIn) renewed(ctx context.Context, p sessionCookie) (sessionCookie, error) {
	t, err := s.provider.refresh(ctx, p.Refresh)
	if err != nil {
		return sessionCookie{}, err
	}
	who := person{subject: p.Subject, name: p.Name, workspace: p.Workspace, role: p.Role}
	if t.claims != nil {
		if t.subject != p.Subject {
			return sessionCookie{}, fmt.Errorf("%w: the provider answered for somebody else", errEnded)
		}
		if who, err = s.config.person(t.subject, t.claims); err != nil {
			return sessionCookie{}, err
		}
		if who.name == "" {
			who.name = p.Name
		}
	}
	if t.refresh == "" {
		t.refresh = p.Refresh
	}
	return s.issue(p.signIn(), who, t, time.Unix(p.End, 0)), nil
}
