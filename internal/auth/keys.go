package auth

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"kith/internal/crm"
)

const (
	fetchTimeout = 5 * time.Second
	// fetchInterval is how long a withdrawn key goes on checking tokens at most.
	fetchInterval = 30 * time.Second
	// unknownInterval is how often a token signed with an unknown key makes Kith ask for new keys, at most.
	unknownInterval = 10 * time.Second
	// minRSA is the least size in bits of an RSA key (RFC 7518, section 3.3).
	minRSA = 2048
)

var errNoKeys = fmt.Errorf("no keys fetched: %w", crm.ErrUnavailable)

// keySet holds those keys of a JWKS that may check the signatures of tokens. An unknown key makes it fetch the JWKS again:
// once for all who wait, under the server's context so that no caller can cut it short, and not more often than
// unknownInterval however many ask.
type keySet struct {
	url     string
	client  *http.Client
	logger  *slog.Logger
	ctx     context.Context //nolint:containedctx // the server's, see above
	limiter *rate.Limiter
	flight  singleflight.Group
	asked   func(error) // counts fetches; may be nil

	mu      sync.RWMutex
	fetched bool
	keys    []publishedKey
	logged  map[string]string // the complaints of the newest fetch, by key id; under the empty id, about the whole set
}

// publishedKey is a public key of a JWKS.
type publishedKey struct {
	id        string
	algorithm string // empty when the JWKS does not name one
	public    any
}

// newKeySet fetches the JWKS at a URL, and again every fetchInterval until ctx ends.
func newKeySet(ctx context.Context, address string, logger *slog.Logger, asked func(error)) (*keySet, error) {
	if _, err := url.ParseRequestURI(address); err != nil {
		return nil, err
	}
	s := &keySet{
		url: address, client: &http.Client{Timeout: fetchTimeout}, logger: logger, ctx: ctx,
		limiter: rate.NewLimiter(rate.Every(unknownInterval), 1), asked: asked,
	}
	s.refresh()
	go s.follow()
	return s, nil
}

func (s *keySet) follow() {
	every := time.NewTicker(fetchInterval)
	defer every.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-every.C:
			s.refresh()
		}
	}
}

// refresh fetches the JWKS. When that fails the keys stay as they are.
func (s *keySet) refresh() {
	err := s.fetch()
	if s.asked != nil && s.ctx.Err() == nil {
		s.asked(err)
	}
	if err != nil {
		s.logger.WarnContext(s.ctx, "cannot fetch JWKS", "error", err)
	}
}

func (s *keySet) fetch() error {
	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		return err
	}
	s.replace(set.Keys)
	return nil
}

// replace keeps the usable keys of a set that was fetched. One odd key does not cost the others.
func (s *keySet) replace(all []json.RawMessage) {
	var good []publishedKey
	complaints := make(map[string]string)
	for _, text := range all {
		key, complaint := readKey(text)
		if complaint == "" {
			good = append(good, key)
			continue
		}
		complaints[cmp.Or(key.id, "none")] = complaint
	}
	if len(good) == 0 {
		complaints[""] = strconv.Itoa(len(all))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logNew(complaints)
	s.keys, s.logged, s.fetched = good, complaints, true
}

// logNew logs the complaints that the previous fetch of the set did not have. The lock is held.
func (s *keySet) logNew(complaints map[string]string) {
	for kid, complaint := range complaints {
		switch {
		case s.logged[kid] == complaint:
		case kid == "":
			s.logger.WarnContext(s.ctx, "the JWKS has no key that can verify tokens", "keys", complaint)
		default:
			s.logger.InfoContext(s.ctx, "a key of the JWKS is not used", "kid", kid, "reason", complaint)
		}
	}
}

// candidates are the keys that may have signed a token: the one that it names, else all of them. An error is
// [crm.ErrUnavailable] when no set has been fetched yet, or [ErrUnauthenticated].
func (s *keySet) candidates(t token) ([]any, error) {
	if !t.hasKeyID {
		if _, err := s.find(""); errors.Is(err, crm.ErrUnavailable) {
			return nil, err
		}
		return s.all(), nil
	}
	id, ok := t.keyID.(string)
	if !ok {
		return nil, refuse(reasonSignature)
	}
	key, err := s.find(id)
	switch {
	case err != nil:
		return nil, err
	case key.algorithm != "" && key.algorithm != string(t.algorithm):
		return nil, refuse(reasonSignature)
	}
	return []any{key.public}, nil
}

// find returns the key of an id, after another fetch where it is unknown.
func (s *keySet) find(id string) (publishedKey, error) {
	if key, err := s.cached(id); err == nil {
		return key, nil
	}
	_, _, _ = s.flight.Do("", func() (any, error) {
		if s.limiter.Allow() {
			s.refresh()
		}
		return nil, nil
	})
	return s.cached(id)
}

func (s *keySet) cached(id string) (publishedKey, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := slices.IndexFunc(s.keys, func(k publishedKey) bool { return k.id == id }); i >= 0 {
		return s.keys[i], nil
	}
	if !s.fetched {
		return publishedKey{}, errNoKeys
	}
	return publishedKey{}, refuse(reasonKey)
}

func (s *keySet) all() []any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys := make([]any, 0, len(s.keys))
	for _, k := range s.keys {
		keys = append(keys, k.public)
	}
	return keys
}

// jwk is what Kith reads of a key of a JWKS (RFC 7517): never its private half.
type jwk struct {
	ID           string   `json:"kid,omitempty"`
	Use          string   `json:"use,omitempty"`
	Operations   []string `json:"key_ops,omitempty"`
	Algorithm    string   `json:"alg,omitempty"`
	Type         string   `json:"kty"`
	Curve        string   `json:"crv,omitempty"`
	N            string   `json:"n,omitempty"`
	E            string   `json:"e,omitempty"`
	X            string   `json:"x,omitempty"`
	Y            string   `json:"y,omitempty"`
	Certificates []string `json:"x5c,omitempty"`
}

// readKey returns a key, and a complaint when it must not check signatures of tokens. The id is read in any case.
func readKey(text json.RawMessage) (publishedKey, string) {
	var said jwk
	if err := json.Unmarshal(text, &said); err != nil {
		return publishedKey{}, "it is malformed"
	}
	key := publishedKey{id: said.ID, algorithm: said.Algorithm}
	switch {
	case said.Use != "" && said.Use != "sig":
		return key, "its use is not sig"
	case len(said.Operations) > 0 && !slices.Contains(said.Operations, "verify"):
		return key, "its key_ops do not have verify"
	}
	public, algorithm, complaint := said.public()
	if complaint != "" {
		return key, complaint
	}
	key.public = public
	if said.Algorithm != "" && said.Algorithm != algorithm {
		return key, "its alg is not RS256, ES256 or EdDSA, or not of its type"
	}
	return key, ""
}

// public is the key itself, and the algorithm that it is for; or a complaint.
func (j jwk) public() (key any, algorithm, complaint string) {
	for _, number := range []*string{&j.N, &j.E, &j.X, &j.Y} {
		*number = strings.TrimRight(*number, "=") // some pad what RFC 7518 wants without padding
	}
	const unsupported = "it is not an RSA, EC or Ed25519 key"
	text, err := json.Marshal(j)
	if err != nil {
		return nil, "", unsupported
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(text); err != nil {
		return nil, "", unsupported
	}
	switch k := parsed.Key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return nil, "", "an RSA key needs 2048 bits"
		}
		return k, string(jose.RS256), ""
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, "", "the curve is not P-256"
		}
		return k, string(jose.ES256), ""
	case ed25519.PublicKey:
		return k, string(jose.EdDSA), ""
	}
	return nil, "", unsupported
}
