package storagetest

import (
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// known is a contact with all that a filter asks about.
type known struct {
	crm.Contact
	identities []crm.Identity
	sessions   []crm.Session
}

// everybody reads every contact with what belongs to it.
func (w *world) everybody() map[crm.ContactID]known {
	w.t.Helper()
	all := w.page(storage.ContactQuery{Page: storage.Page{Size: everything}}).Rows
	out := map[crm.ContactID]known{}
	identities, err := w.IdentitiesByContact(w.ctx, w.id, rowIDs(all))
	w.check(err)
	sessions, err := w.SessionsByContact(w.ctx, w.id, rowIDs(all), storage.SessionQuery{Page: storage.Page{Size: everything}})
	w.check(err)
	for _, r := range all {
		id := r.Contact.ID
		out[id] = known{r.Contact, identities[id], sessions[id].Sessions}
	}
	return out
}

// passes is the filter as anybody would write it who has read everything.
func (k known) passes(f storage.ContactFilter) bool {
	for _, among := range f.Channels {
		if !slices.ContainsFunc(k.identities, func(i crm.Identity) bool { return slices.Contains(among, i.ChannelID) }) {
			return false
		}
	}
	is := func(want *bool, has bool) bool { return want == nil || *want == has }
	within := func(at *time.Time, p storage.Period) bool {
		return !p.Given() || at != nil && (p.After == nil || at.After(*p.After)) && (p.Before == nil || at.Before(*p.Before))
	}
	holds := func(field string, values ...string) bool {
		return len(crm.Holders([]crm.Contact{k.Contact}, field, values...)) > 0
	}
	return is(f.HasEmail, k.Email != nil) && is(f.HasPhone, k.Phone != nil) && is(f.HasNotes, k.Notes != "") &&
		is(f.Unread, slices.ContainsFunc(k.sessions, func(s crm.Session) bool { return s.UnreadCount > 0 })) &&
		is(f.OpenSession, slices.ContainsFunc(k.sessions, func(s crm.Session) bool {
			return s.Status == crm.Active || s.Status == crm.Escalated
		})) &&
		within(k.LastActivityAt, f.Active) && within(&k.CreatedAt, f.Created) &&
		(f.Email == nil || holds("email", *f.Email)) && (f.Phone == nil || holds("phone", crm.PhoneVariants(*f.Phone)...)) &&
		(f.Identity == nil || slices.ContainsFunc(k.identities, func(i crm.Identity) bool {
			return i.ChannelID == f.Identity.Channel && i.ExternalID == f.Identity.External
		}))
}

// mixed is contacts of every kind, some of which have been merged, deleted, read and written to. It returns the channels and
// the time in the middle.
func (w *world) mixed() (channels []crm.Channel, middle time.Time) {
	w.t.Helper()
	channels = []crm.Channel{w.channel("Web"), w.channel("Shop"), w.channel("Quiet")}
	web, shop := channels[0], channels[1]
	w.load(
		w.talk(web, person{name: "Ann Smith", email: "ann@example.com"}, "ann", crm.Closed, crm.Active),
		w.talk(shop, person{name: "Anna", phone: "+4930901820"}, "anna", crm.Closed),
		w.talk(web, person{name: "Ben", email: "Ben@example.com", phone: "+4930901821"}, "ben", crm.Archived, crm.Escalated),
		w.talk(shop, person{}, "nobody"),
	)
	people := w.add(person{name: "Carla"}, person{email: "ann@example.com"}, person{name: "Dana", phone: "+5511987654321"}, person{})
	middle = w.tick()
	w.edit(people[0].ID, func(c *crm.Contact) { c.Notes = "Likes tea" })
	w.edit(people[3].ID, func(c *crm.Contact) { c.Notes = "Nameless" })
	for i, name := range []string{"Eva", "Frank", "Gina", "Hana"} {
		m := w.message([]crm.Channel{web, shop}[i%2], name, "1")
		m.Profile.Name = &name
		r := w.record(m)
		if i == 1 {
			w.changeSession(r.Session.ID, func(s *crm.Session) { s.UnreadCount, s.Status = 0, crm.Closed })
		}
		if i == 3 {
			w.remove(r.Contact.ID)
		}
	}
	// Carla becomes part of Eva, and gets her messages.
	eva := w.record(w.message(web, "Eva", "2")).Contact
	carla := w.contact(people[0].ID)
	_, err := w.MergeContacts(w.ctx, w.id, crm.Merge{
		Survivor: crm.MergePart{ID: carla.ID, Version: &carla.Version}, Others: []crm.MergePart{{ID: eva.ID}},
		At: w.tick(), Actor: "staff", Event: crm.NewEventID(w.now),
	})
	w.check(err)
	return channels, middle
}

// contactFilters are conditions of every kind, alone and together.
func contactFilters(channels []crm.Channel, middle time.Time) []storage.ContactFilter {
	yes, no := new(true), new(false)
	web, shop, quiet := channels[0].ID, channels[1].ID, channels[2].ID
	after, before := storage.Period{After: &middle}, storage.Period{Before: &middle}
	return []storage.ContactFilter{
		{Channels: [][]crm.ChannelID{{web}}},
		{Channels: [][]crm.ChannelID{{web, shop}}},
		{Channels: [][]crm.ChannelID{{web}, {shop, quiet}}},
		{Channels: [][]crm.ChannelID{{quiet}}},
		{Channels: [][]crm.ChannelID{{}}},
		{Channels: [][]crm.ChannelID{{web}, {}}},
		{HasEmail: yes}, {HasEmail: no}, {HasPhone: yes}, {HasPhone: no}, {HasNotes: yes}, {HasNotes: no},
		{HasEmail: no, HasPhone: no, HasNotes: no},
		{HasEmail: yes, HasPhone: yes, HasNotes: yes},
		{Unread: yes}, {Unread: no}, {OpenSession: yes}, {OpenSession: no},
		{Unread: yes, OpenSession: no}, {Unread: no, OpenSession: yes, HasNotes: no},
		{Active: after}, {Active: before}, {Created: after}, {Created: before},
		{Active: storage.Period{After: &middle, Before: &middle}},
		{Created: before, Active: after, HasNotes: yes},
		{Created: after, Channels: [][]crm.ChannelID{{shop}}, HasEmail: no},
		{Email: new("ann@example.com")}, {Email: new("ben@example.com")}, {Email: new("who@example.com")},
		{Email: new("ann@example.com"), Channels: [][]crm.ChannelID{{web}}},
		{Phone: new("+4930901820")}, {Phone: new("+551187654321")}, {Phone: new("+4930901821"), Email: new("ben@example.com")},
		{Phone: new("+4930901821"), Email: new("ann@example.com")},
		{Identity: &storage.IdentityKey{Channel: web, External: "ann"}},
		{Identity: &storage.IdentityKey{Channel: shop, External: "ann"}},
		{Identity: &storage.IdentityKey{Channel: web, External: "Eva"}, HasNotes: yes},
	}
}

// filtersAgree fails the test unless every list under every filter has those contacts that pass, and no others.
func (w *world) filtersAgree(channels []crm.Channel, middle time.Time) {
	w.t.Helper()
	everybody := w.everybody()
	for _, q := range everyList("a") {
		whole := w.list(q)
		for _, f := range contactFilters(channels, middle) {
			want := slices.DeleteFunc(slices.Clone(whole), func(id crm.ContactID) bool { return !everybody[id].passes(f) })
			q.Filter = f
			what := fmt.Sprintf("order %d, descending %v, search %q under %+v", q.Order, q.Descending, q.Search.Text(), f)
			w.same(what, w.list(q), want)
			for _, fromEnd := range []bool{false, true} {
				w.same(what+" by two", rowIDs(w.walkContacts(q, 2, fromEnd, nil)), want)
			}
			q.Page = storage.Page{Size: 2, Skip: 1}
			w.same(what+" without the first", rowIDs(w.page(q).Rows), want[min(1, len(want)):min(3, len(want))])
			for _, most := range []int{1, storage.CountLimit} {
				n, err := w.CountContacts(w.ctx, w.id, q, most)
				w.check(err)
				w.same(what+" counted", n, storage.Counted(len(want), most))
			}
		}
	}
}

// everyFilterCases are thousands of pages.
var everyFilterCases = []testCase{
	{"under a filter a list has the contacts that meet every condition", func(w *world) {
		channels, middle := w.mixed()
		w.neighbour().mixed()
		w.filtersAgree(channels, middle)
		w.maintain()
		w.filtersAgree(channels, middle)
	}},
}

var contactFilterCases = []testCase{
	{"a number that starts with 00 means the same under a filter as without one", func(w *world) {
		people := w.add(person{name: "Abroad", phone: "+4930901820"}, person{name: "Zeros", email: "0049@example.com"}, person{name: "Neither"})
		for text, want := range map[string]crm.Contact{"004930": people[0], "0049": people[1]} {
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				q := storage.ContactQuery{Order: order, Search: search.Parse(text, ""), Page: storage.Page{Size: 5}}
				for _, f := range []storage.ContactFilter{{}, {HasNotes: new(false)}} {
					q.Filter = f
					w.same(text, rowIDs(w.page(q).Rows), []crm.ContactID{want.ID})
					n, err := w.CountContacts(w.ctx, w.id, q, 10)
					w.check(err)
					w.same(text+" counted", n, storage.Counted(1, 10))
				}
			}
		}
	}},
}

// slowListCases load more contacts than a filter looks at one by one, and than a list is skipped through row by row.
var slowListCases = []testCase{
	{"a large list is filtered and skipped through as a small one is", func(w *world) {
		const contacts = storage.SkipRows + 2*storage.LandmarkStep + 7
		ch := []crm.Channel{w.channel("Web"), w.channel("Shop")}
		var loaded []storage.Loaded
		for i := range contacts {
			p := person{name: fmt.Sprint([]string{"Marlene ", "Torben "}[i%2], i*7919%contacts)}
			if i%3 == 0 {
				p.email = fmt.Sprintf("%d@example.com", i*31%contacts)
			}
			loaded = append(loaded, w.talk(ch[min(1, i%100)], p, fmt.Sprint(i), []crm.SessionStatus{crm.Closed, crm.Active}[min(1, i%2000)]))
		}
		w.load(loaded...)
		whole := func(q storage.ContactQuery) (all []crm.ContactID) {
			for _, r := range w.walkContacts(q, 5000, false, nil) {
				all = append(all, r.Contact.ID)
			}
			return all
		}
		for _, q := range everyList("1")[:10] {
			if !q.Search.Empty() {
				continue
			}
			all := whole(q)
			w.same("length", len(all), contacts)
			for _, skip := range []int{storage.SkipRows, storage.SkipRows + 1, storage.SkipRows + 999, contacts - 1001, contacts - 2, contacts, contacts + 5000} {
				for _, fromEnd := range []bool{false, true} {
					q.Page = storage.Page{Size: 3, Skip: skip, FromEnd: fromEnd}
					at := min(skip, contacts)
					want := all[at:min(at+3, contacts)]
					if fromEnd {
						want = all[max(0, contacts-at-3) : contacts-at]
					}
					w.same(fmt.Sprintf("%+v", q), rowIDs(w.page(q).Rows), want)
				}
			}
		}
		for _, q := range sessionOrders {
			sessions := w.walkOrder(q, 5000, false)
			for _, skip := range []int{3, storage.SkipRows + 500, len(sessions) - 2, len(sessions) + 9} {
				at := min(skip, len(sessions))
				to := min(at+4, len(sessions))
				q.Page = storage.Page{Size: 4, Skip: skip}
				w.same("sessions", sessionIDs(w.sessionPage(q).Sessions), sessions[at:to])
				q.Page.FromEnd = true
				w.same("sessions from the end", sessionIDs(w.sessionPage(q).Sessions), sessions[len(sessions)-to:len(sessions)-at])
			}
		}
		w.maintain()
		byID := map[crm.ContactID]known{}
		for _, l := range loaded {
			byID[l.Contact.ID] = known{l.Contact, l.Identities, l.Sessions}
		}
		for _, f := range []storage.ContactFilter{
			{HasEmail: new(true)}, {HasNotes: new(true)}, {Channels: [][]crm.ChannelID{{ch[0].ID}}}, {Channels: [][]crm.ChannelID{{ch[1].ID}}},
			{OpenSession: new(false)}, {OpenSession: new(true), HasEmail: new(false)}, {Unread: new(true)},
		} {
			for _, q := range everyList("arlene 1") {
				all := whole(q)
				want := slices.DeleteFunc(all, func(id crm.ContactID) bool { return !byID[id].passes(f) })
				q.Filter, q.Page = f, storage.Page{Size: 50}
				what := fmt.Sprintf("order %d, search %q under %+v", q.Order, q.Search.Text(), f)
				w.same(what, rowIDs(w.page(q).Rows), want[:min(50, len(want))])
				n, err := w.CountContacts(w.ctx, w.id, q, 1000)
				w.check(err)
				if n.Exact || n.Value > len(want) { // else not all of those that can pass were looked at
					w.same(what+" counted", n, storage.Counted(len(want), 1000))
				}
			}
		}
	}},
}
