package resolve

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r queryResolver) Session(ctx context.Context, id string) (*crm.Session, error) {
	key, _ := crm.ParseSessionID(id)
	found, err := r.service.SessionsByID(ctx, auth.Viewer(ctx), []crm.SessionID{key})
	if err != nil {
		return nil, err
	}
	LoadersOf(ctx).expectSessions(values(found))
	return one(found, key), nil
}

func (r queryResolver) Sessions(
	ctx context.Context, filter *model.SessionFilter, orderBy *model.SessionOrder,
	first *int, after *string, last *int, before *string, skip *int,
) (*model.SessionConnection, error) {
	v, list := auth.Viewer(ctx), SessionList(filter, orderBy, first, after, last, before)
	list.Paging.Skip = skip
	page, err := r.service.Sessions(ctx, v, list)
	if err != nil {
		return nil, err
	}
	LoadersOf(ctx).expectSessions(page.Sessions)
	return &model.SessionConnection{
		SessionPage: page,
		Count:       service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountListed(ctx, v, list.Filter, most) }),
	}, nil
}

func (r sessionConnectionResolver) TotalCount(
	_ context.Context, c *model.SessionConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r sessionResolver) Contact(ctx context.Context, s *crm.Session) (*crm.Contact, error) {
	if s.ContactID == nil {
		return nil, nil
	}
	return LoadersOf(ctx).Contacts.load(ctx, *s.ContactID)
}

func (r sessionResolver) ContactName(ctx context.Context, s *crm.Session) (string, error) {
	c, err := r.Contact(ctx, s)
	if err != nil {
		return "", err
	}
	return ContactName(c), nil
}

func (r sessionResolver) LastMessagePreview(ctx context.Context, s *crm.Session) (*string, error) {
	of := graphql.GetFieldContext(ctx).Parent
	for of.Index != nil { // an item of the list
		of = of.Parent
	}
	named := NamesContact(graphql.GetOperationContext(ctx), of.Field.Selections)
	return Preview(s, named, func() bool {
		c, err := r.Contact(ctx, s)
		return c != nil || err != nil // the field of the contact reports the error
	}), nil
}

// ContactName is the name that a session shows for its contact, which is nil once it is deleted.
func ContactName(c *crm.Contact) string {
	if c == nil {
		return crm.Anonymous
	}
	return c.DisplayName()
}

// Preview is the last message that a session shows. A contact may be deleted after its session was read and before the contact
// is read: a selection that names the contact must then not show the message beside Anonymous, because a client that hears
// of the deletion later could not know that the message was the contact's.
func Preview(s *crm.Session, named bool, contactExists func() bool) *string {
	if !named || s.ContactID == nil || contactExists() {
		return s.LastMessagePreview
	}
	shown := *s
	shown.Anonymize()
	return shown.LastMessagePreview
}

// NamesContact reports whether a selection of a session shows its contact.
func NamesContact(op *graphql.OperationContext, of ast.SelectionSet) bool {
	return asksFor(op, of, []string{"Session", "Node"}, "contact", "contactName")
}

func (r sessionResolver) Channel(ctx context.Context, s *crm.Session) (crm.Channel, error) {
	return LoadersOf(ctx).channel(ctx, s.ChannelID)
}

func (r sessionResolver) Identity(ctx context.Context, s *crm.Session) (*crm.Identity, error) {
	if s.AccountID == nil {
		return nil, nil
	}
	found, err := LoadersOf(ctx).ByAccount.load(ctx, *s.AccountID)
	if err != nil || found == nil {
		return nil, err
	}
	return crm.NewestIdentity(*found), nil
}

func (r queryResolver) SessionCounts(ctx context.Context, filter *model.SessionFilter) (*service.SessionCounts, error) {
	counts, err := r.service.CountSessions(ctx, auth.Viewer(ctx), SessionFilter(filter))
	return &counts, err
}

// Channels are all channels of the workspace, also those without sessions.
func (r sessionCountsResolver) Channels(
	ctx context.Context, c *service.SessionCounts,
) ([]model.SessionChannelCount, error) {
	channels, err := r.service.Channels(ctx, auth.Viewer(ctx))
	if err != nil {
		return nil, err
	}
	out := make([]model.SessionChannelCount, len(channels))
	for i, channel := range channels {
		out[i] = model.SessionChannelCount{Channel: channel, Count: c.ByChannel[channel.ID]}
	}
	return out, nil
}

func (r mutationResolver) UpdateSession(
	ctx context.Context, in model.UpdateSessionInput,
) (*model.UpdateSessionPayload, error) {
	defer LoadersOf(ctx).reset()
	return r.updateSession(ctx, in)
}

func (r mutationResolver) updateSession(ctx context.Context, in model.UpdateSessionInput) (*model.UpdateSessionPayload, error) {
	id, _ := crm.ParseSessionID(in.ID)
	done, err := r.service.UpdateSession(ctx, auth.Viewer(ctx), id, sessionPatch(in))
	problems, err := problem.UserErrors(err, problem.SessionGone)
	return &model.UpdateSessionPayload{Session: done.Now, EventID: eventID(done.Event), UserErrors: problems}, err
}

func (r mutationResolver) RecordInteraction(
	ctx context.Context, in model.RecordInteractionInput,
) (*model.RecordInteractionPayload, error) {
	defer LoadersOf(ctx).reset()
	done, err := r.ingest.Record(ctx, auth.Viewer(ctx), report(in))
	problems, err := problem.UserErrors(err, problem.ChannelUnknown)
	payload := &model.RecordInteractionPayload{Contact: done.Contact, EventID: eventID(done.Event), UserErrors: problems}
	if err == nil && len(problems) == 0 {
		payload.Session = done.Session
	}
	if !auth.Viewer(ctx).Role.Can(crm.ReadContacts) {
		payload.Contact = idAlone(ctx, "contact", "Contact", payload.Contact)
		payload.Session = idAlone(ctx, "session", "Session", payload.Session)
	}
	return payload, err
}

// idAlone refuses all fields of an object of a payload but its id. They fail as fields do: those that may be null become null,
// and one that may not makes the whole object null.
func idAlone[T any](ctx context.Context, name, kind string, object *T) *T {
	if object == nil {
		return nil
	}
	op, payload := graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx)
	for _, of := range graphql.CollectFields(op, payload.Field.Selections, []string{"RecordInteractionPayload"}) {
		if of.Name != name {
			continue
		}
		parent := graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: of})
		for _, f := range graphql.CollectFields(op, of.Selections, []string{kind, "Node"}) {
			if f.Name == "id" || f.Name == "__typename" {
				continue
			}
			at := graphql.WithFieldContext(parent, &graphql.FieldContext{Field: f})
			graphql.AddError(at, crm.ErrForbidden)
			if f.Definition.Type.NonNull {
				object = nil
			}
		}
	}
	return object
}
