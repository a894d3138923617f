// Package rig is the base of the benchmarks of the whole server: it builds Kith, starts it on an empty database as in
// production, and asks it. It measures nothing.
package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/auth"
)

// DatabaseVariable is what scripts/with-postgres sets.
const DatabaseVariable = "KITH_TEST_DATABASE_URL"

// Main runs a benchmark until it is done or interrupted, and ends the program with 1 when it fails. Flags are parsed by then.
func Main(run func(ctx context.Context) error) {
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		stop()
		log.Fatal(err)
	}
}

// durable is a PostgreSQL that waits for the disk, as one in production does.
const durable = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nshared_buffers = 512MB"

// Each builds Kith, and has measure measure it on an empty database of each kind, sqlite and postgres, or of the only one
// that is named. Where it needs a PostgreSQL and the environment has none, it runs the program again under
// scripts/with-postgres.
func Each(ctx context.Context, only string, measure func(ctx context.Context, kind string, k *Kith) error) error {
	server := os.Getenv(DatabaseVariable)
	if server == "" && only != "sqlite" {
		return WithPostgres(durable)
	}
	return built(ctx, func(dir string) error {
		for _, kind := range []string{"sqlite", "postgres"} {
			if only != "" && only != kind {
				continue
			}
			if err := on(ctx, kind, dir, server, measure); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
		}
		return nil
	})
}

// On builds Kith, and has measure measure it on a database that exists.
func On(ctx context.Context, database string, measure func(ctx context.Context, k *Kith) error) error {
	return built(ctx, func(dir string) error { return running(ctx, dir, database, measure) })
}

// built builds Kith in a folder that is there as long as use takes.
func built(ctx context.Context, use func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "kith-bench.")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log.Print("building")
	if err := Build(ctx, dir); err != nil {
		return err
	}
	return use(dir)
}

// running starts Kith on a database, and stops it when it has been measured.
func running(ctx context.Context, dir, database string, measure func(ctx context.Context, k *Kith) error) error {
	k, err := start(ctx, dir, database)
	if err != nil {
		return err
	}
	defer k.stop()
	return measure(ctx, k)
}

// on starts Kith on an empty database of a kind, and ends both when it has been measured.
func on(
	ctx context.Context, kind, dir, server string, measure func(ctx context.Context, kind string, k *Kith) error,
) (err error) {
	database := "sqlite:" + filepath.Join(dir, "kith.db")
	if kind == "postgres" {
		var drop func() error
		if database, drop, err = create(ctx, server); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	return running(ctx, dir, database, func(ctx context.Context, k *Kith) error { return measure(ctx, kind, k) })
}

// Median is the middle of numbers, or of the two in the middle, between them.
func Median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	if n := len(of); n%2 == 0 {
		return (of[n/2-1] + of[n/2]) / 2
	}
	return of[len(of)/2]
}

const secret = "a secret for the length of one run of the benchmark"

// Kith is a running server.
type Kith struct {
	Base    string // its address, as http://127.0.0.1:8080
	process *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{}
}

// Build compiles Kith into dir, from the root of the repository, with these flags of go build.
func Build(ctx context.Context, dir string, flags ...string) error {
	args := append(append([]string{"build", "-o", dir + "/kith"}, flags...), ".")
	c := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own package
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build, from the root of the repository: %w: %s", err, out)
	}
	return nil
}

// create makes an empty database on a PostgreSQL, and says how to drop it.
func create(ctx context.Context, server string) (database string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	name := "kith_bench_" + strconv.Itoa(os.Getpid())
	u.Path = "/" + name
	do := func(ctx context.Context, statement string) error {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close(ctx) }()
		_, err = c.Exec(ctx, statement)
		return err
	}
	return u.String(), func() error {
		return do(context.WithoutCancel(ctx), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
	}, do(ctx, `CREATE DATABASE `+name)
}

// start migrates the database and serves as in production, only without a limit of requests.
func start(ctx context.Context, dir, database string) (*Kith, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	_ = l.Close()
	env := Environment(database, "KITH_ADDR="+addr)
	if out, err := Run(ctx, dir, env, "migrate"); err != nil {
		return nil, fmt.Errorf("migrate: %w: %s", err, out)
	}
	k := &Kith{Base: "http://" + addr, ended: make(chan struct{})}
	k.process = exec.CommandContext(ctx, dir+"/kith", "serve") //nolint:gosec // our own binary
	k.process.Env, k.process.Stderr = env, &k.output
	if err := k.process.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(k.ended)
		_ = k.process.Wait()
	}()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get(k.Base + "/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return k, nil
			}
		}
		select {
		case <-k.ended:
			return nil, fmt.Errorf("it ended: %s", k.output.String())
		default:
		}
	}
	k.stop()
	return nil, errors.New("it does not become ready")
}

// Environment has the settings of a Kith that serves a database as in production, only without a limit of requests, and more.
func Environment(database string, more ...string) []string {
	env := append(os.Environ(), "KITH_DATABASE_URL="+database, "KITH_AUTH_SECRET="+secret, "KITH_SECRET_KEY="+secret,
		"KITH_RATE_LIMIT=off", "KITH_CONNECTIONS=100000", "KITH_SUBSCRIPTIONS=100000", "KITH_LOG_LEVEL=warn",
		"KITH_WEBHOOK_NETWORKS=127.0.0.0/8")
	return append(env, more...)
}

// Run runs a command of the Kith in dir, and returns what it prints.
func Run(ctx context.Context, dir string, env []string, args ...string) (output []byte, err error) {
	c := exec.CommandContext(ctx, dir+"/kith", args...) //nolint:gosec // our own binary
	c.Env = env
	return c.CombinedOutput()
}

// stop ends the server and shows what it complained of.
func (k *Kith) stop() {
	_ = k.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-k.ended:
	case <-time.After(20 * time.Second):
		_ = k.process.Process.Kill()
		<-k.ended
	}
	if k.output.Len() > 0 {
		fmt.Fprintf(os.Stderr, "kith wrote:\n%s", k.output.String())
	}
}

// Token is a credential of a role, good for a day, in workspace bench.
func Token(role string) (string, error) {
	now := time.Now()
	return auth.Sign(secret, auth.Grant{
		Workspace: "bench", Role: role, Subject: role, IssuedAt: now, ExpiresAt: now.Add(24 * time.Hour),
	})
}

// Subscribe opens a subscription as a stream of server-sent events (GraphQL over SSE), which ends with ctx. Close its body.
func Subscribe(ctx context.Context, base, token, query string) (*http.Response, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("a subscription was answered %s", res.Status), res.Body.Close())
	}
	return res, nil
}

// client keeps a connection for each of a few concurrent requests.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// AnswerError is an error that an answer contains.
type AnswerError struct{ Code, Message string }

func (e *AnswerError) Error() string { return e.Message }

// Ask asks as a role and reads the data of the answer into data. Variables may be nil. The error is an *AnswerError for one in
// the answer.
func (k *Kith) Ask(ctx context.Context, role, query string, variables, data any) error {
	t, err := Token(role)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.Base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+t)
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer := struct {
		Data   any
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}{Data: data}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return &AnswerError{answer.Errors[0].Extensions.Code, answer.Errors[0].Message}
	}
	return nil
}

// Memory is the anonymous memory of the process, in kB.
func (k *Kith) Memory() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", k.process.Process.Pid))
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseFloat(fields[0], 64)
	return n
}

// CPU is how long the process has computed, in seconds.
func (k *Kith) CPU() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", k.process.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // Linux counts hundredths of a second
}

// WithPostgres runs this program again under scripts/with-postgres, on a cluster with more of a postgresql.conf. It does
// not come back unless that fails.
func WithPostgres(conf string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	const script = "scripts/with-postgres"
	args := append([]string{script, self}, os.Args[1:]...)
	err = syscall.Exec(script, args, append(os.Environ(), "KITH_POSTGRES_CONF="+conf)) //nolint:gosec // itself
	return fmt.Errorf("run %s, from the root of the repository: %w", script, err)
}
