package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// shownFindings is how many findings are shown one by one.
const shownFindings = 100

type checkCommand struct {
	Repair    bool   `help:"Repair what is found, for example after an upgrade that changes how text is folded for search."`
	Workspace string `help:"Check only this workspace." placeholder:"NAME"`
}

// Run checks the database and prints what it finds. It fails when something was found that is not repaired.
func (c checkCommand) Run(ctx context.Context, p *program) (err error) {
	if err := p.validate(false); err != nil {
		return err
	}
	db := p.database()
	_, _ = fmt.Fprintln(p.stdout, "Database:", db)
	store, err := db.openExisting(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	totals := map[storage.FindingKind]int{}
	all, left := 0, 0
	shown := time.Now()
	err = store.Check(ctx, storage.Inspection{
		Workspace: c.Workspace,
		Repair:    c.Repair,
		Found: func(f storage.Finding) {
			all++
			totals[f.Kind]++
			if !f.Repaired {
				left++
			}
			if all <= shownFindings {
				_, _ = fmt.Fprintln(p.stdout, f)
			}
		},
		Progress: func(workspace string, rows int) {
			if time.Since(shown) < time.Second {
				return
			}
			shown = time.Now()
			_, _ = fmt.Fprintf(p.stderr, "%d rows, %d findings, at workspace %q\n", rows, all, workspace)
		},
	})
	if all > shownFindings {
		_, _ = fmt.Fprintf(p.stdout, "… and %d more. In all:\n", all-shownFindings)
		for _, kind := range slices.Sorted(maps.Keys(totals)) {
			_, _ = fmt.Fprintf(p.stdout, "%8d  %s\n", totals[kind], kind)
		}
	}
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return fmt.Errorf("there is no workspace %q", c.Workspace)
	case err != nil:
		return err
	case all == 0:
		_, _ = fmt.Fprintln(p.stdout, "The database is sound.")
		return nil
	case left == 0:
		_, _ = fmt.Fprintf(p.stdout, "%d findings, all repaired.\n", all)
		return nil
	case c.Repair:
		return fmt.Errorf("%d of %d findings cannot be repaired", left, all)
	}
	return fmt.Errorf("%d findings; `kith check --repair` repairs what it can", all)
}
