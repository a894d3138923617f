package config

import "net/url"

// Warnings lists valid settings that admit more people than expected, and names the variables to set.
func (c Config) Warnings() []string {
	var all []string
	warn := func(when bool, what string) {
		if when {
			all = append(all, what)
		}
	}
	keys, err := url.Parse(c.AuthJWKSURL)
	warn(err == nil && keys.Scheme == "http" && !Loopback(keys.Hostname()),
		"KITH_AUTH_JWKS_URL is not https: anyone who can alter the traffic can sign tokens")
	switch {
	case c.AuthJWKSURL == "" || c.AuthAudience != "":
	case c.AuthIssuer == "":
		warn(true, "neither KITH_AUTH_ISSUER nor KITH_AUTH_AUDIENCE is set: every token signed with a key of KITH_AUTH_JWKS_URL "+
			"is accepted, even one issued for another application")
	default:
		warn(true, "KITH_AUTH_AUDIENCE is not set: tokens that KITH_AUTH_ISSUER issues for other applications are accepted")
	}
	warn(c.OIDCOn() && c.OIDC.Workspace != "" && c.OIDC.Role != "" && c.OIDC.Require == "",
		"every user of the provider gets access to workspace "+c.OIDC.Workspace+" with the role "+c.OIDC.Role+
			" (KITH_OIDC_WORKSPACE, KITH_OIDC_ROLE): restrict that with KITH_OIDC_REQUIRE, for example by domain or group")
	return all
}
