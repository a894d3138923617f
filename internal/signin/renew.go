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

// errEnded is a pass that the provider does not renew any more.
var errEnded = errors.New("sign-in ended")

// renewals sees to it that a refresh token that is good for one use is used once, though two tabs ask at the same time,
// or a tab asks again because it was closed before it heard. What it remembers is a help and no record: a server that
// has forgotten lets the provider decide.
type renewals struct {
	flight singleflight.Group
	now    func() time.Time

	mu     sync.Mutex
	recent *lru.Cache[[sha256.Size]byte, renewal]
}

// renewal is what came of renewing a pass.
type renewal struct {
	pass pass
	err  error // errEnded or an *accessError; nothing that may pass
	at   time.Time
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

// note remembers a renewal, unless the pass was ended meanwhile; then it returns that.
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

// end keeps a pass from being renewed, also by a renewal that is under way.
func (n *renewals) end(p pass) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recent.Add(p.id(), renewal{err: errEnded, at: n.now()})
}

// renew returns the pass that follows p. The error is errEnded, an *accessError, or that the provider cannot be asked
// now. A renewal that has begun is finished though ctx ends, for the refresh token may be used up.
func (s *SignIn) renew(ctx context.Context, p pass) (pass, error) {
	if !p.renewable(s.now()) {
		return pass{}, errEnded
	}
	id := p.id()
	switch r, ok := s.renewals.known(id); {
	case ok && s.stands(r):
		return r.pass, r.err
	case ok && r.pass.id() != id: // its successor has ended too
		return s.renew(ctx, r.pass)
	}
	done := s.renewals.flight.DoChan(string(id[:]), func() (_ any, err error) {
		defer func() {
			if p := recover(); p != nil { // in a goroutine of its own: nobody else would catch it
				caught := storage.NewPanicError(p)
				if s.config.Panicked != nil {
					s.config.Panicked(caught)
				}
				err = caught
			}
		}()
		if r, ok := s.renewals.known(id); ok && s.stands(r) {
			return r, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		next, err := s.renewed(ctx, p)
		_, refused := errors.AsType[*accessError](err)
		switch {
		case err != nil && !refused && !errors.Is(err, errEnded):
			return nil, err
		case refused: // by the claims: what the passes of before have opened ends with them
			s.endings.end(ctx, p, p.endsAt())
		case err == nil && (next.Workspace != p.Workspace || next.Role != p.Role):
			s.endings.end(ctx, p, next.issuedAt())
		}
		r := s.renewals.note(id, renewal{pass: next, err: err})
		if err == nil && r.err != nil {
			s.provider.revoke(ctx, next.Refresh)
		}
		return r, nil
	})
	select {
	case <-ctx.Done():
		return pass{}, ctx.Err()
	case result := <-done:
		if result.Err != nil {
			return pass{}, result.Err
		}
		r := result.Val.(renewal)
		return r.pass, r.err
	}
}

// stands reports whether a renewal that is remembered still is the answer.
func (s *SignIn) stands(r renewal) bool { return r.err != nil || r.pass.good(s.now()) }

// renewed asks the provider.
func (s *SignIn) renewed(ctx context.Context, p pass) (pass, error) {
	t, err := s.provider.refresh(ctx, p.Refresh)
	if err != nil {
		return pass{}, err
	}
	who := person{subject: p.Subject, name: p.Name, workspace: p.Workspace, role: p.Role}
	if t.claims != nil {
		if t.subject != p.Subject {
			return pass{}, fmt.Errorf("%w: the provider answered for somebody else", errEnded)
		}
		if who, err = s.config.person(t.subject, t.claims); err != nil {
			return pass{}, err
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
