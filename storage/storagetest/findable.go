package storagetest

import (
	"fmt"

	"kith/internal/crm"
	"kith/storage"
)

var findableCases = []testCase{
	{"a contact is findable as soon as its first message was recorded", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile = crm.Profile{Name: new("Ännchen Müller"), Email: new("ann@example.com"), Phone: new("+4930901820")}
		w.record(i)
		for _, text := range []string{"annchen", "mull", "ann@ex", "030 901"} {
			w.finds(text, "Ännchen Müller")
			w.same("count of "+text, w.count(text), storage.Count{Value: 1, Exact: true})
		}
	}},
	{"a contact is findable by its new values and not by the old ones as soon as an edit has answered", func(w *world) {
		ann := w.add(person{"Ann Smith", "ann@example.com", "+4930901820"})[0]
		w.edit(ann.ID, rename("Zoë Jones"))
		w.finds("smith")
		w.finds("zoe", "Zoë Jones")
		w.edit(ann.ID, func(c *crm.Contact) { c.Email = new("zoe@example.org") })
		w.finds("example.com")
		w.finds("ann")
		w.finds("example.org", "Zoë Jones")
		w.edit(ann.ID, func(c *crm.Contact) { c.Phone = new("+442079460958") })
		w.finds("030901820")
		w.finds("020 7946", "Zoë Jones")
		w.edit(ann.ID, func(c *crm.Contact) { c.Name, c.Phone = nil, nil })
		w.finds("jones")
		w.finds("7946")
		w.finds("zoe", "zoe@example.org")
		w.edit(ann.ID, func(c *crm.Contact) { c.Email = nil })
		w.finds("zoe")
		w.same("count", w.count("zoe"), storage.Count{Exact: true})
	}},
	{"a contact is findable by what a later message taught", func(w *world) {
		ch := w.channel("Shop")
		w.record(w.message(ch, "ann", "1"))
		i := w.message(ch, "ann", "2")
		i.Profile.Name = new("Ann Smith")
		w.record(i)
		w.finds("smith", "Ann Smith")
		i = w.message(ch, "ann", "3")
		i.Profile.Name = new("Ann Jones")
		w.record(i)
		w.finds("smith")
		w.finds("jones", "Ann Jones")
	}},
	{"a rename moves a contact in the list by name at once", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Ben"}, person{})
		byName := storage.ContactQuery{Order: storage.Name}
		w.edit(people[0].ID, rename("Zoe"))
		w.same("list", w.list(byName), []crm.ContactID{people[1].ID, people[0].ID, people[2].ID})
		w.edit(people[1].ID, rename(""))
		w.same("list", w.list(byName)[0], people[0].ID)
		w.edit(people[2].ID, rename("Aaron"))
		w.same("list", w.list(byName), []crm.ContactID{people[2].ID, people[0].ID, people[1].ID})
	}},
	{"a message moves a contact in the list by activity at once", func(w *world) {
		ch := w.channel("Shop")
		ann, ben := w.record(w.message(ch, "ann", "1")).Contact.ID, w.record(w.message(ch, "ben", "1")).Contact.ID
		byActivity := storage.ContactQuery{Order: storage.LastActivity, Descending: true}
		w.same("list", w.list(byActivity), []crm.ContactID{ben, ann})
		w.record(w.message(ch, "ann", "2"))
		w.same("list", w.list(byActivity), []crm.ContactID{ann, ben})
	}},
	{"contacts made and edited at the same time are all findable", func(w *world) {
		ch := w.channel("Shop")
		const n = 32
		messages := make([]crm.Interaction, n)
		for i := range messages {
			messages[i] = w.message(ch, fmt.Sprint(i), "1")
			messages[i].Profile.Name = new(fmt.Sprintf("Person %02d", i))
		}
		w.check(together(n, func(i int) error {
			r, err := w.RecordInteraction(w.ctx, w.id, messages[i])
			if err != nil {
				return err
			}
			_, err = w.UpdateContact(w.ctx, w.id, r.Contact.ID, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
				c.Name = new(fmt.Sprintf("Human %02d", i))
				return nil
			}})
			return err
		}))
		w.finds("person")
		w.same("humans", len(w.search("human")), n)
	}},
}
