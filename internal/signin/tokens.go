package signin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// revokeTimeout is how long signing out waits for the provider to hear of it.
const revokeTimeout = 3 * time.Second

// tokens is what came of asking the provider for tokens, as far as it is kept.
type tokens struct {
	subject string
	claims  claims // nil if a renewal returned none
	end     time.Time
	refresh string
}

// exchange exchanges the code of a sign-in for tokens. The error is errEnded for a code that is used up, too old or of
// another sign-in, errAway, or what is wrong with the provider's answer.
func (p *provider) exchange(ctx context.Context, code string, a attempt) (tokens, error) {
	e, err := p.endpoints(ctx)
	if err != nil {
		return tokens{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	t, err := e.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return tokens{}, tokenError(err)
	}
	id, err := p.verify(ctx, e, t)
	switch {
	case err != nil:
		return tokens{}, err
	case id == nil:
		return tokens{}, errors.New("the provider gave no ID token: the scopes must have openid")
	case id.Nonce != a.Nonce:
		return tokens{}, errors.New("ID token: the nonce is of another sign-in")
	}
	return p.read(ctx, e, t, id)
}

// refresh exchanges a refresh token for new tokens. The error is errEnded when it is no longer valid, errAway, or what is
// wrong with the provider's answer.
func (p *provider) refresh(ctx context.Context, token string) (tokens, error) {
	e, err := p.endpoints(ctx)
	if err != nil {
		return tokens{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	t, err := e.oauth.TokenSource(ctx, &oauth2.Token{RefreshToken: token}).Token()
	if err != nil {
		return tokens{}, tokenError(err)
	}
	id, err := p.verify(ctx, e, t)
	if err != nil {
		return tokens{}, err
	}
	return p.read(ctx, e, t, id)
}

// verify checks the ID token that came with t (OpenID Connect Core 1.0, section 3.1.3.7); nil when none did.
func (p *provider) verify(ctx context.Context, e *endpoints, t *oauth2.Token) (*oidc.IDToken, error) {
	raw, _ := t.Extra("id_token").(string)
	if raw == "" {
		return nil, nil
	}
	id, err := e.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("ID token: %s", brief(err))
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(t.AccessToken); err != nil {
			return nil, errors.New("ID token: made for another access token")
		}
	}
	var also struct {
		Party string `json:"azp"`
	}
	if err := id.Claims(&also); err != nil || also.Party != "" && also.Party != p.config.ClientID {
		return nil, errors.New("ID token: made for another party")
	}
	return id, nil
}

// read takes from the tokens what is kept. What the ID token does not say of the person, userinfo is asked for.
func (p *provider) read(ctx context.Context, e *endpoints, t *oauth2.Token, id *oidc.IDToken) (tokens, error) {
	out := tokens{end: t.Expiry, refresh: t.RefreshToken}
	if id != nil {
		out.subject = id.Subject
		if err := id.Claims(&out.claims); err != nil {
			return tokens{}, errors.New("ID token: claims not readable")
		}
		if out.end.IsZero() {
			out.end = id.Expiry
		}
	}
	if out.end.IsZero() {
		out.end = p.now().Add(unrenewed)
	}
	if e.oidc.UserInfoEndpoint() == "" || id != nil && !p.config.lacks(out.claims) {
		return out, nil
	}
	info, err := e.oidc.UserInfo(ctx, oauth2.StaticTokenSource(t))
	if err != nil {
		status, _, _ := strings.Cut(err.Error(), ": ") // the body may contain personal data
		return tokens{}, fmt.Errorf("%w: userinfo: %s", errAway, status)
	}
	switch {
	case info.Subject == "" || id != nil && info.Subject != id.Subject: // section 5.3.2
		return tokens{}, errors.New("userinfo: answered for somebody else")
	case id == nil:
		out.subject = info.Subject
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return tokens{}, errors.New("userinfo: claims not readable")
	}
	maps.Copy(more, out.claims)
	out.claims = more
	return out, nil
}

// goodErrorCode is how RFC 6749, section 5.2, lets error codes look, more or less; others are not repeated.
var goodErrorCode = regexp.MustCompile(`^[a-z_]{1,64}$`)

// tokenError says what became of a request for tokens. The answer itself is dropped: it may hold anything.
func tokenError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return fmt.Errorf("%w: %s", errAway, brief(err))
	}
	code := refused.ErrorCode
	if !goodErrorCode.MatchString(code) {
		code = "no code"
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	err = fmt.Errorf("token endpoint: %d, %s", status, code)
	switch {
	case code == "invalid_grant":
		return fmt.Errorf("%w: %w", errEnded, err)
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: %w", errAway, err)
	}
	return err
}

// revoke revokes a refresh token at the provider (RFC 7009), if the provider supports that. A failure is only logged.
func (p *provider) revoke(ctx context.Context, token string) {
	e := p.found.Load()
	if e == nil || e.revocation == "" || token == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
	inHeader := e.oauth.Endpoint.AuthStyle == oauth2.AuthStyleInHeader
	if !inHeader {
		form.Set("client_id", p.config.ClientID)
		form.Set("client_secret", p.config.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.revocation, strings.NewReader(form.Encode()))
	if err != nil {
		p.log.WarnContext(ctx, "cannot revoke a refresh token", "error", brief(err))
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if inHeader {
		r.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(p.config.ClientSecret))
	}
	res, err := p.client.Do(r)
	if err != nil {
		p.log.WarnContext(ctx, "cannot revoke a refresh token", "error", brief(err))
		return
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		p.log.WarnContext(ctx, "cannot revoke a refresh token", "status", res.StatusCode)
	}
}
