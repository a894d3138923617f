package app

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/internal/auth"
)

// tokenOf is a token of workspace acme's staff.
func tokenOf(t *testing.T, subject string) string {
	t.Helper()
	signed, err := auth.Sign(secret, auth.Grant{
		Workspace: "acme", Role: "staff", Subject: subject, IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// production are the settings of a server that asks for tokens.
func production(t *testing.T, more ...string) environment {
	t.Helper()
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_AUTH_SECRET": secret}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// sendAs sends a request with headers, which come in pairs.
func (s *server) sendAs(t *testing.T, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestPagesOfOtherOriginsAskWhereTheyMay(t *testing.T) {
	t.Parallel()
	const app, evil = "https://app.example.com", "https://evil.example"
	s := start(t, production(t, "KITH_CORS_ORIGINS", app, "KITH_TRUSTED_PROXIES", "127.0.0.0/8"))
	ask := func(origin string, more ...string) *http.Response {
		return s.sendAs(t, http.MethodPost, "/graphql", `{"query":"{ viewer { role } }"}`, append([]string{
			"Content-Type", "application/json", "Origin", origin, "Sec-Fetch-Site", "cross-site",
			"Authorization", "Bearer " + tokenOf(t, "ann"),
		}, more...)...)
	}
	got := ask(app)
	if got.StatusCode != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != app || got.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	if got := ask(app, "X-Forwarded-Proto", "https"); got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over TLS: %v", got.Header)
	}
	if got := ask(app, "Authorization", "Bearer x"); got.StatusCode != http.StatusUnauthorized || got.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("an error that the page cannot read: %d %v", got.StatusCode, got.Header)
	}
	if got := ask(evil); got.StatusCode != http.StatusForbidden || got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	got = s.sendAs(t, http.MethodOptions, "/graphql", "", "Origin", app, "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,content-type")
	if got.StatusCode != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Headers") == "" ||
		got.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	if got := s.sendAs(t, http.MethodPost, "/auth/session", "", "Origin", app, "Sec-Fetch-Site", "cross-site"); got.StatusCode != http.StatusForbidden {
		t.Errorf("beside the endpoint: %d", got.StatusCode)
	}
}

func TestReadingByGET(t *testing.T) {
	t.Parallel()
	s := start(t, production(t, "KITH_RATE_LIMIT", "1/m", "KITH_LOG_LEVEL", "debug"))
	query := url.Values{"query": {`query Search($s: String) { contacts(search: $s) { search } }`}, "variables": {`{"s":"Secretname"}`}}.Encode()
	got := s.sendAs(t, http.MethodGet, "/graphql?"+query, "", "Authorization", "Bearer "+tokenOf(t, "ann"))
	body, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK || !strings.Contains(string(body), "Secretname") {
		t.Fatal(got.StatusCode, string(body), err)
	}
	limited := false
	for range 12 { // ten seconds' worth of a minute's one, at least one; refused are counted as well
		got := s.sendAs(t, http.MethodGet, "/graphql?"+query, "", "Authorization", "Bearer "+tokenOf(t, "ann"))
		limited = limited || got.StatusCode == http.StatusTooManyRequests && got.Header.Get("Retry-After") != ""
	}
	if !limited {
		t.Error("reading by GET is not limited")
	}
	if log := s.log.String() + s.out.String(); strings.Contains(log, "Secretname") || !strings.Contains(log, "operation=Search") {
		t.Errorf("the log holds what was read, or not that: %s", log)
	}
}

func TestOneAddressCannotAskForEverybody(t *testing.T) {
	t.Parallel()
	s := start(t, production(t, "KITH_RATE_LIMIT", "1/h", "KITH_TRUSTED_PROXIES", "127.0.0.0/8"))
	ask := func(subject, address string) *http.Response {
		return s.sendAs(t, http.MethodPost, "/graphql", `{"query":"{ viewer { role } }"}`, "Content-Type", "application/json",
			"Authorization", "Bearer "+tokenOf(t, subject), "X-Forwarded-For", address)
	}
	served := 0
	for i := range 10 {
		if ask(fmt.Sprint("subject ", i), "192.0.2.1").StatusCode == http.StatusOK {
			served++
		}
	}
	if served == 0 || served == 10 {
		t.Errorf("%d of 10 subjects at one address were served", served)
	}
	if got := ask("subject 99", "192.0.2.2"); got.StatusCode != http.StatusOK {
		t.Errorf("elsewhere: %d", got.StatusCode)
	}
	got := ask("subject 99", "192.0.2.3")
	if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("the same subject elsewhere: %d %v", got.StatusCode, got.Header)
	}
}

func TestTrustedDocumentsAreRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "persisted-documents.json")
	if err := os.WriteFile(file, []byte(`{"1f":"{ viewer { role } }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, production(t, "KITH_TRUSTED_DOCUMENTS", file))
	token := tokenOf(t, "ann")
	if status, body := s.ask(t, token, `{ viewer { role } }`); status != http.StatusOK || !strings.Contains(body, "STAFF") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := s.ask(t, token, `{ viewer { subject } }`); status != http.StatusForbidden || !strings.Contains(body, "FORBIDDEN") {
		t.Errorf("%d %s", status, body)
	}
	for name, content := range map[string]string{"broken": `{"1f":"{"}`, "none": ""} {
		bad := filepath.Join(t.TempDir(), name)
		if content != "" {
			if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env := production(t, "KITH_TRUSTED_DOCUMENTS", bad, "KITH_ADDR", "127.0.0.1:0")
		if _, _, err := execute(t, env); exitCode(err) != 2 || !strings.Contains(err.Error(), "KITH_TRUSTED_DOCUMENTS") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
