package problem

import (
	"errors"
	"strings"

	"kith/graph/model"
	"kith/internal/crm"
)

// Missing is the user error for an object that does not exist.
type Missing struct {
	field   string
	message string
}

// The objects that mutations change.
var (
	ContactGone    = Missing{"id", "This contact no longer exists"}
	SessionGone    = Missing{"id", "This session does not exist"}
	FailureGone    = Missing{"ids", "This failure has been replayed or dismissed"}
	ChannelGone    = Missing{"id", "This channel does not exist"}
	ChannelUnknown = Missing{"channelId", "This channel does not exist"}
)

// UserErrors turns an error into the problems that the user can fix. Any other error fails the whole mutation.
func UserErrors(err error, m Missing) ([]model.UserError, error) {
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
			Code: model.UserErrorCodeInvalid, Field: inputField(invalid.Field), Message: invalid.Message(),
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
