package graph

import (
	"context"
	"slices"

	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// A subscription's root field is resolved many times, and never waits: once when the subscription is opened, to read its
// arguments, then once for each event. What it is resolved for stands in the context; its channel has at most one value.

// opening learns what a subscription asks for when it is opened.
type opening struct {
	after *string
	// about picks the events that the field is about. Which of them pass its filter is decided with the event.
	about func(e *crm.Event) bool
}

type (
	openingKey struct{}
	eventKey   struct{}
)

func withOpening(ctx context.Context, o *opening) context.Context {
	return context.WithValue(ctx, openingKey{}, o)
}

func withEvent(ctx context.Context, e *crm.Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// resolveEvent answers the root field of a subscription with the event that there is, if wanted makes something of it.
func resolveEvent[T any](
	ctx context.Context, o opening, wanted func(*crm.Event) (*T, error),
) (<-chan T, error) {
	if e, ok := ctx.Value(eventKey{}).(*crm.Event); ok {
		v, err := wanted(e)
		if err != nil {
			return nil, err
		}
		out := make(chan T, 1)
		if v != nil {
			out <- *v
		}
		close(out)
		return out, nil
	}
	if opened, ok := ctx.Value(openingKey{}).(*opening); ok {
		*opened = o
	}
	out := make(chan T)
	close(out)
	return out, nil
}

func (r subscriptionResolver) ContactEvents(ctx context.Context, after *string) (<-chan model.ContactEvent, error) {
	ofContact := func(e *crm.Event) bool { return e.SessionID == nil && e.ContactID != nil }
	return resolveEvent(ctx, opening{after, ofContact}, func(e *crm.Event) (*model.ContactEvent, error) {
		return new(model.NewContactEvent(e)), nil
	})
}

func (r contactEventResolver) Contact(ctx context.Context, e *model.ContactEvent) (*crm.Contact, error) {
	if e.Kind == crm.Deleted {
		return nil, nil
	}
	return loadersOf(ctx).contacts.load(ctx, e.ContactID)
}

func (r subscriptionResolver) SessionEvents(
	ctx context.Context, after *string, filter *model.SessionFilter,
) (<-chan model.SessionEvent, error) {
	f := sessionFilter(filter)
	if err := service.CheckFilter(f); err != nil {
		return nil, err
	}
	ofSession := func(e *crm.Event) bool { return e.SessionID != nil || e.Kind == crm.Deleted }
	return resolveEvent(ctx, opening{after, ofSession}, func(e *crm.Event) (*model.SessionEvent, error) {
		pass, err := concerns(ctx, f, e)
		if err != nil || !pass {
			return nil, err
		}
		return new(model.NewSessionEvent(e)), nil
	})
}

func (r sessionEventResolver) Session(ctx context.Context, e *model.SessionEvent) (*crm.Session, error) {
	if e.SessionID == nil {
		return nil, nil
	}
	return loadersOf(ctx).conversations.load(ctx, *e.SessionID)
}

// concerns reports whether an event is of interest to somebody who looks at the sessions that pass f: whether the session
// passes now, or may have passed before.
func concerns(ctx context.Context, f storage.SessionFilter, e *crm.Event) (bool, error) {
	if f.Contact != nil && (e.ContactID == nil || *e.ContactID != *f.Contact) {
		return false, nil
	}
	if e.SessionID == nil || everySession(f) {
		return true, nil
	}
	now, err := loadersOf(ctx).conversations.load(ctx, *e.SessionID)
	if err != nil || now == nil {
		return false, err
	}
	if f.Channels != nil && !slices.Contains(f.Channels, now.ChannelID) {
		return false, nil
	}
	if f.Anonymous != nil && *f.Anonymous != (now.ContactID == nil) && *f.Anonymous != (e.ContactID == nil) {
		return false, nil
	}
	status, statusChanged := oldValue(e, "status")
	tag, tagChanged := oldValue(e, "tag")
	inStatus := f.Statuses == nil || slices.Contains(f.Statuses, now.Status) ||
		status != nil && slices.Contains(f.Statuses, crm.SessionStatus(*status))
	inTag := f.Tags == nil || now.Tag != nil && slices.Contains(f.Tags, *now.Tag) ||
		tag != nil && slices.Contains(f.Tags, crm.SessionTag(*tag))
	if f.Statuses != nil && f.Tags != nil {
		// Of the field that the event left alone we know only what it is now. When it has been changed since, the session may
		// have passed before the one change and passes after neither: this event has to tell so, and so has the other.
		inStatus = inStatus || tagChanged
		inTag = inTag || statusChanged
	}
	return inStatus && inTag, nil
}

func everySession(f storage.SessionFilter) bool {
	return f.Channels == nil && f.Anonymous == nil && f.Statuses == nil && f.Tags == nil
}

// oldValue is what the event changed a field from; not ok when it left it alone.
func oldValue(e *crm.Event, field string) (old *string, ok bool) {
	for i := range e.Changes {
		if e.Changes[i].Field == field {
			return e.Changes[i].Old, true
		}
	}
	return nil, false
}

func (r queryResolver) LastEventID(ctx context.Context) (string, error) {
	id, err := r.service.MarkEvents(ctx, auth.Viewer(ctx))
	return id.String(), err
}
