package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

// owners are the contacts that have sessions, each once.
func owners(sessions []crm.Session) []crm.ContactID {
	var all []crm.ContactID
	for _, s := range sessions {
		if s.ContactID != nil && !slices.Contains(all, *s.ContactID) {
			all = append(all, *s.ContactID)
		}
	}
	return all
}

func (w *world) byContact(ids []crm.ContactID, q storage.SessionQuery) map[crm.ContactID]storage.SessionPage {
	w.t.Helper()
	got, err := w.SessionsByContact(w.ctx, w.id, ids, q)
	w.check(err)
	return got
}

var sessionsByContactCases = []testCase{
	{"every contact gets a page of its own, at any size and from both ends", func(w *world) {
		sessions, channels := w.conversations()
		people := owners(sessions)
		for _, f := range filters(sessions, channels) {
			for _, size := range []int{1, 2, 8, 9, 10} {
				for _, fromEnd := range []bool{false, true} {
					got := w.byContact(people, storage.SessionQuery{Filter: f, Page: storage.Page{Size: size, FromEnd: fromEnd}})
					for _, id := range people {
						of := passing(passing(sessions, storage.SessionFilter{Contact: &id}), f)
						want := storage.SessionPage{Sessions: of[:min(size, len(of))], More: len(of) > size}
						if fromEnd {
							want.Sessions = of[max(0, len(of)-size):]
						}
						w.same(fmt.Sprintf("%+v by %d, from the end %v", f, size, fromEnd), got[id], want)
					}
				}
			}
		}
	}},
	{"a page's bounds apply to each contact", func(w *world) {
		sessions, _ := w.conversations()
		people := owners(sessions)
		after, before := storage.LastMessage.Position(sessions[5]), storage.LastMessage.Position(sessions[len(sessions)-5])
		for _, fromEnd := range []bool{false, true} {
			for _, size := range []int{1, 3, 20} {
				page := storage.Page{Size: size, FromEnd: fromEnd, After: &after, Before: &before}
				got := w.byContact(people, storage.SessionQuery{Page: page})
				for _, id := range people {
					of := passing(sessions[6:len(sessions)-5], storage.SessionFilter{Contact: &id})
					want := storage.SessionPage{Sessions: of[:min(size, len(of))], More: len(of) > size}
					if fromEnd {
						want.Sessions = of[max(0, len(of)-size):]
					}
					w.same(fmt.Sprintf("%+v", page), got[id], want)
				}
			}
		}
	}},
	{"a contact's sessions can be walked by its own cursors", func(w *world) {
		sessions, _ := w.conversations()
		id := owners(sessions)[0]
		for _, fromEnd := range []bool{false, true} {
			read := func(p storage.Page) ([]crm.Session, bool) {
				page := w.byContact([]crm.ContactID{id}, storage.SessionQuery{Page: p})[id]
				return page.Sessions, page.More
			}
			got := walk(w, 2, fromEnd, read, storage.LastMessage.Position, false)
			w.same("sessions", got, passing(sessions, storage.SessionFilter{Contact: &id}))
		}
	}},
	{"a contact without sessions is absent", func(w *world) {
		sessions, _ := w.conversations()
		lonely := w.add(person{name: "Lonely"})[0].ID
		some := owners(sessions)[0]
		got := w.byContact([]crm.ContactID{lonely, crm.NewContactID(w.now), some, some}, storage.SessionQuery{Page: aPage})
		if _, ok := got[some]; len(got) != 1 || !ok {
			w.t.Errorf("got pages of %d contacts, want one", len(got))
		}
		w.same("sessions", len(got[some].Sessions), 9)
	}},
	{"a deleted contact has no sessions", func(w *world) {
		r := w.record(w.message(w.channel("Shop"), "ann", "1"))
		w.remove(r.Contact.ID)
		w.same("pages", len(w.byContact([]crm.ContactID{r.Contact.ID}, storage.SessionQuery{Page: aPage})), 0)
	}},
	{"a hundred contacts get their pages at once", func(w *world) {
		ch := w.channel("Shop")
		var loaded []storage.Loaded
		var people []crm.ContactID
		for i := range 100 {
			l := w.talk(ch, person{}, fmt.Sprint(i), crm.Closed, crm.Closed, crm.Archived, crm.Active)
			loaded, people = append(loaded, l), append(people, l.Contact.ID)
		}
		w.load(loaded...)
		got := w.byContact(people, storage.SessionQuery{Page: storage.Page{Size: 2}})
		for _, l := range loaded {
			want := storage.SessionPage{Sessions: []crm.Session{l.Sessions[3], l.Sessions[2]}, More: true}
			w.same("page", got[l.Contact.ID], want)
		}
	}},
}
