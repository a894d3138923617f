package signin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kith/internal/config"
	"kith/internal/vault"
	"kith/storage"
)

// The paths of signing in, below the public URL. CallbackPath and SignedOutPath are to be registered at the provider,
// as redirect URI and as post-logout redirect URI.
const (
	LoginPath     = "/auth/login"
	CallbackPath  = "/auth/callback"
	LogoutPath    = "/auth/logout"
	SignedOutPath = "/auth/signed-out"
	RefreshPath   = "/auth/refresh"
	SessionPath   = "/auth/session"
)

// Purpose is what the sealer of cookies is made for.
const Purpose = "staff cookies"

// Config says which provider signs people in, and what its claims mean.
type Config struct {
	// Issuer is the provider, as its discovery document and its ID tokens name it.
	Issuer       string
	ClientID     string
	ClientSecret string
	// Scopes are what to ask the provider for; none means openid, profile and email, and offline_access where the
	// provider knows it.
	Scopes []string
	// Params go along to the provider's sign-in page. They must not be those that a client sets itself.
	Params url.Values
	// WorkspaceClaim and RoleClaim name the claims with the workspace and the role: a claim, or a path into
	// objects with dots between.
	WorkspaceClaim string
	RoleClaim      string
	// Workspace and Role, where set, are of everybody whose claims do not have one.
	Workspace string
	Role      string
	// Require names claims that everybody must have, each with the values of which it must be one or, as a list, have one.
	Require map[string][]string
	// Lifetime is how long somebody stays signed in at most, however often it is renewed.
	Lifetime time.Duration
	// PublicURL is where browsers reach Kith: https, or http on this machine. Cookies are limited to its path.
	PublicURL string
	// Fetched is called with the result of each request to the provider. It may be nil.
	Fetched func(error)
	// PlaygroundURL is where pages find the playground; empty without one.
	PlaygroundURL string
	// Panicked is called for each panic that was caught in the background. Nil does nothing.
	Panicked func(*storage.PanicError)
}

// SignIn signs people in. It is safe for concurrent use.
type SignIn struct {
	config     Config
	origin     string // of the public URL
	base       string // its path, without a slash at the end
	secure     bool   // whether browsers come by https
	sealer     *vault.Sealer
	provider   *provider
	renewals   *renewals
	endings    *endings
	workspaces storage.Workspaces
	finder     storage.WorkspaceFinder
	auditor    storage.Auditor
	log        *slog.Logger
	now        func() time.Time
}

// Store is what signing in needs of storage.
type Store interface {
	storage.Workspaces
	storage.WorkspaceFinder
	storage.SignIns
	storage.Auditor
}

// New prepares to sign people in. It reaches for the provider in the background, until ctx ends or the provider has
// been found; whoever wants to sign in before that is asked to wait. The sealer must be made for [Purpose]. What has been
// ended at other processes counts as long as [SignIn.Follow] runs.
func New(
	ctx context.Context, c Config, sealer *vault.Sealer, store Store, logger *slog.Logger,
	now func() time.Time,
) (*SignIn, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	renewals, err := newRenewals(now)
	if err != nil {
		return nil, err
	}
	s := &SignIn{
		config:     c,
		origin:     config.Origin(public),
		base:       strings.TrimRight(public.Path, "/"),
		secure:     public.Scheme == "https",
		sealer:     sealer,
		provider:   newProvider(c, logger, now),
		renewals:   renewals,
		endings:    newEndings(store, logger, now),
		workspaces: store,
		finder:     store,
		auditor:    store,
		log:        logger,
		now:        now,
	}
	if err := s.endings.look(ctx); err != nil && ctx.Err() == nil {
		logger.WarnContext(ctx, "cannot look for sign-ins that have ended: trying again", "error", err)
	}
	go s.provider.find(ctx)
	return s, nil
}

// at is a path of Kith's as browsers ask for it.
func (s *SignIn) at(path string) string { return s.base + path }

// Handle serves the paths of signing in on mux, where requests come without the path of the public URL. Each handler is wrapped by
// wrap.
//
// Posts are to come through a guard that refuses those of other origins' pages, such as SameOrigin of package httpd.
func (s *SignIn) Handle(mux *http.ServeMux, wrap func(http.Handler) http.Handler) {
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET " + LoginPath:     s.login,
		"GET " + CallbackPath:  s.callback,
		"GET " + LogoutPath:    s.askToLogout,
		"POST " + LogoutPath:   s.logout,
		"GET " + SignedOutPath: s.signedOut,
		"POST " + RefreshPath:  s.refresh,
		"GET " + SessionPath:   s.session,
		"GET " + stylePath:     style,
	} {
		mux.Handle(pattern, wrap(handler))
	}
}
