package problem

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Refusal says why an operation is not executed: the errors, and their status over HTTP.
type Refusal struct {
	Status int
	Errors gqlerror.List
	Wait   time.Duration // before trying again; 0 if unknown
}

// SetRetryAfter sets the header that says when to try again, if that is known.
func (r *Refusal) SetRetryAfter(h http.Header) {
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
		status = http.StatusBadRequest
	case RateLimited:
		status = http.StatusTooManyRequests
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

// BadRequest refuses an operation with a message.
func BadRequest(message string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Errors: Coded(message, BadUserInput)}
}

// RefuseDocument refuses an operation for the errors of its document.
func RefuseDocument(errs gqlerror.List) *Refusal {
	status := http.StatusBadRequest
	if errs[0].Extensions["code"] == Forbidden {
		status = http.StatusForbidden
	}
	return &Refusal{Status: status, Errors: errs}
}
