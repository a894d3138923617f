package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

var historyCases = []testCase{
	{"a contact's history is its own changes, newest first, with values", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile.Name = new("Ann")
		r := w.record(i)
		edit, _ := w.change(r.Contact.ID, "anna@service", func(c *crm.Contact) { c.Notes = "Likes tea" })
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		w.record(w.message(ch, "ann", "2"))
		w.change(w.record(w.message(ch, "ben", "1")).Contact.ID, "staff", rename("Ben"))
		w.same("history", w.history(r.Contact.ID), []crm.Event{
			edit,
			{
				ID: i.Event, Kind: crm.Created, ContactID: &r.Contact.ID, Version: 1, Actor: ch.ID.String(), At: i.Received,
				Changes: []crm.FieldChange{{Field: "name", New: new("Ann")}},
			},
		})
	}},
	{"a history is read in pages of any size, in both directions, within bounds", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		var all []crm.EventID
		for n := range 9 {
			e, _ := w.change(ann.ID, "staff", rename(fmt.Sprint("Ann ", n)))
			all = append([]crm.EventID{e.ID}, all...)
		}
		for size := 1; size <= 10; size++ {
			for _, fromEnd := range []bool{false, true} {
				var got []crm.EventID
				p := storage.Page{Size: size, FromEnd: fromEnd}
				for more := true; more; {
					page, err := w.historyPage(ann.ID, p)
					w.check(err)
					if len(page.Events) == 0 {
						w.t.Fatalf("an empty page of %d", size)
					}
					first, last := storage.EventPosition(page.Events[0]), storage.EventPosition(page.Events[len(page.Events)-1])
					if more = page.More; fromEnd {
						got, p.Before = append(idsOf(page.Events), got...), &first
					} else {
						got, p.After = append(got, idsOf(page.Events)...), &last
					}
				}
				w.same(fmt.Sprintf("pages of %d, from the end: %v", size, fromEnd), got, all)
			}
		}
		at := func(n int) *storage.Position { return &storage.Position{ID: uuid.UUID(all[n])} }
		for _, p := range []storage.Page{{Size: 5, After: at(2), Before: at(6)}, {Size: 3, FromEnd: true, After: at(2), Before: at(6)}} {
			page, err := w.historyPage(ann.ID, p)
			w.check(err)
			w.same("between bounds", idsOf(page.Events), all[3:6])
			w.same("more between bounds", page.More, false)
		}
	}},
	{"a contact that is not there has an empty history", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		w.change(ann.ID, "staff", rename("Anna"))
		w.same("seen from another workspace", w.neighbour().history(ann.ID), []crm.Event{})
		w.remove(ann.ID)
		w.same("deleted", w.history(ann.ID), []crm.Event{})
		w.same("never issued", w.history(crm.NewContactID(w.now)), []crm.Event{})
	}},
	{"each contact asked for has a page of its own history", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Ben"}, person{name: "Cleo"})
		for n := range 3 {
			for _, c := range people[:2] {
				w.change(c.ID, "staff", rename(fmt.Sprint("Name ", n)))
			}
		}
		ids := []crm.ContactID{people[0].ID, people[1].ID, people[2].ID, people[0].ID, crm.NewContactID(w.now)}
		pages, err := w.HistoryByContact(w.ctx, w.id, ids, storage.Page{Size: 2})
		w.check(err)
		w.same("contacts with a history", len(pages), 2)
		for _, c := range people[:2] {
			w.same("page", idsOf(pages[c.ID].Events), idsOf(w.history(c.ID))[:2])
			w.same("more", pages[c.ID].More, true)
		}
	}},
	{"an old history is forgotten once its events are, and nothing of the contact", func(w *world) {
		w.now = time.Date(2010, 4, 1, 12, 0, 0, 0, time.UTC)
		ann := w.add(person{name: "Ann"})[0]
		w.change(ann.ID, "staff", rename("Anna"))
		w.change(ann.ID, "staff", rename("Anne"))
		kept, _ := w.change(ann.ID, "staff", rename("Annie"))
		w.sequenceOf(kept.ID)
		w.forgetOld(w.ForgetHistory, kept.At)
		w.same("while the events are kept", len(w.history(ann.ID)), 3)
		w.forget(w.ForgetEvents, kept.At)
		w.same("without the events", len(w.history(ann.ID)), 3)
		w.forgetOld(w.ForgetHistory, kept.At)
		w.same("history", idsOf(w.history(ann.ID)), []crm.EventID{kept.ID})
		w.same("name", *w.contact(ann.ID).Name, "Annie")
		got, err := w.Events(w.ctx, w.id, 0, 100)
		w.check(err)
		w.same("events", idsOf(got), []crm.EventID{kept.ID})
	}},
	{"loaded contacts come without a history", func(w *world) {
		l := w.talk(w.channel("Shop"), person{name: "Ann"}, "ann", crm.Active)
		w.load(l)
		w.same("history", w.history(l.Contact.ID), []crm.Event{})
		w.same("last sequence number", w.lastSequence(), crm.Sequence(0))
	}},
}

// history reads a contact's history, without the sequence numbers.
func (w *world) history(id crm.ContactID) []crm.Event {
	w.t.Helper()
	page, err := w.historyPage(id, storage.Page{Size: 1000})
	w.check(err)
	events := slices.Clone(page.Events)
	for i := range events {
		events[i].Sequence = 0
	}
	return events
}

// historyPage is a page of one contact's history.
func (w *world) historyPage(id crm.ContactID, p storage.Page) (storage.EventPage, error) {
	pages, err := w.HistoryByContact(w.ctx, w.id, []crm.ContactID{id}, p)
	return pages[id], err
}
