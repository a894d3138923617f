package auth

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/internal/crm"
)

// keyStore holds keys and counts its calls.
type keyStore struct {
	mu         sync.Mutex
	keys       map[crm.KeyID]crm.OwnedKey
	ended      []crm.EndedSignIn
	uses       []time.Time
	finds      int
	err        error
	generation uint64
}

func (s *keyStore) FindAPIKey(_ context.Context, id crm.KeyID) (crm.OwnedKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds++
	k, ok := s.keys[id]
	switch {
	case s.err != nil:
		return k, s.err
	case !ok:
		return k, crm.ErrNotFound
	}
	return k, nil
}

func (s *keyStore) UseAPIKey(_ context.Context, _ crm.WorkspaceID, id crm.KeyID, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[id]; ok && s.err == nil {
		k.LastUsedAt = &at
		s.keys[id] = k
		s.uses = append(s.uses, at)
	}
	return s.err
}

func (s *keyStore) EndedSignIns(_ context.Context, since time.Time) ([]crm.EndedSignIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.ended), func(e crm.EndedSignIn) bool { return e.At.Before(since) }), s.err
}

func (s *keyStore) Generation() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation
}

// add creates a key and returns its text.
func (s *keyStore) add(k crm.APIKey) (crm.KeyID, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.ID = crm.NewKeyID(time.Now())
	text := crm.NewKeyText(k.ID)
	k.Hash, k.Name, k.CreatedAt = crm.HashKey(text), "Robot", time.Now().UTC()
	if k.Role == "" {
		k.Role = crm.RoleReader
	}
	s.keys[k.ID] = crm.OwnedKey{APIKey: k, Workspace: 7, WorkspaceName: "acme"}
	return k.ID, text
}

// revoke is what another process does.
func (s *keyStore) revoke(id crm.KeyID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, id)
	s.ended = append(s.ended, id.Revoked(time.Now().UTC()))
}

func (s *keyStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *keyStore) found() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finds
}

// withKeys runs f with an authenticator, whose keys follow their store.
func withKeys(t *testing.T, c Config, f func(a *Authenticator, s *keyStore, ended func() int)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := &keyStore{keys: map[crm.KeyID]crm.OwnedKey{}}
		var err error
		if c.Keys, err = NewAPIKeys(store, slog.New(slog.DiscardHandler), time.Now); err != nil {
			t.Fatal(err)
		}
		a, err := New(t.Context(), c, names{}, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		n := 0
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		go c.Keys.Follow(ctx, func(crm.EndedSignIn) { mu.Lock(); n++; mu.Unlock() })
		synctest.Wait()
		f(a, store, func() int { mu.Lock(); defer mu.Unlock(); return n })
	})
}

func TestAKeyIsReadOnceWhileItIsGood(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{Secrets: []string{secret}}, func(a *Authenticator, s *keyStore, ended func() int) {
		id, text := s.add(crm.APIKey{})
		for range 100 {
			v, err := a.Authenticate(t.Context(), "bearer  "+text)
			if err != nil || v.Subject != id.String() || v.Role != crm.RoleReader || v.Workspace != 7 || v.WorkspaceName != "acme" || v.Name != "Robot" {
				t.Fatal(v, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if s.found() != 1 {
			t.Errorf("read %d times", s.found())
		}
		s.revoke(id)
		time.Sleep(time.Second)
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); Reason(err) != ReasonAPIKey || ended() != 1 {
			t.Errorf("a second after it was revoked elsewhere: %v, %d ends", err, ended())
		}
	})
}

func TestAKeyRevokedHereEndsImmediately(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{}, func(a *Authenticator, s *keyStore, ended func() int) {
		id, text := s.add(crm.APIKey{})
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); err != nil {
			t.Fatal(err)
		}
		a.config.Keys.Revoked(id.Revoked(time.Now())) // before it is gone from the store, where a request may just have read it
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); Reason(err) != ReasonAPIKey || ended() != 1 {
			t.Errorf("%v, %d ends", err, ended())
		}
	})
}

func TestAKeyIsNotBelievedForLongWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{}, func(a *Authenticator, s *keyStore, _ func() int) {
		_, text := s.add(crm.APIKey{})
		ask := func() error { _, err := a.Authenticate(t.Context(), "Bearer "+text); return err }
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{crm.ErrUnavailable, errors.New("closed")} {
			s.set(func() { s.err = err })
			time.Sleep(keyTrust + keyInterval)
			if err := ask(); !errors.Is(err, crm.ErrUnavailable) || errors.Is(err, ErrUnauthenticated) {
				t.Errorf("%v", err)
			}
		}
		s.set(func() { s.err = nil })
		time.Sleep(keyInterval)
		if err := ask(); err != nil {
			t.Error(err)
		}
	})
}

func TestKeysAreReadAgainFromAnotherDatabase(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{}, func(a *Authenticator, s *keyStore, _ func() int) {
		id, text := s.add(crm.APIKey{})
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); err != nil {
			t.Fatal(err)
		}
		s.set(func() { delete(s.keys, id); s.generation++ }) // put back to a time before the key
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); Reason(err) != ReasonAPIKey {
			t.Errorf("%v", err)
		}
	})
}

func TestAKeyEndsAtItsExpiry(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{}, func(a *Authenticator, s *keyStore, _ func() int) {
		end := time.Now().Add(time.Minute)
		_, text := s.add(crm.APIKey{ExpiresAt: &end})
		if v, err := a.Authenticate(t.Context(), "Bearer "+text); err != nil || !v.ExpiresAt.Equal(end) {
			t.Error(v, err)
		}
		time.Sleep(time.Minute)
		if _, err := a.Authenticate(t.Context(), "Bearer "+text); Reason(err) != ReasonAPIKey {
			t.Errorf("%v", err)
		}
	})
}

func TestTheUseOfAKeyIsWrittenOnceAnHour(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{}, func(a *Authenticator, s *keyStore, _ func() int) {
		_, text := s.add(crm.APIKey{})
		for range 3 * 60 {
			if _, err := a.Authenticate(t.Context(), "Bearer "+text); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		s.set(func() {
			if len(s.uses) < 3 || len(s.uses) > 4 {
				t.Errorf("written %d times in three hours", len(s.uses))
			}
			for _, at := range s.uses {
				if !at.Equal(at.Truncate(time.Hour)) {
					t.Errorf("%v is too exact", at)
				}
			}
		})
	})
}

// mistyped is a key with one character changed.
func mistyped(key string) string {
	other := byte('x')
	if key[50] == other {
		other = 'y'
	}
	return key[:50] + string(other) + key[51:]
}

func TestNothingIsKeptOfBadKeys(t *testing.T) {
	t.Parallel()
	withKeys(t, Config{Secrets: []string{secret}}, func(a *Authenticator, s *keyStore, _ func() int) {
		_, good := s.add(crm.APIKey{})
		for _, text := range []string{crm.NewKeyText(crm.NewKeyID(time.Now())), mistyped(good), "kith_", "kith_" + strings.Repeat("a", maxToken)} {
			if _, err := a.Authenticate(t.Context(), "Bearer "+text); Reason(err) != ReasonAPIKey {
				t.Errorf("%v", err)
			}
		}
		if n := a.config.Keys.good.Len(); n != 0 {
			t.Errorf("%d are remembered", n)
		}
		if s.found() != 1 {
			t.Errorf("the store was asked %d times; a key without the right checksum needs no question", s.found())
		}
	})
}

func TestKeysWorkBesideEveryOtherSetting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"a secret": {Secrets: []string{secret}}, "no setting": {Development: true}, "only sign-in": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withKeys(t, c, func(a *Authenticator, s *keyStore, _ func() int) {
				_, text := s.add(crm.APIKey{})
				if v, err := a.Authenticate(t.Context(), "Bearer "+text); err != nil || v.Role != crm.RoleReader {
					t.Error(v, err)
				}
				if _, err := a.Authenticate(t.Context(), "Basic "+text); err == nil {
					t.Error("good without Bearer")
				}
			})
		})
	}
}

func BenchmarkAuthenticateWithAKey(b *testing.B) {
	store := &keyStore{keys: map[crm.KeyID]crm.OwnedKey{}}
	keys, err := NewAPIKeys(store, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	go keys.Follow(b.Context(), func(crm.EndedSignIn) {})
	a, err := New(b.Context(), Config{Keys: keys}, names{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	_, text := store.add(crm.APIKey{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(b.Context(), "Bearer "+text); err != nil {
			b.Fatal(err)
		}
	}
}
