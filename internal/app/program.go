package app

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"kith/internal/config"
	"kith/internal/httpd"
)

// program is what a command runs with.
type program struct {
	config  config.Config
	source  *config.Source
	given   map[string]bool // the names of the flags on the command line
	misread error           // what is wrong with the environment, apart from values that do not fit together
	environ []string
	getenv  func(string) string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	now     func() time.Time
}

// validate reports everything that is wrong with the settings. serving says that they are for a server.
func (p *program) validate(serving bool) error {
	if err := errors.Join(p.misread, p.config.Validate(serving)); err != nil {
		return &usageError{err}
	}
	return nil
}

// origin is where a setting comes from.
func (p *program) origin(variable string) string {
	if p.given[strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "KITH_")), "_", "-")] {
		return "flag"
	}
	if origin := p.source.Origin(variable); origin != "" {
		return origin
	}
	return "default"
}

// logger writes the log. Durations are numbers of milliseconds, whatever the format.
func (p *program) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: p.config.Level(), ReplaceAttr: inMilliseconds}
	var h slog.Handler = slog.NewTextHandler(p.stderr, o)
	if p.config.JSONLog() {
		h = slog.NewJSONHandler(p.stderr, o)
	}
	return slog.New(httpd.LogContext(h, p.config.LogAddressesOn()))
}

// inMilliseconds gives the durations of the log one unit, which their names end with.
func inMilliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
}

// database is the database that a command works on.
func (p *program) database() database {
	return newDatabase(p.config, p.getenv, telemetry{}, p.logger())
}
