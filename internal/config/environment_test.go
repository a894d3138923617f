package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{
		"KITH_AUTHSECRET=x":         "KITH_AUTH_SECRET",
		"KITH_AUTH_SECRETS=x":       "KITH_AUTH_SECRET",
		"KITH_AUHT_SECRET=x":        "KITH_AUTH_SECRET",
		"KITH_OIDCISSUER=x":         "KITH_OIDC_ISSUER",
		"KITH_OIDC_LIFETIM=":        "KITH_OIDC_LIFETIME",
		"KITH_JWKS_URL=x":           "KITH_AUTH_JWKS_URL",
		"KITH_DATABASEURL=x":        "KITH_DATABASE_URL",
		"kith_auth_secret=x":        "KITH_AUTH_SECRET",
		"Kith_Addr=x":               "KITH_ADDR",
		"KITH_TEST_DATABASE=x":      "KITH_DATABASE_URL",
		"KITH_PORT=8080":            "",
		"KITH_HOST=0.0.0.0":         "",
		"KITH_=x":                   "",
		"KITH_AUTH_PORT=tcp://x":    "",
		"KITH_PORT_8080=x":          "",
		"KITH_AUTH_SERVICE_PORT=80": "",
	} {
		err := Unknown([]string{"PATH=/bin", pair, "KITH_ADDR=x"})
		name, _, _ := strings.Cut(pair, "=")
		if err == nil || !strings.HasPrefix(err.Error(), name+": there is no such setting; did you mean KITH_"+strings.TrimPrefix(want, "KITH_")) {
			t.Errorf("%s: got %v", pair, err)
		}
	}
	for _, environ := range [][]string{
		nil,
		{"PATH=/bin", "KITHARA=1", "KITH=1", "XKITH_ADDR=1", "=C:=x", ""},
		{"KITH_ADDR=", "KITH_AUTH_SECRET=x", "KITH_OIDC_ROLE_CLAIM=x", "KITH_PG_EXEC_MODE=exec"},
		{"KITH_TEST_DATABASE_URL=x", "KITH_CHROMIUM=x", "KITH_SHOTS=x", "KITH_POSTGRES_CONF=x", "KITH_WEB_OUT=x"},
		{ // a Service named kith
			"KITH_SERVICE_HOST=10.0.0.1", "KITH_SERVICE_PORT=80", "KITH_SERVICE_PORT_HTTP=80", "KITH_PORT=tcp://10.0.0.1:80",
			"KITH_PORT_8080_TCP=tcp://10.0.0.1:8080", "KITH_PORT_8080_TCP_PROTO=tcp", "KITH_PORT_8080_TCP_PORT=8080",
			"KITH_PORT_8080_TCP_ADDR=10.0.0.1", "KITH_PORT_53_UDP=udp://10.0.0.1:53",
		},
		{ // one named kith-auth
			"KITH_AUTH_SERVICE_HOST=10.0.0.1", "KITH_AUTH_SERVICE_PORT=80", "KITH_AUTH_SERVICE_PORT_HTTP_ADMIN=80",
			"KITH_AUTH_PORT=tcp://10.0.0.1:80", "KITH_AUTH_PORT_80_TCP=tcp://10.0.0.1:80", "KITH_AUTH_PORT_80_TCP_PROTO=tcp",
		},
	} {
		if err := Unknown(environ); err != nil {
			t.Errorf("%q: %v", environ, err)
		}
	}
	err := Unknown([]string{"KITH_AUTHSECRET=hunter2", "KITH_ADRR=hunter2"})
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "no such setting") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestEmptyCredentials(t *testing.T) {
	t.Parallel()
	got := EmptyCredentials([]string{"KITH_AUTH_SECRET=", "KITH_AUTH_JWKS_URL=x", "KITH_OIDC_ISSUER=", "KITH_ADDR="})
	if d := cmp.Diff([]string{"KITH_AUTH_SECRET", "KITH_OIDC_ISSUER"}, got); d != "" {
		t.Error(d)
	}
}

// What is documented, deployed and used by the project's own scripts must pass for a name that there is.
func TestVariablesNamedInTheRepositoryExist(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "web/vite.config.ts", "web/staff/vite.config.ts"}
	for _, dir := range []string{"docs", "deploy", "scripts", "e2e", "bench"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "node_modules":
				return filepath.SkipDir
			case !d.IsDir() && slices.Contains([]string{"", ".md", ".js", ".go", ".yaml", ".service"}, filepath.Ext(path)):
				relative, err := filepath.Rel(root, path)
				files = append(files, relative)
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile(`\bKITH_[A-Z0-9_]*[A-Z0-9]\b`)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(text), -1) {
			if err := Unknown([]string{name + "=tcp://10.0.0.1"}); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}
