// Package jobs runs the jobs that [storage.Jobs] keeps, in the background of every process, step by step. It knows no kind of job; what to do with a row is a [Handler]'s.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// Handler is one kind of job.
type Handler interface {
	// Queue returns the next rows of a job, those after its cursor, and the cursor with them. last says that there are no more.
	// It is called again from the same cursor when its rows could not be stored.
	Queue(ctx context.Context, j storage.TakenJob) (rows [][]byte, cursor string, last bool, err error)
	// Handle does with rows, in tx, what the job is for. Each row is in one of the counts, and a refused one among the refusals. It may
	// be called again with the same rows when what it did could not be stored.
	Handle(ctx context.Context, tx storage.JobTx, j storage.TakenJob, rows []crm.JobRow) (Outcome, error)
}

// Outcome is what became of rows.
type Outcome struct {
	Counts  crm.JobCounts
	Refused []crm.JobRefusal
}

// Refuse counts a row as refused.
func (o *Outcome) Refuse(r crm.JobRefusal) {
	o.Counts.Refused++
	o.Refused = append(o.Refused, r)
}

const (
	// lookInterval is how soon a job that another process created, or left behind, is noticed.
	lookInterval = time.Second
	// lease is how long a job stays with a process that does no step of it.
	lease = 10 * time.Second
	// turn is how long one job is worked at before others that wait have theirs.
	turn = 2 * time.Second
	// wantedStep is how long a step should take beside what any write takes, or as long as that if it takes longer: others may wait
	// as long for what it has locked.
	wantedStep = 50 * time.Millisecond
	// longestWrite is the most that a write is taken to take, as one may have been held up.
	longestWrite = 200 * time.Millisecond
	// largestStep is the most rows of a step.
	largestStep = 100
	// pauseShare is the part of a step's time that the pause behind it takes: requests come first.
	pauseShare = 4
	// tries is how often a single row is tried.
	tries = 3
	// failurePause is how long the runner waits when the database is away.
	failurePause = 15 * time.Second
)

// Options are what a runner works with.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Panicked is called for each panic of a handler. Nil does nothing.
	Panicked func()
	// Patience is how long queueing rows may take, 30 s where it is 0: a database that is silent must not keep others' jobs waiting.
	Patience time.Duration
}

// Runner runs jobs.
type Runner struct {
	store    storage.Jobs
	handlers map[crm.JobKind]Handler
	kinds    []crm.JobKind
	options  Options
	wake     chan struct{}
}

// New makes a runner of jobs of some kinds.
func New(store storage.Jobs, handlers map[crm.JobKind]Handler, o Options) *Runner {
	if o.Panicked == nil {
		o.Panicked = func() {}
	}
	o.Patience = cmp.Or(o.Patience, 30*time.Second)
	r := &Runner{store: store, handlers: handlers, options: o, wake: make(chan struct{}, 1)}
	for kind := range handlers {
		r.kinds = append(r.kinds, kind)
	}
	slices.Sort(r.kinds)
	return r
}

// Wake makes the runner look for a job that was just created.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Run runs jobs until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	for ctx.Err() == nil {
		worked, err := r.once(ctx)
		pause := lookInterval
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.options.Logger.Warn("a job could not go on", "error", err)
			pause = failurePause
		case worked:
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-time.After(pause):
		}
	}
}

// once takes a job on and works at it for a turn. It reports whether there was one.
func (r *Runner) once(ctx context.Context) (worked bool, err error) {
	now := r.now()
	begun := time.Now()
	j, err := r.store.TakeJob(ctx, r.kinds, now, now.Add(lease))
	write := min(time.Since(begun), longestWrite)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	err = r.turn(ctx, j, write)
	if errors.Is(err, crm.ErrJobMoved) { // cancelled, for one
		return true, nil
	}
	return true, err
}

func (r *Runner) now() time.Time { return r.options.Now().UTC().Truncate(time.Microsecond) }

// turn does steps of a job until its turn is over or the job is. A failed step is tried again with one row, and a row that fails
// every time is refused. write is how long the database takes for a write of one row.
func (r *Runner) turn(ctx context.Context, j storage.TakenJob, write time.Duration) error {
	size, failed := 10, 0
	for ends := time.Now().Add(turn); !j.State.Final(); {
		begun, handling := time.Now(), j.Total != nil
		over := !begun.Before(ends)
		after, err := r.step(ctx, j, size, failed >= tries, over)
		took := time.Since(begun)
		switch {
		case err == nil:
			if j.Job, failed = after, 0; handling {
				size = sized(size, took, write)
			}
		case ctx.Err() != nil, errors.Is(err, crm.ErrJobMoved), errors.Is(err, crm.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
			return err
		default:
			r.options.Logger.Warn("a step of a job failed", "job", j.ID, "rows", size, "error", err)
			if size == 1 {
				failed++
			}
			if size = 1; failed > tries {
				return r.fail(ctx, j)
			}
		}
		if over {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(took / pauseShare):
		}
	}
	return nil
}

// sized is how many rows the next step should have, after one of so many took so long, where a write takes so long however
// small it is.
func sized(rows int, took, write time.Duration) int {
	work, wanted := took-write, max(wantedStep, write)
	switch {
	case work > 2*wanted:
		rows /= 2
	case work < wanted:
		rows += 1 + rows/2
	}
	return min(max(rows, 1), largestStep)
}

// step queues more rows, or handles some. refuse gives the first row up; over ends the turn with the step.
func (r *Runner) step(ctx context.Context, j storage.TakenJob, size int, refuse, over bool) (after crm.Job, err error) {
	defer r.recovered(&err)
	handler := r.handlers[j.Kind]
	if j.Total == nil {
		queueing, end := context.WithTimeout(ctx, r.options.Patience)
		rows, cursor, last, err := handler.Queue(queueing, j)
		end()
		if err != nil {
			return crm.Job{}, err
		}
		return r.store.StepJob(ctx, j.Workspace, j.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
			s := r.begin(over)
			s.Queue, s.Cursor, s.Queued = rows, cursor, last
			return s, nil
		})
	}
	return r.store.StepJob(ctx, j.Workspace, j.Job, func(ctx context.Context, tx storage.JobTx) (s crm.JobStep, err error) {
		defer r.recovered(&err)
		s = r.begin(over)
		rows, err := tx.Rows(ctx, size)
		if err != nil {
			return s, err
		}
		if len(rows) == 0 {
			return s, fmt.Errorf("%d of %d rows are there", j.Position, *j.Total)
		}
		var out Outcome
		if s.Handled = len(rows); refuse {
			out.Refuse(crm.JobRefusal{Row: rows[0], Code: crm.RefusedInternal, Message: "An unexpected error occurred."})
		} else if out, err = handler.Handle(ctx, tx, j, rows); err != nil {
			return s, err
		}
		if out.Counts.Sum() != len(rows) || len(out.Refused) != out.Counts.Refused {
			return s, fmt.Errorf("of %d rows %d were counted, and of %d refused %d", len(rows), out.Counts.Sum(), out.Counts.Refused, len(out.Refused))
		}
		s.Counts, s.Refused = out.Counts, out.Refused
		return s, nil
	})
}

// begin is a step now.
func (r *Runner) begin(over bool) crm.JobStep {
	s := crm.JobStep{At: r.now()}
	s.Until = s.At.Add(lease)
	if over {
		s.Until = s.At
	}
	return s
}

// fail ends a job that cannot go on.
func (r *Runner) fail(ctx context.Context, j storage.TakenJob) error {
	_, err := r.store.StepJob(ctx, j.Workspace, j.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		s := r.begin(true)
		s.Failure = "An unexpected error occurred."
		return s, nil
	})
	return err
}

func (r *Runner) recovered(err *error) {
	if p := recover(); p != nil {
		r.options.Panicked()
		*err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
	}
}
