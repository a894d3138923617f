package config

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettingsOfTheNetwork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		want   string // part of the complaint; empty for none
	}{
		"origins":                      {valid(func(c *Config) { c.CORSOrigins = "https://app.example.com, http://localhost:3000" }), ""},
		"an origin with a slash":       {valid(func(c *Config) { c.CORSOrigins = "https://app.example.com/" }), "KITH_CORS_ORIGINS"},
		"any origin":                   {valid(func(c *Config) { c.CORSOrigins = "*" }), "KITH_CORS_ORIGINS"},
		"any origin of a domain":       {valid(func(c *Config) { c.CORSOrigins = "https://*.example.com" }), "KITH_CORS_ORIGINS"},
		"an origin without a scheme":   {valid(func(c *Config) { c.CORSOrigins = "app.example.com" }), "KITH_CORS_ORIGINS"},
		"no origin":                    {valid(func(c *Config) { c.CORSOrigins = "null" }), "KITH_CORS_ORIGINS"},
		"proxies":                      {valid(func(c *Config) { c.TrustedProxies = "10.0.0.0/8, 192.0.2.7,2001:db8::/32" }), ""},
		"a proxy by name":              {valid(func(c *Config) { c.TrustedProxies = "proxy" }), "KITH_TRUSTED_PROXIES"},
		"a proxy with a port":          {valid(func(c *Config) { c.TrustedProxies = "10.0.0.1:80" }), "KITH_TRUSTED_PROXIES"},
		"an answer without room":       {valid(func(c *Config) { c.AnswerLimit = 65535 }), "KITH_ANSWER_LIMIT"},
		"an endless answer":            {valid(func(c *Config) { c.AnswerLimit = 1<<30 + 1 }), "KITH_ANSWER_LIMIT"},
		"nothing may run":              {valid(func(c *Config) { c.Concurrency = 0 }), "KITH_CONCURRENCY"},
		"nobody may listen":            {valid(func(c *Config) { c.Connections = 0 }), "KITH_CONNECTIONS"},
		"documents are looked at late": {valid(func(c *Config) { c.TrustedDocuments = "no/such/file.json" }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.config.Validate(true)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	c := Config{CORSOrigins: " https://App.example.com,,http://localhost:3000 ", TrustedProxies: "10.1.2.3/8, ::ffff:192.0.2.7"}
	if d := cmp.Diff([]string{"https://app.example.com", "http://localhost:3000"}, c.Origins()); d != "" {
		t.Error(d)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")}
	if got := c.Proxies(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %s", got)
	}
}

func TestThePublicURLIsAnOriginAndABasePath(t *testing.T) {
	t.Parallel()
	for public, want := range map[string][2]string{
		"":                               {"", ""},
		"https://kith.example.com":       {"https://kith.example.com", ""},
		"https://Kith.Example.com:443/":  {"https://kith.example.com", ""},
		"http://localhost:80":            {"http://localhost", ""},
		"https://example.com:8443/kith/": {"https://example.com:8443", "/kith"},
		"https://example.com/apps/Kith":  {"https://example.com", "/apps/Kith"},
		"https://bücher.example/kith":    {"https://xn--bcher-kva.example", "/kith"},
		"http://[::1]:8080/kith":         {"http://[::1]:8080", "/kith"},
	} {
		c := Config{PublicURL: public}
		if got := [2]string{c.PublicOrigin(), c.BasePath()}; got != want {
			t.Errorf("%s: %q, want %q", public, got, want)
		}
	}
}
