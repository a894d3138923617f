package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// crowd loads contacts with names, names shared by several, none, activity at the same moment and none, in no order.
func (w *world) crowd() []crm.Contact {
	w.t.Helper()
	seen := w.tick()
	people := []person{
		{name: "Émile Zola"}, {name: "ann"}, {email: "zed@example.com"}, {name: "Ann"}, {name: "Ben Ann"}, {},
		{phone: "+4930901820"}, {name: "Änn"}, {name: "Łukasz"}, {name: "Zoë"}, {name: "日本 太郎"}, {name: "42"}, {name: "ann"},
	}
	contacts := make([]crm.Contact, len(people))
	for i, p := range people {
		c := contactOf(p, w.tick())
		if i%3 > 0 {
			c.LastActivityAt = new(seen.Add(time.Duration(i%4) * time.Hour))
		}
		contacts[i] = c
	}
	var loaded []storage.Loaded
	for i := range contacts { // not in the order of creation
		loaded = append(loaded, storage.Loaded{Contact: contacts[(i*5)%len(contacts)]})
	}
	w.load(loaded...)
	return contacts
}

// byActivity and byCreation are the orders that need no search keys.
func byActivity(a, b crm.Contact) int {
	at := func(c crm.Contact) time.Time {
		if c.LastActivityAt == nil {
			return time.Time{}
		}
		return *c.LastActivityAt
	}
	if c := at(a).Compare(at(b)); c != 0 {
		return c
	}
	return byID(a, b)
}

// byEmail has contacts without an email last.
func byEmail(a, b crm.Contact) int {
	key := func(c crm.Contact) string {
		if c.Email == nil {
			return "\U0010FFFF"
		}
		return strings.ToLower(*c.Email)
	}
	if c := strings.Compare(key(a), key(b)); c != 0 {
		return c
	}
	return byID(a, b)
}

func byCreation(a, b crm.Contact) int { return crm.OldestFirst(a, b) }

func byID(a, b crm.Contact) int { return bytes.Compare(a.ID[:], b.ID[:]) }

// sortedIDs are the ids in the given order, or in the reverse one.
func sortedIDs(contacts []crm.Contact, descending bool, cmp func(a, b crm.Contact) int) []crm.ContactID {
	sorted := slices.SortedFunc(slices.Values(contacts), cmp)
	if descending {
		slices.Reverse(sorted)
	}
	return ids(sorted)
}

var listCases = []testCase{
	{"contacts come by last activity, never active ones as the oldest", func(w *world) {
		contacts := w.crowd()
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.LastActivity, Descending: desc}
			w.same("list", w.list(q), sortedIDs(contacts, desc, byActivity))
		}
	}},
	{"contacts come by creation", func(w *world) {
		contacts := w.crowd()
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Created, Descending: desc}
			w.same("list", w.list(q), sortedIDs(contacts, desc, byCreation))
		}
	}},
	{"contacts come by folded name, nameless ones last", func(w *world) {
		contacts := w.crowd()
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Name, Descending: desc}
			w.same("list", w.list(q), sortedIDs(contacts, desc, byName))
		}
		page := w.page(storage.ContactQuery{Order: storage.Name, Page: storage.Page{Size: everything}})
		var names []string
		for _, r := range page.Rows {
			names = append(names, r.Contact.DisplayName())
		}
		slices.Sort(names[1:5]) // which are one name, folded
		w.same("named", names[:len(names)-3], []string{
			"42", "Ann", "ann", "ann", "Änn", "Ben Ann", "Émile Zola", "Łukasz", "Zoë", "日本 太郎",
		})
	}},
	{"contacts come by email in lower case, those without one last", func(w *world) {
		people := w.add(
			person{name: "Zoe", email: "b@example.com"}, person{name: "Ann"}, person{email: "A@example.com"},
			person{email: "b@example.com"}, person{name: "Ben"}, person{email: "a@example.org"}, person{email: "é@example.com"},
		)
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Email, Descending: desc}
			w.same("list", w.list(q), sortedIDs(people, desc, byEmail))
		}
		first := w.page(storage.ContactQuery{Order: storage.Email, Page: storage.Page{Size: 2}})
		w.same("first", rowIDs(first.Rows), []crm.ContactID{people[2].ID, people[5].ID})
		last := w.page(storage.ContactQuery{Order: storage.Email, Page: storage.Page{Size: 3, FromEnd: true}})
		w.same("before those without", last.Rows[0].Contact.ID, people[6].ID)
	}},
	{"rows are skipped at the end that reading starts at", func(w *world) {
		w.crowd()
		for _, q := range everyList("a") {
			whole := w.list(q)
			for _, skip := range []int{0, 1, len(whole) - 2, len(whole), len(whole) + 7} {
				q.Page = storage.Page{Size: 2, Skip: skip}
				at := min(skip, len(whole))
				w.same(fmt.Sprintf("%+v", q), rowIDs(w.page(q).Rows), whole[at:min(at+2, len(whole))])
				q.Page.FromEnd = true
				w.same(fmt.Sprintf("%+v", q), rowIDs(w.page(q).Rows), whole[max(0, len(whole)-at-2):len(whole)-at])
			}
		}
	}},
	{"every list can be walked at any page size from both ends", func(w *world) {
		n := len(w.crowd())
		for _, q := range everyList("a") {
			whole := w.list(q)
			for _, size := range []int{1, 2, 3, len(whole) - 1, len(whole), len(whole) + 1, n + 50} {
				for _, fromEnd := range []bool{false, true} {
					w.same(fmt.Sprintf("%+v by %d", q, size), rowIDs(w.walkContacts(q, size, fromEnd, nil)), whole)
				}
			}
		}
	}},
	{"whether there is more is exact at the end", func(w *world) {
		w.crowd()
		for _, q := range everyList("a") {
			n := len(w.list(q))
			for _, fromEnd := range []bool{false, true} {
				for size, want := range map[int]bool{1: true, n - 1: true, n: false, n + 1: false} {
					q.Page = storage.Page{Size: size, FromEnd: fromEnd}
					p := w.page(q)
					w.same(fmt.Sprintf("more in %+v", q), p.More, want)
					w.same(fmt.Sprintf("rows in %+v", q), len(p.Rows), min(n, size))
				}
			}
		}
	}},
	{"a page from the end comes in the list's order", func(w *world) {
		w.crowd()
		for _, q := range everyList("a") {
			whole := w.list(q)
			q.Page = storage.Page{Size: 3, FromEnd: true}
			w.same(fmt.Sprintf("last rows of %+v", q), rowIDs(w.page(q).Rows), whole[len(whole)-3:])
		}
	}},
	{"after and before together cut the window at both ends", func(w *world) {
		w.crowd()
		for _, q := range everyList("a") {
			q.Page = storage.Page{Size: everything}
			rows := w.page(q).Rows
			last := len(rows) - 1
			for _, bounds := range [][2]int{{0, last}, {1, 3}, {1, 2}, {2, 2}, {3, 1}, {last, 0}} {
				var window []crm.ContactID
				if bounds[0]+1 < bounds[1] {
					window = rowIDs(rows[bounds[0]+1 : bounds[1]])
				}
				for _, size := range []int{1, 2, last} {
					for _, fromEnd := range []bool{false, true} {
						q.Page = storage.Page{
							Size: size, FromEnd: fromEnd, After: &rows[bounds[0]].Position, Before: &rows[bounds[1]].Position,
						}
						want, more := window, len(window) > size
						switch {
						case more && fromEnd:
							want = window[len(window)-size:]
						case more:
							want = window[:size]
						}
						p := w.page(q)
						what := fmt.Sprintf("between rows %d and %d of %+v", bounds[0], bounds[1], q)
						if !slices.Equal(rowIDs(p.Rows), want) || p.More != more {
							w.t.Errorf("%s: got %v and more %v, want %v and %v", what, rowIDs(p.Rows), p.More, want, more)
						}
					}
				}
			}
		}
	}},
	{"a page may start at the end it reads from", func(w *world) {
		w.crowd()
		for _, q := range everyList("a") {
			q.Page = storage.Page{Size: everything}
			rows := w.page(q).Rows
			q.Page = storage.Page{Size: 2, After: &rows[len(rows)-1].Position}
			w.same("after the last row", w.page(q), storage.ContactPage{})
			q.Page = storage.Page{Size: 2, FromEnd: true, Before: &rows[0].Position}
			w.same("before the first row", w.page(q), storage.ContactPage{})
			q.Page = storage.Page{Size: 2, FromEnd: true, After: &rows[0].Position}
			w.same("the last two after the first", rowIDs(w.page(q).Rows), rowIDs(rows[len(rows)-2:]))
			q.Page = storage.Page{Size: 2, Before: &rows[len(rows)-1].Position}
			w.same("the first two before the last", rowIDs(w.page(q).Rows), rowIDs(rows[:2]))
		}
	}},
	{"a list without rows is empty from both ends", func(w *world) {
		for _, q := range everyList("a") {
			for _, fromEnd := range []bool{false, true} {
				q.Page = storage.Page{Size: 5, FromEnd: fromEnd}
				p := w.page(q)
				w.same("rows", len(p.Rows), 0)
				w.same("more", p.More, false)
			}
		}
	}},
	{"relevance needs a search, and last activity and creation refuse one", func(w *world) {
		w.crowd()
		for _, q := range []storage.ContactQuery{
			{Order: storage.Relevance},
			{Order: storage.LastActivity, Search: search.Parse("ann", "")},
			{Order: storage.Created, Search: search.Parse("ann", "")},
			{Order: storage.Email, Search: search.Parse("ann", "")},
		} {
			q.Page = aPage
			p, err := w.Contacts(w.ctx, w.id, q)
			if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "orderBy" {
				w.t.Errorf("%+v was answered with %d rows, %v", q, len(p.Rows), err)
			}
		}
	}},
	{"a row outside of a search has no match", func(w *world) {
		w.crowd()
		for _, order := range []storage.Order{storage.LastActivity, storage.Name, storage.Created} {
			for _, r := range w.page(storage.ContactQuery{Order: order, Page: aPage}).Rows {
				if r.Match != nil {
					w.t.Errorf("order %d: a match %+v without a search", order, *r.Match)
				}
			}
		}
	}},
}

// everyList has every order both ways, those of a search under the given one.
func everyList(text string) []storage.ContactQuery {
	var all []storage.ContactQuery
	for _, desc := range []bool{false, true} {
		all = append(all,
			storage.ContactQuery{Order: storage.LastActivity, Descending: desc},
			storage.ContactQuery{Order: storage.Name, Descending: desc},
			storage.ContactQuery{Order: storage.Created, Descending: desc},
			storage.ContactQuery{Order: storage.Email, Descending: desc},
			storage.ContactQuery{Order: storage.Name, Descending: desc, Search: search.Parse(text, "")},
			storage.ContactQuery{Order: storage.Relevance, Descending: desc, Search: search.Parse(text, "")},
		)
	}
	return all
}
