package problem

import (
	"errors"
	"strings"

	"kith/graph/model"
	"kith/internal/crm"
	"kith/internal/service"
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
	MergeGone      = Missing{"mergeId", "This merge does not exist, or its contact has been deleted"}
	ImportGone     = Missing{"id", "This import does not exist, or ended long ago"}
	KeyGone        = Missing{"id", "This key does not exist, or has been revoked"}
	ViewGone       = Missing{"id", "This view has been deleted"}
	JobGone        = Missing{"id", "This job does not exist"}
	EndpointGone   = Missing{"id", "This webhook endpoint does not exist"}
	DeliveryGone   = Missing{"id", "This delivery does not exist, or its event is not kept any more"}
	DuplicateGone  = Missing{"ids", "This pair has been merged or dismissed"}
)

// refusals are the errors of merging, splitting, saved views, bulk jobs and webhooks that the user can do something about.
var refusals = []struct {
	err     error
	code    model.UserErrorCode
	message string
}{
	{crm.ErrSameContact, model.UserErrorCodeSameContact, "This is the same contact: choose another one"},
	{crm.ErrTooMany, model.UserErrorCodeTooMany, "This would be too much for one contact: choose fewer"},
	{crm.ErrNotesTooLong, model.UserErrorCodeNotesTooLong, "The joined notes would be too long: write the notes to keep"},
	{crm.ErrNotNewest, model.UserErrorCodeNotNewest, "This contact has been merged again since: undo the newest merge first"},
	{crm.ErrUndoExpired, model.UserErrorCodeUndoExpired, "It is too late to undo this merge: split the contact instead"},
	{crm.ErrViewTaken, model.UserErrorCodeNameTaken, "Another view has this name: choose another one"},
	{crm.ErrTooManyViews, model.UserErrorCodeTooMany, "There can be at most 100 views: delete one first"},
	{crm.ErrTooManyEndpoints, model.UserErrorCodeTooMany, "There can be at most 20 webhook endpoints: delete one first"},
	{crm.ErrEndpointOff, model.UserErrorCodeEndpointDisabled, "This webhook endpoint is switched off: switch it on first"},
	{crm.ErrViewChanged, model.UserErrorCodeConflict, "Someone else has changed this view"},
	{crm.ErrSettingsChanged, model.UserErrorCodeConflict, "Someone else has changed these settings"},
	{crm.ErrBulkToken, model.UserErrorCodeTokenInvalid, "This was not counted: count again"},
	{crm.ErrBulkExpired, model.UserErrorCodeTokenExpired, "It was counted too long ago: count again"},
	{crm.ErrBulkChanged, model.UserErrorCodeCountChanged, "Many more match now: look at the new number"},
	{crm.ErrBulkTooMany, model.UserErrorCodeTooMany, "More than 1,000,000 match: choose fewer"},
	{crm.ErrJobEnded, model.UserErrorCodeJobEnded, "This job has ended"},
	{crm.ErrLastIdentity, model.UserErrorCodeLastIdentity, "The contact has to keep an identity: leave at least one"},
}

// UserErrors turns an error into the problems that the user can fix. Any other error fails the whole mutation.
func UserErrors(err error, m Missing) ([]model.UserError, error) {
	if err == nil {
		return []model.UserError{}, nil
	}
	if errors.Is(err, crm.ErrWorkspaceGone) {
		return nil, err
	}
	if e, ok := userError(err, m); ok {
		if about, ok := errors.AsType[*service.FieldError](err); ok {
			e.Field = inputField(about.Field)
		}
		return []model.UserError{e}, nil
	}
	out := []model.UserError{}
	for _, e := range flatten(err) {
		invalid, ok := errors.AsType[*crm.InvalidError](e)
		if !ok {
			return nil, err
		}
		problem := model.UserError{Code: model.UserErrorCodeInvalid, Field: inputField(invalid.Field), Message: invalid.Message()}
		if invalid.Unusual {
			problem.Code = model.UserErrorCodeUnusual
		}
		out = append(out, problem)
	}
	return out, nil
}

// userError is the problem that is the only one of its kind. It is not ok for others.
func userError(err error, m Missing) (e model.UserError, ok bool) {
	if conflict, ok := errors.AsType[*crm.ConflictError](err); ok {
		return model.UserError{
			Code:    model.UserErrorCodeConflict,
			Field:   inputField("expectedVersion"),
			Message: "Someone else has changed this contact",
			Contact: &conflict.Current,
		}, true
	}
	if taken, ok := errors.AsType[*crm.TakenError](err); ok {
		return takenError(taken), true
	}
	if merged, ok := errors.AsType[*crm.MergedError](err); ok {
		return model.UserError{
			Code: model.UserErrorCodeMerged, Field: inputField(m.field), Contact: &merged.Into,
			Message: "This contact has been merged into " + merged.Into.DisplayName() + ": use that one",
		}, true
	}
	if many, ok := errors.AsType[*crm.AmbiguousError](err); ok {
		return model.UserError{
			Code: model.UserErrorCodeAmbiguous, Field: inputField(m.field), Contact: &many.Contacts[0],
			Message: "More than one contact matches: " + many.Names(),
		}, true
	}
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return model.UserError{Code: model.UserErrorCodeNotFound, Field: inputField(m.field), Message: m.message}, true
	case errors.Is(err, crm.ErrInactive):
		return model.UserError{
			Code: model.UserErrorCodeChannelInactive, Field: inputField(m.field), Message: "This channel takes no messages",
		}, true
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return model.UserError{Code: r.code, Message: r.message}, true
		}
	}
	return model.UserError{}, false
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
