package resolve

import (
	"context"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

func (r mutationResolver) UpsertContacts(ctx context.Context, in model.UpsertContactsInput) (*model.UpsertContactsPayload, error) {
	defer LoadersOf(ctx).reset()
	upserts := make([]crm.Upsert, len(in.Contacts))
	for i, c := range in.Contacts {
		upserts[i] = upsert(c)
	}
	rules := crm.UpsertRules{ProtectStaff: in.ProtectStaff}
	done, err := r.service.UpsertContacts(ctx, auth.Viewer(ctx), upserts, rules, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	out := &model.UpsertContactsPayload{Results: make([]*model.UpsertContactPayload, len(done))}
	for i, d := range done {
		problems, err := problem.UserErrors(d.Refused, problem.ContactGone)
		if err != nil {
			return nil, err
		}
		inBatch(problems, "contacts", i)
		out.Results[i] = &model.UpsertContactPayload{
			Outcome: model.UpsertOutcome(d.Outcome), Contact: d.Contact, EventID: eventID(d.Event), UserErrors: problems,
		}
	}
	return out, nil
}

func upsert(in model.UpsertContactInput) crm.Upsert {
	u := crm.Upsert{
		Patch: crm.ContactPatch{
			Name: optional(in.Name), Email: optional(in.Email), Phone: optional(in.Phone), Notes: optional(in.Notes),
			AllowUnusual: in.AllowUnusual,
		},
		CreatedAt: in.CreatedAt,
	}
	if in.ID != nil {
		id, _ := crm.ParseContactID(*in.ID)
		u.ContactID = &id
	}
	if i := in.Identity; i != nil {
		channel, _ := crm.ParseChannelID(i.ChannelID)
		u.Identity = &crm.IdentityKey{ChannelID: channel, ExternalID: i.ExternalID}
	}
	return u
}
