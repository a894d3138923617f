package app

import (
	"io"
	"log/slog"
	"time"

	"kith/internal/config"
)

// program is what a command runs with.
type program struct {
	config  config.Config
	environ []string
	getenv  func(string) string
	stdout  io.Writer
	stderr  io.Writer
	now     func() time.Time
}

func (p *program) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: p.config.Level()}
	if p.config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}

// database is the database that a command works on.
func (p *program) database() database {
	return newDatabase(p.config, p.getenv, telemetry{}, p.logger())
}
