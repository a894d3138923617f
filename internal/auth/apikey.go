package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// maxKeys is how many good keys are remembered. Nothing is remembered of a bad one.
	maxKeys = 4 << 10
	// keyInterval is how often a process looks for keys that were revoked in another, keyTimeout bounds one look.
	keyInterval = 500 * time.Millisecond
	keyTimeout  = 5 * time.Second
	// keyOverlap is how much each look overlaps the last: the clocks of processes differ slightly.
	keyOverlap = 10 * time.Minute
	// keyTrust is how long after the last look a remembered key is believed. Then the database is asked each time.
	keyTrust = 2 * time.Second
)

// KeyStore is what API keys need of storage.
type KeyStore interface {
	FindAPIKey(ctx context.Context, id crm.KeyID) (crm.OwnedKey, error)
	UseAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, at time.Time) error
	EndedSignIns(ctx context.Context, since time.Time) ([]crm.EndedSignIn, error)
	storage.Generations
}

// APIKeys checks API keys. It remembers good ones, so that a request with one costs no call to storage as long as
// [APIKeys.Follow] looks for those that were revoked. It is safe for concurrent use.
type APIKeys struct {
	store KeyStore
	log   *slog.Logger
	now   func() time.Time
	good  *lru.Cache[crm.KeyID, crm.OwnedKey]

	mu         sync.Mutex
	generation uint64 // of the store that good is from
	looked     time.Time
	accepted   bool                          // a key, by this process
	revoked    map[crm.KeyID]crm.EndedSignIn // lately
	used       map[crm.KeyID]use             // to be written; the latest hour of each key
	listen     func(crm.EndedSignIn)
}

// use is that a key was used in an hour.
type use struct {
	workspace crm.WorkspaceID
	hour      time.Time
}

// NewAPIKeys prepares to check keys.
func NewAPIKeys(store KeyStore, logger *slog.Logger, now func() time.Time) (*APIKeys, error) {
	good, err := lru.New[crm.KeyID, crm.OwnedKey](maxKeys)
	if err != nil {
		return nil, fmt.Errorf("remember API keys: %w", err)
	}
	return &APIKeys{
		store: store, log: logger, now: now, good: good, generation: store.Generation(),
		revoked: map[crm.KeyID]crm.EndedSignIn{}, used: map[crm.KeyID]use{},
	}, nil
}

// viewer is who signs in with a key. An error is [ErrUnauthenticated], in the same words whatever is wrong with the key,
// [crm.ErrUnavailable] or the context's.
func (s *APIKeys) viewer(ctx context.Context, text string) (crm.Viewer, error) {
	id, ok := crm.ParseKeyText(text)
	if !ok {
		return crm.Viewer{}, refuse(ReasonAPIKey)
	}
	k, err := s.find(ctx, id)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return crm.Viewer{}, refuse(ReasonAPIKey)
	case errors.Is(err, crm.ErrUnavailable) || err != nil && ctx.Err() != nil:
		return crm.Viewer{}, err
	case err != nil:
		return crm.Viewer{}, fmt.Errorf("%w: %w", crm.ErrUnavailable, err)
	}
	hash, now := crm.HashKey(text), s.now()
	if subtle.ConstantTimeCompare(hash[:], k.Hash[:]) != 1 || k.Expired(now) || !s.accept(k, now) {
		return crm.Viewer{}, refuse(ReasonAPIKey)
	}
	return k.Viewer(), nil
}

// find returns a key as it was stored at the last look, or later.
func (s *APIKeys) find(ctx context.Context, id crm.KeyID) (crm.OwnedKey, error) {
	s.mu.Lock()
	if now := s.store.Generation(); now != s.generation {
		s.generation = now
		s.good.Purge()
	}
	trusted := s.now().Sub(s.looked) < keyTrust
	s.mu.Unlock()
	if k, ok := s.good.Get(id); ok && trusted {
		return k, nil
	}
	return s.store.FindAPIKey(ctx, id)
}

// accept remembers a key that is good, and that it was used; false for one that was revoked.
func (s *APIKeys) accept(k crm.OwnedKey, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, is := s.revoked[k.ID]; is {
		return false
	}
	s.accepted = true
	hour := now.UTC().Truncate(time.Hour)
	if k.LastUsedAt == nil || k.LastUsedAt.Before(hour) {
		k.LastUsedAt = &hour
		s.used[k.ID] = use{k.Workspace, hour}
	} else if s.good.Contains(k.ID) {
		return true
	}
	s.good.Add(k.ID, k)
	return true
}

// Revoked ends a key that was revoked, in this process or another.
func (s *APIKeys) Revoked(e crm.EndedSignIn) {
	id, ok := crm.ParseKeyID(e.ID)
	if !ok {
		return
	}
	s.mu.Lock()
	_, known := s.revoked[id]
	s.revoked[id] = e
	s.good.Remove(id)
	listen := s.listen
	s.mu.Unlock()
	if listen != nil && !known {
		listen(e)
	}
}

// Follow looks for keys that were revoked in other processes until ctx ends, and calls ended for those and for the ones of
// this process. It also writes when keys were used, at most once an hour for each.
func (s *APIKeys) Follow(ctx context.Context, ended func(crm.EndedSignIn)) {
	s.mu.Lock()
	s.listen = ended
	s.mu.Unlock()
	failed := false
	for {
		err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			s.log.WarnContext(ctx, "cannot look for revoked API keys: trying again", "error", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(keyInterval):
		}
	}
}

// look reads which keys were revoked, once this process has accepted one, and writes which were used.
func (s *APIKeys) look(ctx context.Context) (err error) {
	defer storage.Recovered(&err)
	ctx, cancel := context.WithTimeout(ctx, keyTimeout)
	defer cancel()
	s.mu.Lock()
	now, since, accepted, used := s.now(), s.looked, s.accepted, s.used
	s.used = map[crm.KeyID]use{}
	s.mu.Unlock()
	if accepted {
		if since.IsZero() {
			since = now
		}
		list, err := s.store.EndedSignIns(ctx, since.Add(-keyOverlap))
		if err != nil {
			s.keep(used)
			return err
		}
		for _, e := range list {
			s.Revoked(e)
		}
	}
	s.mu.Lock()
	s.looked = now
	for id, e := range s.revoked {
		if e.Until.Before(now) {
			delete(s.revoked, id)
		}
	}
	s.mu.Unlock()
	for id, u := range used {
		if err := s.store.UseAPIKey(ctx, u.workspace, id, u.hour); err != nil {
			s.keep(used)
			return err
		}
		delete(used, id)
	}
	return nil
}

// keep has uses written at the next look that could not be.
func (s *APIKeys) keep(used map[crm.KeyID]use) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, u := range used {
		if len(s.used) >= maxKeys {
			return
		}
		if _, newer := s.used[id]; !newer {
			s.used[id] = u
		}
	}
}
