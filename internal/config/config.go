// Package config holds Kith's settings: their names, their defaults, and which values are valid
// together.
//
// Each setting is a flag and an environment variable of the same name, and the flag wins. A secret can also be in a file that a
// variable names. The package reads nothing else: no other files, and no environment but the one handed in. It creates nothing.
package config

import (
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"kith/internal/auth"
)

// Config is every setting. The tags are the one place that names, explains and defaults them; [Source] reads them. A setting without
// a useful default has an example, which complaints about it show.
type Config struct {
	Addr              string   `setting:"" default:"127.0.0.1:8080" placeholder:"HOST:PORT|unix:PATH" help:"Where to listen: a TCP address, or the path of a Unix socket, as unix:/run/kith/kith.sock. Without auth settings, only addresses of this machine are allowed."`
	AdminAddr         string   `setting:"" example:"127.0.0.1:9090" placeholder:"HOST:PORT|unix:PATH" help:"A separate address for /metrics, /livez, /readyz and profiles (/debug/pprof/); do not expose it to the internet. Default: none: /livez and /readyz on the main address, /metrics there with an admin's credential, and no profiles."`
	DatabaseURL       Database `setting:"" example:"sqlite:/var/lib/kith/kith.db" name:"database-url" placeholder:"URL" help:"sqlite:PATH or postgres://… Default: kith.db in the user's data directory."`
	DatabaseDirectURL Database `setting:"" example:"postgres://kith@db:5432/kith" name:"database-direct-url" placeholder:"URL" help:"The same database without the pooler, for what does not work through one: listening for events, migrations, long maintenance. Default: KITH_DATABASE_URL."`
	PGExecMode        string   `setting:"" example:"exec" name:"pg-exec-mode" placeholder:"cache_statement|cache_describe|exec" help:"How statements are sent to PostgreSQL: cache_statement, cache_describe or exec; use exec for PgBouncer in transaction mode. Default: default_query_exec_mode in the URL, else cache_statement."`
	PGConnections     int      `setting:"" example:"20" name:"pg-connections" placeholder:"N" help:"How many PostgreSQL connections this process may open, not counting the one that listens for events. Default: pool_max_conns in the URL, else 4 per processor, at least 16."`

	AuthSecret       Secret `setting:"" example:"$(openssl rand -base64 32)" placeholder:"SECRET" help:"Verifies HS256 tokens; 32 bytes or more. Prefer the environment variable: flags are visible in the process list."`
	AuthSecondSecret Secret `setting:"" example:"$(openssl rand -base64 32)" placeholder:"SECRET" help:"A second secret that verifies HS256 tokens, while one replaces the other; kith token signs with KITH_AUTH_SECRET."`
	AuthJWKSURL      string `setting:"" example:"https://id.example.com/keys" name:"auth-jwks-url" placeholder:"URL" help:"The key set that verifies RS256, ES256 and EdDSA tokens."`
	AuthIssuer       string `setting:"" example:"https://id.example.com" placeholder:"ISS" help:"The iss that tokens must have."`
	AuthAudience     string `setting:"" example:"kith" placeholder:"AUD" help:"The aud that tokens must have."`

	AuthWorkspaceClaim string        `setting:"" default:"workspace" placeholder:"CLAIM" help:"The claim of tokens that names the workspace; dots reach into objects."`
	AuthRoleClaim      string        `setting:"" default:"role" placeholder:"CLAIM" help:"The claim of tokens that contains reader, staff, admin or channel, as a string or in a list, where the one that may do the most counts; dots reach into objects."`
	AuthNameClaim      string        `setting:"" default:"name" placeholder:"CLAIM" help:"The claim of tokens that has the person's name; dots reach into objects."`
	AuthChannelClaim   string        `setting:"" default:"channel" placeholder:"CLAIM" help:"The claim of tokens that restricts the role channel to one channel; dots reach into objects."`
	AuthLeeway         time.Duration `setting:"" default:"60s" help:"How long tokens are good after their exp and before their nbf, because clocks differ; at most 5m."`

	TokenLifetime time.Duration `setting:"" default:"90d" help:"How far ahead the exp of a token may be; also the maximum for kith token --ttl."`

	OIDC OIDC `embed:"" prefix:"oidc-"`

	SecretKey Secret `setting:"" example:"$(openssl rand -base64 32)" placeholder:"KEY[,KEY…]" help:"Encrypts channels' secrets and staff cookies; 32 bytes or more. Of several keys, separated by commas, the first encrypts and all decrypt; kith rekey encrypts everything with the first."`
	PublicURL string `setting:"" example:"https://kith.example.com" name:"public-url" placeholder:"URL" help:"Where providers and browsers reach Kith. Its origin counts as Kith's own; it may have a path, such as https://example.com/kith. Default: the address that Kith listens on."`

	DefaultRegion string `setting:"" example:"DE" placeholder:"REGION" help:"The country, such as DE, of phone numbers without a country code. Without it, staff are asked for the code."`

	UnknownWorkspaces string `setting:"" default:"create" placeholder:"create|refuse" help:"What becomes of a token or a sign-in that names a workspace that does not exist: create makes it, refuse answers 401. kith workspace set, kith key create, kith token and kith demo create it in any case."`

	Demo          Switch `setting:"" example:"off" placeholder:"on|off" help:"Fill the workspace demo when it is empty. Default: on only without auth settings."`
	Introspection Switch `setting:"" example:"off" placeholder:"on|off" help:"Allow introspection of the schema. Default: on only without auth settings."`
	Playground    Switch `setting:"" example:"on" placeholder:"on|off" help:"Serve /playground. Default: on only without auth settings."`

	CORSOrigins      string `setting:"" example:"https://app.example.com" name:"cors-origins" placeholder:"ORIGIN[,ORIGIN…]" help:"Other origins whose pages may use /graphql from a browser, such as https://app.example.com; with tokens, never with cookies. Default: only Kith's own pages."`
	TrustedProxies   string `setting:"" example:"10.0.0.0/8" placeholder:"NET[,NET…]" help:"Proxies, such as 10.0.0.0/8, whose X-Forwarded-For and X-Forwarded-Proto are trusted; unix: is whatever connects to the Unix socket. Default: none."`
	WebhookNetworks  string `setting:"" example:"10.20.0.0/16" placeholder:"NET[,NET…]" help:"Networks, such as 10.20.0.0/16, that outgoing webhooks may be sent to besides the internet, also by http://. Default: none: private, loopback and link-local addresses are refused."`
	TrustedDocuments string `setting:"" example:"persisted-documents.json" placeholder:"FILE" help:"A manifest from GraphQL Code Generator, Relay or Apollo: Kith serves only its documents and those of the staff pages. Default: any document."`

	RateLimit        Rate          `setting:"" example:"100/s" placeholder:"N/s" help:"How many requests each subject may make, as 100/s or 600/m, or off. Bursts may have ten seconds' worth; each full 1,000 of an operation's cost counts as one more request; a channel credential may make ten times as many, one address twenty times. Default: off without auth settings, else 100/s."`
	WidgetRate       Rate          `setting:"" default:"60/m" placeholder:"N/m" help:"How many visitors' messages the chat widgets accept from one address, or off. Signed-in users are not counted."`
	NewContacts      Rate          `setting:"" default:"600/m" placeholder:"N/m" help:"How many new contacts each chat widget may create, or off. Signed-in users are not counted."`
	Concurrency      int           `setting:"" default:"128" placeholder:"N" help:"How many queries and mutations may run at a time. Four times as many may wait for two seconds."`
	AnswerLimit      int           `setting:"" default:"8388608" placeholder:"BYTES" help:"The largest answer in bytes; a larger one is replaced by QUERY_TOO_COMPLEX. Unread answers may take eight times as much; beyond that, slow readers are disconnected."`
	ImportLimit      int           `setting:"" default:"268435456" placeholder:"BYTES" help:"The largest file in bytes that can be uploaded to import contacts."`
	Connections      int           `setting:"" default:"10000" placeholder:"N" help:"How many WebSockets and event streams may be open at a time, half of them from one address."`
	Subscriptions    int           `setting:"" default:"200" placeholder:"N" help:"How many subscriptions each subject may have at a time, across all its WebSockets and event streams."`
	EventRetention   time.Duration `setting:"" default:"24h" help:"How long after its last event a subscriber can still continue from there; at least 1m."`
	MessageRetention time.Duration `setting:"" default:"90d" help:"How long a repeated message is recognized and counted once; at least 7d."`
	FailureRetention time.Duration `setting:"" default:"90d" help:"How long messages that could not be recorded are kept; at least 1d."`
	HistoryRetention Retention     `setting:"" default:"forever" example:"730d" placeholder:"DURATION|forever" help:"How long the history of contacts is kept, with old and new values; at least 1d, and not shorter than KITH_EVENT_RETENTION."`
	AuditRetention   Retention     `setting:"" default:"forever" example:"730d" placeholder:"DURATION|forever" help:"How long the audit log is kept; at least 30d."`
	UndoMerge        time.Duration `setting:"" default:"30d" help:"How long merging contacts can be undone; 0s for never. Until then Kith keeps the contacts as they were."`
	ShutdownDelay    time.Duration `setting:"" default:"0s" help:"How long to keep serving, but not ready, after the signal to stop, so that load balancers notice."`
	ShutdownTimeout  time.Duration `setting:"" default:"8s" help:"How long running requests may take to finish after that."`
	LogFormat        string        `setting:"" default:"text" placeholder:"text|json" help:"The format of the log."`
	LogLevel         string        `setting:"" default:"info" placeholder:"debug|info|warn|error" help:"The lowest level that is logged: debug, info, warn or error."`
	LogAddresses     Switch        `setting:"" example:"on" placeholder:"on|off" help:"Log the address of the client of each request, which is personal data. Default: off."`
}

// Development reports whether there is no auth setting, so that everyone who can reach Kith is an admin of workspace demo.
func (c Config) Development() bool { return !c.bearer() && !c.OIDCOn() }

// bearer reports whether bearer tokens can be verified.
func (c Config) bearer() bool { return c.AuthSecret != "" || c.AuthJWKSURL != "" }

// AuthClaims are the names of the claims of tokens.
func (c Config) AuthClaims() auth.ClaimNames {
	return auth.ClaimNames{
		Workspace: c.AuthWorkspaceClaim, Role: c.AuthRoleClaim, Name: c.AuthNameClaim, Channel: c.AuthChannelClaim,
	}
}

// SecretKeys are the keys of channels' secrets and of cookies, with the one that encrypts first; empty without the setting.
func (c Config) SecretKeys() []string {
	var keys []string
	for key := range strings.FieldsFuncSeq(string(c.SecretKey), func(r rune) bool { return r == ',' || r == '\n' }) { // a file has lines
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// DemoOn reports whether to fill the workspace demo when it is empty.
func (c Config) DemoOn() bool { return c.Demo.or(c.Development()) }

// IntrospectionOn reports whether to allow introspection of the schema.
func (c Config) IntrospectionOn() bool { return c.Introspection.or(c.Development()) }

// PlaygroundOn reports whether to serve the playground.
func (c Config) PlaygroundOn() bool { return c.Playground.or(c.Development()) }

// LogAddressesOn reports whether to log the addresses of clients.
func (c Config) LogAddressesOn() bool { return c.LogAddresses.or(false) }

// RefuseUnknown reports whether a credential for a workspace that does not exist is refused.
func (c Config) RefuseUnknown() bool { return strings.EqualFold(c.UnknownWorkspaces, "refuse") }

// JSONLog reports whether the log is written as JSON.
func (c Config) JSONLog() bool { return strings.EqualFold(c.LogFormat, "json") }

// AuthSecrets are the secrets of HS256 tokens, with the one that signs first; empty without any.
func (c Config) AuthSecrets() []string {
	var all []string
	for _, secret := range []Secret{c.AuthSecret, c.AuthSecondSecret} {
		if secret != "" {
			all = append(all, string(secret))
		}
	}
	return all
}

// Limit is how many requests a second each subject may make; 0 means any number.
func (c Config) Limit() float64 {
	switch {
	case c.RateLimit != "":
		perSecond, _ := c.RateLimit.parse()
		return perSecond
	case c.Development():
		return 0
	default:
		return 100
	}
}

// Level is the lowest level that is logged.
func (c Config) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // Validate has checked it
	return l
}

// Secret is text that is never printed. Convert it to a string to use it.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString keeps the secret out of %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText keeps the secret out of JSON and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Switch is a setting that is on, off, or left to Kith.
type Switch string

func (s Switch) or(otherwise bool) bool {
	if on, ok := s.parse(); ok {
		return on
	}
	return otherwise
}

// parse reads a switch in the spellings that people are used to.
func (s Switch) parse() (on, ok bool) {
	switch strings.ToLower(string(s)) {
	case "on", "true", "yes", "1":
		return true, true
	case "off", "false", "no", "0":
		return false, true
	}
	return false, false
}

// Rate is a number of requests in a second, a minute or an hour, or off.
type Rate string

func (r Rate) parse() (perSecond float64, ok bool) {
	n, per, ok := r.window()
	if n == 0 {
		return 0, ok
	}
	return float64(n) / per.Seconds(), ok
}

// Window is how many requests are allowed in which time; zero without a limit.
func (r Rate) Window() (n int, per time.Duration) {
	n, per, _ = r.window()
	return n, per
}

func (r Rate) window() (n int, per time.Duration, ok bool) {
	if strings.EqualFold(string(r), "off") {
		return 0, 0, true
	}
	count, unit, _ := strings.Cut(string(r), "/")
	parsed, err := strconv.ParseUint(count, 10, 31)
	per, known := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	if err != nil || parsed == 0 || !known {
		return 0, 0, false
	}
	return int(parsed), per, true
}

// Loopback reports whether host, a name or an address without a port, is certain to be this machine alone.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
