package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/internal/auth"
	"kith/internal/config"
	"kith/storage"
)

type tokenCommand struct {
	Workspace string        `required:"" help:"The workspace that the token gives access to."`
	Role      string        `required:"" placeholder:"reader|staff|admin|channel" help:"The role that the token grants."`
	Sub       string        `required:"" help:"The person or program that uses the token."`
	Name      string        `help:"Their name, for display."`
	Channel   string        `placeholder:"ID" help:"With the role channel: the only channel it may report for."`
	TTL       time.Duration `name:"ttl" default:"1h" help:"How long it is valid. Default: ${default}."`
}

// Run prints a token and nothing else.
func (t tokenCommand) Run(ctx context.Context, p *program) error {
	if p.misread != nil {
		return &usageError{p.misread}
	}
	c := p.config
	if c.AuthSecret == "" {
		return &usageError{errors.New("KITH_AUTH_SECRET is not set: a token needs it for its signature")}
	}
	if t.TTL > c.TokenLifetime {
		return &usageError{fmt.Errorf("--ttl can be %s at most (KITH_TOKEN_LIFETIME)", config.FormatDuration(c.TokenLifetime))}
	}
	now := p.now()
	token, err := auth.Sign(string(c.AuthSecret), auth.Grant{
		Workspace: t.Workspace, Role: t.Role, Subject: t.Sub, Name: t.Name, Channel: t.Channel, Issuer: c.AuthIssuer, Audience: c.AuthAudience,
		Claims: c.AuthClaims(), IssuedAt: now, ExpiresAt: now.Add(t.TTL),
	})
	if err != nil {
		return &usageError{err}
	}
	if c.RefuseUnknown() { // else the token would be of no use
		err := p.withStore(ctx, func(store storage.Store) error {
			_, err := store.Workspace(ctx, t.Workspace)
			return err
		})
		if err != nil {
			return fmt.Errorf("create workspace %q: %w", t.Workspace, err)
		}
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}
