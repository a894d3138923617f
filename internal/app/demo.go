package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/internal/demo"
)

type demoCommand struct {
	Contacts  int    `default:"500" help:"How many contacts to create. Default: ${default}."`
	Seed      uint64 `default:"1" help:"The same seed creates the same contacts. Default: ${default}."`
	Workspace string `default:"demo" help:"The workspace to fill. Default: ${default}."`
	Force     bool   `help:"Fill a workspace even if it already has contacts."`
}

// Run fills a workspace and shows its progress.
func (d demoCommand) Run(ctx context.Context, p *program) (err error) {
	if err := p.validate(false); err != nil {
		return err
	}
	if d.Contacts < 1 || d.Contacts > demo.MaxContacts {
		return &usageError{fmt.Errorf("--contacts must be between 1 and %d", demo.MaxContacts)}
	}
	db := p.database()
	_, _ = fmt.Fprintln(p.stdout, "Database:", db)
	store, err := db.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	w, err := store.Workspace(ctx, d.Workspace)
	if err != nil {
		return fmt.Errorf("open workspace: %w", err)
	}
	filled, err := store.HasContacts(ctx, w)
	if err != nil {
		return fmt.Errorf("read the workspace: %w", err)
	}
	if filled && !d.Force {
		return &usageError{fmt.Errorf("workspace %q already has contacts; use --force to add more", d.Workspace)}
	}
	begun := time.Now()
	rate := func(done int) float64 { return float64(done) / max(time.Since(begun).Seconds(), 0.001) }
	shown := begun
	err = demo.Fill(ctx, store, d.Workspace, demo.Options{
		Contacts: d.Contacts, Seed: d.Seed, Now: p.now(),
		Progress: func(done, total int) {
			if time.Since(shown) < time.Second && done < total {
				return
			}
			shown = time.Now()
			_, _ = fmt.Fprintf(p.stderr, "%3d %%  %d of %d contacts, %.0f/s\n", done*100/total, done, total, rate(done))
			if done == total {
				_, _ = fmt.Fprintln(p.stderr, "       finishing")
			}
		},
	})
	if err != nil {
		return err
	}
	for more := true; more; { // leave no maintenance for the server
		if more, err = store.Maintain(ctx); err != nil {
			return fmt.Errorf("tidy up: %w", err)
		}
	}
	_, _ = fmt.Fprintf(p.stdout, "Workspace %s has %d new contacts after %s.\n", d.Workspace, d.Contacts, time.Since(begun).Round(time.Millisecond))
	return nil
}
