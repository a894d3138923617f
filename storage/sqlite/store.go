package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// Store keeps everything in one SQLite file.
type Store struct {
	path    string
	opened  atomic.Pointer[files]
	closed  atomic.Bool
	moving  sync.Mutex // held while the file is reopened
	renewed atomic.Uint64

	eraser eraser
	paired atomic.Int32 // the workspace that duplicates were looked for in last
	seen   sync.Map     // the sequence number up to which each workspace's events are of no contact to look at
	swept  struct{ failures, audit, history storage.Swept }
	bounds search.SampleBounds
	// landmarks are where the rows of long lists are.
	landmarks storage.Landmarks

	followers        followers
	activityInterval time.Duration
	pending          chan struct{} // a signal that there is new pending activity
	publishing       chan struct{} // a semaphore: one caller at a time publishes activity
}

var _ storage.Store = (*Store)(nil)

// Open opens the database in the file at path, creates it if it is missing, and applies the migrations that are
// missing. The directory must be there. The file is for its owner alone. A file that holds somebody else's database is
// refused and left alone.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	found, err := inspect(ctx, path)
	if err == nil && !found.ours && found.tables > 0 {
		err = errForeign
	}
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return openReady(ctx, path)
}

// OpenExisting opens a database that is there and has this program's schema. It creates nothing and migrates nothing: a
// file that is not there is [fs.ErrNotExist], and one that is empty, not Kith's, or of another version is refused.
func OpenExisting(ctx context.Context, path string) (*Store, error) {
	if err := existing(ctx, path); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return openReady(ctx, path)
}

// openReady opens a file that is there.
func openReady(ctx context.Context, path string) (*Store, error) {
	s := &Store{
		path: path, activityInterval: crm.ActivityInterval, pending: make(chan struct{}, 1), publishing: make(chan struct{}, 1),
	}
	f, err := s.openFiles(ctx)
	if err != nil {
		return nil, err
	}
	s.opened.Store(f)
	s.eraser.ask()
	return s, nil
}

// Ping answers nil when the database can take a statement now.
func (s *Store) Ping(ctx context.Context) error {
	_, err := read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, `SELECT 1`, nil, scanInt)
		return found, err
	})
	return wrap("ping", err)
}

// TestWrite commits a write that changes nothing.
func (s *Store) TestWrite(ctx context.Context) error {
	return wrap("test writing", s.write(ctx, func(ctx context.Context, t *tx) error {
		version, _, err := first(ctx, t.conn, `SELECT user_version FROM pragma_user_version`, nil, scanInt)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version), nil) // writes the first page
		return err
	}))
}

// Close waits for running statements and frees what the store holds.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.moving.Lock() // wait for a reopening to finish
	defer s.moving.Unlock()
	return s.opened.Load().close()
}

// Pragmas of every connection. A commit is on the disk before it answers. Pages are taken from the mapped file, so caches
// hold little more than what the log has; larger ones (64 MB and 16) fill for many minutes, and let no more be written.
// A checkpoint each 16 MB halts the writer less often than one each 4 MB. What is deleted is written over.
var (
	writerPragmas = []string{
		"busy_timeout(10000)",
		"journal_mode(wal)",
		"synchronous(full)",
		"foreign_keys(on)",
		"temp_store(memory)",
		"cache_size(-16384)",
		"mmap_size(1073741824)",
		"wal_autocheckpoint(4000)",
		"journal_size_limit(67108864)",
		"secure_delete(on)",
	}
	readerPragmas = []string{
		"busy_timeout(10000)",
		"temp_store(memory)",
		"cache_size(-2048)",
		"mmap_size(1073741824)",
		"query_only(on)",
	}
)

func open(path string, conns int, pragmas []string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := filepath.ToSlash(abs)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // a Windows drive
	}
	dsn := url.URL{Scheme: "file", Path: name, RawQuery: url.Values{"_pragma": pragmas, "mode": {"rw"}}.Encode()}
	c, err := sqlite3.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// create makes an empty file if there is no file: SQLite would let everybody read it.
func create(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return errors.New("the path of the file is empty or holds a NUL")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
		if errors.Is(err, fs.ErrExist) {
			return nil // another process was quicker
		}
		if err != nil {
			return err // names the path
		}
		return f.Close()
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory", path)
	}
	return nil
}

// wrap adds what was attempted to an error.
func wrap(attempt string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", attempt, err)
}

// errClosed answers every call after Close.
var errClosed = fmt.Errorf("the store is closed: %w", crm.ErrUnavailable)
