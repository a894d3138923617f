package storage

import "kith/internal/crm"

// Cause is why a database cannot do what it is asked, where an operator can do something about it.
type Cause string

// The causes. All but Damaged keep a database from being written to.
const (
	DiskFull   Cause = "full"
	ReadOnly   Cause = "read_only"
	Permission Cause = "permission"
	Locked     Cause = "locked"
	DiskError  Cause = "io"
	Damaged    Cause = "damaged"
)

// Text says it in words.
func (c Cause) Text() string {
	switch c {
	case DiskFull:
		return "the disk is full"
	case ReadOnly:
		return "the database is read-only"
	case Permission:
		return "the permission to write to the database is missing"
	case Locked:
		return "another process keeps the database locked"
	case DiskError:
		return "the database's file or disk cannot be read or written"
	case Damaged:
		return "the database's file is damaged"
	}
	return "the database cannot answer"
}

// StopsWrites reports whether nothing can be written while the cause lasts.
func (c Cause) StopsWrites() bool { return c != Damaged }

// UnavailableError is a [crm.ErrUnavailable] of which the cause is known.
type UnavailableError struct {
	Cause Cause
	// Err is what the database said.
	Err error
}

func (e *UnavailableError) Error() string { return e.Cause.Text() + ": " + e.Err.Error() }

// Text says in words what is wrong, and nothing of what the database said.
func (e *UnavailableError) Text() string { return e.Cause.Text() }

// Unwrap leads to what the database said, and to [crm.ErrUnavailable].
func (e *UnavailableError) Unwrap() []error { return []error{crm.ErrUnavailable, e.Err} }
