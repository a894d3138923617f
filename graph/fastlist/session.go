package fastlist

import (
	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/graph/resolve"
	"kith/internal/crm"
	"kith/internal/service"
)

// sessionList is what the arguments of Contact.sessions ask for.
func sessionList(args map[string]any) service.SessionList {
	return resolve.SessionList(
		args["filter"].(*model.SessionFilter), args["orderBy"].(*model.SessionOrder),
		args["first"].(*int), args["after"].(*string), args["last"].(*int), args["before"].(*string),
	)
}

func (c *compiler) sessionConnection(fc *graphql.FieldContext) fieldWriters[model.SessionConnection] {
	return compile(c, fc, []string{"SessionConnection"}, plainSessionConnection,
		func(f *graphql.FieldContext) func(*List, *model.SessionConnection) {
			switch f.Field.Name {
			case "edges":
				edge, one := c.sessionEdge(f), model.SessionEdge{}
				return func(w *List, v *model.SessionConnection) {
					one.List = v.List()
					writeList(w, edge, v.Sessions, func(s *crm.Session) *model.SessionEdge {
						one.Position, one.Node = v.Position(*s), *s
						return &one
					})
				}
			case "nodes":
				session := c.session(f)
				return func(w *List, v *model.SessionConnection) { writeList(w, session, v.Sessions, itself) }
			case "pageInfo":
				info := c.pageInfo(f)
				return func(w *List, v *model.SessionConnection) {
					p := v.PageInfo()
					info.write(w, &p)
				}
			case "totalCount":
				count, most := compile(c, f, []string{"Count"}, plainCount, nil), resolve.Most(f.Args["max"].(*int))
				return func(w *List, v *model.SessionConnection) {
					n, err := v.Count(most)
					w.fail(err)
					count.write(w, &n)
				}
			}
			return nil
		})
}

func (c *compiler) sessionEdge(fc *graphql.FieldContext) fieldWriters[model.SessionEdge] {
	return compile(c, fc, []string{"SessionEdge"}, plainSessionEdge,
		func(f *graphql.FieldContext) func(*List, *model.SessionEdge) {
			switch f.Field.Name {
			case "node":
				session := c.session(f)
				return func(w *List, v *model.SessionEdge) { session.write(w, &v.Node) }
			case "cursor":
				return func(w *List, v *model.SessionEdge) { w.cursor(v.List, v.Position) }
			}
			return nil
		})
}

func (c *compiler) session(fc *graphql.FieldContext) fieldWriters[crm.Session] {
	return compile(c, fc, []string{"Session", "Node"}, plainSession,
		func(f *graphql.FieldContext) func(*List, *crm.Session) {
			switch f.Field.Name {
			case "contact":
				c.nested++
				contact, one := c.contact(f), crm.Contact{}
				c.nested--
				return func(w *List, v *crm.Session) {
					var ok bool
					if one, ok = w.contactOf(v); !ok {
						w.null()
						return
					}
					contact.write(w, &one)
				}
			case "contactName":
				return func(w *List, v *crm.Session) {
					contact, ok := w.contactOf(v)
					if !ok {
						w.string(resolve.ContactName(nil))
						return
					}
					w.string(resolve.ContactName(&contact))
				}
			case "identity":
				identity := c.identity(f)
				return func(w *List, v *crm.Session) {
					if v.AccountID == nil {
						w.null()
						return
					}
					found, _, err := w.loaders.ByAccount.Now(w.ctx, *v.AccountID)
					w.fail(err)
					identity.orNull(w, crm.NewestIdentity(found))
				}
			case "channel":
				channel := c.channel(f)
				return func(w *List, v *crm.Session) { channel(w, v.ChannelID) }
			case "lastMessagePreview":
				named := resolve.NamesContact(c.op, fc.Field.Selections)
				return func(w *List, v *crm.Session) {
					shown := resolve.Preview(v, named, func() bool {
						_, ok := w.contactOf(v)
						return ok
					})
					writeOptional(w, shown, (*List).string)
				}
			}
			return nil
		})
}

func (w *List) contactOf(s *crm.Session) (crm.Contact, bool) {
	if s.ContactID == nil {
		return crm.Contact{}, false
	}
	contact, ok, err := w.loaders.Contacts.Now(w.ctx, *s.ContactID)
	w.fail(err)
	return contact, ok
}
