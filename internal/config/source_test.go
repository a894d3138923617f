package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secretFile writes a file with a secret.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEverySecretCanBeInAFile(t *testing.T) {
	t.Parallel()
	got, err := load(t, map[string]string{
		"KITH_AUTH_SECRET_FILE":         secretFile(t, "one\n"),
		"KITH_AUTH_SECOND_SECRET_FILE":  secretFile(t, "\ufefftwo\r\n"),
		"KITH_SECRET_KEY_FILE":          secretFile(t, "new\nold\n"),
		"KITH_OIDC_CLIENT_SECRET_FILE":  secretFile(t, " three "),
		"KITH_DATABASE_URL_FILE":        secretFile(t, "postgres://kith:p@db/kith"),
		"KITH_DATABASE_DIRECT_URL_FILE": secretFile(t, "postgres://kith:p@direct/kith\n\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.AuthSecret != "one" || got.AuthSecondSecret != "two" || strings.Join(got.SecretKeys(), " ") != "new old" ||
		got.OIDC.ClientSecret != " three " || string(got.DatabaseURL) != "postgres://kith:p@db/kith" ||
		string(got.DatabaseDirectURL) != "postgres://kith:p@direct/kith" {
		t.Errorf("got %q %q %q %q", string(got.AuthSecret), string(got.AuthSecondSecret), got.SecretKeys(), string(got.OIDC.ClientSecret))
	}
	for _, v := range model(Config{}) {
		if name := variable(v); !isSecret(v) && (strings.HasSuffix(name, "SECRET") || strings.HasSuffix(name, "_KEY")) {
			t.Errorf("%s is a secret in name only", name)
		}
	}
}

func TestFilesOfSecretsThatCannotBeUsedAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"no file":             {map[string]string{"KITH_SECRET_KEY_FILE": "/no/such/file"}, "KITH_SECRET_KEY_FILE: the file cannot be opened: open /no/such/file"},
		"a folder":            {map[string]string{"KITH_SECRET_KEY_FILE": t.TempDir()}, "KITH_SECRET_KEY_FILE: the file cannot be read"},
		"nothing but a line":  {map[string]string{"KITH_SECRET_KEY_FILE": secretFile(t, "\n")}, "is empty"},
		"something else":      {map[string]string{"KITH_SECRET_KEY_FILE": secretFile(t, strings.Repeat("hunter2", 10_000))}, "too large"},
		"a file and a value":  {map[string]string{"KITH_SECRET_KEY_FILE": secretFile(t, "hunter2"), "KITH_SECRET_KEY": "hunter2"}, "KITH_SECRET_KEY_FILE: set either"},
		"a secret for a rate": {map[string]string{"KITH_RATE_LIMIT_FILE": "x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.env)
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := Unknown([]string{"KITH_RATE_LIMIT_FILE=x"}); err == nil {
		t.Error("there is a file for what is no secret")
	}
	if err := Unknown([]string{"KITH_SECRET_KEY_FILE=x", "KITH_OIDC_CLIENT_SECRET_FILE=x", "KITH_DATABASE_URL_FILE=x"}); err != nil {
		t.Error(err)
	}
}

func TestValuesOfTheWrongTypeAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := load(t, map[string]string{
		"KITH_EVENT_RETENTION": "soon", "KITH_CONCURRENCY": "many", "KITH_AUDIT_RETENTION": "0s", "KITH_SECRET_KEY_FILE": "/no/such/file",
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`KITH_EVENT_RETENTION: "soon" is not a duration; for example KITH_EVENT_RETENTION=24h`,
		`KITH_CONCURRENCY: "many" is not a whole number; for example KITH_CONCURRENCY=128`,
		`KITH_AUDIT_RETENTION: "0s" is not a duration, nor forever; for example KITH_AUDIT_RETENTION=730d`,
		"KITH_SECRET_KEY_FILE: ",
	} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// A complaint shows an example, so there must be one, and it must be right.
func TestExamplesOfSettingsAreValid(t *testing.T) {
	t.Parallel()
	for _, v := range model(Config{}) {
		name := variable(v)
		_, value, _ := strings.Cut(example(strings.TrimPrefix(name, prefix)), "=")
		if value == "" {
			t.Errorf("%s has no example", name)
			continue
		}
		value = strings.ReplaceAll(value, "$(openssl rand -base64 32)", secret)
		env := map[string]string{
			"KITH_AUTH_SECRET": secret, "KITH_SECRET_KEY": secret, "KITH_DATABASE_URL": "postgres://db/kith", "KITH_OIDC_ISSUER": "https://id.example.com",
			"KITH_OIDC_CLIENT_ID": "kith", "KITH_OIDC_CLIENT_SECRET": "s",
		}
		env[name] = value
		c, err := load(t, env)
		if err == nil && name != "KITH_DATABASE_URL" {
			err = c.Validate(true)
		}
		if err != nil {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestRetentions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Retention{"forever": Forever, "Forever": Forever, "365d": Retention(365 * day), "36h": Retention(36 * time.Hour)} {
		if got, err := ParseRetention(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0s", "0d", "-1h", "never", "1y"} {
		if got, err := ParseRetention(text); err == nil {
			t.Errorf("%q passes for %s", text, got)
		}
	}
	if text := Forever.String() + " " + Retention(730*day).String(); text != "forever 730d" {
		t.Error(text)
	}
}

func TestSwitchesInEverySpelling(t *testing.T) {
	t.Parallel()
	for s, want := range map[Switch]bool{"on": true, "ON": true, "True": true, "yes": true, "1": true, "off": false, "OFF": false, "false": false, "No": false, "0": false} {
		c := Config{Playground: s, AuthSecret: secret}
		if s.complaint() != "" || c.PlaygroundOn() != want {
			t.Errorf("%s is %v: %s", s, c.PlaygroundOn(), s.complaint())
		}
	}
	if !(Config{Demo: "on", AuthSecret: secret}).DemoOn() || (Config{Demo: "Off"}).DemoOn() {
		t.Error("a switch does not win over the usual")
	}
}

func TestWhatIsInForceShowsNoSecret(t *testing.T) {
	t.Parallel()
	all := map[string]string{}
	c := valid(func(c *Config) {
		c.AuthSecret, c.SecretKey, c.OIDC.ClientSecret = "hunter2", "hunter2", "hunter2"
		c.AuthJWKSURL, c.DatabaseURL = "https://ann:hunter2@id/keys", "postgres://ann:hunter2@db/kith"
	})
	for _, s := range c.InForce() {
		if strings.Contains(s.Value, "hunter2") {
			t.Errorf("%s shows %s", s.Variable, s.Value)
		}
		all[s.Variable] = s.Value
	}
	for name, want := range map[string]string{
		"KITH_AUTH_SECRET": "***", "KITH_DEMO": "off", "KITH_RATE_LIMIT": "100/s", "KITH_LOG_ADDRESSES": "off", "KITH_FAILURE_RETENTION": "1d",
		"KITH_AUDIT_RETENTION": "forever", "KITH_PG_CONNECTIONS": "", "KITH_DATABASE_URL": "postgres://ann:***@db/kith",
	} {
		if got, ok := all[name]; !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if open := (Config{}).InForce(); open[0].Variable != "KITH_ADDR" {
		t.Errorf("got %v", open[0])
	}
}
