package storagetest

import (
	"fmt"
	"math/rand/v2"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// masked is a search by those who see values masked.
func masked(text string) search.Query { return search.Parse(text, "").Masked(crm.Masker{}) }

// counts are those of a masked search, with and without a filter that everybody passes.
func (w *world) maskedCounts(text string) (counts []storage.Count) {
	w.t.Helper()
	for _, f := range []storage.ContactFilter{{}, {HasNotes: new(false)}, {HasNotes: new(false), Created: storage.Period{After: &start}}} {
		n, err := w.CountContacts(w.ctx, w.id, storage.ContactQuery{Search: masked(text), Filter: f}, storage.CountLimit)
		w.check(err)
		counts = append(counts, n)
	}
	return counts
}

// maskedIDs are what a masked search finds, with and without a filter that everybody passes.
func (w *world) maskedIDs(text string) (found [][]crm.ContactID) {
	w.t.Helper()
	for _, order := range []storage.Order{storage.Relevance, storage.Name} {
		for _, f := range []storage.ContactFilter{{}, {HasNotes: new(false)}} {
			page := w.page(storage.ContactQuery{Search: masked(text), Filter: f, Order: order, Page: storage.Page{Size: 100}})
			found = append(found, rowIDs(page.Rows))
		}
	}
	return found
}

var maskedCases = []testCase{
	{"a masked search finds emails and phones that are typed whole, and no part of one", func(w *world) {
		const email, phone, further = "max.mustermann+shop@firma-24.example", "+4930901820", "+14155552671"
		values := w.add(person{"Zoë Quill", email, phone}, person{name: "+49 30 90 18 21", phone: "+4930901821"}, person{email: "m@firma-24.example"})
		others := w.add(person{name: "Maxine"}, person{name: "Firma Shop"}, person{"", "maxi@example.com", "+4930555"}, person{name: "Zoë"})
		zoe := w.edit(values[0].ID, func(c *crm.Contact) {
			c.Further = []crm.FurtherValue{{Field: "phone", Value: further, From: crm.Provenance{Origin: crm.Staff}}}
		})
		one, none := storage.Count{Value: 1, Exact: true}, storage.Count{Exact: true}
		for text, c := range map[string]crm.Contact{
			email: zoe, phone: zoe, further: zoe, "030 901820": zoe, "0049 30/901820": zoe, "(415) 555-2671": zoe, "zoe " + phone: zoe,
			"+49 30 901821": values[1], "M@FIRMA-24.example": values[2],
		} {
			for i, ids := range w.maskedIDs(text) {
				w.same(fmt.Sprint(text, " in list ", i), ids, []crm.ContactID{c.ID})
			}
			w.same("count of "+text, w.maskedCounts(text), []storage.Count{one, one, one})
		}
		var names []crm.Contact // as they would be without values
		for _, c := range append(values, others...) {
			if c.ID != values[1].ID {
				names = append(names, crm.Contact{ID: c.ID, Name: c.Name})
			}
		}
		x := index(names)
		for _, value := range []string{email, phone, further, "+4930901821", "030901820"} {
			for n := 1; n < len(value); n++ {
				for _, part := range []string{value[:n], value[n:]} {
					if part == phone[1:] || part == phone[3:] || part == further[1:] || part == further[2:] || part == "4930901821" || part == "30901821" {
						continue // a whole phone
					}
					q := storage.ContactQuery{Search: search.Parse(part, ""), Order: storage.Relevance, Page: storage.Page{Size: 100}}
					want := rowIDs(x.plainly(q))
					q.Search = masked(part)
					w.same(fmt.Sprintf("%q of %q", part, value), rowIDs(w.page(q).Rows), want)
					count := storage.Count{Value: len(want), Exact: true}
					w.same(fmt.Sprintf("counts of %q of %q", part, value), w.maskedCounts(part), []storage.Count{count, count, count})
				}
			}
		}
		w.same("a part with a word", w.maskedCounts("quill 901820"), []storage.Count{none, none, none})
	}},
}

var maskedPageCases = []testCase{
	{"a masked search in pages gives what reading and sorting every contact gives", func(w *world) {
		rng := rand.New(rand.NewPCG(11, 12))
		contacts := w.population(rng, 300)
		var loaded []storage.Loaded
		for _, i := range rng.Perm(len(contacts)) {
			loaded = append(loaded, storage.Loaded{Contact: contacts[i]})
		}
		w.load(loaded...)
		x := index(contacts)
		texts := queries(rng, contacts, 60)
		for range 20 {
			c := contacts[rng.IntN(len(contacts))]
			for _, v := range []*string{c.Email, c.Phone} {
				if v != nil {
					texts = append(texts, *v)
				}
			}
		}
		for n, text := range texts {
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				for _, desc := range []bool{false, true} {
					q := storage.ContactQuery{Search: masked(text), Order: order, Descending: desc}
					w.agree(x, q, 7, (n%2 == 0) != desc)
					q.Filter.Created.After = &start
					w.agree(x, q, 7, (n%2 == 0) == desc)
				}
			}
			found := len(x.plainly(storage.ContactQuery{Search: masked(text), Order: storage.Relevance}))
			for _, n := range w.maskedCounts(text) {
				w.same("count of "+text, n, storage.Count{Value: found, Exact: true})
			}
		}
	}},
	{"a workspace that has grown is searched by those who see values masked as one that has not", func(w *world) {
		rng := rand.New(rand.NewPCG(13, 14))
		contacts := w.population(rng, 25_000)
		w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for _, c := range contacts {
				if !yield(storage.Loaded{Contact: c}) {
					return
				}
			}
		}))
		w.maintain()
		x := index(contacts)
		texts := append(queries(rng, contacts, 6), "smith", "lacksmit", "example", "z", "49", "ann com", *contacts[firstWith(contacts)].Email)
		for n, text := range texts {
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				q := storage.ContactQuery{Search: masked(text), Order: order, Descending: n%2 == 0, Page: storage.Page{Size: 20}}
				want := x.plainly(q)
				page := w.page(q)
				w.same(fmt.Sprintf("first page of %q", text), rowIDs(page.Rows), rowIDs(want[:min(20, len(want))]))
				w.same(fmt.Sprintf("more of %q", text), page.More, len(want) > 20)
			}
			n, err := w.CountContacts(w.ctx, w.id, storage.ContactQuery{Search: masked(text)}, 1000)
			w.check(err)
			found := len(x.plainly(storage.ContactQuery{Search: masked(text), Order: storage.Name}))
			w.same("count of "+text, n, storage.Counted(found, 1000))
		}
	}},
}

// firstWith is the place of the first contact with an email.
func firstWith(contacts []crm.Contact) int {
	for i, c := range contacts {
		if c.Email != nil {
			return i
		}
	}
	return 0
}
