package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// args are a statement's @named arguments.
type args map[string]any

// conn is one connection with the statements it has prepared. One goroutine uses it at a time.
type conn struct {
	*sql.Conn
	stmts map[string]*sql.Stmt
}

// keptStmts is how many prepared statements a connection keeps. There are fewer, unless somebody searches for a great
// many words.
const keptStmts = 200

func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if len(c.stmts) >= keptStmts {
		for q, s := range c.stmts {
			_ = s.Close()
			delete(c.stmts, q)
		}
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, query string, a args) (int64, error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, a.named()...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insert runs an INSERT of one row and returns the row's number.
func (c *conn) insert(ctx context.Context, query string, a args) (int64, error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, a.named()...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// all runs a query and returns its rows.
func all[T any](ctx context.Context, c *conn, query string, a args, scan func(*sql.Rows) (T, error)) (found []T, err error) {
	s, err := c.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, a.named()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, rows.Err()
}

// first runs a query and returns its first row, if there is one.
func first[T any](ctx context.Context, c *conn, query string, a args, scan func(*sql.Rows) (T, error)) (v T, found bool, err error) {
	rows, err := all(ctx, c, query, a, scan)
	if err != nil || len(rows) == 0 {
		return v, false, err
	}
	return rows[0], true, nil
}

func scanInt(rows *sql.Rows) (n int, err error) {
	err = rows.Scan(&n)
	return n, err
}

func (a args) named() []any {
	list := make([]any, 0, len(a))
	for name, v := range a {
		list = append(list, sql.Named(name, v))
	}
	return list
}

// readers is the pool of connections for reading. The one given back last is taken first: its cache is warm.
type readers struct {
	db    *sql.DB
	slots chan struct{} // a semaphore

	mu     sync.Mutex
	closed bool
	free   []*conn
}

func newReaders(db *sql.DB, size int) *readers {
	return &readers{db: db, slots: make(chan struct{}, size)}
}

// read runs a function on a connection for reading.
func read[T any](ctx context.Context, s *Store, f func(*conn) (T, error)) (v T, err error) {
	var files *files
	var c *conn
	for {
		if files, err = s.current(ctx); err != nil {
			return v, err
		}
		if c, err = files.readers.take(ctx); err == nil {
			break
		}
		if !errors.Is(err, errClosed) || s.closed.Load() { // else it was closed for another
			return v, translate(ctx, err)
		}
	}
	v, err = f(c)
	files.readers.give(c, err)
	return v, translate(ctx, err)
}

// readOnce is [read] with everything that the function reads coming from one snapshot.
func readOnce[T any](ctx context.Context, s *Store, f func(*conn) (T, error)) (T, error) {
	return read(ctx, s, func(c *conn) (v T, err error) {
		if _, err := c.exec(ctx, `BEGIN`, nil); err != nil {
			return v, err
		}
		v, err = f(c)
		_, end := c.exec(context.WithoutCancel(ctx), `ROLLBACK`, nil)
		return v, errors.Join(err, end)
	})
}

func (r *readers) take(ctx context.Context) (*conn, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	closed := r.closed
	var c *conn
	if n := len(r.free); n > 0 && !closed {
		c, r.free = r.free[n-1], r.free[:n-1]
	}
	r.mu.Unlock()
	if closed {
		<-r.slots
		return nil, errClosed
	}
	if c != nil {
		return c, nil
	}
	c, err := connect(ctx, r.db)
	if err != nil {
		<-r.slots
		return nil, err
	}
	return c, nil
}

func (r *readers) give(c *conn, err error) {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		_ = c.Close() // the next one to read opens another
	} else {
		r.mu.Lock()
		r.free = append(r.free, c)
		r.mu.Unlock()
	}
	<-r.slots
}

// close waits until every connection has been given back.
func (r *readers) close() error {
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	if was {
		return nil
	}
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	for range cap(r.slots) {
		<-r.slots
	}
	var errs []error
	for _, c := range r.free {
		errs = append(errs, c.close())
	}
	return errors.Join(append(errs, r.db.Close())...)
}

func connect(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, stmts: map[string]*sql.Stmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Close())...)
}
