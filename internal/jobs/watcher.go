package jobs

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/internal/share"
	"kith/storage"
)

const (
	// watchInterval is how often watched jobs are read.
	watchInterval = 500 * time.Millisecond
	// watchedAtOnce is how many jobs are read together.
	watchedAtOnce = 100
	// watchPatience is how long the database may be away before watches end.
	watchPatience = 30 * time.Second
)

// Watcher follows jobs, in whichever process they run: it reads those that somebody watches, each once for all who do. While
// nobody watches, it does nothing.
type Watcher struct {
	store    storage.Jobs
	interval time.Duration

	mu      sync.Mutex
	running bool
	watched map[watchKey]*watched
	failed  time.Time // when reading first failed; zero while it does not
}

type watchKey struct {
	workspace crm.WorkspaceID
	job       crm.JobID
}

// watched is a job with the number of its watches.
type watched struct {
	watches int
	latest  *Progress
	gone    bool
	failure error
	changed chan struct{} // closed when any of these changes
}

func (w *watched) change() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Progress is a job at a moment. All watches of the job get the same one, and share the work that it makes.
type Progress struct {
	Job crm.Job
	share.Work
}

// NewWatcher makes a watcher of the jobs in a store.
func NewWatcher(store storage.Jobs) *Watcher {
	return &Watcher{store: store, interval: watchInterval, watched: make(map[watchKey]*watched)}
}

// Watch follows one job. It is not for concurrent use.
type Watch struct {
	of   *Watcher
	key  watchKey
	job  *watched
	seen *Progress
}

// Watch follows a job that was read a moment ago. Close the watch when done.
func (r *Watcher) Watch(w crm.WorkspaceID, j crm.Job) *Watch {
	key := watchKey{w, j.ID}
	r.mu.Lock()
	defer r.mu.Unlock()
	job := r.watched[key]
	if job == nil {
		job = &watched{changed: make(chan struct{})}
		r.watched[key] = job
	}
	if job.latest == nil || job.latest.Job.Revision < j.Revision {
		job.latest = &Progress{Job: j}
		job.change()
	}
	job.watches++
	if !r.running {
		r.running = true
		go r.run()
	}
	return &Watch{of: r, key: key, job: job}
}

// Close ends the watch.
func (w *Watch) Close() {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	if w.job.watches--; w.job.watches == 0 {
		delete(w.of.watched, w.key)
	}
}

// Next waits until the job has advanced, and returns how far it is: the first time how far it was at the start. After the job has
// ended, or when it is no longer kept, ok is false. It is [crm.ErrUnavailable] when the database has been away for too long.
func (w *Watch) Next(ctx context.Context) (p *Progress, ok bool, err error) {
	for {
		w.of.mu.Lock()
		latest, gone, failure, changed := w.job.latest, w.job.gone, w.job.failure, w.job.changed
		w.of.mu.Unlock()
		switch {
		case latest != w.seen:
			w.seen = latest
			return latest, true, nil
		case latest.Job.State.Final() || gone:
			return nil, false, nil
		case failure != nil:
			return nil, false, failure
		}
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-changed:
		}
	}
}

// run reads the watched jobs until none is left.
func (r *Watcher) run() {
	for {
		time.Sleep(r.interval)
		asked := r.asked()
		if asked == nil {
			return
		}
		for w, ids := range asked {
			for part := range slices.Chunk(ids, watchedAtOnce) {
				ctx, cancel := context.WithTimeout(context.Background(), watchPatience)
				found, err := r.store.JobsByID(ctx, w, part)
				cancel()
				r.read(w, part, found, err)
			}
		}
	}
}

// asked is which jobs to read. Without any, the watcher no longer runs.
func (r *Watcher) asked() map[crm.WorkspaceID][]crm.JobID {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.watched) == 0 {
		r.running = false
		return nil
	}
	asked := make(map[crm.WorkspaceID][]crm.JobID)
	for key := range maps.Keys(r.watched) {
		asked[key.workspace] = append(asked[key.workspace], key.job)
	}
	return asked
}

// read passes on what was read, or that it could not be.
func (r *Watcher) read(w crm.WorkspaceID, ids []crm.JobID, found map[crm.JobID]crm.Job, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.failed = time.Time{}
	} else if r.failed.IsZero() {
		r.failed = time.Now()
	}
	for _, id := range ids {
		job := r.watched[watchKey{w, id}]
		if job == nil { // left meanwhile
			continue
		}
		switch j, is := found[id]; {
		case err != nil:
			if time.Since(r.failed) > watchPatience {
				job.failure = crm.ErrUnavailable
				job.change()
			}
		case !is:
			job.gone = true
			job.change()
		case j.Revision > job.latest.Job.Revision:
			job.latest, job.failure = &Progress{Job: j}, nil
			job.change()
		}
	}
}
