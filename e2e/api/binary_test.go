// Package api tests the kith binary from outside: it builds and starts it, talks to it over HTTP, stops and kills it, on
// an empty SQLite file and on an empty PostgreSQL. The tests in JavaScript beside it do the same for clients, those in
// e2e/browser for the pages.
//
// It replaces nothing that a test of one package can show, and looks into a database only for what no client may see.
package api

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const secret = "a secret of at least thirty-two bytes"

// binaries is where the binaries lie that the tests have built.
var binaries string

func TestMain(m *testing.M) {
	var err error
	if binaries, err = os.MkdirTemp("", "kith-e2e-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(binaries)
	os.Exit(code)
}

// build makes the binary of a package, once for all tests.
func build(pkg, name string, flags ...string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		path := filepath.Join(binaries, name)
		args := append([]string{"build", "-buildvcs=false", "-o", path}, flags...)
		out, err := exec.Command("go", append(args, pkg)...).CombinedOutput()
		if err != nil {
			return "", errors.New(string(out))
		}
		return path, nil
	})
}

var (
	buildPlain = build("kith", "kith")
	// With the flags of scripts/test-go, so that compiled packages are shared.
	buildRace = build("kith", "kith-race", "-race", "-gcflags=modernc.org/sqlite/lib=-race=false",
		"-gcflags=modernc.org/sqlite=-d=checkptr=0", "-gcflags=modernc.org/libc=-d=checkptr=0", "-gcflags=modernc.org/memory=-d=checkptr=0")
	buildCrowd = build("kith/e2e/api/crowd", "crowd")
)

// binary is kith, with the race detector when the test has it.
func binary(t *testing.T) string {
	t.Helper()
	if raceDetector {
		return built(t, buildRace)
	}
	return built(t, buildPlain)
}

// quickBinary is kith without the race detector, for what is about load and time.
func quickBinary(t *testing.T) string {
	t.Helper()
	return built(t, buildPlain)
}

func built(t *testing.T, build func() (string, error)) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("build kith: %v", err)
	}
	return path
}

// environment is what a process gets to see of the world.
type environment map[string]string

// with is the environment with more settings, in turns of name and value.
func (e environment) with(settings ...string) environment {
	all := environment{}
	maps.Copy(all, e)
	for i := 0; i < len(settings); i += 2 {
		all[settings[i]] = settings[i+1]
	}
	return all
}

func (e environment) list() []string {
	list := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range e {
		list = append(list, name+"="+value)
	}
	return list
}

// run runs a command of kith to its end.
func (e environment) run(t *testing.T, args ...string) (stdout, stderr string, exitCode int) {
	t.Helper()
	return e.runWith(t, binary(t), args...)
}

// runWith runs a command of a binary to its end.
func (e environment) runWith(t *testing.T, path string, args ...string) (stdout, stderr string, exitCode int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out, log bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Env, c.Stdout, c.Stderr = e.list(), &out, &log
	if err := c.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatalf("kith %s: %v", strings.Join(args, " "), err)
		}
	}
	return out.String(), log.String(), c.ProcessState.ExitCode()
}

// mustRun is run, for a command that must succeed.
func (e environment) mustRun(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	out, log, code := e.run(t, args...)
	if code != 0 {
		t.Fatalf("kith %s: exit %d\n%s%s", strings.Join(args, " "), code, out, log)
	}
	return out
}

// token has kith print a token for an hour.
func (e environment) token(t *testing.T, workspace, role string) string {
	t.Helper()
	return strings.TrimSpace(e.mustRun(t, "token", "--workspace="+workspace, "--role="+role, "--sub="+role+"@"+workspace, "--ttl=1h"))
}
