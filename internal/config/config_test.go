package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

const secret = "a secret of at least thirty-two bytes"

var defaultOIDC = OIDC{WorkspaceClaim: "workspace", RoleClaim: "role", Lifetime: 12 * time.Hour}

func load(t *testing.T, env map[string]string, args ...string) (Config, error) {
	t.Helper()
	var grammar struct {
		Settings Config `embed:""`
	}
	if _, ok := env["HOME"]; !ok && env != nil {
		env["HOME"] = "/home/ann"
	}
	source := NewSource(func(name string) string { return env[name] })
	p, err := kong.New(&grammar, source.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Parse(args)
	return grammar.Settings, errors.Join(err, source.Err())
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := load(t, map[string]string{"KITH_ADDR": ""})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Addr: "127.0.0.1:8080", DatabaseURL: "sqlite:/home/ann/.local/share/kith/kith.db",
		AuthWorkspaceClaim: "workspace", AuthRoleClaim: "role", AuthNameClaim: "name", AuthChannelClaim: "channel", AuthLeeway: time.Minute, TokenLifetime: 90 * day, WidgetRate: "60/m", NewContacts: "600/m", Concurrency: 128, AnswerLimit: 8 << 20, ImportLimit: 256 << 20, Connections: 10_000, Subscriptions: 200, EventRetention: 24 * time.Hour, MessageRetention: 90 * day, FailureRetention: 90 * day, UndoMerge: 30 * day, ShutdownTimeout: 8 * time.Second, LogFormat: "text", LogLevel: "info", UnknownWorkspaces: "create", OIDC: defaultOIDC,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := got.Validate(true); err != nil {
		t.Error(err)
	}
	if !got.Development() || !got.DemoOn() || !got.IntrospectionOn() || !got.PlaygroundOn() || got.Limit() != 0 {
		t.Errorf("a server without auth settings is not open: %+v", got)
	}
	got.AuthSecret = secret
	if got.Development() || got.DemoOn() || got.IntrospectionOn() || got.PlaygroundOn() || got.Limit() != 100 {
		t.Errorf("a server with auth settings is not closed: %+v", got)
	}
}

func TestAFlagWinsOverTheEnvironment(t *testing.T) {
	t.Parallel()
	got, err := load(t, map[string]string{
		"KITH_ADDR": "127.0.0.1:1", "KITH_DATABASE_URL": "sqlite:a.db", "KITH_PLAYGROUND": "off", "KITH_AUTH_JWKS_URL": "http://x/",
		"KITH_SHUTDOWN_TIMEOUT": "3s", "KITH_EVENT_RETENTION": "168h", "KITH_PG_EXEC_MODE": "exec",
	}, "--addr=127.0.0.1:2", "--introspection", "on")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Addr: "127.0.0.1:2", DatabaseURL: "sqlite:a.db", PGExecMode: "exec", AuthJWKSURL: "http://x/", Playground: "off",
		Introspection: "on", AuthWorkspaceClaim: "workspace", AuthRoleClaim: "role", AuthNameClaim: "name", AuthChannelClaim: "channel", AuthLeeway: time.Minute, TokenLifetime: 90 * day, WidgetRate: "60/m", NewContacts: "600/m", Concurrency: 128, AnswerLimit: 8 << 20, ImportLimit: 256 << 20, Connections: 10_000, Subscriptions: 200, EventRetention: 168 * time.Hour, MessageRetention: 90 * day, FailureRetention: 90 * day, UndoMerge: 30 * day, ShutdownTimeout: 3 * time.Second, LogFormat: "text", LogLevel: "info", UnknownWorkspaces: "create",
		OIDC: defaultOIDC,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTheDefaultDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want Database
	}{
		"follows XDG_DATA_HOME":         {map[string]string{"XDG_DATA_HOME": "/data"}, "sqlite:/data/kith/kith.db"},
		"ignores a relative one":        {map[string]string{"XDG_DATA_HOME": "data"}, "sqlite:/home/ann/.local/share/kith/kith.db"},
		"is missed without a directory": {map[string]string{"HOME": ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := load(t, c.env)
			if err != nil || got.DatabaseURL != c.want {
				t.Errorf("got %q, %v", got.DatabaseURL, err)
			}
			if err := got.Validate(false); (err != nil) != (c.want == "") {
				t.Errorf("Validate: %v", err)
			}
		})
	}
}

func TestHelpNamesEverySettingWithItsVariable(t *testing.T) {
	t.Parallel()
	var grammar struct {
		Settings Config `embed:""`
	}
	var out bytes.Buffer
	options := append(NewSource(func(string) string { return "" }).Options(), kong.Writers(&out, &out), kong.Exit(func(int) {}))
	p, err := kong.New(&grammar, options...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"--help"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"ADDR", "DATABASE_URL", "PG_EXEC_MODE", "AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE", "TOKEN_LIFETIME", "SECRET_KEY",
		"PUBLIC_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_SCOPES", "OIDC_PARAMS", "OIDC_WORKSPACE_CLAIM",
		"OIDC_ROLE_CLAIM", "OIDC_WORKSPACE", "OIDC_ROLE", "OIDC_REQUIRE", "OIDC_LIFETIME", "DEFAULT_REGION", "DEMO", "INTROSPECTION", "PLAYGROUND", "RATE_LIMIT", "WIDGET_RATE", "NEW_CONTACTS", "CONCURRENCY", "ANSWER_LIMIT", "CONNECTIONS", "SUBSCRIPTIONS", "EVENT_RETENTION", "MESSAGE_RETENTION", "FAILURE_RETENTION", "UNDO_MERGE", "SHUTDOWN_DELAY", "SHUTDOWN_TIMEOUT", "LOG_FORMAT", "LOG_LEVEL",
	} {
		if !strings.Contains(out.String(), "[KITH_"+name+"]") {
			t.Fatalf("the help lacks KITH_%s:\n%s", name, out.String())
		}
	}
}

func valid(change func(*Config)) Config {
	c := Config{
		Addr: "127.0.0.1:8080", DatabaseURL: "sqlite:kith.db", PGExecMode: "exec", TokenLifetime: time.Minute, Concurrency: 1, AnswerLimit: 64 << 10, ImportLimit: 1 << 20, Connections: 1, Subscriptions: 1, EventRetention: time.Minute, MessageRetention: 7 * day, FailureRetention: day, ShutdownTimeout: time.Second,
		LogFormat: "json", LogLevel: "debug", UnknownWorkspaces: "refuse",
	}
	change(&c)
	return c
}

func TestValidateJoinsEveryComplaint(t *testing.T) {
	t.Parallel()
	c := Config{
		Addr: "8080", DatabaseURL: "mysql://ann:hunter2@db", PGExecMode: "fast", AuthSecret: "hunter2", AuthJWKSURL: "ftp://x",
		SecretKey: "hunter2", PublicURL: "kith.example.com", DefaultRegion: "Germany", Demo: "maybe", Introspection: "2", Playground: "o", RateLimit: "fast", WidgetRate: "1/d", NewContacts: "-1/m",
		TokenLifetime: time.Second, AuthLeeway: time.Hour, AuthRoleClaim: `a"b`, EventRetention: time.Second, MessageRetention: day, FailureRetention: time.Hour, HistoryRetention: 1, AuditRetention: Retention(day), LogAddresses: "some", AuthSecondSecret: "hunter2", AdminAddr: "9090", UndoMerge: -1, ShutdownDelay: 2 * time.Hour, ShutdownTimeout: -1, LogFormat: "xml", LogLevel: "loud", UnknownWorkspaces: "ignore",
	}
	err := c.Validate(true)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{
		"ADDR", "DATABASE_URL", "PG_EXEC_MODE", "AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ROLE_CLAIM", "AUTH_LEEWAY", "TOKEN_LIFETIME", "SECRET_KEY", "PUBLIC_URL", "DEFAULT_REGION", "DEMO",
		"INTROSPECTION", "PLAYGROUND", "RATE_LIMIT", "WIDGET_RATE", "NEW_CONTACTS", "CONCURRENCY", "ANSWER_LIMIT", "CONNECTIONS", "SUBSCRIPTIONS", "EVENT_RETENTION", "MESSAGE_RETENTION", "FAILURE_RETENTION", "UNDO_MERGE", "SHUTDOWN_DELAY", "SHUTDOWN_TIMEOUT", "LOG_FORMAT", "LOG_LEVEL", "LOG_ADDRESSES", "HISTORY_RETENTION", "AUDIT_RETENTION", "AUTH_SECOND_SECRET", "ADMIN_ADDR",
	} {
		if !strings.Contains(err.Error(), "KITH_"+name+": ") {
			t.Errorf("no complaint about KITH_%s", name)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret shows: %v", err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		want   string // part of the complaint; empty for none
	}{
		"a plain setup":                     {valid(func(*Config) {}), ""},
		"PostgreSQL":                        {valid(func(c *Config) { c.DatabaseURL = "postgres://kith:p%40ss@db/kith" }), ""},
		"a password that breaks the URL":    {valid(func(c *Config) { c.DatabaseURL = "postgres://kith:p%ss@db/kith" }), "KITH_DATABASE_URL"},
		"a database in memory":              {valid(func(c *Config) { c.DatabaseURL = "sqlite::memory:" }), "KITH_DATABASE_URL"},
		"a file with SQLite parameters":     {valid(func(c *Config) { c.DatabaseURL = "sqlite:a.db?mode=ro" }), "KITH_DATABASE_URL"},
		"a host where the path belongs":     {valid(func(c *Config) { c.DatabaseURL = "sqlite://kith.db" }), "KITH_DATABASE_URL"},
		"a path with three slashes":         {valid(func(c *Config) { c.DatabaseURL = "sqlite:///kith.db" }), ""},
		"a secret of 31 bytes":              {valid(func(c *Config) { c.AuthSecret = Secret(secret[:31]) }), "KITH_AUTH_SECRET"},
		"a secret of 32 bytes":              {valid(func(c *Config) { c.AuthSecret = Secret(secret[:32]) }), ""},
		"an issuer without keys":            {valid(func(c *Config) { c.AuthIssuer = "us" }), "KITH_AUTH_ISSUER"},
		"an audience without keys":          {valid(func(c *Config) { c.AuthAudience = "us" }), "KITH_AUTH_AUDIENCE"},
		"a key of 31 bytes":                 {valid(func(c *Config) { c.SecretKey = Secret(secret[:31]) }), "KITH_SECRET_KEY"},
		"a short key behind a good one":     {valid(func(c *Config) { c.SecretKey = Secret(secret + ",short") }), "number 2"},
		"two keys, with space between":      {valid(func(c *Config) { c.SecretKey = Secret(secret + ", x" + secret) }), ""},
		"a comma for a key":                 {valid(func(c *Config) { c.SecretKey = "," }), "KITH_SECRET_KEY"},
		"a public URL":                      {valid(func(c *Config) { c.PublicURL = "https://kith.example.com/" }), ""},
		"a public URL with a path":          {valid(func(c *Config) { c.PublicURL = "http://localhost:8080/kith" }), ""},
		"a public URL with a longer path":   {valid(func(c *Config) { c.PublicURL = "https://x/apps/kith-2.0/" }), ""},
		"a public URL with a space":         {valid(func(c *Config) { c.PublicURL = "https://x/a%20b" }), "KITH_PUBLIC_URL: the path"},
		"a public URL with an empty part":   {valid(func(c *Config) { c.PublicURL = "https://x/a//b" }), "KITH_PUBLIC_URL: the path"},
		"a public URL with a dotted part":   {valid(func(c *Config) { c.PublicURL = "https://x/a/../b" }), "KITH_PUBLIC_URL: the path"},
		"a public URL with a path of Kith":  {valid(func(c *Config) { c.PublicURL = "https://x/staff/kith" }), "must not begin with /staff"},
		"a public URL without a scheme":     {valid(func(c *Config) { c.PublicURL = "kith.example.com" }), "KITH_PUBLIC_URL"},
		"a public URL of a port alone":      {valid(func(c *Config) { c.PublicURL = "https://:8080" }), "KITH_PUBLIC_URL"},
		"a public URL with a query":         {valid(func(c *Config) { c.PublicURL = "https://x/?a=b" }), "KITH_PUBLIC_URL"},
		"a public URL with an empty query":  {valid(func(c *Config) { c.PublicURL = "https://x/?" }), "KITH_PUBLIC_URL"},
		"a public URL with a fragment":      {valid(func(c *Config) { c.PublicURL = "https://x/#a" }), "KITH_PUBLIC_URL"},
		"a public URL with a password":      {valid(func(c *Config) { c.PublicURL = "https://a:b@x/" }), "KITH_PUBLIC_URL"},
		"a region":                          {valid(func(c *Config) { c.DefaultRegion = "DE" }), ""},
		"a region in small letters":         {valid(func(c *Config) { c.DefaultRegion = "de" }), "KITH_DEFAULT_REGION"},
		"a port that is no number":          {valid(func(c *Config) { c.Addr = "127.0.0.1:http" }), "KITH_ADDR"},
		"a rate of zero":                    {valid(func(c *Config) { c.RateLimit = "0/s" }), "KITH_RATE_LIMIT"},
		"a rate without a unit":             {valid(func(c *Config) { c.RateLimit = "5" }), "KITH_RATE_LIMIT"},
		"no rate limit":                     {valid(func(c *Config) { c.RateLimit = "off" }), ""},
		"no limits of the widget":           {valid(func(c *Config) { c.WidgetRate, c.NewContacts = "off", "off" }), ""},
		"too many new contacts":             {valid(func(c *Config) { c.NewContacts = "3000000000/m" }), "KITH_NEW_CONTACTS"},
		"all addresses, with a secret":      {valid(func(c *Config) { c.Addr = ":8080"; c.AuthSecret = secret }), ""},
		"all addresses, with a JWKS":        {valid(func(c *Config) { c.Addr = "0.0.0.0:80"; c.AuthJWKSURL = "https://x/k" }), ""},
		"localhost":                         {valid(func(c *Config) { c.Addr = "localhost:0" }), ""},
		"IPv6 loopback":                     {valid(func(c *Config) { c.Addr = "[::1]:8080" }), ""},
		"another address of the loopback":   {valid(func(c *Config) { c.Addr = "127.8.9.1:8080" }), ""},
		"all addresses, unprotected":        {valid(func(c *Config) { c.Addr = ":8080" }), "other machines"},
		"all of IPv4, unprotected":          {valid(func(c *Config) { c.Addr = "0.0.0.0:8080" }), "other machines"},
		"all of IPv6, unprotected":          {valid(func(c *Config) { c.Addr = "[::]:8080" }), "other machines"},
		"a LAN address, unprotected":        {valid(func(c *Config) { c.Addr = "192.168.1.7:8080" }), "other machines"},
		"a socket, unprotected":             {valid(func(c *Config) { c.Addr = "unix:/run/kith/kith.sock" }), ""},
		"a socket without a folder":         {valid(func(c *Config) { c.Addr = "unix:kith.sock" }), "must be absolute"},
		"a socket without a file":           {valid(func(c *Config) { c.Addr = "unix:@kith" }), "must be absolute"},
		"a socket with a long path":         {valid(func(c *Config) { c.Addr = "unix:/" + strings.Repeat("a", 103) }), "103 bytes"},
		"metrics on a socket":               {valid(func(c *Config) { c.AdminAddr = "unix:/run/kith/admin.sock" }), ""},
		"a second secret alone":             {valid(func(c *Config) { c.AuthSecondSecret = secret }), "needs KITH_AUTH_SECRET"},
		"two secrets":                       {valid(func(c *Config) { c.AuthSecret, c.AuthSecondSecret = secret, secret }), ""},
		"a history shorter than the events": {valid(func(c *Config) { c.HistoryRetention, c.EventRetention = Retention(day), 2*day }), "KITH_EVENT_RETENTION"},
		"everything kept for a month":       {valid(func(c *Config) { c.HistoryRetention, c.AuditRetention = Retention(30*day), Retention(30*day) }), ""},
		"an audit of a week":                {valid(func(c *Config) { c.AuditRetention = Retention(7 * day) }), "KITH_AUDIT_RETENTION"},
		"a switch in capitals":              {valid(func(c *Config) { c.Playground = "TRUE" }), ""},
		"a host name, unprotected":          {valid(func(c *Config) { c.Addr = "kith.internal:8080" }), "other machines"},
		"a mapped LAN address, unprotected": {valid(func(c *Config) { c.Addr = "[::ffff:10.0.0.1]:8080" }), "other machines"},
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

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	c := valid(func(c *Config) {
		c.AuthSecret = "hunter2hunter2"
		c.SecretKey = "hunter2,hunter2"
		c.OIDC.ClientSecret = "hunter2"
		c.DatabaseURL = "postgres://kith:hunter2@db:5432/kith?sslmode=disable&sslpassword=hunter2"
	})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c, "secret", c.AuthSecret, "database", c.DatabaseURL)
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%q", c.AuthSecret), log.String(), string(body),
	} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, "***") {
			t.Errorf("shown: %s", s)
		}
	}
	if got := c.DatabaseURL.String(); got != "postgres://kith:***@db:5432/kith?sslmode=disable&sslpassword=%2A%2A%2A" {
		t.Error(got)
	}
}

func TestSecretKeysAreSplitAtCommas(t *testing.T) {
	t.Parallel()
	for text, want := range map[Secret][]string{"": nil, "one": {"one"}, " one , two,": {"one", "two"}, "one\ntwo\n": {"one", "two"}} {
		if diff := cmp.Diff(want, Config{SecretKey: text}.SecretKeys()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for rate, want := range map[Rate]float64{"50/s": 50, "600/m": 10, "36/h": 0.01, "off": 0} {
		if got := (Config{AuthSecret: Secret(secret), RateLimit: rate}).Limit(); got != want {
			t.Errorf("%s is %v a second, want %v", rate, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	for rate, want := range map[Rate]struct {
		n   int
		per time.Duration
	}{
		"60/m": {60, time.Minute}, "5/s": {5, time.Second}, "100/h": {100, time.Hour}, "off": {}, "": {}, "x": {},
	} {
		if n, per := rate.Window(); n != want.n || per != want.per {
			t.Errorf("%q: %d in %s", rate, n, per)
		}
	}
}
