package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// ImportJob is an import of contacts.
type ImportJob struct{ service.Import }

// NewImportJob is an import; nil where it has no id.
func NewImportJob(i service.Import) *ImportJob {
	if i.ID == (crm.JobID{}) {
		return nil
	}
	return &ImportJob{i}
}

// ID is the opaque id.
func (j *ImportJob) ID() string { return j.Job.ID.String() }

// State is how far it is.
func (j *ImportJob) State() ImportState {
	switch {
	case j.Job.State.Final(), j.Total != nil:
		return ImportState(j.Job.State)
	case j.Complete:
		return ImportStateReady
	}
	return ImportStateUploading
}

// FileName is the name of the file.
func (j *ImportJob) FileName() string { return j.Label }

// CreatedBy is who uploaded the file.
func (j *ImportJob) CreatedBy() string { return j.Actor }

// Form is how the file is written; nil once the import has ended.
func (j *ImportJob) Form() *ImportForm {
	f := j.ImportFile.Form
	if f.Format == "" {
		return nil
	}
	out := &ImportForm{Format: f.Format, Encoding: f.Encoding, Header: f.Header}
	if f.Separator != "" {
		out.Separator = &f.Separator
	}
	return out
}

// Columns are the columns of the file.
func (j *ImportJob) Columns() []ImportColumn {
	out := make([]ImportColumn, len(j.ImportFile.Columns))
	for i, name := range j.ImportFile.Columns {
		out[i] = ImportColumn{Name: name, Field: ImportFieldNone, Samples: []string{}}
		if i < len(j.Plan.Fields) {
			out[i].Field = ImportField(j.Plan.Fields[i])
		}
		for _, cells := range j.Samples {
			if i < len(cells) {
				out[i].Samples = append(out[i].Samples, cells[i])
			}
		}
	}
	return out
}

// Rows is how many rows there are. What was not handled is forgotten after the end.
func (j *ImportJob) Rows() int {
	if j.Total != nil {
		return *j.Total
	}
	return j.Queued
}

// Handled is how many rows have had their turn.
func (j *ImportJob) Handled() int { return j.Position }

// Created is how many contacts were created.
func (j *ImportJob) Created() int { return j.Counts.Created }

// Updated is how many contacts were edited.
func (j *ImportJob) Updated() int { return j.Counts.Updated }

// Unchanged is how many rows said nothing new.
func (j *ImportJob) Unchanged() int { return j.Counts.Unchanged }

// Refused is how many rows were refused.
func (j *ImportJob) Refused() int { return j.Counts.Refused }

// Failure says why the import failed; nil unless it has.
func (j *ImportJob) Failure() *string {
	if j.Job.Failure == "" {
		return nil
	}
	return &j.Job.Failure
}

// ImportJobConnection is a page of imports. Nothing of it is made before it is asked for.
type ImportJobConnection struct {
	service.ImportPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the imports with their cursors.
func (c *ImportJobConnection) Edges() []ImportJobEdge {
	out := make([]ImportJobEdge, len(c.Imports))
	for i, j := range c.Imports {
		out[i] = ImportJobEdge{c.List(), ImportJob{j}}
	}
	return out
}

// Nodes are the imports.
func (c *ImportJobConnection) Nodes() []ImportJob {
	out := make([]ImportJob, len(c.Imports))
	for i, j := range c.Imports {
		out[i] = ImportJob{j}
	}
	return out
}

// PageInfo says whether there are more pages.
func (c *ImportJobConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Imports); n > 0 {
		first, last := storage.JobPosition(c.Imports[0].Job), storage.JobPosition(c.Imports[n-1].Job)
		p.first, p.last = &first, &last
	}
	return p
}

// ImportJobEdge is an import in a list, with its cursor.
type ImportJobEdge struct {
	List cursor.List
	Node ImportJob
}

// Cursor encodes the position in the list.
func (e *ImportJobEdge) Cursor() string {
	return cursor.Encode(e.List, storage.JobPosition(e.Node.Job))
}
