package storage

import (
	"context"

	"kith/internal/crm"
)

// ExportSize is how many contacts an export reads at a time.
const ExportSize = 1000

// Exported is a part of an exported list.
type Exported struct {
	Rows []ContactRow
	// Identities are those of the contacts, oldest first, where they were asked for.
	Identities map[crm.ContactID][]crm.Identity
}

// ExportReader reads the parts of a list within the snapshot of a context.
type ExportReader struct {
	Page       func(ctx context.Context, q ContactQuery) (ContactPage, error)
	Identities func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error)
}

// All hands the list to each, part by part.
func (r ExportReader) All(ctx context.Context, q ContactQuery, identities bool, each func(Exported) error) error {
	q.Page = Page{Size: ExportSize, After: q.Page.After}
	for {
		page, err := r.Page(ctx, q)
		if err != nil {
			return err
		}
		part := Exported{Rows: page.Rows}
		if identities && len(page.Rows) > 0 {
			ids := make([]crm.ContactID, len(page.Rows))
			for i := range page.Rows {
				ids[i] = page.Rows[i].Contact.ID
			}
			if part.Identities, err = r.Identities(ctx, ids); err != nil {
				return err
			}
		}
		if len(part.Rows) > 0 {
			if err := each(part); err != nil {
				return &ExportRefusedError{err}
			}
		}
		if !page.More {
			return nil
		}
		q.Page.After = new(page.Rows[len(page.Rows)-1].Position)
	}
}

// ExportRefusedError is an error of what an export is handed to, so that it is not taken for one of the database.
type ExportRefusedError struct{ Err error }

func (e *ExportRefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *ExportRefusedError) Unwrap() error { return e.Err }
