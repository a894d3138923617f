package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"kith/internal/config"
)

const (
	// providerTimeout is how long the provider may take for all that one request needs of it.
	providerTimeout = 15 * time.Second
	// maxAnswer is how much is read of an answer of the provider's, in bytes.
	maxAnswer = 1 << 20
	// Whoever wants to sign in while the provider has not been found makes Kith look again, this often at most. In the
	// background it looks after findPause, then after twice as long, up to maxFindPause.
	findInterval = time.Second
	findPause    = time.Second
	maxFindPause = 30 * time.Second
)

// errAway is a provider that cannot be asked now.
var errAway = errors.New("the OpenID provider cannot be reached")

// provider is the OpenID provider. It is looked for until it is found, and from then on taken to stay the same but for
// its keys, which are fetched when a new one turns up.
type provider struct {
	config Config
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	found   atomic.Pointer[endpoints]
	flight  singleflight.Group
	limiter *rate.Limiter
}

// endpoints is what the discovery document says (OpenID Connect Discovery 1.0, section 3).
type endpoints struct {
	oidc       *oidc.Provider
	oauth      oauth2.Config
	verifier   *oidc.IDTokenVerifier
	endSession string // empty where there is none
	revocation string // empty where there is none
	namesSelf  bool   // its answers name the issuer (RFC 9207)
}

func newProvider(c Config, logger *slog.Logger, now func() time.Time) *provider {
	return &provider{
		config: c, log: logger, now: now,
		client: &http.Client{
			Timeout:   providerTimeout,
			Transport: bounded{http.DefaultTransport, c.Fetched},
			// A redirect would carry the client's secret elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		limiter: rate.NewLimiter(rate.Every(findInterval), 1),
	}
}

// bounded reads no more than maxAnswer of any answer, and reports how each request went.
type bounded struct {
	next    http.RoundTripper
	fetched func(error) // may be nil
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if b.fetched != nil && !errors.Is(err, context.Canceled) {
		b.fetched(errors.Join(err, failed(res)))
	}
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// failed is an error for the answer of a provider that cannot serve.
func failed(res *http.Response) error {
	if res != nil && res.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

// find looks for the provider until it is found or ctx ends.
func (p *provider) find(ctx context.Context) {
	for pause := findPause; p.found.Load() == nil; pause = min(2*pause, maxFindPause) {
		if _, err := p.look(ctx); err == nil || ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// endpoints are the provider's. The error is errAway.
func (p *provider) endpoints(ctx context.Context) (*endpoints, error) {
	if e := p.found.Load(); e != nil {
		return e, nil
	}
	if !p.limiter.Allow() {
		return nil, errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
	defer cancel()
	return p.look(ctx)
}

// look fetches the discovery document, once for all who ask at the same time.
func (p *provider) look(ctx context.Context) (*endpoints, error) {
	v, err, _ := p.flight.Do("", func() (any, error) {
		if e := p.found.Load(); e != nil {
			return e, nil
		}
		e, err := p.discover(ctx)
		if err != nil {
			p.log.WarnContext(ctx, "the OpenID provider is unavailable", "issuer", p.config.Issuer, "error", brief(err))
			return nil, errAway
		}
		p.found.Store(e)
		p.log.InfoContext(ctx, "found the OpenID provider", "issuer", p.config.Issuer)
		return e, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*endpoints), nil
}

func (p *provider) discover(ctx context.Context) (*endpoints, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.config.Issuer)
	if err != nil {
		return nil, err
	}
	var also struct {
		Keys        string   `json:"jwks_uri"`
		EndSession  string   `json:"end_session_endpoint"`
		Revocation  string   `json:"revocation_endpoint"`
		Scopes      []string `json:"scopes_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		NamesSelf   bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&also); err != nil {
		return nil, err
	}
	at := found.Endpoint()
	for name, u := range map[string]string{
		"authorization_endpoint": at.AuthURL, "token_endpoint": at.TokenURL, "jwks_uri": also.Keys,
	} {
		if !config.SafeURL(u) {
			return nil, fmt.Errorf("%s is not an https URL", name)
		}
	}
	for _, u := range []string{also.EndSession, also.Revocation, found.UserInfoEndpoint()} {
		if u != "" && !config.SafeURL(u) {
			return nil, errors.New("an endpoint is not an https URL")
		}
	}
	at.AuthStyle = oauth2.AuthStyleInHeader // what RFC 6749, section 2.3.1, has every provider take
	if !slices.Contains(also.AuthMethods, "client_secret_basic") && slices.Contains(also.AuthMethods, "client_secret_post") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := p.config.Scopes
	if len(scopes) == 0 {
		scopes = []string{oidc.ScopeOpenID, "profile", "email"}
		if slices.Contains(also.Scopes, oidc.ScopeOfflineAccess) {
			scopes = append(scopes, oidc.ScopeOfflineAccess)
		}
	}
	return &endpoints{
		oidc: found,
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: at, Scopes: scopes,
			RedirectURL: p.config.PublicURL + CallbackPath,
		},
		verifier:   found.Verifier(&oidc.Config{ClientID: p.config.ClientID, Now: p.now}),
		endSession: also.EndSession,
		revocation: also.Revocation,
		namesSelf:  also.NamesSelf,
	}, nil
}

// authorizeURL is where the browser signs in.
func (p *provider) authorizeURL(e *endpoints, a attempt) string {
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	for name, values := range p.config.Params {
		options = append(options, oauth2.SetAuthURLParam(name, strings.Join(values, " ")))
	}
	return e.oauth.AuthCodeURL(a.State, options...)
}

// endSessionURL is where the browser signs out; empty when the provider does not offer it. It carries no token: the
// provider knows who it is by its own cookie.
func (p *provider) endSessionURL() string {
	e := p.found.Load()
	if e == nil || e.endSession == "" {
		return ""
	}
	u, err := url.Parse(e.endSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.config.ClientID)
	q.Set("post_logout_redirect_uri", p.config.PublicURL+SignedOutPath)
	u.RawQuery = q.Encode()
	return u.String()
}

// brief is an error's beginning: the rest may be a page that some server answered with.
func brief(err error) string {
	const most = 200
	s := strings.ToValidUTF8(err.Error(), "?")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
