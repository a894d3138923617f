package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/jobs"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

// counting counts how often jobs are read.
type counting struct {
	storage.Store

	mu    sync.Mutex
	reads int
}

func (s *counting) JobsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.JobID) (map[crm.JobID]crm.Job, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	return s.Store.JobsByID(ctx, w, ids)
}

func (s *counting) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// pending is a job that nothing runs.
func pending(t *testing.T, store storage.Store) (crm.WorkspaceID, crm.Job) {
	t.Helper()
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	j := crm.Job{ID: crm.NewJobID(now), Kind: kind, State: crm.JobPending, Actor: "ann", CreatedAt: now, LeaseUntil: now}
	if err := store.CreateJob(t.Context(), w, j, new(crm.NewAudit(crm.BulkDeletionStarted, j.Actor, now))); err != nil {
		t.Fatal(err)
	}
	return w, j
}

func next(t *testing.T, w *jobs.Watch) (p *jobs.Progress, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	p, ok, err := w.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return p, ok
}

func TestWatchesShowHowAJobAdvancesUntilItEnds(t *testing.T) {
	t.Parallel()
	store := &counting{Store: sqlitetest.Open(t)}
	workspace, j := pending(t, store)
	watcher := jobs.NewWatcher(store)
	a, b := watcher.Watch(workspace, j), watcher.Watch(workspace, j)
	defer b.Close()
	first, _ := next(t, a)
	if again, _ := next(t, b); first != again || first.Job.State != crm.JobPending {
		t.Errorf("%+v and %+v", first, again)
	}
	a.Close()

	// What another process does is seen, too: the watcher reads the database.
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := store.CancelJob(t.Context(), workspace, j.ID, now, new(crm.NewAudit(crm.BulkJobCancelled, "bob", now))); err != nil {
		t.Fatal(err)
	}
	if p, ok := next(t, b); !ok || p.Job.State != crm.JobCancelled {
		t.Errorf("%+v %t", p, ok)
	}
	if p, ok := next(t, b); ok {
		t.Errorf("after the end: %+v", p)
	}
}

func TestAJobThatIsNotWatchedIsNotRead(t *testing.T) {
	t.Parallel()
	store := &counting{Store: sqlitetest.Open(t)}
	workspace, j := pending(t, store)
	watcher := jobs.NewWatcher(store)
	watches := make([]*jobs.Watch, 50)
	for i := range watches {
		watches[i] = watcher.Watch(workspace, j)
	}
	before := store.count()
	time.Sleep(1200 * time.Millisecond) //nolint:forbidigo // it is to read meanwhile
	if reads := store.count() - before; reads < 1 || reads > 3 {
		t.Errorf("%d reads for 50 watches", reads)
	}
	ctx, cancel := context.WithCancel(t.Context())
	next(t, watches[0])
	cancel()
	if _, _, err := watches[0].Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, w := range watches {
		w.Close()
	}
	time.Sleep(600 * time.Millisecond) //nolint:forbidigo // it has noticed by then
	before = store.count()
	time.Sleep(1200 * time.Millisecond) //nolint:forbidigo // it is to do nothing meanwhile
	if reads := store.count() - before; reads > 0 {
		t.Errorf("%d reads for nobody", reads)
	}
	again := watcher.Watch(workspace, j)
	defer again.Close()
	if p, ok := next(t, again); !ok || p.Job.ID != j.ID {
		t.Errorf("%+v %t", p, ok)
	}
}

func TestProgressIsSharedOncePerKey(t *testing.T) {
	t.Parallel()
	var p jobs.Progress
	made := 0
	for range 3 {
		if got := p.Share("a", func() any { made++; return made }); got != 1 {
			t.Error(got)
		}
	}
	if got := p.Share("b", func() any { return "b" }); got != "b" {
		t.Error(got)
	}
}
