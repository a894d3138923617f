package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

var loadCases = []testCase{
	{"what is loaded is there as it is: contact, identities and sessions", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		l := w.talk(web, person{"Zoë Strauß", "zoe@example.com", annsPhone}, "zoe", crm.Closed, crm.Escalated)
		l.Contact.Notes, l.Contact.Version, l.Contact.UpdatedAt = "Notes", 42, w.tick()
		l.Contact.EmailFrom = crm.Provenance{Origin: crm.Verified, Channel: web.ID}
		l.Identities = append(l.Identities, crm.Identity{
			ContactID: l.Contact.ID, ChannelID: shop.ID, ExternalID: "zoe", CreatedAt: w.tick(),
		})
		l.Sessions[1].Tag, l.Sessions[1].UnreadCount, l.Sessions[1].LastMessagePreview = new(crm.Complaint), 7, nil
		bare := storage.Loaded{Contact: contactOf(person{}, w.tick())}
		w.load(l, bare)
		w.same("contact", w.contact(l.Contact.ID), l.Contact)
		w.same("bare contact", w.contact(bare.Contact.ID), bare.Contact)
		identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{l.Contact.ID, bare.Contact.ID})
		w.check(err)
		if got := identities[l.Contact.ID]; len(got) == 2 && got[1].AccountID != got[0].AccountID {
			l.Identities[1].AccountID = got[1].AccountID
		}
		w.same("identities", identities, map[crm.ContactID][]crm.Identity{l.Contact.ID: l.Identities})
		for _, s := range l.Sessions {
			w.same("session", w.session(s.ID), s)
		}
		w.finds("strauss", "Zoë Strauß")
		w.finds("030 901", "Zoë Strauß")
		w.same("count", w.count(""), storage.Count{Value: 2, Exact: true})
		w.same("most recently active", w.list(storage.ContactQuery{Descending: true}), []crm.ContactID{l.Contact.ID, bare.Contact.ID})
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{l.Sessions[1].ID, l.Sessions[0].ID})
	}},
	{"loading nothing changes nothing", func(w *world) {
		w.load()
		w.same("count", w.count("").Value, 0)
	}},
	{"a workspace that has contacts takes more", func(w *world) {
		ch := w.channel("Web")
		first := w.record(w.message(ch, "ann", "1")).Contact
		for i := range 3 {
			w.load(w.talk(ch, person{name: fmt.Sprint("Person ", i)}, fmt.Sprint(i), crm.Active))
		}
		w.same("count", w.count("").Value, 4)
		w.same("oldest", w.list(storage.ContactQuery{Order: storage.Created})[0], first.ID)
		w.same("sessions", len(w.sessions(storage.SessionFilter{})), 4)
	}},
	{"a loaded customer's next message joins", func(w *world) {
		ch := w.channel("Web")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Active)
		w.load(l)
		r := w.record(w.message(ch, "ann", "1"))
		w.same("contact", r.Contact.ID, l.Contact.ID)
		w.same("session", r.Session.ID, l.Sessions[0].ID)
	}},
	{"thousands are loaded at once", func(w *world) {
		ch := w.channel("Web")
		const n = 3_000
		w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for i := range n {
				if !yield(w.talk(ch, person{name: fmt.Sprintf("Person %04d", i)}, fmt.Sprint(i), crm.Closed, crm.Active)) {
					return
				}
			}
		}))
		w.same("count", w.count(""), storage.Count{Value: n, Exact: true})
		w.same("count of a search", w.count("person"), storage.Count{Value: n, Exact: true})
		w.same("contacts", len(w.walkContacts(storage.ContactQuery{Order: storage.Name}, 1_000, false, nil)), n)
		w.same("sessions", len(w.walkSessions(storage.SessionFilter{Anonymous: new(false)}, 1_000, false)), 2*n)
		w.finds("person 2999", "Person 2999")
	}},
	{"what was loaded before an error stays, whole", func(w *world) {
		ch := w.channel("Web")
		const n = 3_000
		var first storage.Loaded
		err := w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for i := range n {
				l := w.talk(ch, person{name: fmt.Sprintf("Person %04d", i)}, fmt.Sprint(i), crm.Active)
				if i == 0 {
					first = l
				}
				if !yield(l) {
					return
				}
			}
			yield(first) // is there already
		})
		if err == nil {
			w.t.Fatal("a contact was loaded twice under one id")
		}
		there := len(w.walkContacts(storage.ContactQuery{Order: storage.Created}, 1_000, false, nil))
		w.same("count", w.count(""), storage.Count{Value: there, Exact: true})
		w.same("count of a search", w.count("person"), storage.Count{Value: there, Exact: true})
		w.same("sessions", len(w.walkSessions(storage.SessionFilter{}, 1_000, false)), there)
		before := w.neighbour()
		ann := before.add(person{name: "Ann"})[0]
		if err := before.Load(w.ctx, before.id, slices.Values([]storage.Loaded{{Contact: ann}})); err == nil {
			w.t.Fatal("a contact was loaded twice under one id")
		}
		w.same("loaded by an earlier call", before.contact(ann.ID), ann)
		w.same("count after an earlier call", before.count("").Value, 1)
	}},
	{"loading at the same time as customers write loses nothing", func(w *world) {
		ch := w.channel("Web")
		var loads [4][]storage.Loaded
		for i := range loads {
			for n := range 50 {
				loads[i] = append(loads[i], w.talk(ch, person{name: "Loaded"}, fmt.Sprint(i, n), crm.Active))
			}
		}
		messages := make([]crm.Interaction, 50)
		for i := range messages {
			messages[i] = w.message(ch, fmt.Sprint("live", i), "1")
		}
		w.check(together(len(loads)+len(messages), func(i int) error {
			if i < len(loads) {
				return w.Load(w.ctx, w.id, slices.Values(loads[i]))
			}
			_, err := w.RecordInteraction(w.ctx, w.id, messages[i-len(loads)])
			return err
		}))
		w.same("count", w.count(""), storage.Count{Value: 250, Exact: true})
		w.same("contacts", len(w.list(storage.ContactQuery{})), 250)
		w.same("count of a search", w.count("loaded").Value, 200)
	}},
}
