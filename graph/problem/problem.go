// Package problem turns failures into answers for clients: codes, wording, user errors and panics.
//
// It shows only what it knows. Any other error is logged once and shown as INTERNAL, without its text, and no message
// repeats a value that the client sent.
package problem

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/storage"
)

// The codes of GraphQL errors, in extensions.code. RATE_LIMITED also comes from package httpd, before a request gets here.
const (
	Unauthenticated = "UNAUTHENTICATED"
	Forbidden       = "FORBIDDEN"
	BadUserInput    = "BAD_USER_INPUT"
	BadCursor       = "BAD_CURSOR"
	TooComplex      = "QUERY_TOO_COMPLEX"
	RateLimited     = "RATE_LIMITED"
	SlowConsumer    = "SLOW_CONSUMER"
	Resync          = "RESYNC_REQUIRED"
	Unavailable     = "UNAVAILABLE"
	Internal        = "INTERNAL"

	// PersistedQueryNotSupported is the code of Apollo's clients.
	PersistedQueryNotSupported = "PERSISTED_QUERY_NOT_SUPPORTED"
)

// The bounds on the errors of an answer.
const (
	MaxErrors  = 5
	maxMessage = 300 // bytes
)

// The errors of the endpoint that have a separate code and wording.
var (
	ErrBusy     = errors.New("too many operations are running, or connections open")
	ErrDraining = errors.New("the server is about to stop")
	ErrExpired  = errors.New("token expired")
	ErrRevoked  = errors.New("credential refused")

	errIntrospection = errors.New("introspection is off")
)

// known gives each error its code and message. An error that is neither here nor a *crm.InvalidError is INTERNAL.
var known = []struct {
	err     error
	code    string
	message string
}{
	{auth.ErrUnauthenticated, Unauthenticated, "Sign in: send a bearer token"},
	{crm.ErrWorkspaceGone, Unauthenticated, "This workspace has been deleted"},
	{crm.ErrReadOnly, Forbidden, "This credential may read, but not change anything"},
	{crm.ErrForbidden, Forbidden, "This credential may not do that"},
	{errIntrospection, Forbidden, "Introspection is off on this server"},
	{cursor.ErrBad, BadCursor, "The cursor is not of this list: start again without it"},
	{events.ErrSlowConsumer, SlowConsumer, "Events come faster than they are read: subscribe after the last one seen"},
	{events.ErrResync, Resync, "The events after that one are not kept any more: read everything anew, then subscribe"},
	{events.ErrStopped, Unavailable, "The service is about to stop: subscribe again"},
	{ErrDraining, Unavailable, "The service is about to stop: come back"},
	{ErrExpired, Unauthenticated, "The token has expired: sign in again"},
	{ErrRevoked, Unauthenticated, "The credential is not good any more: sign in again"},
	{ErrBusy, Unavailable, "The service is busy: try again later"},
	{crm.ErrUnavailable, Unavailable, "The service cannot answer now: try again later"},
	{context.DeadlineExceeded, Unavailable, "The service took too long: try again later"},
	{context.Canceled, Unavailable, "The request was cancelled"},
}

// Reporter words errors for clients, and logs the unexpected ones.
type Reporter struct {
	Log       *slog.Logger
	RequestID func(ctx context.Context) string
	// Panicked is called for each panic.
	Panicked func()
}

// Present words the error of a field.
func (r *Reporter) Present(ctx context.Context, err error) *gqlerror.Error {
	var (
		out = &gqlerror.Error{}
		in  *gqlerror.Error
	)
	if errors.As(err, &in) {
		out.Locations = in.Locations
		out.Path = in.Path
	}
	if fc := graphql.GetFieldContext(ctx); fc != nil {
		out.Path = fc.Path()
		if in != nil && len(in.Path) > len(out.Path) { // the error is below the field, at an argument
			err = named(err, in.Path[len(out.Path):])
		}
		if fc.Field.Field != nil && (fc.Field.Name == "__schema" || fc.Field.Name == "__type") {
			err = errIntrospection
		}
	}
	out.Message, out.Extensions = r.Describe(ctx, err)
	return out
}

// Describe returns an error's message and extensions.
func (r *Reporter) Describe(ctx context.Context, err error) (string, map[string]any) {
	if bad, ok := errors.AsType[*crm.InvalidError](err); ok {
		return shorten(bad.Message()), Extensions(BadUserInput)
	}
	if many, ok := errors.AsType[*TooManyError](err); ok {
		return many.Reason, Extensions(RateLimited)
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return k.message, Extensions(k.code)
		}
	}
	id := r.RequestID(ctx)
	if shared, ok := errors.AsType[*SharedError](err); !ok || !shared.logged.Swap(true) {
		r.Log.ErrorContext(ctx, "request failed", slog.Any("error", err))
	}
	ext := Extensions(Internal)
	ext["requestId"] = id
	return "internal error", ext
}

// Extensions are the extensions of an error with a code.
func Extensions(code string) map[string]any { return map[string]any{"code": code} }

// named gives a scalar's complaint the name of the argument it is about.
func named(err error, path ast.Path) error {
	bad, ok := errors.AsType[*crm.InvalidError](err)
	if !ok || bad.Field != "" {
		return err
	}
	return &crm.InvalidError{Field: dotted(path), Reason: bad.Reason}
}

func dotted(path ast.Path) string {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = fmt.Sprint(p)
	}
	return strings.Join(parts, ".")
}

// Recovered counts and logs a panic, and makes an error of it. Call it where the panic was recovered: the error may never be
// looked at.
func (r *Reporter) Recovered(ctx context.Context, value any) error {
	p := storage.NewPanicError(value)
	r.Panicked()
	r.Log.ErrorContext(ctx, "panic",
		slog.String("panic", p.What), slog.String("stack", string(p.Stack)))
	return fmt.Errorf("panic: %s", p.What)
}

// List is one error with extensions.
func List(message string, ext map[string]any) gqlerror.List {
	return gqlerror.List{{Message: shorten(message), Extensions: ext}}
}

// Coded is one error with a code.
func Coded(message, code string) gqlerror.List { return List(message, Extensions(code)) }

// TooManyError refuses an operation or a connection that goes beyond a limit for now.
type TooManyError struct {
	Reason string
	Wait   time.Duration // before trying again; 0 if unknown
}

// TooFast refuses an operation beyond the rate limit.
func TooFast(wait time.Duration) *TooManyError {
	return &TooManyError{fmt.Sprintf("Too many requests. Try again in %d s", seconds(wait)), wait}
}

func (e *TooManyError) Error() string { return e.Reason }

// SharedError is one failure that is the answer of many fields. It is logged once.
type SharedError struct {
	Err    error
	logged atomic.Bool
}

func (e *SharedError) Error() string { return e.Err.Error() }
func (e *SharedError) Unwrap() error { return e.Err }
