package crm

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// The errors a client can act on. Callers wrap them with what was attempted; compare with [errors.Is].
var (
	// ErrNotFound: no such thing in this workspace, whether it never was, is gone, or is another workspace's.
	ErrNotFound = errors.New("not found")
	// ErrWorkspaceGone is an ErrNotFound: the whole workspace is being deleted, or has been.
	ErrWorkspaceGone = fmt.Errorf("%w: the workspace is deleted", ErrNotFound)
	// ErrForbidden: the viewer's role does not allow it.
	ErrForbidden = errors.New("forbidden")
	// ErrReadOnly is an ErrForbidden: the viewer may read what it may not change.
	ErrReadOnly = fmt.Errorf("%w: read only", ErrForbidden)
	// ErrUnavailable: the database cannot answer now; the same call may succeed later.
	ErrUnavailable = errors.New("unavailable")
	// ErrInactive: the channel takes no messages.
	ErrInactive = errors.New("inactive")
)

// InvalidError is a value that its sender can correct. Subject and Reason make a sentence that is fit to show to a person and
// never repeats the value.
type InvalidError struct {
	Field string // as the client named it: email, phone, first
	// Subject is what the sentence is about where that is not the field by its name: The secret, A domain.
	Subject string
	// Reason is a predicate: must be …, can have at most …. It is empty where Subject is the whole sentence.
	Reason string
	// Unusual: rules do not allow the value, but it may be right all the same. AllowUnusual of [ContactPatch] takes it.
	Unusual bool
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message() }

// Message is the sentence.
func (e *InvalidError) Message() string {
	return strings.TrimSpace(cmp.Or(e.Subject, e.Field) + " " + e.Reason)
}

// TakenError refuses an email or phone that another contact of the workspace has.
type TakenError struct {
	Field  string // email or phone
	Holder Contact
}

func (e *TakenError) Error() string { return e.Field + ": another contact has it" }

// ConflictError refuses an edit that was made on an older version of the contact.
type ConflictError struct {
	Current Contact
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("contact is at version %d", e.Current.Version)
}
