package storagetest

import (
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

var contactCases = []testCase{
	{"contacts are found by id, and unknown ids are absent", func(w *world) {
		people := w.add(person{"Ann Smith", "ann@example.com", "+14155550100"}, person{})
		unknown := crm.NewContactID(w.now)
		got, err := w.ContactsByID(w.ctx, w.id, append(ids(people), unknown, crm.ContactID{}, people[0].ID))
		w.check(err)
		w.same("contacts", got, map[crm.ContactID]crm.Contact{people[0].ID: people[0], people[1].ID: people[1]})
	}},
	{"no ids find nothing", func(w *world) {
		contacts, err := w.ContactsByID(w.ctx, w.id, nil)
		w.check(err)
		identities, err := w.IdentitiesByContact(w.ctx, w.id, nil)
		w.check(err)
		sessions, err := w.SessionsByID(w.ctx, w.id, nil)
		w.check(err)
		channels, err := w.ChannelsByID(w.ctx, w.id, nil)
		w.check(err)
		pages, err := w.SessionsByContact(w.ctx, w.id, nil, storage.SessionQuery{Page: storage.Page{Size: 5}})
		w.check(err)
		w.same("found", len(contacts)+len(identities)+len(sessions)+len(channels)+len(pages), 0)
	}},
	{"a hundred ids are found at once", func(w *world) {
		contacts := w.add(make([]person, 100)...)
		got, err := w.ContactsByID(w.ctx, w.id, ids(contacts))
		w.check(err)
		for _, c := range contacts {
			w.same("contact", got[c.ID], c)
		}
	}},
	{"a contact keeps every field", func(w *world) {
		ch, seen := w.channel("Shop"), w.tick()
		c := contactOf(person{"Zoë O'Neil \\ 100%", "zoe@example.com", "+493012345"}, w.tick())
		c.Notes = "Line one\nline \"two\"\t'three' % _ \\ 😀"
		c.Version, c.UpdatedAt, c.LastActivityAt = 7, w.tick(), &seen
		c.EmailFrom = crm.Provenance{Origin: crm.Claimed, Channel: ch.ID}
		c.PhoneFrom = crm.Provenance{Origin: crm.Verified, Channel: ch.ID}
		w.load(storage.Loaded{Contact: c})
		w.same("contact", w.contact(c.ID), c)
		page := w.page(storage.ContactQuery{Page: storage.Page{Size: 1}})
		w.same("contact in a list", page.Rows[0].Contact, c)
		page = w.page(storage.ContactQuery{Search: search.Parse("o'neil", ""), Order: storage.Relevance, Page: storage.Page{Size: 1}})
		w.same("contact in a search", page.Rows[0].Contact, c)
	}},
	{"a workspace has contacts from the first to the last", func(w *world) {
		has := func(want bool) {
			w.t.Helper()
			if got, err := w.HasContacts(w.ctx, w.id); err != nil || got != want {
				w.t.Errorf("HasContacts = %v, %v, want %v", got, err, want)
			}
		}
		has(false)
		w.neighbour().add(person{name: "Somebody else"})
		has(false)
		first := w.record(w.message(w.channel("Shop"), "ann", "1")).Contact
		has(true)
		second := w.add(person{name: "Ben"})[0]
		w.remove(first.ID)
		has(true)
		w.remove(second.ID)
		has(false)
	}},
	{"identities come oldest first, and a contact without any is absent", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		c := contactOf(person{name: "Ann"}, w.tick())
		young := crm.Identity{ContactID: c.ID, ChannelID: web.ID, ExternalID: "a", CreatedAt: w.now.Add(time.Hour)}
		old := crm.Identity{
			ContactID: c.ID, ChannelID: shop.ID, ExternalID: " Zoë/ß 😀 ", DisplayName: new("Ännchen"), CreatedAt: w.now,
		}
		lonely := contactOf(person{name: "Ben"}, w.tick())
		w.load(
			storage.Loaded{Contact: c, Identities: []crm.Identity{young, old}},
			storage.Loaded{Contact: lonely},
		)
		got, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{lonely.ID, c.ID, crm.NewContactID(w.now), c.ID})
		w.check(err)
		young.AccountID = crm.FirstAccount(c.ID)
		if of := got[c.ID]; len(of) == 2 && of[0].AccountID != of[1].AccountID {
			old.AccountID = of[0].AccountID
		}
		w.same("identities", got, map[crm.ContactID][]crm.Identity{c.ID: {old, young}})
	}},
}
