package fastlist

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/graph/resolve"
	"kith/internal/crm"
	"kith/storage"
)

func (c *compiler) contactConnection(fc *graphql.FieldContext) fieldWriters[model.ContactConnection] {
	return compile(c, fc, []string{"ContactConnection"}, plainContactConnection,
		func(f *graphql.FieldContext) func(*List, *model.ContactConnection) {
			switch f.Field.Name {
			case "edges":
				edge, one := c.contactEdge(f), model.ContactEdge{}
				return func(w *List, v *model.ContactConnection) {
					w.readAhead(v.Rows)
					one.List = v.List()
					writeList(w, edge, v.Rows, func(r *storage.ContactRow) *model.ContactEdge {
						one.ContactRow = *r
						return &one
					})
				}
			case "nodes":
				contact := c.contact(f)
				return func(w *List, v *model.ContactConnection) {
					w.readAhead(v.Rows)
					writeList(w, contact, v.Rows, func(r *storage.ContactRow) *crm.Contact { return &r.Contact })
				}
			case "pageInfo":
				info := c.pageInfo(f)
				return func(w *List, v *model.ContactConnection) {
					p := v.PageInfo()
					info.write(w, &p)
				}
			case "totalCount":
				count, most := compile(c, f, []string{"Count"}, plainCount, nil), resolve.Most(f.Args["max"].(*int))
				return func(w *List, v *model.ContactConnection) {
					n, err := v.Count(most)
					w.fail(err)
					count.write(w, &n)
				}
			case "workspaceHasContacts":
				return func(w *List, v *model.ContactConnection) {
					has, err := v.HasContacts()
					w.fail(err)
					w.bool(has)
				}
			}
			return nil
		})
}

// readAhead asks the loaders for what the contacts of a page need, concurrently if that is several things. The first field that
// needs it meets the error of what failed.
func (w *List) readAhead(rows []storage.ContactRow) {
	if len(w.ahead) > 1 && len(rows) > 0 {
		var wg sync.WaitGroup
		for _, read := range w.ahead {
			wg.Go(func() { read(w.ctx, rows[0].Contact.ID) })
		}
		wg.Wait()
	}
	w.ahead = nil
}

func (c *compiler) contactEdge(fc *graphql.FieldContext) fieldWriters[model.ContactEdge] {
	return compile(c, fc, []string{"ContactEdge"}, plainContactEdge,
		func(f *graphql.FieldContext) func(*List, *model.ContactEdge) {
			switch f.Field.Name {
			case "node":
				contact := c.contact(f)
				return func(w *List, v *model.ContactEdge) { contact.write(w, &v.Contact) }
			case "cursor":
				return func(w *List, v *model.ContactEdge) { w.cursor(v.List, v.Position) }
			case "match":
				match := compile(c, f, []string{"ContactMatch"}, plainContactMatch, nil)
				return func(w *List, v *model.ContactEdge) { match.orNull(w, v.Match) }
			}
			return nil
		})
}

func (c *compiler) contact(fc *graphql.FieldContext) fieldWriters[crm.Contact] {
	return compile(c, fc, []string{"Contact", "Node"}, plainContact,
		func(f *graphql.FieldContext) func(*List, *crm.Contact) {
			switch f.Field.Name {
			case "identities":
				readAhead(c, c.loaders.Identities)
				identity := c.identity(f)
				return func(w *List, v *crm.Contact) {
					found, _, err := w.loaders.Identities.Now(w.ctx, v.ID)
					w.fail(err)
					writeList(w, identity, found, itself)
				}
			case "furtherEmails", "furtherPhones":
				of := map[string]string{"furtherEmails": "email", "furtherPhones": "phone"}[f.Field.Name]
				return func(w *List, v *crm.Contact) { writeValues(w, v.FurtherOf(of), (*List).string) }
			case "mergedFrom":
				readAhead(c, c.loaders.OldIDs)
				return func(w *List, v *crm.Contact) {
					found, _, err := w.loaders.OldIDs.Now(w.ctx, v.ID)
					w.fail(err)
					writeValues(w, found, writeID)
				}
			case "undoableMerge":
				readAhead(c, c.loaders.Undoable)
				merge := c.undoableMerge(f)
				return func(w *List, v *crm.Contact) {
					found, ok, err := w.loaders.Undoable.Now(w.ctx, v.ID)
					w.fail(err)
					if !ok {
						w.null()
						return
					}
					merge.write(w, &found)
				}
			case "sessions":
				sessions := c.loaders.SessionsByContact(sessionList(f.Args))
				readAhead(c, sessions)
				c.nested++
				connection, page := c.sessionConnection(f), model.SessionConnection{}
				filter, counted := sessionList(f.Args).Filter, crm.ContactID{}
				page.Count = func(most int) (storage.Count, error) {
					n, ok, err := c.loaders.SessionCounts(filter, most).Now(c.ctx, counted)
					if !ok {
						n.Exact = true
					}
					return n, err
				}
				c.nested--
				return func(w *List, v *crm.Contact) {
					found, _, err := sessions.Now(w.ctx, v.ID)
					w.fail(err)
					w.fail(found.Err)
					if w.err != nil {
						return // there is no page
					}
					page.SessionPage, counted = found.Page, v.ID
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

func (c *compiler) undoableMerge(fc *graphql.FieldContext) fieldWriters[crm.MergeRecord] {
	return compile(c, fc, []string{"UndoableMerge"}, plainUndoableMerge,
		func(f *graphql.FieldContext) func(*List, *crm.MergeRecord) {
			if f.Field.Name != "mergedContactIds" {
				return nil
			}
			return func(w *List, v *crm.MergeRecord) { writeValues(w, v.Others, writeID) }
		})
}

func (c *compiler) identity(fc *graphql.FieldContext) fieldWriters[crm.Identity] {
	return compile(c, fc, []string{"Identity", "Node"}, plainIdentity,
		func(f *graphql.FieldContext) func(*List, *crm.Identity) {
			if f.Field.Name != "channel" {
				return nil
			}
			channel := c.channel(f)
			return func(w *List, v *crm.Identity) { channel(w, v.ChannelID) }
		})
}
