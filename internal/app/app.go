package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kith/internal/config"
)

// The exit codes, which the help and docs/operations.md list.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // the command line or a setting is wrong: trying again does not help
)

// Main runs Kith until it is done, or until the process receives a signal to stop, and returns the exit code. Settings come
// from args and environ, which are pairs as of [os.Environ], and nothing else.
func Main(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, stopSignals()...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills
	err := run(ctx, args, environ, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "kith: "+strings.ReplaceAll(err.Error(), "\n", "\n      "))
	}
	return exitCode(err)
}

// stopSignals are the signals that stop Kith. SIGHUP is one unless it was ignored from the start, as under nohup.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// exitCode is the exit code for an error of run.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFailure
}

// run executes the command in args, and returns when it is done, or when ctx has ended and everything is closed.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	var c commands
	getenv := getenvOf(environ)
	source := config.NewSource(getenv)
	call, err := parse(&c, args, source, stdout, stderr)
	if err != nil || call == nil {
		return err
	}
	p := &program{
		config: c.Settings, source: source, given: givenFlags(call), misread: errors.Join(config.Unknown(environ), source.Err()),
		environ: environ, getenv: getenv, stdin: os.Stdin, stdout: stdout, stderr: stderr, now: time.Now,
	}
	call.BindTo(ctx, (*context.Context)(nil))
	err = call.Run(p)
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if call.Command() == "serve" {
		return nil // stopped as asked, while something was starting
	}
	return fmt.Errorf("interrupted: %w", err) // what the command was to do is not done
}

// getenvOf looks variables up in environ.
func getenvOf(environ []string) func(string) string {
	return func(name string) string {
		for _, pair := range environ {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}
