package config

import "net/url"

// Warnings lists valid settings that admit more people than expected, each with the variables that help.
func (c Config) Warnings() []string {
	var all []string
	warn := func(when bool, what string) {
		if when {
			all = append(all, what)
		}
	}
	keys, err := url.Parse(c.AuthJWKSURL)
	warn(err == nil && keys.Scheme == "http" && !Loopback(keys.Hostname()),
		"KITH_AUTH_JWKS_URL is not https: whoever can alter traffic on the way can sign tokens")
	switch {
	case c.AuthJWKSURL == "" || c.AuthAudience != "":
	case c.AuthIssuer == "":
		warn(true, "neither KITH_AUTH_ISSUER nor KITH_AUTH_AUDIENCE is set: every token that a key of KITH_AUTH_JWKS_URL has signed "+
			"is good here, also one for another application")
	default:
		warn(true, "KITH_AUTH_AUDIENCE is not set: a token that KITH_AUTH_ISSUER has made for another application is good here")
	}
	warn(c.OIDCOn() && c.OIDC.Workspace != "" && c.OIDC.Role != "" && c.OIDC.Require == "",
		"everybody whom the provider signs in gets into workspace "+c.OIDC.Workspace+" with the role "+c.OIDC.Role+
			" (KITH_OIDC_WORKSPACE, KITH_OIDC_ROLE): say in KITH_OIDC_REQUIRE who may, for one by domain or group")
	return all
}
