package problem

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/internal/auth"
)

// Refusal says why an operation is not executed: the errors, and their status over HTTP, which is one of GraphQL over HTTP.
type Refusal struct {
	Status int
	Errors gqlerror.List
	Wait   time.Duration // before trying again; 0 if unknown
}

// SetHeaders sets the headers that go with the status: when to try again, if that is known, and how to authenticate.
func (r *Refusal) SetHeaders(h http.Header) {
	if r.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", auth.Challenge(auth.Refuse(r.Errors[0].Message)))
	}
	if r.Wait > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(r.Wait)))
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// Refuse words an error as a refusal of the whole operation.
func (r *Reporter) Refuse(ctx context.Context, err error) *Refusal {
	message, ext := r.Describe(ctx, err)
	status, wait := http.StatusInternalServerError, time.Duration(0)
	switch ext["code"] {
	case BadUserInput, Resync:
		status = http.StatusUnprocessableEntity
	case RateLimited:
		status = http.StatusTooManyRequests
	case Unauthenticated: // whose workspace has been deleted since
		status = http.StatusUnauthorized
	case Forbidden:
		status = http.StatusForbidden
	case Unavailable:
		status, wait = http.StatusServiceUnavailable, time.Second
	}
	if many, ok := errors.AsType[*TooManyError](err); ok {
		wait = many.Wait
	}
	return &Refusal{status, List(message, ext), wait}
}

// BadRequest refuses a request whose syntax is wrong.
func BadRequest(message string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Errors: Coded(message, BadUserInput)}
}

// Unprocessable refuses a request that can be read, but asks for nothing that can be done.
func Unprocessable(message string) *Refusal {
	return &Refusal{Status: http.StatusUnprocessableEntity, Errors: Coded(message, BadUserInput)}
}

// NotByGET refuses a mutation by a safe method. Allow, which the status requires, is up to the transport.
func NotByGET() *Refusal {
	return &Refusal{Status: http.StatusMethodNotAllowed, Errors: Coded("Send a mutation by POST", BadUserInput)}
}

// NotPersisted refuses a hash in place of the query, in the words that have Apollo's clients and others send the query.
func NotPersisted() *Refusal {
	return &Refusal{Status: http.StatusUnprocessableEntity, Errors: Coded("PersistedQueryNotSupported", PersistedQueryNotSupported)}
}

// RefuseSyntax refuses an operation whose document cannot be parsed.
func RefuseSyntax(errs gqlerror.List) *Refusal {
	if errs[0].Extensions["code"] == TooComplex {
		return RefuseDocument(errs)
	}
	return &Refusal{Status: http.StatusBadRequest, Errors: errs}
}

// RefuseDocument refuses an operation for the errors of its document.
func RefuseDocument(errs gqlerror.List) *Refusal {
	status := http.StatusUnprocessableEntity
	if errs[0].Extensions["code"] == Forbidden {
		status = http.StatusForbidden
	}
	return &Refusal{Status: status, Errors: errs}
}
