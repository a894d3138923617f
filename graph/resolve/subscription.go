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

func (r subscriptionResolver) ContactEvents(ctx context.Context, after *string) (<-chan *model.ContactEvent, error) {
	return subscribe.Resolve(ctx, subscribe.Request{After: given(after), About: model.ConcernsContacts}, func(e *crm.Event) (*model.ContactEvent, error) {
		return new(model.NewContactEvent(e)), nil
	})
}

func (r subscriptionResolver) BulkJobProgress(ctx context.Context, id string) (<-chan *model.BulkJob, error) {
	return subscribe.ResolveJob(ctx, func() (*crm.Job, error) {
		asked, _ := crm.ParseJobID(id)
		found, err := r.service.BulkJobsByID(ctx, auth.Viewer(ctx), []crm.JobID{asked})
		return one(found, asked), err
	}, model.NewBulkJob)
}

func (r contactEventResolver) Contact(ctx context.Context, e *model.ContactEvent) (*crm.Contact, error) {
	if e.Kind == crm.Deleted || e.Kind == crm.MergedInto {
		return nil, nil
	}
	return LoadersOf(ctx).Contacts.load(ctx, e.ContactID)
}

func (r contactEventResolver) CreatedContact(ctx context.Context, e *model.ContactEvent) (*crm.Contact, error) {
	if e.Kind != crm.Created {
		return nil, nil
	}
	return r.Contact(ctx, e)
}

func (r contactEventResolver) MergedInto(ctx context.Context, e *model.ContactEvent) (*crm.Contact, error) {
	if e.Into == nil || e.Kind != crm.MergedInto {
		return nil, nil
	}
	return LoadersOf(ctx).living.load(ctx, *e.Into)
}

func (r subscriptionResolver) SessionEvents(
	ctx context.Context, after *string, filter *model.SessionFilter,
) (<-chan *model.SessionEvent, error) {
	f := SessionFilter(filter)
	if err := service.CheckFilter(f); err != nil {
		return nil, err
	}
	if f.Contact != nil && subscribe.EventOf(ctx) == nil {
		r.survivors.forget(auth.Viewer(ctx).Workspace)
	}
	return subscribe.Resolve(ctx, subscribe.Request{After: given(after), About: model.ConcernsSessions}, func(e *crm.Event) (*model.SessionEvent, error) {
		pass, err := r.concerns(ctx, f, e)
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

func (r sessionEventResolver) CreatedSession(ctx context.Context, e *model.SessionEvent) (*crm.Session, error) {
	if e.Kind != model.SessionCreated {
		return nil, nil
	}
	return r.Session(ctx, e)
}

// concerns reports whether an event matters to a client that lists the sessions that pass f: whether the session passes now,
// or may have passed before.
func (r *resolver) concerns(ctx context.Context, f storage.SessionFilter, e *crm.Event) (bool, error) {
	if e.Kind == crm.MergedInto || e.Kind == crm.SplitOff {
		r.survivors.forget(auth.Viewer(ctx).Workspace)
	}
	if f.Contact != nil {
		if of, err := r.isOf(ctx, *f.Contact, e); err != nil || !of {
			return false, err
		}
	}
	if e.SessionID == nil || everySession(f) {
		return true, nil
	}
	now, err := LoadersOf(ctx).sessionsByID.load(ctx, *e.SessionID)
	if err != nil || now == nil {
		return false, err
	}
	if f.Channels != nil && !slices.Contains(f.Channels, now.ChannelID) ||
		f.Accounts != nil && !slices.Contains(f.Accounts, now.ChannelAccount) {
		return false, nil
	}
	if f.Anonymous != nil && *f.Anonymous != (now.ContactID == nil) && *f.Anonymous != (e.ContactID == nil) {
		return false, nil
	}
	status, statusChanged := oldValue(e, "status")
	tag, tagChanged := oldValue(e, "tag")
	inStatus := f.Statuses == nil || slices.Contains(f.Statuses, now.Status) ||
		status != nil && slices.Contains(f.Statuses, crm.SessionStatus(*status))
	inTag := f.Tags == nil || slices.Contains(f.Tags, storage.KindOf(*now).Tag) ||
		tagChanged && slices.Contains(f.Tags, crm.SessionTag(text(tag)))
	if f.Statuses != nil && f.Tags != nil {
		// Of the field that the event left alone we know only the current value. If that has changed since, the session may have
		// passed before the one change and pass after neither: then this event has to say so, and the other one too.
		inStatus = inStatus || tagChanged
		inTag = inTag || statusChanged
	}
	return inStatus && inTag, nil
}

// isOf reports whether an event is one of the contact or its sessions, or of the contact that it has become part of. The event
// of a split has the contact that gets sessions, but where several do: then it may be of any.
func (r *resolver) isOf(ctx context.Context, contact crm.ContactID, e *crm.Event) (bool, error) {
	is := func(id crm.ContactID) bool {
		return e.ContactID != nil && *e.ContactID == id || e.Into != nil && *e.Into == id
	}
	if e.Kind == crm.SplitOff && e.Into == nil || is(contact) {
		return true, nil
	}
	survivor, err := r.survivors.of(ctx, r.service, auth.Viewer(ctx), contact)
	return err == nil && is(survivor), err
}

// everySession reports whether the filter says nothing that an event may be measured by. Whether there are unread messages
// changes with most events, so that it is not.
func everySession(f storage.SessionFilter) bool {
	f.Contact, f.Unread = nil, nil
	return f.Empty()
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

func (r queryResolver) LastEventID(ctx context.Context) (*string, error) {
	id, err := r.service.ResumeToken(ctx, auth.Viewer(ctx))
	return new(id.String()), err
}
