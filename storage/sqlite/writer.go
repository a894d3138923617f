package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"kith/internal/crm"
	"kith/storage"
)

// largestGroup is how many writes share a commit at most.
const largestGroup = 64

// writer runs every write, one after the other, on one connection. Writes that wait at the same time are committed
// together, each behind its own savepoint: a failed one leaves nothing behind and does not touch the others.
type writer struct {
	db        *sql.DB
	secret    []byte    // that messages are known again by
	conn      *conn     // nil before the first write and after its connection was lost
	committed func(*tx) // hears of each commit, before those who wait for it
	queue     chan *write
	ended     chan struct{}

	mu     sync.RWMutex // held for reading while a write enters the queue
	closed bool
}

// write is one caller's function on its way.
type write struct {
	ctx   context.Context
	f     func(context.Context, *tx) error
	state atomic.Int32
	err   error
	done  chan struct{}
}

// How far a write has come. Its caller may leave while it waits; once begun, the caller waits for its end.
const (
	waiting int32 = iota
	begun
	left
)

// tx is a write's view of the group's transaction.
type tx struct {
	*conn
	secret    []byte // that messages are known again by
	grams     []gramChange
	published map[crm.WorkspaceID]bool // where there are new events; one too many does no harm
	pending   bool                     // there is new pending activity
	// dropped is set when entries of the gram index were removed or replaced: the eraser then wipes their pages.
	dropped bool
}

func newWriter(db *sql.DB, secret []byte, committed func(*tx)) *writer {
	w := &writer{db: db, secret: secret, committed: committed, queue: make(chan *write, largestGroup), ended: make(chan struct{})}
	go w.run()
	return w
}

// write hands f to the writer and waits until what f did is on the disk. An error from f undoes what f did and is
// returned, and so is the end of ctx before f was through; the context that f gets does not end.
func (s *Store) write(ctx context.Context, f func(context.Context, *tx) error) error {
	for {
		files, err := s.current(ctx)
		if err != nil {
			return err
		}
		err = files.writer.do(ctx, f)
		if !errors.Is(err, errClosed) || s.closed.Load() { // else it was closed for another
			return err
		}
	}
}

func (w *writer) do(ctx context.Context, f func(context.Context, *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &write{ctx: ctx, f: f, done: make(chan struct{})}
	if err := w.enter(r); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		<-r.done
	}
	return translate(ctx, r.err)
}

func (w *writer) enter(r *write) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// close finishes the writes that are waiting and takes no more.
func (w *writer) close() error {
	w.mu.Lock()
	was := w.closed
	w.closed = true
	if !was {
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.ended
	if was {
		return nil
	}
	var err error
	if w.conn != nil {
		err = w.conn.close()
	}
	return errors.Join(err, w.db.Close())
}

func (w *writer) run() {
	defer close(w.ended)
	for r := range w.queue {
		group := []*write{r}
		for more := true; more && len(group) < largestGroup; {
			select {
			case r, ok := <-w.queue:
				if more = ok; ok {
					group = append(group, r)
				}
			default:
				more = false
			}
		}
		w.group(group)
	}
}

// group runs writes in one transaction and answers them all.
func (w *writer) group(group []*write) {
	ctx := context.Background()
	err := w.begin(ctx)
	if err == nil {
		t := &tx{conn: w.conn, secret: w.secret, published: map[crm.WorkspaceID]bool{}}
		for _, r := range group {
			if !r.state.CompareAndSwap(waiting, begun) {
				continue
			}
			if err = t.step(ctx, r); err != nil {
				break
			}
		}
		if err == nil {
			err = t.flushGrams(ctx)
		}
		if err == nil {
			_, err = t.exec(ctx, `COMMIT`, nil)
		}
		if err == nil {
			w.committed(t)
		}
	}
	if err != nil {
		w.abandon(ctx)
	}
	for _, r := range group {
		if err != nil {
			r.err = err // also where r has an error of its own, which may rest on what has been undone now
		}
		r.state.Store(begun)
		close(r.done)
	}
}

func (w *writer) begin(ctx context.Context) error {
	if w.conn == nil {
		c, err := connect(ctx, w.db)
		if err != nil {
			return err
		}
		w.conn = c
	}
	_, err := w.conn.exec(ctx, `BEGIN IMMEDIATE`, nil)
	return err
}

// abandon undoes the transaction of a group, and the connection where even that fails.
func (w *writer) abandon(ctx context.Context) {
	if w.conn == nil {
		return
	}
	// There is no transaction left where SQLite has ended it already, or none was begun: then this fails, which is fine.
	_, _ = w.conn.exec(ctx, `ROLLBACK`, nil)
	if _, err := w.conn.exec(ctx, `SELECT 1`, nil); err != nil {
		_ = w.conn.close()
		w.conn = nil
	}
}

// step runs one write behind a savepoint. The error it returns is one that ends the whole group.
func (t *tx) step(ctx context.Context, r *write) error {
	grams := len(t.grams)
	if _, err := t.exec(ctx, `SAVEPOINT one`, nil); err != nil {
		return err
	}
	if r.err = call(ctx, t, r.f); r.err == nil {
		r.err = r.ctx.Err() // its caller has left
	}
	if r.err != nil {
		t.grams = t.grams[:grams]
		if _, err := t.exec(ctx, `ROLLBACK TO one`, nil); err != nil {
			return errors.Join(r.err, err) // SQLite has ended the transaction, on a full disk for one
		}
	}
	_, err := t.exec(ctx, `RELEASE one`, nil)
	return err
}

func call(ctx context.Context, t *tx, f func(context.Context, *tx) error) (err error) {
	defer storage.Recovered(&err)
	return f(ctx, t)
}
