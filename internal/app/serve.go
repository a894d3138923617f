package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"kith/internal/auth"
	"kith/internal/config"
	"kith/internal/demo"
	"kith/internal/events"
	"kith/internal/httpd"
	"kith/internal/metrics"
	"kith/storage"
)

const (
	// closeTimeout is how long closing the database and the rest may take, after the requests have ended.
	closeTimeout = 1500 * time.Millisecond
	// demoContacts is how many contacts fill an empty workspace demo.
	demoContacts = 500
)

// Little lives on between requests, so the collector runs often. With more garbage (300), it answers some 8 % more
// searches a second at a million contacts and takes 81 MB instead of 59. The limit keeps a server with a large heap from
// taking twice as much.
const (
	gcPercent   = 125
	memoryLimit = 256 << 20
)

// tuneCollector sets how much garbage may gather, unless the environment does.
func tuneCollector(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

type serveCommand struct{}

// Run answers requests until ctx ends. It closes what it opened, in reverse.
func (serveCommand) Run(ctx context.Context, p *program) (err error) {
	if err := p.validateToServe(); err != nil {
		return err
	}
	tuneCollector(p.getenv)
	logger := p.logger()
	var opened closers
	defer func() {
		err = errors.Join(err, opened.close(closeTimeout))
		logger.Info("stopped")
	}()

	mode := socketMode
	if p.config.Development() {
		mode = openSocketMode
	}
	ln, err := listen(p.config.Addr, mode) // first, so that an address in use is reported immediately
	if err != nil {
		return err
	}
	opened.add("listener", func() error {
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	logger.Info("starting", "version", version(), "database", p.config.DatabaseURL)
	for _, warning := range p.config.Warnings() {
		logger.Warn(warning) //nolint:sloglint // constants, but for two settings
	}
	telemetry, err := startTelemetry(ctx, p.getenv)
	if err != nil {
		return &usageError{err}
	}
	opened.add("traces", telemetry.close)
	readiness := newReadiness(logger, p.now)
	health := httpd.NewHealth(readiness.ping)
	metrics.InstrumentReadiness(telemetry.registry, readiness.ready)
	if addr := p.config.AdminAddr; addr != "" {
		stop, err := serveAdmin(addr, health, telemetry.registry, logger)
		if err != nil {
			return fmt.Errorf("KITH_ADMIN_ADDR: %w", err)
		}
		opened.add("admin address", stop)
	}
	store, err := newDatabase(p.config, p.getenv, telemetry, logger).await(ctx, ln, health, logger)
	if err != nil {
		return err
	}
	store = readiness.open(telemetry.store(store, logger))
	settings := storage.NewSettingsCache(store)
	store = storage.Guard(store, settings)
	opened.add("database", store.Close)
	if err := checkSecretKey(ctx, store, p.config.SecretKeys(), logger); err != nil {
		return err
	}
	if p.config.DemoOn() {
		if err := fillDemo(ctx, store, p.now(), logger); err != nil {
			return err
		}
	}
	if p.config.RefuseUnknown() && !p.config.Development() { // which has one workspace, and nobody to create another
		store = storage.KnownOnly(store)
	}
	hub := events.New(store, logger)
	hub.Panicked = telemetry.panicLogger("background", logger)
	telemetry.hub(hub)
	running, end := context.WithCancel(context.WithoutCancel(ctx)) // requests are served while Kith stops
	defer end()
	parts := wiring{
		config: p.config, now: p.now, logger: logger, telemetry: telemetry, store: store, settings: settings, hub: hub, health: health,
		publicURL: publicURL(p.config, ln.Addr()), opened: &opened,
	}
	messages := parts.messages()
	handler, endpoint, err := parts.handler(running, messages)
	if err != nil {
		return err
	}
	opened.add("events", follow(running, hub))
	opened.add("maintenance", maintain(running, &maintenance{
		store: store, mergeProven: messages.MergeProven, now: p.now,
		retention: retentionOf(p.config),
		panicked:  telemetry.panicCounter("background"),
	}, logger))

	announce(p.stdout, p.config, ln.Addr(), logger)
	return httpd.Serve(ctx, ln, httpd.Serving{
		Handler: handler, Drain: endpoint.Shutdown, Health: health, Logger: logger,
		Delay: p.config.ShutdownDelay, Grace: p.config.ShutdownTimeout,
	})
}

// validateToServe reports the settings that a server cannot start with.
func (p *program) validateToServe() error {
	if err := p.validate(true); err != nil {
		return err
	}
	if empty := config.EmptyCredentials(p.environ); len(empty) > 0 && p.config.Development() {
		return &usageError{fmt.Errorf("%s: set but empty: fill it in, or unset it to treat everyone on this machine as an admin",
			strings.Join(empty, ", "))}
	}
	return nil
}

// fillDemo gives the workspace demo some contacts when it has none.
func fillDemo(ctx context.Context, store storage.Store, now time.Time, logger *slog.Logger) error {
	w, err := store.Workspace(ctx, auth.DevelopmentWorkspace)
	if err != nil {
		return fmt.Errorf("open workspace %s: %w", auth.DevelopmentWorkspace, err)
	}
	filled, err := store.HasContacts(ctx, w)
	if err != nil {
		return fmt.Errorf("read workspace %s: %w", auth.DevelopmentWorkspace, err)
	}
	if filled {
		return nil
	}
	logger.Info("filling workspace", "workspace", auth.DevelopmentWorkspace, "contacts", demoContacts)
	return demo.Fill(ctx, store, auth.DevelopmentWorkspace, demo.Options{Contacts: demoContacts, Seed: 1, Now: now})
}

// announce reports where Kith listens, on stdout for people and in the log.
func announce(stdout io.Writer, c config.Config, addr net.Addr, logger *slog.Logger) {
	logger.Info("listening", "addr", addr.String())
	if c.Development() {
		logger.Warn("no auth settings: everybody on this machine is ADMIN", "workspace", auth.DevelopmentWorkspace)
	}
	if c.JSONLog() {
		return
	}
	if addr.Network() == "unix" {
		_, _ = fmt.Fprintf(stdout, "Listening   unix:%s\n", addr)
		return
	}
	base := localURL(addr) + c.BasePath()
	_, _ = fmt.Fprintf(stdout, "Contacts    %s/staff/contacts\n", base)
	if c.PlaygroundOn() {
		_, _ = fmt.Fprintf(stdout, "Playground  %s/playground\n", base)
	}
	_, _ = fmt.Fprintf(stdout, "GraphQL     %s/graphql\nHealth      %s/readyz\n", base, base)
}

// publicURL is where clients reach the server at addr, without a slash at the end.
func publicURL(c config.Config, addr net.Addr) string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return localURL(addr)
}

// localURL is where this machine reaches the server at addr. With a Unix socket, the host does not matter.
func localURL(addr net.Addr) string {
	if addr.Network() == "unix" {
		return "http://localhost"
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
