package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/limit"
	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/storage"
)

// The codes of GraphQL errors, in extensions.code. RATE_LIMITED is also given at the door, by package httpd.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeForbidden       = "FORBIDDEN"
	codeBadUserInput    = "BAD_USER_INPUT"
	codeBadCursor       = "BAD_CURSOR"
	codeTooComplex      = "QUERY_TOO_COMPLEX"
	codeRateLimited     = "RATE_LIMITED"
	codeSlowConsumer    = "SLOW_CONSUMER"
	codeResync          = "RESYNC_REQUIRED"
	codeUnavailable     = "UNAVAILABLE"
	codeInternal        = "INTERNAL"
)

// The bounds of what an answer says of errors.
const (
	maxErrors  = 5
	maxMessage = 300
)

var (
	errIntrospection = errors.New("introspection is off")
	errExpired       = errors.New("token expired")
	errRefused       = errors.New("credential refused")
	errTooLarge      = errors.New("the answer is too large")
)

// known says what a client is told of an error. What is not here, nor a *crm.InvalidError, is INTERNAL.
var known = []struct {
	err     error
	code    string
	message string
}{
	{auth.ErrUnauthenticated, codeUnauthenticated, "Sign in: send a bearer token"},
	{crm.ErrForbidden, codeForbidden, "This credential may not do that"},
	{errIntrospection, codeForbidden, "Introspection is off on this server"},
	{cursor.ErrBad, codeBadCursor, "The cursor is not of this list: start again without it"},
	{events.ErrSlowConsumer, codeSlowConsumer, "Events come faster than they are read: subscribe after the last one seen"},
	{events.ErrResync, codeResync, "The events after that one are not kept any more: read everything anew, then subscribe"},
	{events.ErrStopped, codeUnavailable, "The service is about to stop: subscribe again"},
	{errDraining, codeUnavailable, "The service is about to stop: come back"},
	{errExpired, codeUnauthenticated, "The token has expired: sign in again"},
	{errRefused, codeUnauthenticated, "The credential is not good any more: sign in again"},
	{errBusy, codeUnavailable, "The service is busy: try again later"},
	{crm.ErrUnavailable, codeUnavailable, "The service cannot answer now: try again later"},
	{context.DeadlineExceeded, codeUnavailable, "The service took too long: try again later"},
	{context.Canceled, codeUnavailable, "The request was cancelled"},
}

// present turns an error of a field into what the client is told, and logs what nobody expected.
func (h *Handler) present(ctx context.Context, err error) *gqlerror.Error {
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
		if in != nil && len(in.Path) > len(out.Path) { // the error stands below, at an argument
			err = named(err, in.Path[len(out.Path):])
		}
		if fc.Field.Field != nil && (fc.Field.Name == "__schema" || fc.Field.Name == "__type") {
			err = errIntrospection
		}
	}
	out.Message, out.Extensions = h.describe(ctx, err)
	return out
}

// describe is an error's message and extensions.
func (h *Handler) describe(ctx context.Context, err error) (string, map[string]any) {
	if bad, ok := errors.AsType[*crm.InvalidError](err); ok {
		return shorten(strings.TrimSpace(bad.Field + " " + bad.Reason)), extensions(codeBadUserInput)
	}
	if many, ok := errors.AsType[*tooManyError](err); ok {
		return many.reason, extensions(codeRateLimited)
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return k.message, extensions(k.code)
		}
	}
	id := h.requestID(ctx)
	if shared, ok := errors.AsType[*sharedError](err); !ok || !shared.told.Swap(true) {
		h.log.ErrorContext(ctx, "request failed", slog.String("request", id), slog.Any("error", err))
	}
	ext := extensions(codeInternal)
	ext["requestId"] = id
	return "internal error", ext
}

func extensions(code string) map[string]any { return map[string]any{"code": code} }

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

// caught counts and logs a panic, and makes an error of it. To be called where it was caught: nobody may ever look at the error.
func (h *Handler) caught(ctx context.Context, value any) error {
	p := storage.NewPanicError(value)
	h.panicked()
	h.log.ErrorContext(ctx, "panic",
		slog.String("panic", p.What), slog.String("request", h.requestID(ctx)), slog.String("stack", string(p.Stack)))
	return fmt.Errorf("panic: %s", p.What)
}

// refusals turns the complaints of the parser and the validator into what the client is told: names of the schema and of
// the document, and where, but no value.
func refusals(list gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(list), maxErrors))
	for _, e := range list[:min(len(list), maxErrors)] {
		message, code := withoutValue(e), codeBadUserInput
		if tooLong(e) {
			code = codeTooComplex
		}
		if len(e.Path) > 1 && e.Path[0] == ast.PathName("variable") {
			message = "Variable $" + dotted(e.Path[1:]) + " " + message
		}
		out = append(out, &gqlerror.Error{
			Message:    shorten(message),
			Locations:  e.Locations,
			Extensions: extensions(code),
		})
	}
	return out
}

// tooLong reports whether the parser gave up on a document for its length.
func tooLong(e *gqlerror.Error) bool {
	return e.Rule == "" && strings.HasPrefix(e.Message, "exceeded token limit")
}

// withoutValue cuts the value at fault out of a message of gqlparser's.
func withoutValue(e *gqlerror.Error) string {
	m := e.Message
	switch {
	case strings.HasPrefix(e.Rule, "ValuesOfCorrectType"):
		if _, enum, ok := strings.Cut(m, `" does not exist in "`); ok {
			return "The value does not exist in enum " + strings.TrimSuffix(enum, `" enum.`)
		}
		m, _, _ = strings.Cut(m, ", found ")
		m, _, _ = strings.Cut(m, ": ")
	case e.Rule != "":
	case len(e.Path) > 1:
		switch {
		case m == "must be defined", m == "cannot be null", m == "unknown field":
		case strings.Contains(m, " is not a valid "):
			m = "is not a valid " + m[strings.LastIndexByte(m, ' ')+1:]
		default:
			m = "has the wrong type"
		}
	case strings.HasPrefix(m, "Unexpected "), strings.HasPrefix(m, "Expected "):
		for _, kind := range []string{"BlockString", "String", "Int", "Float", "Comment"} {
			if before, _, ok := strings.Cut(m, kind+` "`); ok {
				m = before + kind
			}
		}
		m = "Syntax error: " + m
	case tooLong(e):
		m = fmt.Sprintf("The document is too long: it can have at most %d words and signs", limit.MaxTokens)
	default:
		m, _, _ = strings.Cut(m, ": ")
		m = "Syntax error: " + m
	}
	return m
}

func shorten(m string) string {
	m = strings.ToValidUTF8(m, "\uFFFD")
	if len(m) <= maxMessage {
		return m
	}
	end := maxMessage - len("…")
	for !utf8.RuneStart(m[end]) {
		end--
	}
	return m[:end] + "…"
}

// missing is what a user error says when there is no such thing.
type missing struct {
	field   string
	message string
}

var (
	contactGone    = missing{"id", "This contact no longer exists"}
	sessionGone    = missing{"id", "This session does not exist"}
	failureGone    = missing{"ids", "This failure has been replayed or dismissed"}
	channelGone    = missing{"id", "This channel does not exist"}
	channelUnknown = missing{"channelId", "This channel does not exist"}
)

// userErrors sorts out what a person can mend; the rest is returned as the error of the whole mutation.
func userErrors(err error, m missing) ([]model.UserError, error) {
	out := []model.UserError{}
	if err == nil {
		return out, nil
	}
	if conflict, ok := errors.AsType[*crm.ConflictError](err); ok {
		return append(out, model.UserError{
			Code:    model.UserErrorCodeConflict,
			Field:   inputField("expectedVersion"),
			Message: "Someone else has changed this contact",
			Contact: &conflict.Current,
		}), nil
	}
	if taken, ok := errors.AsType[*crm.TakenError](err); ok {
		return append(out, takenError(taken)), nil
	}
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return append(out, model.UserError{
			Code: model.UserErrorCodeNotFound, Field: inputField(m.field), Message: m.message,
		}), nil
	case errors.Is(err, crm.ErrInactive):
		return append(out, model.UserError{
			Code: model.UserErrorCodeChannelInactive, Field: inputField(m.field), Message: "This channel takes no messages",
		}), nil
	}
	for _, e := range flatten(err) {
		invalid, ok := errors.AsType[*crm.InvalidError](e)
		if !ok {
			return nil, err
		}
		out = append(out, model.UserError{
			Code: model.UserErrorCodeInvalid, Field: inputField(invalid.Field), Message: invalid.Reason,
		})
	}
	return out, nil
}

func takenError(e *crm.TakenError) model.UserError {
	out := model.UserError{Code: model.UserErrorCodeEmailTaken, Field: inputField(e.Field), Contact: &e.Holder}
	what := "email"
	if e.Field == "phone" {
		out.Code, what = model.UserErrorCodePhoneTaken, "phone number"
	}
	out.Message = "This " + what + " already belongs to " + e.Holder.DisplayName()
	return out
}

func inputField(name string) []string {
	return append([]string{"input"}, strings.Split(name, ".")...)
}

// flatten is the joined errors within err, or err alone.
func flatten(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			var out []error
			for _, e := range joined.Unwrap() {
				out = append(out, flatten(e)...)
			}
			return out
		}
	}
	return []error{err}
}
