package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kith/internal/crm"
	"kith/storage"
)

// The SQLSTATEs that decide something. Constraint names do not: through Citus they differ or are empty.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	foreignKeyViolation  = "23503"
	uniqueViolation      = "23505"
	readOnly             = "25006"
	undefinedTable       = "42P01"
	undefinedColumn      = "42703"

	undefinedDatabase     = "3D000"
	invalidPassword       = "28P01"
	invalidAuthorization  = "28000"
	insufficientPrivilege = "42501"
	tooManyConnections    = "53300"
	queryCanceled         = "57014"
	duplicatePrepared     = "42P05"
	noSuchPrepared        = "26000"
	diskFull              = "53100"
	ioError               = "58030"
)

// retryable reports whether the same transaction may succeed when it is run again: the database asked for it, or a row
// came or went between looking and writing.
func retryable(err error) bool {
	if errors.Is(err, errAgain) {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch pg.Code {
	case serializationFailure, deadlockDetected, foreignKeyViolation, uniqueViolation:
		return true
	}
	return false
}

// translate makes an error of the contract of one that came from PostgreSQL. It keeps the SQLSTATE and leaves the text
// out, which may hold values. What did not come from PostgreSQL or the connection is returned as it is.
func translate(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if _, ok := errors.AsType[*serverError](err); ok {
			return err
		}
		return &serverError{cause: pg}
	}
	if what := misconfigured(err); what != "" {
		return &MisconfiguredError{what, err}
	}
	if connection(err) {
		return fmt.Errorf("%w: %w", crm.ErrUnavailable, err)
	}
	return err
}

// MisconfiguredError is a [crm.ErrUnavailable] that waiting does not end: the settings of the connection do not fit the server.
type MisconfiguredError struct {
	what  string
	cause error
}

func (e *MisconfiguredError) Error() string { return e.what + ": " + e.cause.Error() }

// Unwrap leads to what went wrong, and to [crm.ErrUnavailable].
func (e *MisconfiguredError) Unwrap() []error { return []error{crm.ErrUnavailable, e.cause} }

// misconfigured says in words what does not fit; empty for any other error. With several servers, one that is away may be the one that
// fits.
func misconfigured(err error) string {
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return ""
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not accepted, see sslmode and sslrootcert"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok && strings.Contains(err.Error(), "server refused TLS connection") {
		return "the server does not offer TLS, which sslmode requires"
	}
	return ""
}

// serverError is an error of PostgreSQL without its text. The cause stays within reach of errors.As.
type serverError struct{ cause *pgconn.PgError }

func (e *serverError) Error() string { return inWords(e.cause.Code) + ": SQLSTATE " + e.cause.Code }

// inWords says what an operator can do something about.
func inWords(code string) string {
	switch code {
	case undefinedTable, undefinedColumn:
		return "the database does not have this version's schema, run kith migrate"
	case undefinedDatabase:
		return "there is no database of this name"
	case invalidPassword, invalidAuthorization:
		return "the server refuses the user"
	case insufficientPrivilege:
		return "the user lacks a privilege"
	case tooManyConnections:
		return "the server has no connection left"
	case duplicatePrepared, noSuchPrepared:
		return "a pooler mixes up prepared statements, use the exec mode exec"
	case queryCanceled:
		return "the statement took too long"
	case diskFull:
		return "the server's disk is full"
	case readOnly:
		return "the server is read-only: it is a standby, or is configured so"
	case ioError:
		return "the server's disk cannot be read or written"
	}
	return "postgres"
}

func (e *serverError) Unwrap() []error {
	if cause := causes[e.cause.Code]; cause != "" {
		return []error{&storage.UnavailableError{Cause: cause, Err: e.cause}}
	}
	if unavailable(e.cause.Code) {
		return []error{crm.ErrUnavailable, e.cause}
	}
	return []error{e.cause}
}

// causes maps SQLSTATEs to causes.
var causes = map[string]storage.Cause{diskFull: storage.DiskFull, readOnly: storage.ReadOnly, ioError: storage.DiskError}

// unavailable reports whether a SQLSTATE says that the server cannot serve now: connection (08), resources (53),
// operator intervention (57), I/O (58), a standby that is read-only, or others in the way for too long.
func unavailable(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", "53", "57", "58":
		return true
	}
	return code == readOnly || code == serializationFailure || code == deadlockDetected
}

// connection reports whether err is of the connection rather than of our own making.
func connection(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if n, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && n != nil {
		return true // net.Error: reset, refused, timed out
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, context.DeadlineExceeded) || isEOF(err)
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
