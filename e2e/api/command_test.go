package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// counted asks how many contacts there are.
func counted(t *testing.T, c client) int {
	t.Helper()
	type count struct {
		Contacts struct{ TotalCount struct{ Value int } }
	}
	return must[count](t, c, `{ contacts(first: 1) { totalCount { value } } }`, nil).Contacts.TotalCount.Value
}

func TestKithAloneIsADemoOnThisMachine(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	env := environment{"XDG_DATA_HOME": data}
	s := start(t, binary(t), env)
	type viewer struct{ Role, Workspace string }
	if v := must[struct{ Viewer viewer }](t, s.client(""), `{ viewer { role workspace } }`, nil).Viewer; v != (viewer{"ADMIN", "demo"}) {
		t.Errorf("we are %+v", v)
	}
	if n := counted(t, s.client("")); n != 500 {
		t.Errorf("%d contacts", n)
	}
	file, err := os.Stat(filepath.Join(data, "kith", "kith.db"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("the database is %v: %v", file, err)
	}
	for _, path := range []string{"/playground", "/graphql", "/readyz"} {
		if !strings.Contains(s.output.String(), " "+s.url+path+"\n") {
			t.Errorf("does not print %s", path)
		}
	}
	if status, body := get(t, s.url+"/playground"); status != 200 || !strings.Contains(body, "<title>") {
		t.Errorf("/playground: %d %s", status, body)
	}

	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		_, log, code := env.with("KITH_ADDR", address).run(t)
		if code != 2 || !strings.Contains(log, "KITH_AUTH_SECRET") {
			t.Errorf("on %s without auth settings: exit %d, %s", address, code, log)
		}
	}
}

func TestDemoFillsAWorkspace(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		if out := env.mustRun(t, "demo", "--contacts=2000", "--seed=7", "--workspace=acme"); !strings.Contains(out, "2000 new contacts") {
			t.Errorf("printed %s", out)
		}
		if _, log, code := env.run(t, "demo", "--contacts=1", "--workspace=acme"); code != 2 || !strings.Contains(log, "--force") {
			t.Errorf("once more: exit %d, %s", code, log)
		}
		_, staff, _ := clientsOf(t, start(t, binary(t), env), env, "acme")
		if n := counted(t, staff); n != 2000 {
			t.Errorf("%d contacts", n)
		}
		if n := len(walk(t, staff, nil, 100, false)); n != 2000 {
			t.Errorf("%d contacts on all pages", n)
		}
		if n := len(contacts(t, staff, vars{"search": "a", "first": 100}).Nodes); n != 100 {
			t.Errorf("a search finds %d", n)
		}
	})
}

func TestMigrateMayRunTwiceAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		binary(t) // built before the race
		err := together(2, func(int) error {
			if _, log, code := env.run(t, "migrate"); code != 0 {
				t.Errorf("exit %d: %s", code, log)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if out := env.mustRun(t, "migrate"); !strings.Contains(out, "up to date") {
			t.Errorf("once more: %s", out)
		}
		_, staff, _ := clientsOf(t, start(t, binary(t), env), env, "acme")
		if n := counted(t, staff); n != 0 {
			t.Errorf("%d contacts in an empty database", n)
		}
	})
}

func TestHelpNamesEverySetting(t *testing.T) {
	t.Parallel()
	out := environment{}.mustRun(t, "--help")
	for _, setting := range []string{
		"ADDR", "DATABASE_URL", "AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE", "DEFAULT_REGION", "DEMO",
		"INTROSPECTION", "PLAYGROUND", "RATE_LIMIT", "LOG_FORMAT", "LOG_LEVEL",
	} {
		flag := "--" + strings.ReplaceAll(strings.ToLower(setting), "_", "-")
		if !strings.Contains(out, "[KITH_"+setting+"]") || !strings.Contains(out, flag) {
			t.Errorf("%s is missing", setting)
		}
	}
	for _, command := range []string{"serve", "migrate", "demo", "token", "version"} {
		if !strings.Contains(out, "\n  "+command+" ") {
			t.Errorf("%s is missing", command)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}
