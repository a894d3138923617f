package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/storage/postgres/pgtest"
)

const secret = "a secret of at least thirty-two bytes"

// environment is all variables that there are.
type environment map[string]string

func (e environment) list() []string {
	var list []string
	for name, value := range e {
		list = append(list, name+"="+value)
	}
	return list
}

// with is the environment with one variable more, or another.
func (e environment) with(name, value string) environment {
	all := maps.Clone(e)
	all[name] = value
	return all
}

// execute runs a command to its end.
func execute(t *testing.T, env environment, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	err = run(t.Context(), args, env.list(), &out, &log)
	return out.String(), log.String(), err
}

// output is what a running server writes, which a test may wait for.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// server is a running kith.
type server struct {
	url  string
	out  *output
	log  *output
	stop context.CancelFunc
	done chan error
}

// start serves on a port of its own and returns when the server has said where.
func start(t *testing.T, env environment) *server {
	t.Helper()
	env["KITH_ADDR"] = "127.0.0.1:0"
	ctx, stop := context.WithCancel(context.Background())
	s := &server{
		out: &output{more: make(chan struct{}, 1)}, log: &output{more: make(chan struct{}, 1)}, stop: stop, done: make(chan error, 1),
	}
	go func() { s.done <- run(ctx, nil, env.list(), s.out, s.log) }()
	t.Cleanup(func() { stop(); <-s.done })
	said := regexp.MustCompile(`http://\S+/readyz`)
	for {
		if at := said.FindString(s.out.String()); at != "" {
			s.url = strings.TrimSuffix(at, "/readyz")
			return s
		}
		select {
		case <-s.out.more:
		case err := <-s.done:
			s.done <- err
			t.Fatalf("the server stopped: %v\n%s", err, s.log)
		}
	}
}

func (s *server) ask(t *testing.T, token, query string) (status int, body string) {
	t.Helper()
	b, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, r)
}

func (s *server) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestKithAloneServesADemoOnThisMachine(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s := start(t, environment{"HOME": home})
	if status, body := s.ask(t, "", `{ viewer { role workspace } contacts { totalCount { value exact } } }`); status != 200 ||
		!strings.Contains(body, `"role":"ADMIN","workspace":"demo"`) || !strings.Contains(body, `"value":500,"exact":true`) {
		t.Errorf("got %d %s", status, body)
	}
	for path, want := range map[string]string{
		"/livez": "ok", "/readyz": "ok", "/metrics": "kith_http_request_duration_seconds", "/playground": "<title>",
		"/": "<title>Contacts", "/staff": "<title>Contacts", "/staff/contacts": "<title>", "/staff/chat": "<title>",
	} {
		if status, body := s.get(t, path); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if out := s.out.String(); strings.Count(out, s.url) != 4 || !strings.Contains(out, "/playground") || !strings.Contains(out, "/graphql") {
		t.Errorf("printed:\n%s", out)
	}
	if !strings.Contains(s.log.String(), "everybody on this machine is ADMIN") {
		t.Errorf("no warning:\n%s", s.log)
	}

	s.stop()
	err := <-s.done
	s.done <- err
	if err != nil {
		t.Errorf("stopping: %v", err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
		_ = c.Close()
		t.Error("still listening")
	}
	if _, _, err := execute(t, environment{"HOME": home}, "demo", "--contacts=3"); exitCode(err) != 2 {
		t.Errorf("filling a workspace twice: %v", err)
	}
	if out, _, err := execute(t, environment{"HOME": home}, "demo", "--contacts=3", "--force"); err != nil || !strings.Contains(out, "3 new contacts") {
		t.Errorf("filling a workspace twice on purpose: %s %v", out, err)
	}
	again := start(t, environment{"HOME": home, "KITH_PLAYGROUND": "off", "KITH_INTROSPECTION": "off"})
	if status, body := again.ask(t, "", `{ contacts { totalCount { value } } }`); status != 200 || !strings.Contains(body, `"value":503`) {
		t.Errorf("the data did not last: %d %s", status, body)
	}
	if status, _ := again.get(t, "/playground"); status != 404 {
		t.Errorf("the playground is not off: %d", status)
	}
	if _, body := again.ask(t, "", `{ __schema { queryType { name } } }`); !strings.Contains(body, `"errors"`) {
		t.Errorf("introspection is not off: %s", body)
	}
}

func TestADevelopmentServerRefusesOtherPages(t *testing.T) {
	t.Parallel()
	s := start(t, environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off"})
	for name, change := range map[string]func(*http.Request){
		"a page elsewhere posts":             func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a page's name points at us":         func(r *http.Request) { r.Host = "evil.example" },
		"an old browser posts for elsewhere": func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"a proxy names the client":           func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") },
		"a proxy names itself":               func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") },
		"a page behind a proxy that tells nothing": func(r *http.Request) {
			r.Header.Set("Origin", "https://kith.example.com")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(`{"query":"{viewer{subject}}"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		change(r)
		if status, body := do(t, r); status != 403 || !strings.Contains(body, "FORBIDDEN") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestTokensOpenTheirWorkspace(t *testing.T) {
	t.Parallel()
	env := environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_AUTH_SECRET": secret, "KITH_AUTH_ISSUER": "us",
		"KITH_AUTH_AUDIENCE": "kith", "KITH_RATE_LIMIT": "1/m",
	}
	token := func(role string) string {
		out, _, err := execute(t, env, "token", "--workspace=acme", "--role="+role, "--sub="+role, "--ttl=1m", "--name=Ann")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	s := start(t, env)
	staff := token("staff")
	if status, body := s.ask(t, staff, `{ viewer { subject name role workspace } }`); status != 200 ||
		!strings.Contains(body, `{"subject":"staff","name":"Ann","role":"STAFF","workspace":"acme"}`) {
		t.Errorf("got %d %s", status, body)
	}
	if status, body := s.ask(t, staff, `{ viewer { subject } }`); status != 429 || !strings.Contains(body, "RATE_LIMITED") {
		t.Errorf("the second in a minute: %d %s", status, body)
	}
	if status, body := s.ask(t, token("admin"), `{ channels { nodes { id } totalCount { value } } }`); status != 200 {
		t.Errorf("another subject: %d %s", status, body)
	}
	if status, body := s.ask(t, token("channel"), `{ channels { nodes { id } totalCount { value } } }`); !strings.Contains(body, "FORBIDDEN") {
		t.Errorf("a channel credential reads: %d %s", status, body)
	}
	if status, body := s.ask(t, "", `{ viewer { subject } }`); status != 401 || !strings.Contains(body, "UNAUTHENTICATED") {
		t.Errorf("no token: %d %s", status, body)
	}
	if status, _ := s.ask(t, "garbage", `{ viewer { subject } }`); status != 429 {
		t.Errorf("strangers of one address share their requests: %d", status)
	}
	if status, body := s.get(t, "/"); status != 200 || !strings.Contains(body, "<title>Contacts") {
		t.Errorf("the front door: %d %s", status, body)
	}
	if strings.Contains(s.out.String(), "playground") || strings.Contains(s.log.String(), secret) {
		t.Errorf("printed:\n%s%s", s.out, s.log)
	}
}

func TestAServerWarnsOfWhoElseGetsIn(t *testing.T) {
	t.Parallel()
	s := start(t, environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_AUTH_JWKS_URL": "http://127.0.0.1:9/keys",
		"KITH_OIDC_ISSUER": "http://127.0.0.1:9", "KITH_OIDC_CLIENT_ID": "kith", "KITH_OIDC_CLIENT_SECRET": "s", "KITH_SECRET_KEY": secret,
		"KITH_OIDC_WORKSPACE": "acme", "KITH_OIDC_ROLE": "admin",
	})
	log := s.log.String()
	for _, want := range []string{"neither KITH_AUTH_ISSUER nor KITH_AUTH_AUDIENCE is set", "restrict that with KITH_OIDC_REQUIRE"} {
		if !regexp.MustCompile(`level=WARN msg="[^"]*` + want).MatchString(log) {
			t.Errorf("no warning %q in\n%s", want, log)
		}
	}
}

func TestMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	sqlite := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	for name, c := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"an open address":           {environment{"KITH_ADDR": "0.0.0.0:0"}, nil, "KITH_ADDR"},
		"several settings":          {environment{"KITH_ADDR": ":0", "KITH_LOG_LEVEL": "loud"}, []string{"serve"}, "KITH_LOG_LEVEL"},
		"a misspelled variable":     {environment{"KITH_AUTHSECRET": secret, "KITH_ADDR": "127.0.0.1:0"}, nil, "KITH_AUTHSECRET: there is no such setting; did you mean KITH_AUTH_SECRET?"},
		"one of another command":    {environment{"KITH_DATABASEURL": "sqlite:x.db"}, []string{"check"}, "did you mean KITH_DATABASE_URL?"},
		"a secret not filled in":    {environment{"KITH_AUTH_SECRET": "", "KITH_ADDR": "127.0.0.1:0"}, nil, "KITH_AUTH_SECRET: set but empty"},
		"an unknown flag":           {nil, []string{"--nonsense"}, "nonsense"},
		"an unknown command":        {nil, []string{"dance"}, "dance"},
		"a token without a secret":  {nil, []string{"token", "--workspace=a", "--role=staff", "--sub=b"}, "KITH_AUTH_SECRET is not set"},
		"a token of a short secret": {environment{"KITH_AUTH_SECRET": "a"}, []string{"token", "--workspace=a", "--role=staff", "--sub=b"}, "32 bytes"},
		"a token of an odd role":    {environment{"KITH_AUTH_SECRET": secret}, []string{"token", "--workspace=a", "--role=root", "--sub=b"}, "role"},
		"a token for nobody":        {environment{"KITH_AUTH_SECRET": secret}, []string{"token", "--workspace=a", "--role=staff"}, "sub"},
		"a migration to nowhere":    {environment{"KITH_DATABASE_URL": "mysql://x"}, []string{"migrate"}, "KITH_DATABASE_URL"},
		"no contacts":               {nil, []string{"demo", "--contacts=0"}, "--contacts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment{"KITH_DATABASE_URL": sqlite}
			maps.Copy(env, c.env)
			_, _, err := execute(t, env, c.args...)
			if exitCode(err) != 2 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("exit %d: %v", exitCode(err), err)
			}
		})
	}
}

func TestAnAddressInUseIsToldAtOnce(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, _, err = execute(t, environment{
		"KITH_ADDR": ln.Addr().String(), "KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"),
	})
	if exitCode(err) != 1 || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"token", "-h"}} {
		out, _, err := execute(t, nil, args...)
		if err != nil || !strings.Contains(out, "[KITH_DATABASE_URL]") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if out, _, err := execute(t, nil, "version"); err != nil || !strings.HasPrefix(out, "kith ") {
		t.Errorf("%s %v", out, err)
	}
}

func TestMigrateSQLite(t *testing.T) {
	t.Parallel()
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db")}
	for range 2 {
		if out, _, err := execute(t, env, "migrate"); err != nil || !strings.Contains(out, "up to date") {
			t.Errorf("%s %v", out, err)
		}
	}
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	env := environment{"KITH_DATABASE_URL": url}
	s := start(t, env) // an empty database
	if status, body := s.ask(t, "", `{ contacts { totalCount { value } } }`); status != 200 || !strings.Contains(body, `"value":500`) {
		t.Errorf("got %d %s", status, body)
	}
	s.stop()
	err := <-s.done
	s.done <- err
	if err != nil {
		t.Errorf("stopping: %v", err)
	}
	if out, _, err := execute(t, env, "migrate"); err != nil || !strings.Contains(out, "up to date") {
		t.Errorf("%s %v", out, err)
	}
	out, log, err := execute(t, env, "demo", "--contacts=2000", "--seed=7", "--workspace=big")
	if err != nil || !strings.Contains(out, "2000 new contacts") || !strings.Contains(log, "100 %") {
		t.Errorf("%s %s %v", out, log, err)
	}

	pgtest.Exec(t, url, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	for args, want := range map[string]string{"migrate": "supports this kith", "check": "sound"} {
		if out, _, err := execute(t, env, args); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s on a newer schema that supports it: %s %v", args, out, err)
		}
	}
	pgtest.Exec(t, url, `UPDATE schema_support SET oldest = 99999`)
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"demo"}} {
		if _, _, err := execute(t, env, args...); exitCode(err) != 1 || !strings.Contains(err.Error(), "newer") {
			t.Errorf("%v on a newer schema: %v", args, err)
		}
	}
}

func TestStoppingWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	log := &output{more: make(chan struct{}, 1)}
	done := make(chan error, 1)
	env := environment{"KITH_ADDR": "127.0.0.1:0", "KITH_DATABASE_URL": "postgres://kith:hunter2@127.0.0.1:1/kith"}
	go func() { done <- run(ctx, nil, env.list(), io.Discard, log) }()
	for !strings.Contains(log.String(), "waiting for the database") {
		select {
		case <-log.more:
		case err := <-done:
			t.Fatalf("stopped: %v", err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("the password shows:\n%s", log)
	}
}

func TestClosers(t *testing.T) {
	t.Parallel()
	var order []string
	var cs closers
	add := func(name string, err error) {
		cs.add(name, func() error {
			order = append(order, name)
			return err
		})
	}
	add("first", errors.New("stuck"))
	add("second", nil)
	add("third", errors.New("broken"))
	err := cs.close(time.Minute)
	if got := strings.Join(order, " "); got != "third second first" {
		t.Errorf("closed %s", got)
	}
	if err == nil || err.Error() != "close third: broken\nclose first: stuck" {
		t.Errorf("got %v", err)
	}
	cs = closers{{"database", func() error { select {} }}}
	if err := cs.close(time.Millisecond); err == nil || !strings.Contains(err.Error(), "close database: still busy") {
		t.Errorf("got %v", err)
	}
}

func TestTokensAreNotMadeForLongerThanTheyAreTaken(t *testing.T) {
	t.Parallel()
	env := environment{"KITH_AUTH_SECRET": secret, "KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db")}
	makeToken := func(ttl string, settings environment) error {
		_, _, err := execute(t, settings, "token", "--workspace=acme", "--role=staff", "--sub=ann", "--ttl="+ttl)
		return err
	}
	for ttl, ok := range map[string]bool{"90d": true, "2160h1s": false, "91d": false} {
		err := makeToken(ttl, env)
		if (err == nil) != ok {
			t.Errorf("%s: %v", ttl, err)
		}
		if !ok && (exitCode(err) != 2 || err.Error() != "--ttl can be 90d at most (KITH_TOKEN_LIFETIME)") {
			t.Errorf("%s: %d %v", ttl, exitCode(err), err)
		}
	}
	env["KITH_TOKEN_LIFETIME"] = "90m"
	if err := makeToken("2h", env); err == nil || err.Error() != "--ttl can be 1h30m0s at most (KITH_TOKEN_LIFETIME)" {
		t.Error(err)
	}
	if err := makeToken("1h30m", env); err != nil {
		t.Error(err)
	}
}
