package resolve

import (
	"context"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r queryResolver) MergePreview(ctx context.Context, in model.MergeContactsInput) (*model.MergePreview, error) {
	preview, err := r.service.PreviewMerge(ctx, auth.Viewer(ctx), merge(in))
	if err != nil || preview == nil {
		return nil, err
	}
	problems, err := problem.UserErrors(preview.Refusal, problem.ContactGone)
	return &model.MergePreview{MergePreview: *preview, UserErrors: problems}, err
}

func (r mergePreviewResolver) SessionCount(ctx context.Context, p *model.MergePreview) (int, error) {
	return r.service.SessionCount(ctx, auth.Viewer(ctx), p.MergePreview)
}

func (r mergePreviewResolver) IdentityCount(ctx context.Context, p *model.MergePreview) (int, error) {
	return r.service.IdentityCount(ctx, auth.Viewer(ctx), p.MergePreview)
}

func (r mutationResolver) MergeContacts(
	ctx context.Context, in model.MergeContactsInput,
) (*model.MergeContactsPayload, error) {
	defer LoadersOf(ctx).reset()
	m := merge(in)
	done, err := r.service.MergeContacts(ctx, auth.Viewer(ctx), m)
	problems, other := problem.UserErrors(err, problem.ContactGone)
	payload := &model.MergeContactsPayload{MergedContactIds: []string{}, UserErrors: problems}
	if err != nil {
		return payload, other
	}
	payload.Contact, payload.UndoableUntil = &done.Contact, service.UndoableUntil(done)
	if done.Record.ID != (crm.MergeID{}) {
		payload.MergeID = new(done.Record.ID.String())
	}
	for _, o := range in.Others {
		payload.MergedContactIds = append(payload.MergedContactIds, o.ID)
	}
	if n := len(done.Events); n > 0 && !done.Repeated {
		payload.EventID = eventID(&done.Events[n-1].ID)
	}
	return payload, nil
}

func (r mutationResolver) UndoMerge(ctx context.Context, in model.UndoMergeInput) (*model.UndoMergePayload, error) {
	defer LoadersOf(ctx).reset()
	id, _ := crm.ParseMergeID(in.MergeID)
	done, err := r.service.UndoMerge(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.MergeGone)
	payload := &model.UndoMergePayload{Restored: []crm.Contact{}, Kept: []service.ContactField{}, UserErrors: problems}
	if err != nil {
		return payload, other
	}
	payload.Contact, payload.Kept, payload.EventID = &done.Contact, done.Kept, eventID(&done.Event)
	for _, side := range done.Restored {
		payload.Restored = append(payload.Restored, side.Contact)
	}
	return payload, nil
}

func (r mutationResolver) SplitContact(
	ctx context.Context, in model.SplitContactInput,
) (*model.SplitContactPayload, error) {
	defer LoadersOf(ctx).reset()
	done, err := r.service.SplitContact(ctx, auth.Viewer(ctx), split(in))
	problems, other := problem.UserErrors(err, problem.ContactGone)
	payload := &model.SplitContactPayload{UserErrors: problems}
	if err == nil {
		payload.Contact, payload.Split, payload.EventID = &done.Contact, &done.Split, eventID(&done.Event)
	}
	return payload, other
}

func (r queryResolver) Duplicates(
	ctx context.Context, contact *string, reasons []crm.DuplicateReason, first *int, after *string, last *int, before *string,
) (*model.DuplicateConnection, error) {
	v := auth.Viewer(ctx)
	list := service.DuplicateList{
		Contact: contactID(contact),
		Reasons: reasons,
		Paging:  paging(first, after, last, before),
	}
	page, err := r.service.Duplicates(ctx, v, list)
	if err != nil {
		return nil, err
	}
	LoadersOf(ctx).expectDuplicates(page.Duplicates)
	return &model.DuplicateConnection{
		DuplicatePage: page,
		Count:         service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountDuplicates(ctx, v, list, most) }),
	}, nil
}

func (r duplicateConnectionResolver) TotalCount(
	_ context.Context, c *model.DuplicateConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

// Contacts are those that are there: one may have been deleted since the pair was read.
func (r duplicateResolver) Contacts(ctx context.Context, d *crm.Duplicate) ([]crm.Contact, error) {
	contacts := []crm.Contact{}
	for _, id := range d.Contacts {
		c, err := LoadersOf(ctx).Contacts.load(ctx, id)
		if err != nil {
			return nil, err
		}
		if c != nil {
			contacts = append(contacts, *c)
		}
	}
	return contacts, nil
}

func (r duplicateResolver) Reasons(_ context.Context, d *crm.Duplicate) ([]crm.DuplicateReason, error) {
	return d.Reasons.Each(), nil
}

func (r mutationResolver) DismissDuplicates(
	ctx context.Context, in model.DismissDuplicatesInput,
) (*model.DismissDuplicatesPayload, error) {
	defer LoadersOf(ctx).reset()
	ids := make([]crm.DuplicateID, len(in.Ids))
	for i, s := range in.Ids {
		ids[i], _ = crm.ParseDuplicateID(s)
	}
	outcomes, err := r.service.DismissDuplicates(ctx, auth.Viewer(ctx), ids)
	done, problems, err := sortOut(in.Ids, outcomes, err, problem.DuplicateGone)
	return &model.DismissDuplicatesPayload{DismissedIds: done, UserErrors: problems}, err
}
