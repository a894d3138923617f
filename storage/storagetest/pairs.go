package storagetest

import (
	"errors"
	"fmt"
	"maps"

	"kith/internal/crm"
	"kith/internal/match"
	"kith/storage"
)

// pairs are the pairs of the workspace once all contacts have been looked at, by the contacts.
func (w *world) pairs() map[[2]crm.ContactID]crm.DuplicateReasons {
	w.t.Helper()
	w.maintain()
	found := map[[2]crm.ContactID]crm.DuplicateReasons{}
	var page storage.DuplicatePage
	q := storage.DuplicateQuery{Page: storage.Page{Size: 7}}
	for {
		var err error
		page, err = w.Duplicates(w.ctx, w.id, q)
		w.check(err)
		for _, d := range page.Duplicates {
			found[d.Contacts] = d.Reasons
			q.Page.After = new(storage.DuplicatePosition(d))
		}
		if !page.More {
			return found
		}
	}
}

// pairOf is a pair with a reason, as [world.pairs] has it.
func pairOf(a, b crm.ContactID, reasons ...crm.DuplicateReason) map[[2]crm.ContactID]crm.DuplicateReasons {
	first, second := crm.OrderedPair(a, b)
	return map[[2]crm.ContactID]crm.DuplicateReasons{{first, second}: crm.ReasonsOf(reasons...)}
}

var noPairs = map[[2]crm.ContactID]crm.DuplicateReasons{}

// setEmail is an edit by staff.
func setEmail(email string) func(*crm.Contact) {
	return func(c *crm.Contact) { c.Email, c.EmailFrom = &email, crm.Provenance{Origin: crm.Staff} }
}

var pairCases = []testCase{
	{"contacts that were there before anybody looked are paired", func(w *world) {
		people := w.add(person{email: "ann.b@gmail.com"}, person{email: "ben@example.com"}, person{email: "annb@googlemail.com"})
		w.untilPaired(people[0].ID, people[2].ID, true)
		w.same("pairs", w.pairs(), pairOf(people[0].ID, people[2].ID, crm.EmailSpelling))
		later := w.add(person{phone: "+5511987654321"}, person{phone: "+551187654321"})
		w.untilPaired(later[0].ID, later[1].ID, true)
		want := pairOf(people[0].ID, people[2].ID, crm.EmailSpelling)
		maps.Copy(want, pairOf(later[0].ID, later[1].ID, crm.PhoneVariant))
		w.same("pairs with what was loaded later", w.pairs(), want)
	}},
	{"a pair comes with an edit, and goes with one", func(w *world) {
		people := w.add(person{email: "ann@example.com"}, person{})
		w.same("pairs", w.pairs(), noPairs)
		w.edit(people[1].ID, setEmail("Ann+news@example.com"))
		w.follow()
		w.untilPaired(people[0].ID, people[1].ID, true)
		w.edit(people[1].ID, setEmail("anna@example.com"))
		w.untilPaired(people[0].ID, people[1].ID, false)
		w.same("pairs", w.pairs(), noPairs)
	}},
	{"a first message makes a pair", func(w *world) {
		w.follow()
		one, two := w.channel("One"), w.channel("Two")
		a, b := w.says(one, "4930901820", "1").Contact.ID, w.says(two, "4930901820", "1").Contact.ID
		w.untilPaired(a, b, true)
		w.same("pairs", w.pairs(), pairOf(a, b, crm.SameChannelID))
	}},
	{"a value that many share pairs nobody", func(w *world) {
		var desk []person
		for n := range match.Crowd + 2 {
			desk = append(desk, person{name: fmt.Sprint("Person ", n), email: "desk@example.com"})
		}
		w.add(desk...)
		w.same("pairs", w.pairs(), noPairs)
	}},
	{"a pair that was dismissed stays dismissed", func(w *world) {
		people := w.add(person{email: "ann@example.com"}, person{email: "ANN@example.com"})
		b := people[1].ID
		w.untilPaired(people[0].ID, b, true)
		page, err := w.Duplicates(w.ctx, w.id, storage.DuplicateQuery{Contact: &b, Page: aPage})
		w.check(err)
		_, err = w.DismissDuplicates(w.ctx, w.id, []crm.DuplicateID{page.Duplicates[0].ID}, crm.Dismissal{Actor: "staff", At: w.tick()})
		w.check(err)
		w.edit(b, rename("Ann"))
		w.follow()
		w.same("pairs", w.pairs(), noPairs)
	}},
	{"a pair that was dismissed comes back once a channel proves it, until it is dismissed again", func(w *world) {
		ch := w.channel("WhatsApp")
		a, b := w.says(ch, "number", "1").Contact.ID, w.says(ch, "user", "1").Contact.ID
		w.edit(a, setEmail("ann@example.com"))
		w.edit(b, setEmail("ANN@example.com"))
		w.follow()
		dismiss := func() {
			w.t.Helper()
			page, err := w.Duplicates(w.ctx, w.id, storage.DuplicateQuery{Contact: &b, Page: aPage})
			w.check(err)
			_, err = w.DismissDuplicates(w.ctx, w.id, []crm.DuplicateID{page.Duplicates[0].ID}, crm.Dismissal{Actor: "staff", At: w.tick()})
			w.check(err)
		}
		w.untilPaired(a, b, true)
		dismiss()
		for n, want := range []map[[2]crm.ContactID]crm.DuplicateReasons{pairOf(a, b, crm.ProvenSame), noPairs} {
			r := w.names(ch, fmt.Sprint("both ", n), "number", "user")
			m := w.merging(a, b)
			m.Proven = r.Proven
			if _, err := w.MergeContacts(w.ctx, w.id, m); !errors.Is(err, crm.ErrNotFound) {
				w.t.Errorf("they are merged without asking, error %v", err)
			}
			proofs, err := w.Proofs(w.ctx)
			w.check(err)
			for _, p := range proofs {
				if p.Workspace == w.id {
					w.check(w.SettleProven(w.ctx, w.id, p.Proven))
				}
			}
			found := w.pairs()
			for pair := range found {
				found[pair] &= crm.ReasonsOf(crm.ProvenSame) // the emails are a reason again once somebody looks
			}
			w.same("pairs", found, want)
			if len(want) > 0 {
				dismiss()
			}
		}
	}},
	{"a pair is over once one is deleted, or both are one", func(w *world) {
		people := w.add(person{email: "ann@example.com"}, person{email: "ANN@example.com"}, person{phone: "+5511987654321"}, person{phone: "+551187654321"})
		w.untilPaired(people[0].ID, people[1].ID, true)
		w.untilPaired(people[2].ID, people[3].ID, true)
		w.remove(people[0].ID)
		w.merge(people[2].ID, people[3].ID)
		w.same("pairs", w.pairs(), noPairs)
		w.sound("after pairs were over")
	}},
	{"another workspace's contacts are nobody's duplicates", func(w *world) {
		w.add(person{email: "ann@example.com"})
		other := w.neighbour()
		other.add(person{email: "ANN@example.com"})
		w.same("pairs", w.pairs(), noPairs)
		w.same("the neighbour's pairs", other.pairs(), noPairs)
	}},
}

// untilPaired waits until two contacts are a pair, or are none any more.
func (w *world) untilPaired(a, b crm.ContactID, want bool) {
	w.t.Helper()
	first, second := crm.OrderedPair(a, b)
	w.until(fmt.Sprint("they are a pair: ", want), func() bool {
		_, is := w.pairs()[[2]crm.ContactID{first, second}]
		return is == want
	})
}
