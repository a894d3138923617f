package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"kith/internal/crm"
)

const (
	fetchTimeout = 5 * time.Second
	// fetchInterval is how long a key that is withdrawn checks tokens at most.
	fetchInterval = 30 * time.Second
	// unknownInterval is how often a token signed with an unknown key makes Kith ask for new keys, at most.
	unknownInterval = 10 * time.Second
)

var (
	errUnknownKey = errors.New("unknown key")
	errNoKeys     = fmt.Errorf("no keys fetched: %w", crm.ErrUnavailable)
)

// publishedKeys returns what finds a token's key in the JWKS at url.
func publishedKeys(ctx context.Context, url string, logger *slog.Logger) (jwt.Keyfunc, error) {
	cached := &signingKeys{Storage: jwkset.NewMemoryStorage(), logger: logger}
	remote, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client:                    &http.Client{Timeout: fetchTimeout},
		Ctx:                       ctx,
		HTTPTimeout:               fetchTimeout,
		NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(ctx context.Context, err error) {
			logger.WarnContext(ctx, "cannot fetch JWKS", "error", err)
		},
		RefreshInterval: fetchInterval,
		Storage:         cached,
		// One odd key must not cost the others: signingKeys leaves it out.
		ValidateOptions: jwkset.JWKValidateOptions{SkipUse: true, SkipKeyOps: true},
	})
	if err != nil {
		return nil, err
	}
	client, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:          map[string]jwkset.Storage{url: remote},
		RateLimitWaitMax:  fetchTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1), // keySet limits, and never waits for its turn
	})
	if err != nil {
		return nil, err
	}
	set := &keySet{
		Storage: client,
		cached:  cached,
		ctx:     ctx,
		turn:    rate.NewLimiter(rate.Every(unknownInterval), 1),
	}
	keys, err := keyfunc.New(keyfunc.Options{
		Ctx:          ctx,
		Storage:      set,
		UseWhitelist: []jwkset.USE{jwkset.UseSig, ""},
	})
	if err != nil {
		return nil, err
	}
	return func(t *jwt.Token) (any, error) {
		if _, ok := t.Header["kid"]; ok {
			return keys.Keyfunc(t)
		}
		if _, err := set.KeyRead(ctx, ""); errors.Is(err, crm.ErrUnavailable) { // tries to fetch when there are none
			return nil, err
		}
		return keys.Keyfunc(t) // each of the few keys is tried
	}, nil
}

// keySet looks keys up in memory. An unknown one makes it fetch the set again: once for all who wait, under its own
// context so that no caller can cut it short, and not more often than unknownInterval however many ask.
type keySet struct {
	jwkset.Storage

	cached *signingKeys
	ctx    context.Context //nolint:containedctx // the server's, see above
	turn   *rate.Limiter
	flight singleflight.Group
}

// KeyRead returns the key, errUnknownKey when the newest set has none of that id, or crm.ErrUnavailable when no set has
// been fetched yet.
func (s *keySet) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	if key, err := s.cached.KeyRead(ctx, id); err == nil {
		return key, nil
	}
	_, _, _ = s.flight.Do("", func() (any, error) {
		if s.turn.Allow() {
			_, _ = s.Storage.KeyRead(s.ctx, id) // fetches; what it found is in s.cached
		}
		return nil, nil
	})
	key, err := s.cached.KeyRead(ctx, id)
	if err == nil {
		return key, nil
	}
	if !s.cached.fetched.Load() {
		return jwkset.JWK{}, errNoKeys
	}
	return jwkset.JWK{}, errUnknownKey
}
