package api

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// secretFile writes a secret where a setting can find it.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKithConfigShowsWhatIsInForceAndWhatIsWrong(t *testing.T) {
	t.Parallel()
	env := environment{"KITH_DATABASE_URL": "postgres://kith:hunter2@db/kith", "KITH_AUTH_SECRET_FILE": secretFile(t, secret), "KITH_FAILURE_RETENTION": "7d", "KITH_PLAYGROUND": "TRUE"}
	rows := map[string]string{}
	out := env.mustRun(t, "config", "--log-level=debug")
	for line := range strings.SplitSeq(out, "\n") {
		name, rest, _ := strings.Cut(line, " ")
		rows[name] = strings.Join(strings.Fields(rest), " ")
	}
	for name, want := range map[string]string{
		"KITH_AUTH_SECRET": "*** KITH_AUTH_SECRET_FILE", "KITH_DATABASE_URL": "postgres://kith:***@db/kith KITH_DATABASE_URL",
		"KITH_FAILURE_RETENTION": "7d KITH_FAILURE_RETENTION", "KITH_AUDIT_RETENTION": "forever default", "KITH_PLAYGROUND": "on KITH_PLAYGROUND",
		"KITH_LOG_LEVEL": "debug flag", "KITH_RATE_LIMIT": "100/s default", "KITH_ADMIN_ADDR": "- default",
	} {
		if rows[name] != want {
			t.Errorf("%s is %q, want %q", name, rows[name], want)
		}
	}
	if strings.Contains(out, "hunter2") || strings.Contains(out, secret) {
		t.Errorf("a secret shows:\n%s", out)
	}
	for _, command := range [][]string{{"config"}, {"serve"}, {"check"}} {
		_, log, code := env.with("KITH_FAILURE_RETENTION", "soon", "KITH_LOG_LEVEL", "loud", "KITH_SECRET_KEY_FILE", "/no/such/file", "KITH"+"_ADRR", ":80",
			"KITH_HISTORY_RETENTION", "1h").run(t, command...)
		if code != 2 {
			t.Errorf("%s: exit %d", command, code)
		}
		for _, want := range []string{
			`KITH_FAILURE_RETENTION: "soon" is not a duration; for example KITH_FAILURE_RETENTION=90d`, "KITH_LOG_LEVEL: must be",
			"KITH_SECRET_KEY_FILE: the file cannot be opened", "_ADRR: there is no such setting; did you mean KITH_ADDR?",
			"for example KITH_HISTORY_RETENTION=730d",
		} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: no %q in\n%s", command, want, log)
			}
		}
	}
}

func TestTwoSecretsVerifyTokensWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	const next = "another secret of at least thirty-two bytes"
	env := database{"sqlite:" + t.TempDir() + "/kith.db"}.env()
	former, latter := env.token(t, "acme", "staff"), env.with("KITH_AUTH_SECRET", next).token(t, "acme", "staff")
	stranger := env.with("KITH_AUTH_SECRET", "a secret that is not known to the server").token(t, "acme", "staff")
	s := start(t, binary(t), env.with("KITH_AUTH_SECRET", next, "KITH_AUTH_SECOND_SECRET", secret))
	for name, c := range map[string]struct {
		token  string
		status int
	}{"signed with the former secret": {former, 200}, "signed with the new one": {latter, 200}, "signed with neither": {stranger, 401}} {
		a, err := s.client(c.token).send(t.Context(), `{ viewer { role } }`, nil)
		if err != nil || a.Status != c.status {
			t.Errorf("%s: %d, %v", name, a.Status, err)
		}
	}
	if _, log, code := env.run(t, "token", "--workspace=acme", "--role=staff", "--sub=ann", "--ttl=91d"); code != 2 || !strings.Contains(log, "--ttl can be 90d at most") {
		t.Errorf("a token for longer: exit %d, %s", code, log)
	}
	env.mustRun(t, "token", "--workspace=acme", "--role=staff", "--sub=ann", "--ttl=90d")
}

// startOnSocket serves on a Unix socket until the test ends, and returns once that is printed.
func startOnSocket(t *testing.T, env environment, path string) *server {
	t.Helper()
	s := &server{output: &output{more: make(chan struct{}, 1)}, ended: make(chan struct{})}
	s.tolerated = regexp.MustCompile(`^Listening   unix:`)
	s.process = exec.Command(binary(t), "serve")
	s.process.Env = env.with("KITH_ADDR", "unix:"+path).list()
	s.process.Stdout, s.process.Stderr = s.output, s.output
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.process.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { _ = s.process.Process.Kill() })
	for patience := time.After(time.Minute); !strings.Contains(s.output.String(), "Listening   unix:"+path+"\n"); {
		select {
		case <-s.output.more:
		case <-s.ended:
			t.Fatalf("kith ended:\n%s", s.output)
		case <-patience:
			t.Fatalf("kith does not listen:\n%s", s.output)
		}
	}
	return s
}

func TestKithListensOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.sock")
	env := database{"sqlite:" + t.TempDir() + "/kith.db"}.env()
	token := env.token(t, "acme", "staff")
	over := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	answers := func() int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kith/graphql?query=%7Bviewer%7Brole%7D%7D", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := over.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	s := startOnSocket(t, env, path)
	if status := answers(); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	if _, log, code := env.run(t, "--addr=unix:"+path); code != 1 || !strings.Contains(log, "address already in use") {
		t.Errorf("a second server: exit %d, %s", code, log)
	}
	s.kill(t)
	over.CloseIdleConnections()
	s = startOnSocket(t, env, path) // what the killed one left does not hinder
	if status := answers(); status != http.StatusOK {
		t.Errorf("after a kill: status %d", status)
	}
	over.CloseIdleConnections()
	s.stop(t)
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket stays")
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, log, code := env.run(t, "--addr=unix:"+path)
	if left, err := os.ReadFile(path); code != 1 || !strings.Contains(log, "not a socket") || string(left) != "precious" || err != nil {
		t.Errorf("on a file: exit %d, %s; the file has %q, %v", code, log, left, err)
	}
}

func TestADatabaseThatRefusesKithEndsTheStart(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.do(t, `CREATE ROLE ann LOGIN PASSWORD 'right'`)
	access := filepath.Join(c.dir, "data", "pg_hba.conf")
	rules, err := os.ReadFile(access)
	if err == nil {
		err = os.WriteFile(access, append([]byte("host all ann all scram-sha-256\n"), rules...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.do(t, `SELECT pg_reload_conf()`)
	at := "@127.0.0.1:" + c.port + "/"
	for name, test := range map[string]struct{ url, want string }{
		"a wrong password":      {"postgres://ann:hunter2" + at + "postgres?sslmode=disable", "the server refuses the user"},
		"no such user":          {"postgres://bob:hunter2" + at + "postgres?sslmode=disable", "the server refuses the user"},
		"no such database":      {"postgres://kith:hunter2" + at + "nowhere?sslmode=disable", "there is no database of this name"},
		"TLS that is not there": {"postgres://kith:hunter2" + at + "postgres?sslmode=require", "the server does not offer TLS, which sslmode requires"},
		"TLS to be verified":    {"postgres://kith:hunter2" + at + "postgres?sslmode=verify-full", "the server does not offer TLS, which sslmode requires"},
	} {
		_, log, code := environment{"KITH_DATABASE_URL": test.url, "KITH_ADDR": "127.0.0.1:0"}.run(t)
		if code != 1 || !strings.Contains(log, test.want) || strings.Contains(log, "waiting") || strings.Contains(log, "hunter2") {
			t.Errorf("%s: exit %d\n%s", name, code, log)
		}
	}
}
