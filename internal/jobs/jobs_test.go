package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/jobs"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

const kind = crm.DeleteContactsJob

// slowDisk is a store whose commits take long.
type slowDisk struct{ storage.Store }

func (s slowDisk) StepJob(
	ctx context.Context, w crm.WorkspaceID, j crm.Job, do func(context.Context, storage.JobTx) (crm.JobStep, error),
) (crm.Job, error) {
	defer slowly()
	return s.Store.StepJob(ctx, w, j, do)
}

func (s slowDisk) TakeJob(ctx context.Context, kinds []crm.JobKind, now, until time.Time) (storage.TakenJob, error) {
	j, err := s.Store.TakeJob(ctx, kinds, now, until)
	if err == nil {
		slowly()
	}
	return j, err
}

func slowly() { time.Sleep(120 * time.Millisecond) } //nolint:forbidigo // it is what a disk would do

// noting does nothing with rows but note how many there are in each step.
type noting struct {
	rows  int
	steps []int
}

func (n *noting) Queue(context.Context, storage.TakenJob) (rows [][]byte, cursor string, last bool, err error) {
	for i := range n.rows {
		rows = append(rows, fmt.Append(nil, i))
	}
	return rows, "", true, nil
}

func (n *noting) Handle(_ context.Context, _ storage.JobTx, _ storage.TakenJob, rows []crm.JobRow) (jobs.Outcome, error) {
	n.steps = append(n.steps, len(rows))
	return jobs.Outcome{Counts: crm.JobCounts{Unchanged: len(rows)}}, nil
}

func TestStepsDoNotShrinkBecauseCommitsTakeLong(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := store.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	j := crm.Job{ID: crm.NewJobID(now), Kind: kind, State: crm.JobPending, CreatedAt: now, LeaseUntil: now}
	if err := store.CreateJob(ctx, w, j); err != nil {
		t.Fatal(err)
	}
	work := &noting{rows: 400}
	runner := jobs.New(slowDisk{store}, map[crm.JobKind]jobs.Handler{kind: work}, jobs.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	done := make(chan struct{})
	go func() { defer close(done); runner.Run(ctx) }()
	for ends := time.Now().Add(20 * time.Second); time.Now().Before(ends); time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // it works meanwhile
		found, err := store.JobsByID(ctx, w, []crm.JobID{j.ID})
		if err != nil {
			t.Fatal(err)
		}
		if found[j.ID].State.Final() {
			break
		}
	}
	cancel()
	<-done
	if largest := slices.Max(append(work.steps, 0)); largest != 100 {
		t.Errorf("steps of %v rows", work.steps)
	}
}

// silent is a job whose rows the database does not hand over.
type silent struct{ noting }

func (*silent) Queue(ctx context.Context, _ storage.TakenJob) (rows [][]byte, cursor string, last bool, err error) {
	<-ctx.Done()
	return nil, "", false, ctx.Err()
}

func TestAJobThatTheDatabaseIsSilentAboutKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := store.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var ids []crm.JobID
	for n, kind := range []crm.JobKind{kind, crm.UpdateSessionsJob} { // in this order
		at := now.Add(time.Duration(n-2) * time.Second)
		j := crm.Job{ID: crm.NewJobID(at), Kind: kind, State: crm.JobPending, CreatedAt: at, LeaseUntil: at}
		if err := store.CreateJob(ctx, w, j); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	runner := jobs.New(store, map[crm.JobKind]jobs.Handler{kind: &silent{}, crm.UpdateSessionsJob: &noting{rows: 1}}, jobs.Options{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Patience: 100 * time.Millisecond,
	})
	done := make(chan struct{})
	go func() { defer close(done); runner.Run(ctx) }()
	var found map[crm.JobID]crm.Job
	for ends := time.Now().Add(8 * time.Second); time.Now().Before(ends); time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // it works meanwhile
		runner.Wake()
		if found, err = store.JobsByID(ctx, w, ids); err != nil {
			t.Fatal(err)
		}
		if found[ids[1]].State.Final() {
			break
		}
	}
	cancel()
	<-done
	if first, second := found[ids[0]], found[ids[1]]; first.State != crm.JobRunning || second.State != crm.JobDone {
		t.Errorf("the silent one is %s, the other one %s", first.State, second.State)
	}
}
