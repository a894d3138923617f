package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/auth"
)

const (
	authSecret = "a secret for the length of one run of the benchmark"
)

// kith is a running server.
type kith struct {
	base    string
	process *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{}
}

// build compiles Kith into dir.
func build(ctx context.Context, dir string) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", dir+"/kith", ".") //nolint:gosec // our own package
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build, from the root of the repository: %w: %s", err, out)
	}
	return nil
}

// create makes an empty database on a PostgreSQL.
func create(ctx context.Context, server string) (database string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	name := "kith_live_" + strconv.Itoa(os.Getpid())
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
func start(ctx context.Context, dir, database string) (*kith, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	_ = l.Close()
	env := append(os.Environ(), "KITH_ADDR="+addr, "KITH_DATABASE_URL="+database, "KITH_AUTH_SECRET="+authSecret,
		"KITH_RATE_LIMIT=off", "KITH_LOG_LEVEL=warn")
	migrate := exec.CommandContext(ctx, dir+"/kith", "migrate") //nolint:gosec // our own binary
	migrate.Env = env
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w: %s", err, out)
	}
	k := &kith{base: "http://" + addr, ended: make(chan struct{})}
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
		if r, err := http.Get(k.base + "/readyz"); err == nil {
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

func (k *kith) stop() {
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

func token(role string) (string, error) {
	now := time.Now()
	return auth.Sign(authSecret, auth.Grant{
		Workspace: "bench", Role: role, Subject: role, IssuedAt: now, ExpiresAt: now.Add(time.Hour),
	})
}
