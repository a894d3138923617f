package resolve

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r queryResolver) Contact(ctx context.Context, id string) (*crm.Contact, error) {
	key, _ := crm.ParseContactID(id)
	found, err := r.service.LivingContacts(ctx, auth.Viewer(ctx), []crm.ContactID{key})
	if err != nil {
		return nil, err
	}
	return one(found, key), nil
}

func (r queryResolver) Contacts(
	ctx context.Context, search *string, filter *model.ContactFilter, orderBy *model.ContactOrder,
	first *int, after *string, last *int, before *string, skip *int,
) (*model.ContactConnection, error) {
	v, asked := auth.Viewer(ctx), graphql.GetFieldContext(ctx).Field.Selections
	page, err := r.service.Contacts(ctx, v, service.ContactList{
		Search:  text(search),
		Filter:  ContactFilter(filter),
		Order:   ContactOrder(orderBy),
		Paging:  service.Paging{First: first, After: given(after), Last: last, Before: given(before), Skip: skip},
		Counted: countsAsked(graphql.GetOperationContext(ctx), asked, "ContactConnection"),
	})
	if err != nil {
		return nil, err
	}
	ids := make([]crm.ContactID, len(page.Rows))
	for i := range page.Rows {
		ids[i] = page.Rows[i].Contact.ID
	}
	LoadersOf(ctx).expectContacts(ids)
	return &model.ContactConnection{
		ContactPage: page,
		HasContacts: sync.OnceValues(func() (bool, error) {
			if len(page.Rows) > 0 {
				return true, nil
			}
			return r.service.HasContacts(ctx, v)
		}),
	}, nil
}

func (r contactConnectionResolver) TotalCount(
	_ context.Context, c *model.ContactConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r contactConnectionResolver) WorkspaceHasContacts(_ context.Context, c *model.ContactConnection) (bool, error) {
	return c.HasContacts()
}

func (r contactResolver) Identities(ctx context.Context, c *crm.Contact) ([]crm.Identity, error) {
	found, err := LoadersOf(ctx).Identities.load(ctx, c.ID)
	if err != nil || found == nil {
		return []crm.Identity{}, err
	}
	return *found, nil
}

func (r contactResolver) MergedFrom(ctx context.Context, c *crm.Contact) ([]string, error) {
	found, err := LoadersOf(ctx).OldIDs.load(ctx, c.ID)
	ids := []string{}
	if err == nil && found != nil {
		for _, id := range *found {
			ids = append(ids, id.String())
		}
	}
	return ids, err
}

func (r contactResolver) UndoableMerge(ctx context.Context, c *crm.Contact) (*crm.MergeRecord, error) {
	return LoadersOf(ctx).Undoable.load(ctx, c.ID)
}

func (r contactResolver) FurtherEmails(_ context.Context, c *crm.Contact) ([]string, error) {
	return c.FurtherOf("email"), nil
}

func (r contactResolver) FurtherPhones(_ context.Context, c *crm.Contact) ([]string, error) {
	return c.FurtherOf("phone"), nil
}

func (r contactResolver) Sessions(
	ctx context.Context, c *crm.Contact,
	first *int, after *string, last *int, before *string, filter *model.SessionFilter, orderBy *model.SessionOrder,
) (model.SessionConnection, error) {
	loaders, list := LoadersOf(ctx), SessionList(filter, orderBy, first, after, last, before)
	found, err := loaders.SessionsByContact(list).load(ctx, c.ID)
	if err != nil || found == nil {
		return model.SessionConnection{}, err
	}
	count := func(most int) (storage.Count, error) {
		return countOf(loaders.SessionCounts(list.Filter, most).load(ctx, c.ID))
	}
	return model.SessionConnection{SessionPage: found.Page, Count: count}, found.Err
}

func (r identityResolver) Channel(ctx context.Context, i *crm.Identity) (crm.Channel, error) {
	return LoadersOf(ctx).channel(ctx, i.ChannelID)
}

func (r mutationResolver) UpdateContact(
	ctx context.Context, in model.UpdateContactInput,
) (*model.UpdateContactPayload, error) {
	defer LoadersOf(ctx).reset()
	return r.updateContact(ctx, in)
}

func (r mutationResolver) updateContact(ctx context.Context, in model.UpdateContactInput) (*model.UpdateContactPayload, error) {
	id, _ := crm.ParseContactID(in.ID)
	done, err := r.service.UpdateContact(ctx, auth.Viewer(ctx), id, contactPatch(in))
	problems, err := problem.UserErrors(err, problem.ContactGone)
	return &model.UpdateContactPayload{Contact: done.Now, EventID: eventID(done.Event), UserErrors: problems}, err
}

func (r mutationResolver) DeleteContact(
	ctx context.Context, in model.DeleteContactInput,
) (*model.DeleteContactPayload, error) {
	defer LoadersOf(ctx).reset()
	return r.deleteContact(ctx, in.ID)
}

func (r mutationResolver) deleteContact(ctx context.Context, contact string) (*model.DeleteContactPayload, error) {
	id, _ := crm.ParseContactID(contact)
	event, err := r.service.DeleteContact(ctx, auth.Viewer(ctx), id)
	problems, err := problem.UserErrors(err, problem.ContactGone)
	payload := &model.DeleteContactPayload{UserErrors: problems}
	if err == nil && len(problems) == 0 {
		payload.DeletedContactID, payload.EventID = &contact, eventID(&event)
	}
	return payload, err
}

// eventID is the id that a client knows an event by; nil for none.
func eventID(id *crm.EventID) *string {
	if id == nil {
		return nil
	}
	return new(id.String())
}

// one is the value of a key, or nil.
func one[K comparable, V any](found map[K]V, key K) *V {
	if v, ok := found[key]; ok {
		return &v
	}
	return nil
}
