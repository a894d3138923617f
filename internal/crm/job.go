package crm

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// ErrJobMoved refuses a step of a job that another process has taken on meanwhile, or that has ended.
var ErrJobMoved = errors.New("the job has moved on")

// ErrJobEnded refuses to cancel a job that has ended.
var ErrJobEnded = errors.New("the job has ended")

// ErrJobExists refuses to create a job under an id that another one has.
var ErrJobExists = errors.New("the job exists")

// JobID names a job: a UUID of version 7, to clients job_0198c2….
type JobID uuid.UUID

const jobPrefix = "job_"

// NewJobID makes an id for a job created at the given time.
func NewJobID(at time.Time) JobID { return JobID(newUUID(at)) }

func (id JobID) String() string { return format(jobPrefix, uuid.UUID(id)) }

// ParseJobID reads what [JobID.String] wrote, and nothing else; ok is false for any other string.
func ParseJobID(s string) (id JobID, ok bool) {
	u, ok := parse(jobPrefix, s)
	return JobID(u), ok
}

// JobKind is what a job does.
type JobKind string

// The kinds.
const (
	DeleteContactsJob JobKind = "DELETE_CONTACTS"
	UpdateSessionsJob JobKind = "UPDATE_SESSIONS"
	ImportContactsJob JobKind = "IMPORT_CONTACTS"
)

// JobState is how far a job has come.
type JobState string

// The states. The last three are final.
const (
	JobPending   JobState = "PENDING"
	JobRunning   JobState = "RUNNING"
	JobDone      JobState = "DONE"
	JobCancelled JobState = "CANCELLED"
	JobFailed    JobState = "FAILED"
)

// Final reports whether a job in the state has ended.
func (s JobState) Final() bool { return s == JobDone || s == JobCancelled || s == JobFailed }

// Job is a piece of work over many rows that is done in steps, beside service. First its rows are queued, then each is
// handled once, in the order of the queue. A row is what the job's kind makes of it: the id of a contact, a line of a file.
type Job struct {
	ID    JobID
	Kind  JobKind
	State JobState
	// Revision rises with each step and whenever another process takes the job on.
	Revision int
	// Actor is who started it: the subject of a credential.
	Actor string
	// Label is what people call it, such as the name of a file; it may be empty. It stays with the job and holds no personal data.
	Label string
	// Parameters are what the kind needs to know, as a text that the kind can read. They are gone once the job has ended.
	Parameters string
	// Cursor is how far queuing has come, as a text that the kind can read.
	Cursor string
	// Total is the number of rows, once all are queued; nil before.
	Total *int
	// Queued is how many rows have been queued, and Position how many of these have been handled.
	Queued, Position int
	Counts           JobCounts
	// Failure says why the job failed; empty unless it has.
	Failure string

	CreatedAt  time.Time
	StartedAt  *time.Time
	FinishedAt *time.Time
	// LeaseUntil is until when a process is at it: from then on another one may take it on.
	LeaseUntil time.Time
}

// JobCounts are what became of a job's rows. Each row that was handled is in one of them.
type JobCounts struct {
	Created, Updated, Deleted, Unchanged, Refused int
}

// Sum is the number of rows in the counts.
func (c JobCounts) Sum() int { return c.Created + c.Updated + c.Deleted + c.Unchanged + c.Refused }

func (c JobCounts) plus(d JobCounts) JobCounts {
	return JobCounts{
		Created: c.Created + d.Created, Updated: c.Updated + d.Updated, Deleted: c.Deleted + d.Deleted,
		Unchanged: c.Unchanged + d.Unchanged, Refused: c.Refused + d.Refused,
	}
}

// JobRow is one row of a job. Positions are 1, 2, 3, … in the order of the queue.
type JobRow struct {
	Position int
	Data     []byte
}

// JobRefusal is a row that was not handled as asked, with the reason.
type JobRefusal struct {
	Row JobRow
	// Code is the reason for programs, such as NOT_FOUND. Field is what of the row it is about; it may be empty.
	Code, Field string
	// Message is the reason for people. It never repeats a value.
	Message string
}

// JobStep is what one step of a job did, or is about to save.
type JobStep struct {
	At time.Time
	// Until is when the lease ends; At or earlier releases the job to the next process.
	Until time.Time
	// Queue are rows that come after those queued before, and Cursor how far queuing has come with them. Queued says that these
	// were the last.
	Queue  [][]byte
	Cursor string
	Queued bool
	// Handled is how many of the rows that waited were handled, from the first on.
	Handled int
	// Counts are what became of these, and Refused those that stay with the job, with the reason: Counts.Refused of them.
	Counts  JobCounts
	Refused []JobRefusal
	// Failure ends the job as failed. What else the step says counts all the same.
	Failure string
}

// Take is the job once a process has taken it on, until a time.
func (j Job) Take(now, until time.Time) Job {
	j.Revision++
	j.State, j.LeaseUntil = JobRunning, until
	if j.StartedAt == nil {
		j.StartedAt = &now
	}
	return j
}

// Step is the job after a step. It is done once all rows are queued and handled.
func (j Job) Step(s JobStep) Job {
	j.Revision++
	j.LeaseUntil = s.Until
	j.Queued += len(s.Queue)
	if len(s.Queue) > 0 || s.Queued {
		j.Cursor = s.Cursor
	}
	if s.Queued {
		j.Total = new(j.Queued)
	}
	j.Position += s.Handled
	j.Counts = j.Counts.plus(s.Counts)
	switch {
	case s.Failure != "":
		j.Failure = s.Failure
		j.end(JobFailed, s.At)
	case j.Total != nil && j.Position >= *j.Total:
		j.end(JobDone, s.At)
	}
	return j
}

// Cancel is the job once somebody has cancelled it; [ErrJobEnded] when it has ended before.
func (j Job) Cancel(now time.Time) (Job, error) {
	if j.State.Final() {
		return j, ErrJobEnded
	}
	j.Revision++
	j.end(JobCancelled, now)
	return j, nil
}

// end ends the job. What it was asked for may name people, and is not needed any more.
func (j *Job) end(state JobState, at time.Time) {
	j.State, j.FinishedAt, j.LeaseUntil = state, &at, at
	j.Parameters, j.Cursor = "", ""
}
