package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"kith/internal/crm"
)

// translate turns an error of the database into one that the contract names: the context's own when it ended meanwhile,
// unavailable when the disk or another process stands in the way. Errors that are not the database's pass as they are.
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
	case codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_BUSY, codes.SQLITE_LOCKED,
		codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_NOMEM, codes.SQLITE_PROTOCOL, codes.SQLITE_PERM:
		return fmt.Errorf("sqlite: result code %d: %w", e.Code(), crm.ErrUnavailable)
	}
	return fmt.Errorf("sqlite: %w", e)
}

// refusal says in words why a file cannot be opened.
func refusal(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*sqlite3.Error](err); ok {
		switch e.Code() & 0xff {
		case codes.SQLITE_NOTADB:
			return errors.New("the file is not a SQLite database")
		case codes.SQLITE_CORRUPT:
			return errors.New("the file is damaged")
		case codes.SQLITE_READONLY, codes.SQLITE_PERM:
			return errors.New("the file, or the directory it is in, cannot be written to")
		case codes.SQLITE_CANTOPEN:
			return errors.New("the file cannot be opened")
		}
	}
	return translate(ctx, err)
}
