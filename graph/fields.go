package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/graph/resolve"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// The fields that a written list can have, by type. A field of the schema that is not here makes gqlgen write the list.

var contactConnectionLeaves = leaves[model.ContactConnection]{
	"search": func(w *writer, v *model.ContactConnection) { w.string(v.Search) },
	"workspaceHasContacts": func(w *writer, v *model.ContactConnection) {
		has, err := v.HasContacts()
		w.fail(err)
		w.bool(has)
	},
}

func (c *compiler) contactConnection(fc *graphql.FieldContext) steps[model.ContactConnection] {
	return compile(c, fc, []string{"ContactConnection"}, contactConnectionLeaves,
		func(f *graphql.FieldContext) func(*writer, *model.ContactConnection) {
			switch f.Field.Name {
			case "edges":
				edge, one := c.contactEdge(f), model.ContactEdge{}
				return func(w *writer, v *model.ContactConnection) {
					w.readAhead(v.Rows)
					one.List = v.List()
					writeList(w, edge, v.Rows, func(r *storage.ContactRow) *model.ContactEdge {
						one.ContactRow = *r
						return &one
					})
				}
			case "nodes":
				contact := c.contact(f)
				return func(w *writer, v *model.ContactConnection) {
					w.readAhead(v.Rows)
					writeList(w, contact, v.Rows, func(r *storage.ContactRow) *crm.Contact { return &r.Contact })
				}
			case "pageInfo":
				info := c.pageInfo(f)
				return func(w *writer, v *model.ContactConnection) {
					p := v.PageInfo()
					info.write(w, &p)
				}
			case "totalCount":
				count := compile(c, f, []string{"Count"}, countLeaves, nil)
				return func(w *writer, v *model.ContactConnection) {
					n, err := v.Count()
					w.fail(err)
					count.write(w, &n)
				}
			}
			return nil
		})
}

// readAhead asks the loaders for what the contacts of a page need, at once where it is several things. What fails is met
// again by the first who needs it.
func (w *writer) readAhead(rows []storage.ContactRow) {
	if len(w.ahead) > 1 && len(rows) > 0 {
		var wg sync.WaitGroup
		for _, read := range w.ahead {
			wg.Go(func() { read(w.ctx, rows[0].Contact.ID) })
		}
		wg.Wait()
	}
	w.ahead = nil
}

var contactEdgeLeaves = leaves[model.ContactEdge]{
	"cursor": func(w *writer, v *model.ContactEdge) { w.cursor(v.List, v.Position) },
}

func (c *compiler) contactEdge(fc *graphql.FieldContext) steps[model.ContactEdge] {
	return compile(c, fc, []string{"ContactEdge"}, contactEdgeLeaves,
		func(f *graphql.FieldContext) func(*writer, *model.ContactEdge) {
			switch f.Field.Name {
			case "node":
				contact := c.contact(f)
				return func(w *writer, v *model.ContactEdge) { contact.write(w, &v.Contact) }
			case "match":
				match := compile(c, f, []string{"ContactMatch"}, matchLeaves, nil)
				return func(w *writer, v *model.ContactEdge) { match.orNull(w, v.Match) }
			}
			return nil
		})
}

var contactLeaves = leaves[crm.Contact]{
	"id":             func(w *writer, v *crm.Contact) { writeID(w, v.ID) },
	"name":           func(w *writer, v *crm.Contact) { writeOptional(w, v.Name, (*writer).string) },
	"displayName":    func(w *writer, v *crm.Contact) { w.string(v.DisplayName()) },
	"email":          func(w *writer, v *crm.Contact) { writeOptional(w, v.Email, (*writer).string) },
	"phone":          func(w *writer, v *crm.Contact) { writeOptional(w, v.Phone, (*writer).string) },
	"notes":          func(w *writer, v *crm.Contact) { w.text(v.Notes) },
	"version":        func(w *writer, v *crm.Contact) { w.int(v.Version) },
	"createdAt":      func(w *writer, v *crm.Contact) { w.time(v.CreatedAt) },
	"updatedAt":      func(w *writer, v *crm.Contact) { w.time(v.UpdatedAt) },
	"lastActivityAt": func(w *writer, v *crm.Contact) { writeOptional(w, v.LastActivityAt, (*writer).time) },
}

func (c *compiler) contact(fc *graphql.FieldContext) steps[crm.Contact] {
	return compile(c, fc, []string{"Contact", "Node"}, contactLeaves,
		func(f *graphql.FieldContext) func(*writer, *crm.Contact) {
			switch f.Field.Name {
			case "identities":
				readAhead(c, c.loaders.Identities)
				identity := c.identity(f)
				return func(w *writer, v *crm.Contact) {
					found, _, err := w.loaders.Identities.Now(w.ctx, v.ID)
					w.fail(err)
					writeList(w, identity, found, itself)
				}
			case "sessions":
				sessions := c.loaders.SessionsByContact(sessionList(f.Args))
				readAhead(c, sessions)
				c.nested++
				connection, page := c.sessionConnection(f), model.SessionConnection{}
				c.nested--
				return func(w *writer, v *crm.Contact) {
					found, _, err := sessions.Now(w.ctx, v.ID)
					w.fail(err)
					w.fail(found.Err)
					if w.err != nil {
						return // there is no page
					}
					page.SessionPage = found.Page
					connection.write(w, &page)
				}
			}
			return nil
		})
}

// readAhead notes that the contacts of the page will ask the loader.
func readAhead[V any](c *compiler, f *resolve.BatchLoader[crm.ContactID, V]) {
	if c.nested == 0 {
		c.ahead = append(c.ahead, func(ctx context.Context, id crm.ContactID) { _, _, _ = f.Now(ctx, id) })
	}
}

// sessionList is what the arguments of Contact.sessions ask for.
func sessionList(args map[string]any) service.SessionList {
	return service.SessionList{
		Filter: resolve.SessionFilter(args["filter"].(*model.SessionFilter)),
		Paging: service.Paging{
			First: args["first"].(*int), After: args["after"].(*string),
			Last: args["last"].(*int), Before: args["before"].(*string),
		},
	}
}

func (c *compiler) sessionConnection(fc *graphql.FieldContext) steps[model.SessionConnection] {
	return compile(c, fc, []string{"SessionConnection"}, nil,
		func(f *graphql.FieldContext) func(*writer, *model.SessionConnection) {
			switch f.Field.Name {
			case "edges":
				edge, one := c.sessionEdge(f), model.SessionEdge{}
				return func(w *writer, v *model.SessionConnection) {
					one.List = v.List()
					writeList(w, edge, v.Sessions, func(s *crm.Session) *model.SessionEdge {
						one.Node = *s
						return &one
					})
				}
			case "nodes":
				session := c.session(f)
				return func(w *writer, v *model.SessionConnection) { writeList(w, session, v.Sessions, itself) }
			case "pageInfo":
				info := c.pageInfo(f)
				return func(w *writer, v *model.SessionConnection) {
					p := v.PageInfo()
					info.write(w, &p)
				}
			}
			return nil
		})
}

var sessionEdgeLeaves = leaves[model.SessionEdge]{
	"cursor": func(w *writer, v *model.SessionEdge) { w.cursor(v.List, storage.SessionPosition(v.Node)) },
}

func (c *compiler) sessionEdge(fc *graphql.FieldContext) steps[model.SessionEdge] {
	return compile(c, fc, []string{"SessionEdge"}, sessionEdgeLeaves,
		func(f *graphql.FieldContext) func(*writer, *model.SessionEdge) {
			if f.Field.Name != "node" {
				return nil
			}
			session := c.session(f)
			return func(w *writer, v *model.SessionEdge) { session.write(w, &v.Node) }
		})
}

var sessionLeaves = leaves[crm.Session]{
	"id": func(w *writer, v *crm.Session) { writeID(w, v.ID) },
	"contactName": func(w *writer, v *crm.Session) {
		contact, ok := w.contactOf(v)
		if !ok {
			w.string(resolve.ContactName(nil))
			return
		}
		w.string(resolve.ContactName(&contact))
	},
	"status":        func(w *writer, v *crm.Session) { writeEnum(w, v.Status) },
	"tag":           func(w *writer, v *crm.Session) { writeOptional(w, v.Tag, writeEnum) },
	"lastMessageAt": func(w *writer, v *crm.Session) { w.time(v.LastMessageAt) },
	"unreadCount":   func(w *writer, v *crm.Session) { w.int(v.UnreadCount) },
	"startedAt":     func(w *writer, v *crm.Session) { w.time(v.StartedAt) },
}

func (c *compiler) session(fc *graphql.FieldContext) steps[crm.Session] {
	return compile(c, fc, []string{"Session", "Node"}, sessionLeaves,
		func(f *graphql.FieldContext) func(*writer, *crm.Session) {
			switch f.Field.Name {
			case "contact":
				c.nested++
				contact, one := c.contact(f), crm.Contact{}
				c.nested--
				return func(w *writer, v *crm.Session) {
					var ok bool
					if one, ok = w.contactOf(v); !ok {
						w.null()
						return
					}
					contact.write(w, &one)
				}
			case "channel":
				channel := c.channel(f)
				return func(w *writer, v *crm.Session) { channel(w, v.ChannelID) }
			case "lastMessagePreview":
				named := resolve.NamesContact(c.op, fc.Field.Selections)
				return func(w *writer, v *crm.Session) {
					shown := resolve.Preview(v, named, func() bool {
						_, ok := w.contactOf(v)
						return ok
					})
					writeOptional(w, shown, (*writer).string)
				}
			}
			return nil
		})
}

func (w *writer) contactOf(s *crm.Session) (crm.Contact, bool) {
	if s.ContactID == nil {
		return crm.Contact{}, false
	}
	contact, ok, err := w.loaders.Contacts.Now(w.ctx, *s.ContactID)
	w.fail(err)
	return contact, ok
}

var identityLeaves = leaves[crm.Identity]{
	"externalId":  func(w *writer, v *crm.Identity) { w.string(v.ExternalID) },
	"displayName": func(w *writer, v *crm.Identity) { writeOptional(w, v.DisplayName, (*writer).string) },
	"createdAt":   func(w *writer, v *crm.Identity) { w.time(v.CreatedAt) },
}

func (c *compiler) identity(fc *graphql.FieldContext) steps[crm.Identity] {
	return compile(c, fc, []string{"Identity"}, identityLeaves,
		func(f *graphql.FieldContext) func(*writer, *crm.Identity) {
			if f.Field.Name != "channel" {
				return nil
			}
			channel := c.channel(f)
			return func(w *writer, v *crm.Identity) { channel(w, v.ChannelID) }
		})
}

var channelLeaves = leaves[crm.Channel]{
	"id":                    func(w *writer, v *crm.Channel) { writeID(w, v.ID) },
	"name":                  func(w *writer, v *crm.Channel) { w.string(v.Name) },
	"type":                  func(w *writer, v *crm.Channel) { writeEnum(w, v.Type) },
	"active":                func(w *writer, v *crm.Channel) { w.bool(v.Active) },
	"requireSignedIdentity": func(w *writer, v *crm.Channel) { w.bool(v.RequireSignedIdentity) },
}

// channel writes channels, of which a list has many times the same.
func (c *compiler) channel(fc *graphql.FieldContext) func(w *writer, id crm.ChannelID) {
	channel := compile(c, fc, []string{"Channel", "Node"}, channelLeaves, nil)
	written := make(map[crm.ChannelID][]byte)
	return func(w *writer, id crm.ChannelID) {
		text, ok := written[id]
		if !ok {
			found, ok, err := w.loaders.Channels.Now(w.ctx, id)
			if w.fail(err); !ok {
				w.fail(crm.ErrNotFound)
				return
			}
			from := len(w.b.B)
			channel.write(w, &found)
			written[id] = append(text, w.b.B[from:]...)
			return
		}
		w.b.B = append(w.b.B, text...)
	}
}

var matchLeaves = leaves[storage.Match]{
	"field": func(w *writer, v *storage.Match) { writeEnum(w, v.Field) },
	"kind":  func(w *writer, v *storage.Match) { writeEnum(w, v.Kind) },
}

var countLeaves = leaves[storage.Count]{
	"value": func(w *writer, v *storage.Count) { w.int(v.Value) },
	"exact": func(w *writer, v *storage.Count) { w.bool(v.Exact) },
}

var pageInfoLeaves = leaves[model.PageInfo]{
	"hasNextPage":     func(w *writer, v *model.PageInfo) { w.bool(v.HasNextPage) },
	"hasPreviousPage": func(w *writer, v *model.PageInfo) { w.bool(v.HasPreviousPage) },
	"startCursor":     func(w *writer, v *model.PageInfo) { writeOptional(w, v.StartCursor(), (*writer).string) },
	"endCursor":       func(w *writer, v *model.PageInfo) { writeOptional(w, v.EndCursor(), (*writer).string) },
}

func (c *compiler) pageInfo(fc *graphql.FieldContext) steps[model.PageInfo] {
	return compile(c, fc, []string{"PageInfo"}, pageInfoLeaves, nil)
}
