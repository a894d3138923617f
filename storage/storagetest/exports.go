package storagetest

import (
	"context"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// exported is a whole list, and the size of each part.
func (w *world) exported(q storage.ContactQuery) (rows []storage.ContactRow, parts []int) {
	w.t.Helper()
	w.check(w.ExportContacts(w.ctx, w.id, q, false, func(e storage.Exported) error {
		rows, parts = append(rows, e.Rows...), append(parts, len(e.Rows))
		return nil
	}))
	return rows, parts
}

var exportCases = []testCase{
	{"an export has the rows of the list in its order, under any search and filter", func(w *world) {
		w.crowd()
		w.neighbour().crowd()
		for _, of := range []storage.ContactQuery{
			{}, {Descending: true}, {Order: storage.Name}, {Order: storage.Created, Descending: true}, {Order: storage.Email},
			{Search: search.Parse("an", ""), Order: storage.Relevance}, {Search: search.Parse("an", ""), Order: storage.Name, Descending: true},
		} {
			for _, f := range []storage.ContactFilter{{}, {HasEmail: new(false)}, {Email: new("zed@example.com")}} {
				of.Filter = f
				rows, _ := w.exported(of)
				what := fmt.Sprintf("order %d, descending %v, search %q under %+v", of.Order, of.Descending, of.Search.Text(), f)
				want := w.list(of)
				w.same(what, rowIDs(rows), want)
				for n, r := range rows {
					rest := of
					rest.Page.After = &r.Position
					got, _ := w.exported(rest)
					w.same(fmt.Sprintf("%s after %d", what, n), rowIDs(got), want[n+1:])
				}
			}
		}
	}},
	{"an export is as the list was at one moment", func(w *world) {
		people := make([]person, storage.ExportSize+5)
		for i := range people {
			people[i].name = fmt.Sprintf("Ann %05d", i)
		}
		contacts := w.add(people...)
		for _, q := range []storage.ContactQuery{
			{Order: storage.Name}, {Order: storage.Name, Search: search.Parse("ann", "")}, {Order: storage.Name, Filter: storage.ContactFilter{HasEmail: new(false)}},
		} {
			q.Descending = true
			last, before := contacts[0], w.contact(contacts[1].ID) // the end of the list, which is read when the others have been
			var parts []int
			var got []storage.ContactRow
			w.check(w.ExportContacts(w.ctx, w.id, q, false, func(e storage.Exported) error {
				if parts = append(parts, len(e.Rows)); len(parts) == 1 {
					w.check(w.DeleteContact(w.ctx, w.id, last.ID, w.deletion()))
					_, err := w.UpdateContact(w.ctx, w.id, before.ID, crm.ContactEdit{At: w.tick(), Change: func(c *crm.Contact) error {
						c.Notes += "x"
						return nil
					}})
					w.check(err)
				}
				got = append(got, e.Rows...)
				return nil
			}))
			w.same("parts", parts, []int{storage.ExportSize, len(contacts) - storage.ExportSize})
			w.same("the end", rowIDs(got[len(got)-2:]), []crm.ContactID{before.ID, last.ID})
			w.same("notes", got[len(got)-2].Contact.Notes, before.Notes)
			w.same("notes afterwards", w.contact(before.ID).Notes, before.Notes+"x")
			contacts = contacts[1:]
		}
	}},
	{"an export has the identities if they are asked for", func(w *world) {
		r := w.record(w.message(w.channel("Web"), "ann", "1"))
		w.add(person{name: "Ben"})
		for _, asked := range []bool{false, true} {
			var got []string
			w.check(w.ExportContacts(w.ctx, w.id, storage.ContactQuery{}, asked, func(e storage.Exported) error {
				for _, i := range e.Identities[r.Contact.ID] {
					got = append(got, i.ExternalID)
				}
				return nil
			}))
			want := []string{"ann"}
			w.same("identities", got, want[:len(want)*map[bool]int{true: 1}[asked]])
		}
	}},
	{"an error from what takes the parts ends an export and is returned as it is, and so is a cancellation", func(w *world) {
		w.crowd()
		stop := errors.New("stop")
		err := w.ExportContacts(w.ctx, w.id, storage.ContactQuery{}, false, func(storage.Exported) error { return stop })
		if err != stop { //nolint:errorlint // as it is
			w.t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(w.ctx)
		n := 0
		people := make([]person, storage.ExportSize)
		w.add(people...)
		err = w.ExportContacts(ctx, w.id, storage.ContactQuery{}, false, func(storage.Exported) error {
			n++
			cancel()
			return nil
		})
		w.wantErr("cancelled", err, context.Canceled)
		w.same("parts", n, 1)
		w.crowd() // the store takes writes
	}},
	{"an order that the search does not allow is refused before anything is exported", func(w *world) {
		w.crowd()
		err := w.ExportContacts(w.ctx, w.id, storage.ContactQuery{Order: storage.Relevance}, false, func(storage.Exported) error {
			w.t.Error("something is exported")
			return nil
		})
		if _, ok := errors.AsType[*crm.InvalidError](err); !ok {
			w.t.Errorf("got %v", err)
		}
	}},
	{"an empty list has no parts", func(w *world) {
		_, parts := w.exported(storage.ContactQuery{})
		w.same("parts", len(parts), 0)
	}},
	{"how many contacts an entry of the audit was about can be said later", func(w *world) {
		a := crm.NewAudit(crm.ListExported, "eve", w.tick())
		w.check(w.AddAudit(w.ctx, w.id, a))
		w.check(w.SetAuditItems(w.ctx, w.neighbour().id, a.ID, 7))
		items := func() *int {
			page, err := w.Audit(w.ctx, w.id, aPage)
			w.check(err)
			return page.Entries[0].Items
		}
		w.same("items before", items(), (*int)(nil))
		w.check(w.SetAuditItems(w.ctx, w.id, a.ID, 1_000_000))
		w.same("items", items(), new(1_000_000))
	}},
}
