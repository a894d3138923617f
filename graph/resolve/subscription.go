package resolve

import (
	"context"
	"slices"

	"kith/graph/model"
	"kith/graph/subscribe"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r subscriptionResolver) ContactEvents(ctx context.Context, after *string) (<-chan model.ContactEvent, error) {
	ofContact := func(e *crm.Event) bool { return e.SessionID == nil && e.ContactID != nil }
	return subscribe.Resolve(ctx, subscribe.Request{After: after, About: ofContact}, func(e *crm.Event) (*model.ContactEvent, error) {
		return new(model.NewContactEvent(e)), nil
	})
}

func (r contactEventResolver) Contact(ctx context.Context, e *model.ContactEvent) (*crm.Contact, error) {
	if e.Kind == crm.Deleted {
		return nil, nil
	}
	return LoadersOf(ctx).Contacts.load(ctx, e.ContactID)
}

func (r subscriptionResolver) SessionEvents(
	ctx context.Context, after *string, filter *model.SessionFilter,
) (<-chan model.SessionEvent, error) {
	f := SessionFilter(filter)
	if err := service.CheckFilter(f); err != nil {
		return nil, err
	}
	ofSession := func(e *crm.Event) bool { return e.SessionID != nil || e.Kind == crm.Deleted }
	return subscribe.Resolve(ctx, subscribe.Request{After: after, About: ofSession}, func(e *crm.Event) (*model.SessionEvent, error) {
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
	return LoadersOf(ctx).sessionsByID.load(ctx, *e.SessionID)
}

// concerns reports whether an event matters to a client that lists the sessions that pass f: whether the session passes now,
// or may have passed before.
func concerns(ctx context.Context, f storage.SessionFilter, e *crm.Event) (bool, error) {
	if f.Contact != nil && (e.ContactID == nil || *e.ContactID != *f.Contact) {
		return false, nil
	}
	if e.SessionID == nil || everySession(f) {
		return true, nil
	}
	now, err := LoadersOf(ctx).sessionsByID.load(ctx, *e.SessionID)
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
		// Of the field that the event left alone we know only the current value. If that has changed since, the session may have
		// passed before the one change and pass after neither: then this event has to say so, and the other one too.
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
	id, err := r.service.ResumeToken(ctx, auth.Viewer(ctx))
	return id.String(), err
}
