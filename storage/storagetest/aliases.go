package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

// names records a message from a customer whose ids the provider reports, the first as the external id.
func (w *world) names(ch crm.Channel, id string, ids ...string) crm.Recorded {
	w.t.Helper()
	i := w.message(ch, ids[0], id)
	if len(ids) > 1 {
		i.Alias = ids[1]
	}
	return w.record(i)
}

// externals are the ids of a contact, in alphabetical order.
func (w *world) externals(id crm.ContactID) (ids []string) {
	w.t.Helper()
	found, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	for _, i := range found[id] {
		ids = append(ids, i.ExternalID)
	}
	slices.Sort(ids)
	return ids
}

var aliasCases = []testCase{
	{"an identity is known by each of its ids on its channel, until its contact is deleted", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		other := w.neighbour()
		theirs := other.channel("Web")
		known := func(want bool, at *world, ch crm.Channel, external ...string) {
			w.t.Helper()
			got, err := at.HasIdentity(w.ctx, at.id, ch.ID, external)
			w.check(err)
			w.same(fmt.Sprintf("%q is known", external), got, want)
		}
		i := w.message(web, "ann", "1")
		i.Alias = "+49 30/9ß😀"
		r, err := w.RecordInteraction(w.ctx, w.id, i)
		w.check(err)
		known(true, w, web, "ann")
		known(true, w, web, i.Alias)
		known(true, w, web, "bob", "ann")
		known(false, w, web, "bob", "Ann", "ann ", "%", "")
		known(false, w, web)
		known(false, w, shop, "ann")
		known(false, w, theirs, "ann")
		known(false, other, theirs, "ann")
		known(false, other, web, "ann")
		w.check(w.DeleteContact(w.ctx, w.id, r.Contact.ID, crm.ContactDeletion{At: w.now, Event: crm.NewEventID(w.now), Actor: "eve"}))
		known(false, w, web, "ann", i.Alias)
	}},
	{"an identity under a former id gets the external id, once, and keeps contact and session", func(w *world) {
		ch := w.channel("Web")
		say := func(id, external, former string) crm.Recorded {
			i := w.message(ch, external, id)
			i.Former = former
			return w.record(i)
		}
		first := say("1", "secret", "")
		second := say("2", "digest", "secret")
		w.same("contact", second.Contact.ID, first.Contact.ID)
		w.same("session", second.Session.ID, first.Session.ID)
		w.same("identities", w.externals(first.Contact.ID), []string{"digest"})
		w.same("unread", say("3", "digest", "secret").Session.UnreadCount, 3)
		other := say("4", "secret", "")
		if other.Contact.ID == first.Contact.ID {
			w.t.Error("the former id still leads to the contact")
		}
		w.same("with both stored, the external id counts", say("5", "digest", "secret").Contact.ID, first.Contact.ID)
		w.same("the other's identities", w.externals(other.Contact.ID), []string{"secret"})
		newcomer := say("6", "new digest", "never seen")
		w.same("a newcomer's identities", w.externals(newcomer.Contact.ID), []string{"new digest"})
		w.same("a neighbour's", len(w.neighbour().externals(first.Contact.ID)), 0)
	}},
	{"whichever of two ids comes first, alone or with the other, there is one contact and one session", func(w *world) {
		const number, user = "4930901820", "DE.1"
		for name, order := range map[string][][]string{
			"both first":      {{number, user}, {user}, {number}, {number, user}},
			"the id first":    {{number}, {number, user}, {user}, {user, number}},
			"the other first": {{user}, {number, user}, {number}, {number, user}},
		} {
			ch := w.channel(name)
			var first crm.Recorded
			for n, ids := range order {
				r := w.names(ch, fmt.Sprint(n), ids...)
				if n == 0 {
					first = r
				}
				w.same(name+": contact", r.Contact.ID, first.Contact.ID)
				w.same(name+": session", r.Session.ID, first.Session.ID)
				w.same(name+": unread", r.Session.UnreadCount, n+1)
			}
			w.same(name+": identities", w.externals(first.Contact.ID), []string{number, user})
		}
	}},
	{"a new session is the one that both ids lead to", func(w *world) {
		ch := w.channel("WhatsApp")
		first := w.names(ch, "1", "number", "user")
		w.changeSession(first.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		second := w.names(ch, "2", "user")
		if second.Session.ID == first.Session.ID {
			w.t.Error("a closed session takes a message")
		}
		for n, ids := range [][]string{{"number", "user"}, {"number"}, {"user"}, {"user", "number"}} {
			w.same("session", w.names(ch, fmt.Sprint(n+3), ids...).Session.ID, second.Session.ID)
		}
		w.same("unread", w.session(second.Session.ID).UnreadCount, 5)
	}},
	{"an alias that is another contact's stays that", func(w *world) {
		ch := w.channel("WhatsApp")
		ann, ben := w.names(ch, "1", "ann"), w.names(ch, "1", "ben")
		for n := range 2 {
			r := w.names(ch, fmt.Sprint(n+2), "ann", "ben")
			w.same("contact", r.Contact.ID, ann.Contact.ID)
			w.same("session", r.Session.ID, ann.Session.ID)
		}
		w.same("ben's contact", w.names(ch, "4", "ben").Session.ID, ben.Session.ID)
		w.same("ann", w.externals(ann.Contact.ID), []string{"ann"})
		w.same("ben", w.externals(ben.Contact.ID), []string{"ben"})
	}},
	{"an alias is one channel's", func(w *world) {
		one, two := w.channel("One"), w.channel("Two")
		ann := w.names(one, "1", "ann", "user")
		if w.names(two, "1", "user").Contact.ID == ann.Contact.ID {
			w.t.Error("the id of another channel joined")
		}
	}},
	{"an alias joins before a verified phone does, and brings the contact what is verified", func(w *world) {
		ch := w.channel("WhatsApp")
		other := w.add(person{name: "Ann", phone: annsPhone})[0]
		user := w.names(ch, "1", "user")
		i := w.message(ch, "number", "2")
		i.Alias, i.Profile = "user", verified("", annsPhone)
		r := w.record(i)
		w.same("contact", r.Contact.ID, user.Contact.ID)
		w.same("phone", r.Contact.Phone, new(annsPhone))
		w.same("other's identities", w.externals(other.ID), []string(nil))
	}},
	{"deleting the contact forgets both ids", func(w *world) {
		ch := w.channel("WhatsApp")
		ann := w.names(ch, "1", "number", "user")
		w.remove(ann.Contact.ID)
		again := w.names(ch, "2", "user")
		if again.Contact.ID == ann.Contact.ID {
			w.t.Error("a deleted contact is back")
		}
		w.same("contact", w.names(ch, "3", "number", "user").Contact.ID, again.Contact.ID)
	}},
	{"messages with both ids, either way round, at once make one contact and one session", func(w *world) {
		ch := w.channel("WhatsApp")
		messages := make([]crm.Interaction, clients)
		for n := range messages {
			messages[n] = w.message(ch, "number", fmt.Sprint(n))
			messages[n].Alias = "user"
			if n%2 == 1 {
				messages[n].ExternalID, messages[n].Alias = "user", "number"
			}
		}
		got := w.recordAll(messages)
		w.same("contacts", w.count("").Value, 1)
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{got[0].Session.ID})
		w.same("unread", w.session(got[0].Session.ID).UnreadCount, clients)
		w.same("identities", w.externals(got[0].Contact.ID), []string{"number", "user"})
	}},
}
