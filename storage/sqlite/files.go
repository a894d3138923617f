package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"kith/internal/crm"
)

// files are the database's files as they were opened.
type files struct {
	writer  *writer
	readers *readers
	cursors []byte // the key that cursors are sealed with
	// database and log are which files these are; log is nil where it is not known.
	database, log os.FileInfo
}

// openFiles opens the file that has the store's path now, and brings it up to date.
func (s *Store) openFiles(ctx context.Context) (*files, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w, err := open(s.path, 1, writerPragmas)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := migrate(ctx, w); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", s.path, refusal(ctx, s.path, err)), w.Close())
	}
	secret, err := secretOf(ctx, w, "messages")
	var cursors []byte
	if err == nil {
		cursors, err = secretOf(ctx, w, "cursors")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", s.path, refusal(ctx, s.path, err)), w.Close())
	}
	size := max(4, 2*runtime.NumCPU())
	r, err := open(s.path, size, readerPragmas)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), w.Close())
	}
	f := &files{writer: newWriter(w, secret, s.committed), readers: newReaders(r, size), cursors: cursors, database: info}
	if log, err := os.Stat(s.path + logSuffix); err == nil {
		f.log = log
	}
	return f, nil
}

// The names of the log and of its index are the file's with something behind.
const (
	logSuffix   = "-wal"
	indexSuffix = "-shm"
)

func (f *files) close() error { return errors.Join(f.writer.close(), f.readers.close()) }

// current returns the files. When another file has taken the place of the one that was opened, as when a backup is put
// back, what is written to the old one is lost when it is closed. So the store switches to the new one immediately.
func (s *Store) current(ctx context.Context) (*files, error) {
	f := s.opened.Load()
	if s.inPlace(f) || s.closed.Load() {
		return f, nil
	}
	s.moving.Lock()
	defer s.moving.Unlock()
	f = s.opened.Load()
	if s.inPlace(f) || s.closed.Load() {
		return f, nil
	}
	found, err := os.Stat(s.path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: the database's file is gone: %w", crm.ErrUnavailable)
	}
	if err := s.replace(ctx, f, found); err != nil {
		return nil, fmt.Errorf("sqlite: the database's file was replaced: %w: %w", crm.ErrUnavailable, err)
	}
	return s.opened.Load(), nil
}

// inPlace reports whether the files are those that have the store's path.
func (s *Store) inPlace(f *files) bool {
	found, err := os.Stat(s.path)
	return err == nil && os.SameFile(f.database, found)
}

// replace opens the file that has been found in the place of the old ones.
func (s *Store) replace(ctx context.Context, old *files, found os.FileInfo) error {
	if found.Size() == 0 {
		return errors.New("the file is empty") // it is still being written, or it is not Kith's
	}
	// The log of the old file would be taken for the new one's, and written into it.
	if log, err := os.Stat(s.path + logSuffix); err == nil && old.log != nil && os.SameFile(old.log, log) {
		for _, suffix := range []string{logSuffix, indexSuffix} {
			if err := os.Remove(s.path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	in, err := inspect(ctx, s.path)
	if err == nil && (!in.ours || in.version == 0) {
		err = errNone
	}
	if err != nil {
		return err
	}
	f, err := s.openFiles(ctx)
	if err != nil {
		return err
	}
	s.opened.Store(f)
	s.bounds.Forget()
	s.landmarks.Forget()
	s.renewed.Add(1)
	notify(s.pending)
	go func() { _ = old.close() }() // it waits for those who still read it; the file has no name any more
	return nil
}

// Generation rises when another file has taken the place of the database's.
func (s *Store) Generation() uint64 { return s.renewed.Load() }
