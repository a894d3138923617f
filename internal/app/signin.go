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

// signIn is what signs staff in; nil where no provider is set.
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
		Panicked:       w.telemetry.panicLogger("background", w.logger),
	}, sealer, w.store, w.logger, w.now)
}

// cookieOf is how admission reads cookies; nil where nobody signs in.
func cookieOf(staff *signin.SignIn) func(*http.Request) (crm.Viewer, bool, error) {
	if staff == nil {
		return nil
	}
	return staff.Viewer
}

// handleSignIn serves what staff pages sign in with, and what tells them how.
func (w wiring) handleSignIn(mux *http.ServeMux, staff *signin.SignIn, a admission) {
	switch {
	case staff != nil:
		staff.Handle(mux, a.admit)
	case w.config.Development():
		mux.Handle("GET "+signin.SessionPath, a.admit(signin.Without(signin.ModeDevelopment, a.authenticate)))
	default:
		mux.Handle("GET "+signin.SessionPath, a.admit(signin.Without(signin.ModeBearer, a.authenticate)))
	}
}

// handlePlayground serves the playground. Its page is for staff alone where they sign in; where they have tokens, the page
// is what takes them. The scripts and styles that it is made of are in the repository, and nobody's secret.
func handlePlayground(mux *http.ServeMux, staff *signin.SignIn, a admission) {
	playground := web.Playground()
	page := playground
	if staff != nil {
		page = a.admit(staff.Members(playground, a.authenticate))
	}
	mux.Handle("/playground", page)
	mux.Handle("/playground/", page)
	mux.Handle("/playground/assets/", playground)
}
