package app

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kith/storage/postgres/pgtest"
)

func TestKeysOnTheCommandLine(t *testing.T) {
	t.Parallel()
	databases := map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { t.Helper(); return "sqlite:" + filepath.Join(t.TempDir(), "kith.db") },
		"PostgreSQL": func(t *testing.T) string { t.Helper(); return pgtest.Database(t) },
	}
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment{"KITH_DATABASE_URL": database(t), "KITH_AUTH_SECRET": secret, "KITH_ADDR": "127.0.0.1:0"}
			one, other := start(t, env), start(t, env) // two processes' worth of caches

			text, _, err := execute(t, env, "key", "create", "--workspace", "acme", "--role", "reader", "--name", "Dashboard")
			key := strings.TrimSpace(text)
			if err != nil || !regexp.MustCompile(`^kith_[0-9A-Za-z]{71}$`).MatchString(key) {
				t.Fatal(text, err)
			}
			for _, s := range []*server{one, other} {
				if status, body := s.ask(t, key, `{ viewer { name role workspace } }`); status != http.StatusOK ||
					!strings.Contains(body, `{"name":"Dashboard","role":"READER","workspace":"acme"}`) {
					t.Fatal(status, body)
				}
			}
			if _, body := one.ask(t, key, `mutation { updateContact(input: {id: "x"}) { eventId } }`); !strings.Contains(body, "may read, but not change anything") {
				t.Error(body)
			}
			list, _, err := execute(t, env, "key", "list", "--workspace", "acme")
			id := regexp.MustCompile(`key_[0-9a-f]{32}`).FindString(list)
			if err != nil || id == "" || !strings.Contains(list, "Dashboard") || !strings.Contains(list, "command line") {
				t.Fatal(list, err)
			}
			if _, _, err := execute(t, env, "key", "revoke", "--workspace", "other", id); err == nil {
				t.Error("revoked from another workspace")
			}
			if out, _, err := execute(t, env, "key", "revoke", "--workspace", "acme", id); err != nil || out != "Revoked "+id+".\n" {
				t.Fatal(out, err)
			}
			revoked := time.Now()
			for _, s := range []*server{one, other} {
				for status := 0; status != http.StatusUnauthorized; {
					if status, _ = s.ask(t, key, `{ viewer { name } }`); time.Since(revoked) > 5*time.Second {
						t.Fatal("still good")
					}
				}
			}
			if took := time.Since(revoked); took > 2*time.Second { // a second, and a slow machine
				t.Errorf("good for %v after it was revoked", took)
			}
		})
	}
}

func TestKeysThatTheCommandLineRefuses(t *testing.T) {
	t.Parallel()
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db")}
	for _, args := range [][]string{{"migrate"}, {"key", "create", "--workspace", "acme", "--name", "first", "--role", "staff"}} {
		if _, _, err := execute(t, env, args...); err != nil {
			t.Fatal(err)
		}
	}
	create := []string{"key", "create", "--workspace", "acme", "--name", "a", "--role"}
	for want, c := range map[string]struct {
		args []string
		code int
	}{
		"--role must be":             {append(create[:7:7], "READER"), 2},
		"--channel must be":          {append(create[:7:7], "channel", "--channel", "shop"), 2},
		"there is no channel":        {append(create[:7:7], "channel", "--channel", "channel_0198c2f07b3a7c5d9e1f2a3b4c5d6e7f"), 1},
		"Only a key with the role":   {append(create[:7:7], "staff", "--channel", "channel_0198c2f07b3a7c5d9e1f2a3b4c5d6e7f"), 1},
		"--ttl must be positive":     {append(create[:7:7], "staff", "--ttl=-1h"), 2},
		"the id of a key is":         {[]string{"key", "revoke", "--workspace", "acme", "x"}, 2},
		"there is no workspace":      {[]string{"key", "list", "--workspace", "acmee"}, 1},
		`no workspace "acmee"`:       {[]string{"key", "revoke", "--workspace", "acmee", "key_0198c2f07b3a7c5d9e1f2a3b4c5d6e7f"}, 1},
		"there is no key":            {[]string{"key", "revoke", "--workspace", "acme", "key_0198c2f07b3a7c5d9e1f2a3b4c5d6e7f"}, 1},
		"--workspace must have":      {[]string{"key", "list", "--workspace", ""}, 2},
		"expected one of \"create\"": {[]string{"key"}, 2},
	} {
		_, _, err := execute(t, env, c.args...)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != c.code {
			t.Errorf("%v: %v, %d", c.args, err, exitCode(err))
		}
	}
}
