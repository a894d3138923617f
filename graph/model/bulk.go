package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// BulkJob is a job over many contacts or sessions.
type BulkJob struct{ crm.Job }

// NewBulkJob is a job; nil for nil.
func NewBulkJob(j *crm.Job) *BulkJob {
	if j == nil {
		return nil
	}
	return &BulkJob{*j}
}

// Listed is how many objects have been listed.
func (j *BulkJob) Listed() int { // what was not handled is forgotten after the end
	if j.Total != nil {
		return *j.Total
	}
	return j.Queued
}

// Handled is how many objects have had their turn.
func (j *BulkJob) Handled() int { return j.Position }

// Deleted is how many were deleted.
func (j *BulkJob) Deleted() int { return j.Counts.Deleted }

// Updated is how many were edited.
func (j *BulkJob) Updated() int { return j.Counts.Updated }

// Unchanged is how many were as asked for already.
func (j *BulkJob) Unchanged() int { return j.Counts.Unchanged }

// Refused is how many were left alone.
func (j *BulkJob) Refused() int { return j.Counts.Refused }

// Failure says why the job failed; nil unless it has.
func (j *BulkJob) Failure() *string {
	if j.Job.Failure == "" {
		return nil
	}
	return &j.Job.Failure
}

// BulkJobConnection is a page of bulk jobs. Nothing of it is made before it is asked for.
type BulkJobConnection struct {
	service.BulkJobPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the jobs with their cursors.
func (c *BulkJobConnection) Edges() []BulkJobEdge {
	out := make([]BulkJobEdge, len(c.Jobs))
	for i, j := range c.Jobs {
		out[i] = BulkJobEdge{c.List(), BulkJob{j}}
	}
	return out
}

// Nodes are the jobs.
func (c *BulkJobConnection) Nodes() []BulkJob {
	out := make([]BulkJob, len(c.Jobs))
	for i, j := range c.Jobs {
		out[i] = BulkJob{j}
	}
	return out
}

// PageInfo says whether there are more pages.
func (c *BulkJobConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Jobs); n > 0 {
		first, last := storage.JobPosition(c.Jobs[0]), storage.JobPosition(c.Jobs[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// BulkJobEdge is a job in a list, with its cursor.
type BulkJobEdge struct {
	List cursor.List
	Node BulkJob
}

// Cursor encodes the position in the list.
func (e *BulkJobEdge) Cursor() string { return cursor.Encode(e.List, storage.JobPosition(e.Node.Job)) }

// BulkRefusalConnection is a page of the objects that a bulk job left alone.
type BulkRefusalConnection struct{ service.BulkRefusalPage }

// Edges are the objects with their cursors.
func (c *BulkRefusalConnection) Edges() []BulkRefusalEdge {
	out := make([]BulkRefusalEdge, len(c.Refusals))
	for i, r := range c.Refusals {
		out[i] = BulkRefusalEdge{c.List(), newBulkRefusal(c.Kind(), r)}
	}
	return out
}

// Nodes are the objects.
func (c *BulkRefusalConnection) Nodes() []BulkRefusal {
	out := make([]BulkRefusal, len(c.Refusals))
	for i, r := range c.Refusals {
		out[i] = newBulkRefusal(c.Kind(), r)
	}
	return out
}

// PageInfo says whether there are more pages.
func (c *BulkRefusalConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Refusals); n > 0 {
		first, last := refusalPosition(c.Refusals[0]), refusalPosition(c.Refusals[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// BulkRefusalEdge is an object in the list, with its cursor.
type BulkRefusalEdge struct {
	List cursor.List
	Node BulkRefusal
}

// Cursor encodes the position in the list.
func (e *BulkRefusalEdge) Cursor() string {
	return cursor.Encode(e.List, service.BulkRefusalPosition(e.Node.position))
}

func refusalPosition(r crm.JobRefusal) storage.Position {
	return service.BulkRefusalPosition(r.Row.Position)
}

// BulkRefusal is an object that a bulk job left alone.
type BulkRefusal struct {
	ContactID     *crm.ContactID
	SessionID     *crm.SessionID
	Code, Message string
	position      int
}

func newBulkRefusal(kind crm.JobKind, r crm.JobRefusal) BulkRefusal {
	out := BulkRefusal{Code: r.Code, Message: r.Message, position: r.Row.Position}
	switch kind {
	case crm.DeleteContactsJob:
		out.ContactID = new(crm.ContactID)
		copy(out.ContactID[:], r.Row.Data)
	case crm.UpdateSessionsJob:
		out.SessionID = new(crm.SessionID)
		copy(out.SessionID[:], r.Row.Data)
	}
	return out
}
