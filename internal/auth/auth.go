package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"

	"kith/internal/crm"
	"kith/storage"
)

// DevelopmentWorkspace is the workspace that a server without auth settings opens to everybody on the machine.
const DevelopmentWorkspace = "demo"

const (
	// maxToken bounds what is decoded for a stranger.
	maxToken = 8 << 10
	// maxChecked is how many good tokens are remembered.
	maxChecked = 4 << 10
)

// Config says which credentials are good. The zero Config accepts none.
type Config struct {
	// Secrets check HS256 tokens; none where there are no such tokens.
	Secrets []string
	// JWKSURL is where the public keys of RS256, ES256 and EdDSA tokens are published; empty for none.
	JWKSURL string
	// Issuer and Audience, where set, must be the token's.
	Issuer   string
	Audience string
	// Claims are the names of the claims that are Kith's own.
	Claims ClaimNames
	// Leeway is how long after its end, and before its beginning, a token is good: clocks are not quite the same.
	Leeway time.Duration
	// Development makes everyone without a token an admin of [DevelopmentWorkspace]. Only for a server that nobody but
	// its own machine can reach.
	Development bool
	// Keys checks API keys, which are good beside every other setting; nil for none.
	Keys *APIKeys
	// Lifetime is how far away the end of a token may lie; 0 is [UsualLifetime].
	Lifetime time.Duration
	// Fetched returns what to call with the result of each request to a provider of keys, named by its kind. It may be nil.
	Fetched func(provider string) func(error)
}

// fetched is what to call with the result of each request for the JWKS; nil without anything.
func (c Config) fetched() func(error) {
	if c.Fetched == nil {
		return nil
	}
	return c.Fetched("jwks")
}

// UsualLifetime is how far away the end of a token may lie where nobody says.
const UsualLifetime = 90 * 24 * time.Hour

// Authenticator checks credentials. It is safe for concurrent use.
type Authenticator struct {
	config     Config
	workspaces storage.Workspaces
	algorithms []jose.SignatureAlgorithm
	keys       *keySet // nil without a JWKS
	now        func() time.Time

	// checked remembers the claims of good tokens that the secret signed, by the tokens' hashes: most requests bring a
	// token that was seen a moment ago. Those that a JWKS vouches for are checked each time, for it may drop a key.
	checked *lru.Cache[[sha256.Size]byte, claims]
}

// New prepares to check credentials. With a JWKS it fetches the keys once, for at most a few seconds: when they cannot
// be had New logs that and tokens are answered with [crm.ErrUnavailable] until they can. The end of ctx ends the
// refreshing of keys.
func New(ctx context.Context, c Config, workspaces storage.Workspaces, logger *slog.Logger, now func() time.Time) (*Authenticator, error) {
	checked, err := lru.New[[sha256.Size]byte, claims](maxChecked)
	if err != nil {
		return nil, fmt.Errorf("remember tokens: %w", err)
	}
	if c.Lifetime == 0 {
		c.Lifetime = UsualLifetime
	}
	c.Claims = c.Claims.orUsual()
	a := &Authenticator{config: c, workspaces: workspaces, now: now, checked: checked}
	if len(c.Secrets) > 0 {
		a.algorithms = append(a.algorithms, jose.HS256)
	}
	if c.JWKSURL != "" {
		a.algorithms = append(a.algorithms, jose.RS256, jose.ES256, jose.EdDSA)
		if a.keys, err = newKeySet(ctx, c.JWKSURL, logger, c.fetched()); err != nil {
			return nil, fmt.Errorf("read JWKS: %w", err)
		}
	}
	return a, nil
}

// Authenticate returns who brings the value of an Authorization header: "Bearer " and a token or an API key. An error is
// [ErrUnauthenticated] with a reason to show (see [Reason]), [crm.ErrUnavailable] when keys or database are away, or
// the context's.
func (a *Authenticator) Authenticate(ctx context.Context, header string) (crm.Viewer, error) {
	scheme, token := credential(header)
	if a.config.Keys != nil && strings.EqualFold(scheme, "Bearer") && crm.LooksLikeKey(token) {
		return a.config.Keys.viewer(ctx, token)
	}
	claims, err := a.claims(scheme, token)
	if err != nil {
		return crm.Viewer{}, err
	}
	v := claims.viewer()
	if claims.ExpiresAt != nil {
		v.ExpiresAt = claims.ExpiresAt.UTC()
		if !a.now().Before(v.ExpiresAt) { // what begins within the leeway ends with it
			v.ExpiresAt = v.ExpiresAt.Add(a.config.Leeway)
		}
	}
	return Open(ctx, a.workspaces, v)
}

// Open returns v with the number of the workspace that it names. An error is [ErrUnauthenticated] for a workspace that is being
// deleted, or does not exist where workspaces creates none, [crm.ErrUnavailable] or the context's.
func Open(ctx context.Context, workspaces storage.Workspaces, v crm.Viewer) (crm.Viewer, error) {
	var err error
	v.Workspace, err = workspaces.Workspace(ctx, v.WorkspaceName)
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, crm.ErrWorkspaceGone):
		return crm.Viewer{}, refuse(reasonWorkspace)
	case errors.Is(err, crm.ErrNotFound):
		return crm.Viewer{}, refuse(reasonUnknown)
	case errors.Is(err, crm.ErrUnavailable) || ctx.Err() != nil:
		return crm.Viewer{}, fmt.Errorf("open workspace: %w", err)
	default:
		return crm.Viewer{}, fmt.Errorf("open workspace: %w: %w", crm.ErrUnavailable, err)
	}
}

// credential splits the value of an Authorization header.
func credential(header string) (scheme, token string) {
	scheme, token, _ = strings.Cut(strings.TrimSpace(header), " ")
	return scheme, strings.TrimSpace(token)
}

// claims are what a token says.
func (a *Authenticator) claims(scheme, token string) (claims, error) {
	if a.config.Development {
		if scheme != "" {
			return claims{}, refuse(reasonNoAuth)
		}
		return developmentClaims, nil
	}
	switch {
	case scheme == "":
		return claims{}, refuse(reasonMissing)
	case len(a.config.Secrets) == 0 && a.config.JWKSURL == "": // there is nothing to check it with
		return claims{}, refuse(reasonNoTokens)
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return claims{}, refuse(reasonScheme)
	case len(token) > maxToken:
		return claims{}, refuse(reasonMalformed)
	}
	hash := sha256.Sum256([]byte(token))
	if c, ok := a.checked.Get(hash); ok && a.now().Before(c.ExpiresAt.Add(a.config.Leeway)) {
		return c, nil
	}
	parsed, err := a.verified(token)
	if err != nil {
		return claims{}, err
	}
	c := parsed.claims
	c.read(parsed.all, a.config.Claims)
	if err := c.current(a.now(), a.config.Leeway, a.config.Issuer, a.config.Audience); err != nil {
		return claims{}, err
	}
	if err := c.check(); err != nil {
		return claims{}, err
	}
	if c.ExpiresAt.Sub(a.now()) > a.config.Lifetime+a.config.Leeway {
		return claims{}, refuse(reasonFar)
	}
	if parsed.algorithm == jose.HS256 {
		a.checked.Add(hash, c)
	}
	return c, nil
}

// verified reads a token and checks its signature. The algorithm alone picks the keys that may have made it, whatever else
// the header says: the secret never meets a public key's algorithm, nor the other way round.
func (a *Authenticator) verified(text string) (token, error) {
	t, err := parse(text, a.algorithms)
	if err != nil {
		return token{}, err
	}
	var keys []any
	for _, secret := range a.config.Secrets {
		keys = append(keys, []byte(secret))
	}
	if t.algorithm != jose.HS256 {
		if keys, err = a.keys.candidates(t); err != nil {
			return token{}, err
		}
	}
	if !slices.ContainsFunc(keys, t.signedBy) {
		return token{}, refuse(reasonSignature)
	}
	return t, nil
}

type contextKey struct{}

// WithViewer returns a context that carries who is asking, from the door to the resolver.
func WithViewer(ctx context.Context, v crm.Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// Viewer returns who is asking; without one, a viewer who may do nothing.
func Viewer(ctx context.Context) crm.Viewer {
	v, _ := ctx.Value(contextKey{}).(crm.Viewer)
	return v
}
