package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"kith/internal/auth"
	"kith/internal/vault"
)

// maxConnections is how many connections to PostgreSQL there may be.
const maxConnections = 10_000

// The bounds of KITH_ANSWER_LIMIT: the smallest leaves room for a page, the largest for the backlog to be counted.
const (
	minAnswerLimit = 64 << 10
	maxAnswerLimit = 1 << 30
)

var execModes = []string{"cache_statement", "cache_describe", "exec"}

// Validate reports every invalid setting in one error, each with the name of its variable. It prints no
// secret. A server must not be reachable from other machines without auth settings; serving says that c is for one.
//
// The argument also keeps kong from calling Validate on its own, even for --help.
func (c Config) Validate(serving bool) error {
	var all complaints
	all.add("ADDR", addrComplaint(c.Addr))
	if c.AdminAddr != "" {
		all.add("ADMIN_ADDR", addrComplaint(c.AdminAddr))
	}
	all.add("DATABASE_URL", c.DatabaseURL.complaint())
	all.add("DATABASE_DIRECT_URL", c.directComplaint())
	all.check(c.PGExecMode == "" || slices.Contains(execModes, c.PGExecMode), "PG_EXEC_MODE",
		"must be one of "+strings.Join(execModes, ", "))
	all.check(c.PGConnections >= 0 && c.PGConnections <= maxConnections, "PG_CONNECTIONS",
		fmt.Sprintf("must be between 1 and %d", maxConnections))
	secretSize := fmt.Sprintf("must have at least %d bytes", auth.MinSecret)
	all.check(c.AuthSecret == "" || len(c.AuthSecret) >= auth.MinSecret, "AUTH_SECRET", secretSize)
	all.check(c.AuthSecondSecret == "" || len(c.AuthSecondSecret) >= auth.MinSecret, "AUTH_SECOND_SECRET", secretSize)
	all.need(c.AuthSecondSecret == "" || c.AuthSecret != "", "AUTH_SECOND_SECRET", "needs KITH_AUTH_SECRET beside it")
	all.check(c.AuthJWKSURL == "" || isHTTP(c.AuthJWKSURL), "AUTH_JWKS_URL", "must be an https:// or http:// URL")
	needsKey := "requires KITH_AUTH_SECRET or KITH_AUTH_JWKS_URL"
	all.need(c.AuthIssuer == "" || c.bearer(), "AUTH_ISSUER", needsKey)
	all.need(c.AuthAudience == "" || c.bearer(), "AUTH_AUDIENCE", needsKey)
	for _, claim := range []struct{ name, value string }{
		{"AUTH_WORKSPACE_CLAIM", c.AuthWorkspaceClaim}, {"AUTH_ROLE_CLAIM", c.AuthRoleClaim},
		{"AUTH_NAME_CLAIM", c.AuthNameClaim}, {"AUTH_CHANNEL_CLAIM", c.AuthChannelClaim},
	} {
		all.check(!strings.ContainsFunc(claim.value, func(r rune) bool {
			return r <= ' ' || r > '~' || r == '"' || r == '\\'
		}), claim.name, "must be the name of a claim, without spaces and quotes")
	}
	all.check(c.AuthLeeway >= 0 && c.AuthLeeway <= 5*time.Minute, "AUTH_LEEWAY", "must be between 0s and 5m")
	all.check(c.TokenLifetime >= time.Minute, "TOKEN_LIFETIME", "must be 1m or more")
	all.complainAboutOIDC(c, serving)
	all.add("SECRET_KEY", keysComplaint(c.SecretKeys()))
	all.check(c.SecretKey == "" || len(c.SecretKeys()) > 0, "SECRET_KEY", "contains no key")
	all.add("PUBLIC_URL", publicComplaint(c.PublicURL))
	all.check(c.DefaultRegion == "" || phonenumbers.GetCountryCodeForRegion(c.DefaultRegion) != 0, "DEFAULT_REGION",
		"must be the two capital letters of a country")
	all.check(c.RefuseUnknown() || strings.EqualFold(c.UnknownWorkspaces, "create"), "UNKNOWN_WORKSPACES", "must be create or refuse")
	all.add("DEMO", c.Demo.complaint())
	all.add("INTROSPECTION", c.Introspection.complaint())
	all.add("PLAYGROUND", c.Playground.complaint())
	all.add("RATE_LIMIT", c.RateLimit.complaint())
	all.add("WIDGET_RATE", c.WidgetRate.complaint())
	all.add("NEW_CONTACTS", c.NewContacts.complaint())
	all.add("CORS_ORIGINS", originsComplaint(c.CORSOrigins))
	all.add("TRUSTED_PROXIES", proxiesComplaint(c.TrustedProxies))
	all.add("WEBHOOK_NETWORKS", networksComplaint(c.WebhookNetworks))
	all.check(c.Concurrency >= 1, "CONCURRENCY", "must be 1 or more")
	all.check(c.ImportLimit >= 1<<20 && c.ImportLimit <= 1<<31, "IMPORT_LIMIT", "must be between 1048576 and 2147483648")
	all.check(c.AnswerLimit >= minAnswerLimit && c.AnswerLimit <= maxAnswerLimit, "ANSWER_LIMIT",
		"must be a number of bytes between 65536 and 1073741824")
	all.check(c.Connections >= 1, "CONNECTIONS", "must be 1 or more")
	all.check(c.Subscriptions >= 1, "SUBSCRIPTIONS", "must be 1 or more")
	all.check(c.EventRetention >= time.Minute, "EVENT_RETENTION", "must be 1m or more")
	all.check(c.MessageRetention >= 7*day, "MESSAGE_RETENTION", "must be 7d or more, because providers retry that long")
	all.check(c.FailureRetention >= day, "FAILURE_RETENTION", "must be 1d or more")
	all.check(c.HistoryRetention.atLeast(max(day, c.EventRetention)), "HISTORY_RETENTION",
		"must be 1d or more, not shorter than KITH_EVENT_RETENTION, or forever")
	all.check(c.AuditRetention.atLeast(30*day), "AUDIT_RETENTION", "must be 30d or more, or forever")
	all.check(c.UndoMerge >= 0 && c.UndoMerge <= 3650*day, "UNDO_MERGE", "must be between 0s and 3650d")
	all.check(c.ShutdownDelay >= 0 && c.ShutdownDelay <= time.Hour, "SHUTDOWN_DELAY", "must be between 0s and 1h")
	all.check(c.ShutdownTimeout >= 0 && c.ShutdownTimeout <= time.Hour, "SHUTDOWN_TIMEOUT", "must be between 0s and 1h")
	all.check(c.JSONLog() || strings.EqualFold(c.LogFormat, "text"), "LOG_FORMAT", "must be text or json")
	var level slog.Level
	all.check(level.UnmarshalText([]byte(c.LogLevel)) == nil, "LOG_LEVEL", "must be debug, info, warn or error")
	all.add("LOG_ADDRESSES", c.LogAddresses.complaint())
	all.need(!serving || addrComplaint(c.Addr) != "" || !c.Development() || c.onlyLocal(), "ADDR",
		c.Addr+" can be reached from other machines, where everyone would be an admin: "+
			"set KITH_AUTH_SECRET, KITH_AUTH_JWKS_URL or KITH_OIDC_ISSUER, or listen on 127.0.0.1")
	return errors.Join(all...)
}

type complaints []error

// add adds a complaint about the value of a setting, with an example.
func (all *complaints) add(name, complaint string) {
	if complaint != "" {
		*all = append(*all, fmt.Errorf("%s%s: %s; for example %s", prefix, name, complaint, example(name)))
	}
}

// need adds a complaint about what is missing beside a setting.
func (all *complaints) need(ok bool, name, complaint string) {
	if !ok {
		*all = append(*all, fmt.Errorf("%s%s: %s", prefix, name, complaint))
	}
}

func (all *complaints) check(ok bool, name, complaint string) {
	if !ok {
		all.add(name, complaint)
	}
}

func keysComplaint(keys []string) string {
	for i, key := range keys {
		if len(key) < vault.MinKey {
			return fmt.Sprintf("each key must have at least %d bytes, and number %d is shorter",
				vault.MinKey, i+1)
		}
	}
	return ""
}

func publicComplaint(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "must be an https:// or http:// URL"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(s, "#"):
		return "must be a URL without a name, a password, a query or a fragment"
	}
	return baseComplaint(u)
}

func isHTTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (s Switch) complaint() string {
	if _, ok := s.parse(); s == "" || ok {
		return ""
	}
	return "must be on or off"
}

func (r Rate) complaint() string {
	if _, ok := r.parse(); r == "" || ok {
		return ""
	}
	return "must be a number per second, minute or hour, or off"
}
