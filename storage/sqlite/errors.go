package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	sqlite3 "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"kith/internal/crm"
	"kith/storage"
)

// translate turns an error of the database into one that the contract names: the context's own when it ended meanwhile,
// unavailable when the disk or another process is in the way. Errors that are not the database's pass as they are.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("sqlite: connection lost: %w", crm.ErrUnavailable)
	}
	e, ok := errors.AsType[*sqlite3.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_INTERRUPT:
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("sqlite: interrupted: %w", crm.ErrUnavailable)
	case codes.SQLITE_NOMEM, codes.SQLITE_PROTOCOL:
		return fmt.Errorf("sqlite: result code %d: %w", e.Code(), crm.ErrUnavailable)
	}
	if cause := causeOf(e.Code()); cause != "" {
		return &storage.UnavailableError{Cause: cause, Err: fmt.Errorf("sqlite: result code %d", e.Code())}
	}
	return fmt.Errorf("sqlite: %w", e)
}

// causeOf is the cause behind a result code; empty when an operator could do nothing about it.
func causeOf(code int) storage.Cause {
	switch code {
	case codes.SQLITE_IOERR_SHMSIZE: // the index of the log grows
		return storage.DiskFull
	case codes.SQLITE_IOERR_LOCK, codes.SQLITE_IOERR_SHMLOCK:
		return storage.Locked
	}
	switch code & 0xff {
	case codes.SQLITE_FULL:
		return storage.DiskFull
	case codes.SQLITE_READONLY:
		return storage.ReadOnly
	case codes.SQLITE_PERM, codes.SQLITE_AUTH:
		return storage.Permission
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return storage.Locked
	case codes.SQLITE_IOERR, codes.SQLITE_CANTOPEN:
		return storage.DiskError
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return storage.Damaged
	}
	return ""
}

// refusal says in words why the file at path cannot be opened.
func refusal(ctx context.Context, path string, err error) error {
	if e, ok := errors.AsType[*sqlite3.Error](err); ok {
		switch e.Code() & 0xff {
		case codes.SQLITE_NOTADB:
			return errors.New("the file is not a SQLite database")
		case codes.SQLITE_CORRUPT:
			return errors.New("the file is damaged")
		case codes.SQLITE_READONLY, codes.SQLITE_PERM, codes.SQLITE_CANTOPEN:
			return unwritable(path)
		}
	}
	return translate(ctx, err)
}

// unwritable says why the file at path, or the directory it is in, where SQLite keeps its log, cannot be written to.
func unwritable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator names the file
	if err == nil {
		_ = f.Close()
		if f, err = os.CreateTemp(filepath.Dir(path), ".kith-*"); err == nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}
	switch {
	case errors.Is(err, syscall.EROFS):
		return errors.New("the disk is read-only: the file, or the directory it is in, cannot be written to")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied: the file, or the directory it is in, cannot be written to")
	case errors.Is(err, syscall.ENOSPC):
		return errors.New("the disk is full")
	}
	return errors.New("the file, or the directory it is in, cannot be written to")
}
