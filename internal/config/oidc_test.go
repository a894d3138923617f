package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func signingIn(change func(*Config)) Config {
	return valid(func(c *Config) {
		c.OIDC = defaultOIDC
		c.OIDC.Issuer, c.OIDC.ClientID, c.OIDC.ClientSecret = "https://id.example.com", "kith", "s3cret"
		c.SecretKey = secret
		c.PublicURL = "https://kith.example.com"
		change(c)
	})
}

func TestValidateSettingsOfSigningIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		want   string // part of the complaint; empty for none
	}{
		"all that is needed":               {signingIn(func(*Config) {}), ""},
		"all addresses":                    {signingIn(func(c *Config) { c.Addr = ":8080" }), ""},
		"bearer tokens as well":            {signingIn(func(c *Config) { c.AuthSecret = secret }), ""},
		"a provider on this machine":       {signingIn(func(c *Config) { c.OIDC.Issuer = "http://127.0.0.1:4000" }), ""},
		"this machine":                     {signingIn(func(c *Config) { c.PublicURL = "http://localhost:8080/" }), ""},
		"this machine, by default":         {signingIn(func(c *Config) { c.PublicURL = "" }), ""},
		"a provider elsewhere by http":     {signingIn(func(c *Config) { c.OIDC.Issuer = "http://id.example.com" }), "KITH_OIDC_ISSUER: must be an https"},
		"a provider without a scheme":      {signingIn(func(c *Config) { c.OIDC.Issuer = "id.example.com" }), "KITH_OIDC_ISSUER"},
		"a provider with a query":          {signingIn(func(c *Config) { c.OIDC.Issuer = "https://id.example.com/?a=b" }), "KITH_OIDC_ISSUER"},
		"an issuer alone":                  {valid(func(c *Config) { c.OIDC = defaultOIDC; c.OIDC.Issuer = "https://id" }), "KITH_OIDC_CLIENT_ID"},
		"no client id":                     {signingIn(func(c *Config) { c.OIDC.ClientID = "" }), "KITH_OIDC_CLIENT_ID"},
		"no client secret":                 {signingIn(func(c *Config) { c.OIDC.ClientSecret = "" }), "KITH_OIDC_CLIENT_SECRET"},
		"a client without a provider":      {signingIn(func(c *Config) { c.OIDC.Issuer = "" }), "KITH_OIDC_CLIENT_ID: needs KITH_OIDC_ISSUER"},
		"a secret without a provider":      {signingIn(func(c *Config) { c.OIDC.Issuer = "" }), "KITH_OIDC_CLIENT_SECRET: needs KITH_OIDC_ISSUER"},
		"no key for cookies":               {signingIn(func(c *Config) { c.SecretKey = "" }), "KITH_SECRET_KEY"},
		"a public URL by http":             {signingIn(func(c *Config) { c.PublicURL = "http://kith.example.com" }), "KITH_PUBLIC_URL: must be https"},
		"a public URL with a path":         {signingIn(func(c *Config) { c.PublicURL = "https://example.com/kith" }), ""},
		"no public URL, for the world":     {signingIn(func(c *Config) { c.PublicURL = ""; c.Addr = ":8080" }), "KITH_PUBLIC_URL"},
		"scopes":                           {signingIn(func(c *Config) { c.OIDC.Scopes = " openid  groups " }), ""},
		"scopes without openid":            {signingIn(func(c *Config) { c.OIDC.Scopes = "profile" }), "KITH_OIDC_SCOPES"},
		"parameters":                       {signingIn(func(c *Config) { c.OIDC.Params = "prompt=consent&access_type=offline" }), ""},
		"parameters that do not parse":     {signingIn(func(c *Config) { c.OIDC.Params = "a=%zz" }), "KITH_OIDC_PARAMS"},
		"a parameter of Kith's":            {signingIn(func(c *Config) { c.OIDC.Params = "state=x" }), "KITH_OIDC_PARAMS: Kith sets state"},
		"a workspace and a role":           {signingIn(func(c *Config) { c.OIDC.Workspace, c.OIDC.Role = "acme", "staff" }), ""},
		"a workspace with a line end":      {signingIn(func(c *Config) { c.OIDC.Workspace = "a\nb" }), "KITH_OIDC_WORKSPACE"},
		"a role of channels":               {signingIn(func(c *Config) { c.OIDC.Role = "channel" }), "KITH_OIDC_ROLE"},
		"a workspace without a provider":   {valid(func(c *Config) { c.OIDC.Workspace = "acme" }), "KITH_OIDC_WORKSPACE"},
		"no claim for the role":            {signingIn(func(c *Config) { c.OIDC.RoleClaim = "" }), "KITH_OIDC_ROLE_CLAIM"},
		"a lifetime of a second":           {signingIn(func(c *Config) { c.OIDC.Lifetime = time.Second }), "KITH_OIDC_LIFETIME"},
		"a lifetime of a year":             {signingIn(func(c *Config) { c.OIDC.Lifetime = 365 * 24 * time.Hour }), "KITH_OIDC_LIFETIME"},
		"what is required":                 {signingIn(func(c *Config) { c.OIDC.Require = "hd=example.com, groups=a b,https://x/y=z" }), ""},
		"a requirement without a value":    {signingIn(func(c *Config) { c.OIDC.Require = "hd" }), "KITH_OIDC_REQUIRE"},
		"one with an empty value":          {signingIn(func(c *Config) { c.OIDC.Require = "hd=example.com,groups=" }), "KITH_OIDC_REQUIRE"},
		"one without a claim":              {signingIn(func(c *Config) { c.OIDC.Require = "=support" }), "KITH_OIDC_REQUIRE"},
		"one that does not parse":          {signingIn(func(c *Config) { c.OIDC.Require = "groups=%zz" }), "KITH_OIDC_REQUIRE"},
		"no requirement between commas":    {signingIn(func(c *Config) { c.OIDC.Require = " , " }), "KITH_OIDC_REQUIRE"},
		"a requirement without a provider": {valid(func(c *Config) { c.OIDC.Require = "hd=example.com" }), "KITH_OIDC_REQUIRE: needs KITH_OIDC_ISSUER"},
		"an issuer of tokens without keys": {signingIn(func(c *Config) { c.AuthIssuer = "us" }), "KITH_AUTH_ISSUER"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.config.Validate(true)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAServerWithAProviderIsClosed(t *testing.T) {
	t.Parallel()
	c := signingIn(func(*Config) {})
	if c.Development() || c.DemoOn() || c.IntrospectionOn() || c.PlaygroundOn() || c.Limit() != 100 {
		t.Errorf("open: %+v", c)
	}
}

func TestSettingsOfSigningInAreReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	got, err := load(t, map[string]string{
		"KITH_OIDC_ISSUER": "https://id", "KITH_OIDC_CLIENT_ID": "kith", "KITH_OIDC_CLIENT_SECRET": "s", "KITH_OIDC_SCOPES": "openid groups",
		"KITH_OIDC_PARAMS": "a=b&a=c", "KITH_OIDC_ROLE_CLAIM": "realm_access.roles", "KITH_OIDC_LIFETIME": "1h",
	}, "--oidc-workspace", "acme")
	if err != nil {
		t.Fatal(err)
	}
	want := OIDC{
		Issuer: "https://id", ClientID: "kith", ClientSecret: "s", Scopes: "openid groups", Params: "a=b&a=c", WorkspaceClaim: "workspace",
		RoleClaim: "realm_access.roles", Workspace: "acme", Lifetime: time.Hour,
	}
	if d := cmp.Diff(want, got.OIDC); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"openid", "groups"}, got.OIDC.ScopeList()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"b", "c"}, got.OIDC.ParamValues()["a"]); d != "" {
		t.Error(d)
	}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	got := OIDC{Require: "hd=example.com, groups=support ,groups=cn=a%2Cou=b, email_verified=true"}.Requirements()
	want := map[string][]string{"hd": {"example.com"}, "groups": {"support", "cn=a,ou=b"}, "email_verified": {"true"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	jwks := func(c *Config) { c.AuthJWKSURL = "https://id.example.com/keys" }
	all := func(c *Config) { c.OIDC.Workspace, c.OIDC.Role = "acme", "admin" }
	for name, c := range map[string]struct {
		config Config
		want   string // part of the only warning; empty for none
	}{
		"a secret":                      {valid(func(c *Config) { c.AuthSecret = secret }), ""},
		"keys by http on this machine":  {valid(func(c *Config) { c.AuthJWKSURL, c.AuthAudience = "http://localhost/keys", "kith" }), ""},
		"keys by http":                  {valid(func(c *Config) { c.AuthJWKSURL, c.AuthAudience = "http://id/keys", "kith" }), "not https"},
		"keys without issuer, audience": {valid(jwks), "neither KITH_AUTH_ISSUER nor KITH_AUTH_AUDIENCE"},
		"keys without an audience":      {valid(func(c *Config) { jwks(c); c.AuthIssuer = "us" }), "KITH_AUTH_AUDIENCE is not set"},
		"keys with an audience":         {valid(func(c *Config) { jwks(c); c.AuthAudience = "kith" }), ""},
		"everybody of a provider":       {signingIn(all), "with the role admin (KITH_OIDC_WORKSPACE, KITH_OIDC_ROLE): restrict that with KITH_OIDC_REQUIRE"},
		"everybody of a domain":         {signingIn(func(c *Config) { all(c); c.OIDC.Require = "hd=example.com" }), ""},
		"a role by claim":               {signingIn(func(c *Config) { c.OIDC.Workspace = "acme" }), ""},
		"a workspace by claim":          {signingIn(func(c *Config) { c.OIDC.Role = "staff" }), ""},
		"no provider":                   {valid(all), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.config.Warnings()
			if (len(got) == 0) != (c.want == "") || len(got) > 1 || len(got) == 1 && !strings.Contains(got[0], c.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}
