package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"kith/internal/auth"
)

// OIDC holds the settings of sign-in with an OpenID Connect provider. Without an issuer, sign-in is off.
type OIDC struct {
	Issuer       string `setting:"" example:"https://id.example.com" placeholder:"URL" help:"The OpenID Connect provider where staff sign in. Requires the client's id and secret, and KITH_SECRET_KEY."`
	ClientID     string `setting:"" example:"kith" name:"client-id" placeholder:"ID" help:"Kith's client id at the provider."`
	ClientSecret Secret `setting:"" example:"…" placeholder:"SECRET" help:"Kith's client secret at the provider."`

	Scopes         string        `setting:"" example:"openid profile email" placeholder:"SCOPES" help:"The scopes to request, separated by spaces. Default: openid profile email, and offline_access where the provider supports it."`
	Params         string        `setting:"" example:"prompt=consent" placeholder:"NAME=VALUE&…" help:"More parameters for the provider's sign-in page, such as access_type=offline."`
	WorkspaceClaim string        `setting:"" default:"workspace" placeholder:"CLAIM" help:"The claim that names the workspace; dots reach into objects."`
	RoleClaim      string        `setting:"" default:"role" placeholder:"CLAIM" help:"The claim that contains reader, staff or admin, as a string or in a list; dots reach into objects."`
	Workspace      string        `setting:"" example:"acme" placeholder:"WORKSPACE" help:"The workspace of people whose claim is missing."`
	Role           string        `setting:"" example:"staff" placeholder:"reader|staff|admin" help:"The role of people whose claim is missing."`
	Require        string        `setting:"" example:"hd=example.com,groups=support" placeholder:"CLAIM=VALUE,…" help:"Claims required to sign in, such as hd=example.com,groups=support. If a claim is listed with several values, one of them is enough. Dots reach into objects; a list must contain the value; %2C is a comma in a value. Default: none."`
	Lifetime       time.Duration `setting:"" default:"12h" help:"How long a person can stay signed in."`
}

// OIDCOn reports whether staff sign in with a provider.
func (c Config) OIDCOn() bool { return c.OIDC.Issuer != "" }

// ScopeList is Scopes, split; empty when nothing is set.
func (o OIDC) ScopeList() []string { return strings.Fields(o.Scopes) }

// ParamValues is Params, decoded.
func (o OIDC) ParamValues() url.Values {
	v, _ := url.ParseQuery(o.Params) // Validate has checked it
	return v
}

// Requirements is Require, parsed: for each claim, the values of which it must have one.
func (o OIDC) Requirements() map[string][]string {
	all := map[string][]string{}
	for item := range items(o.Require) {
		if claim, value, ok := parseRequirement(item); ok {
			all[claim] = append(all[claim], value)
		}
	}
	return all
}

func parseRequirement(item string) (claim, value string, ok bool) {
	claim, escaped, _ := strings.Cut(item, "=")
	claim = strings.TrimSpace(claim)
	value, err := url.PathUnescape(strings.TrimSpace(escaped))
	return claim, value, err == nil && claim != "" && value != ""
}

func requireComplaint(setting string) string {
	for item := range items(setting) {
		if _, _, ok := parseRequirement(item); !ok {
			return "must be claims and values separated by commas; " +
				"a comma in a value is written %2C, a % %25"
		}
	}
	return ""
}

// ownParams are the parameters of an authorization request that a client sets itself.
var ownParams = []string{
	"client_id", "client_secret", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "request",
	"request_uri", "response_mode", "response_type", "scope", "state",
}

// The bounds of KITH_OIDC_LIFETIME.
const (
	minLifetime = time.Minute
	maxLifetime = 30 * day
)

// complainAboutOIDC checks the settings of sign-in.
func (all *complaints) complainAboutOIDC(c Config, serving bool) {
	o := c.OIDC
	for _, s := range []struct{ name, value string }{
		{"OIDC_CLIENT_ID", o.ClientID}, {"OIDC_CLIENT_SECRET", string(o.ClientSecret)}, {"OIDC_SCOPES", o.Scopes},
		{"OIDC_PARAMS", o.Params}, {"OIDC_WORKSPACE", o.Workspace}, {"OIDC_ROLE", o.Role},
		{"OIDC_REQUIRE", o.Require},
	} {
		all.need(s.value == "" || o.Issuer != "", s.name, "needs KITH_OIDC_ISSUER beside it")
	}
	all.check(o.Workspace == "" || auth.GoodWorkspace(o.Workspace), "OIDC_WORKSPACE",
		"must have at most 128 bytes and no control characters")
	all.check(slices.Contains([]string{"", "reader", "staff", "admin"}, o.Role), "OIDC_ROLE", "must be reader, staff or admin")
	all.check(o.Scopes == "" || slices.Contains(o.ScopeList(), "openid"), "OIDC_SCOPES", "must contain openid")
	all.add("OIDC_REQUIRE", requireComplaint(o.Require))
	all.check(o.Require == "" || len(o.Requirements()) > 0, "OIDC_REQUIRE", "has no claim between its commas")
	params, err := url.ParseQuery(o.Params)
	all.check(err == nil, "OIDC_PARAMS", "must be a query string")
	for _, own := range ownParams {
		all.check(!params.Has(own), "OIDC_PARAMS", "Kith sets "+own+" itself")
	}
	if o.Issuer == "" {
		return
	}
	issuer, err := url.Parse(o.Issuer)
	all.check(err == nil && SafeURL(o.Issuer) && issuer.User == nil && issuer.RawQuery == "" && issuer.Fragment == "",
		"OIDC_ISSUER", "must be an https:// URL, or http:// on this machine, without a query")
	all.check(o.ClientID != "", "OIDC_CLIENT_ID", "is needed beside KITH_OIDC_ISSUER")
	all.check(o.ClientSecret != "", "OIDC_CLIENT_SECRET", "is needed beside KITH_OIDC_ISSUER")
	all.check(o.WorkspaceClaim != "", "OIDC_WORKSPACE_CLAIM", "must name a claim")
	all.check(o.RoleClaim != "", "OIDC_ROLE_CLAIM", "must name a claim")
	all.check(o.Lifetime >= minLifetime && o.Lifetime <= maxLifetime, "OIDC_LIFETIME", "must be between 1m and 30d")
	all.check(c.SecretKey != "", "SECRET_KEY",
		"is needed beside KITH_OIDC_ISSUER: it encrypts the cookies of staff who are signed in")
	if c.PublicURL == "" {
		all.check(!serving || c.loopback(), "PUBLIC_URL",
			"is needed beside KITH_OIDC_ISSUER: the provider sends browsers back there")
	} else if publicComplaint(c.PublicURL) == "" {
		all.check(SafeURL(c.PublicURL), "PUBLIC_URL", "must be https:// where staff sign in, or http:// on this machine")
	}
}

// SafeURL reports whether s is a URL whose traffic nobody can intercept: https, or http on this machine.
func SafeURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.Opaque == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && Loopback(u.Hostname()))
}
