package checkup

import (
	"context"

	"kith/storage"
)

// Report passes on what a check finds.
type Report struct {
	storage.Inspection
	name string // of the workspace that is being checked
	rows int
}

// Add reports a finding, which is of the workspace being checked. Where repairs are wanted and this one is possible, repair
// runs before; nil means that it is not possible.
func (r *Report) Add(ctx context.Context, f storage.Finding, repair func(context.Context) error) error {
	if r.Repair && repair != nil {
		if err := repair(ctx); err != nil {
			return err
		}
		f.Repaired = true
	}
	f.Workspace = r.name
	r.Found(f)
	return nil
}

// Looked reports progress: so many more rows have been looked at.
func (r *Report) Looked(rows int) {
	r.rows += rows
	if r.Progress != nil && rows > 0 {
		r.Progress(r.name, r.rows)
	}
}
