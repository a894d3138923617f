package app

import (
	"context"
	"fmt"
	"net/http"

	"kith/internal/crm"
	"kith/internal/signin"
	"kith/internal/vault"
	"kith/web"
)

// signIn connects to the OpenID Connect provider; nil without one.
func (w wiring) signIn(ctx context.Context) (*signin.SignIn, error) {
	c := w.config
	if !c.OIDCOn() {
		return nil, nil
	}
	sealer, err := vault.NewSealer(signin.Purpose, c.SecretKeys()...)
	if err != nil {
		return nil, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	return signin.New(ctx, signin.Config{
		Issuer:         c.OIDC.Issuer,
		ClientID:       c.OIDC.ClientID,
		ClientSecret:   string(c.OIDC.ClientSecret),
		Scopes:         c.OIDC.ScopeList(),
		Params:         c.OIDC.ParamValues(),
		WorkspaceClaim: c.OIDC.WorkspaceClaim,
		RoleClaim:      c.OIDC.RoleClaim,
		Workspace:      c.OIDC.Workspace,
		Role:           c.OIDC.Role,
		Require:        c.OIDC.Requirements(),
		Lifetime:       c.OIDC.Lifetime,
		PublicURL:      w.publicURL,
		Fetched:        w.telemetry.identity.Requests("oidc"),
		PlaygroundURL:  w.playgroundURL(),
		Panicked:       w.telemetry.panicLogger("background", w.logger),
	}, sealer, w.store, w.logger, w.now)
}

// cookieOf is how admission reads cookies; nil without sign-in.
func cookieOf(staff *signin.SignIn) func(*http.Request) (crm.Viewer, bool, error) {
	if staff == nil {
		return nil
	}
	return staff.Viewer
}

// handleSignIn serves the sign-in routes, and the one that describes how to sign in.
func (w wiring) handleSignIn(mux *http.ServeMux, staff *signin.SignIn, a admission) {
	if staff != nil {
		staff.Handle(mux, a.admit)
		return
	}
	status := signin.Status{Mode: signin.ModeBearer, PlaygroundURL: w.playgroundURL()}
	if w.config.Development() {
		status.Mode = signin.ModeDevelopment
	}
	mux.Handle("GET "+signin.SessionPath, a.admit(signin.Without(status, a.authenticate)))
}

const playgroundPath = "/playground"

// playgroundURL is where the playground is; empty where it is off.
func (w wiring) playgroundURL() string {
	if !w.config.PlaygroundOn() {
		return ""
	}
	return w.config.BasePath() + playgroundPath
}

// handlePlayground serves the playground. With sign-in, only staff can open its page; with tokens, the page
// asks for one. Its scripts and styles are public, as they are in the repository.
func (w wiring) handlePlayground(mux *http.ServeMux, staff *signin.SignIn, a admission) {
	playground := web.Playground(w.config.BasePath())
	page := playground
	if staff != nil {
		page = a.admit(staff.Members(playground, a.authenticate))
	}
	mux.Handle(playgroundPath, page)
	mux.Handle(playgroundPath+"/", page)
	mux.Handle(playgroundPath+"/assets/", playground)
}
