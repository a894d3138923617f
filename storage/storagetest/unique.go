package storagetest

import (
	"errors"
	"fmt"
	"sync/atomic"

	"kith/internal/crm"
)

// fields are the two fields that may be asked to be unique.
var fields = []struct {
	name  string
	value func(n int) string
	with  func(value string) person
	set   func(c *crm.Contact, value *string)
	get   func(c crm.Contact) *string
}{
	{
		"email",
		func(n int) string { return fmt.Sprintf("o'neil+%d@example.com", n) },
		func(v string) person { return person{email: v} },
		func(c *crm.Contact, v *string) { c.Email, c.EmailFrom = v, crm.Provenance{Origin: crm.Staff} },
		func(c crm.Contact) *string { return c.Email },
	},
	{
		"phone",
		func(n int) string { return fmt.Sprintf("+4930%07d", 1_000_000+n) },
		func(v string) person { return person{phone: v} },
		func(c *crm.Contact, v *string) { c.Phone, c.PhoneFrom = v, crm.Provenance{Origin: crm.Staff} },
		func(c crm.Contact) *string { return c.Phone },
	},
}

// unique is an edit that must not take another contact's email or phone.
func (w *world) unique(id crm.ContactID, change func(c *crm.Contact)) (crm.Contact, error) {
	return w.UpdateContact(w.ctx, w.id, id, crm.ContactEdit{At: w.now, Unique: true, Change: func(c *crm.Contact) error {
		change(c)
		return nil
	}})
}

var uniqueCases = []testCase{
	{"a value that another contact has is refused, naming the oldest such contact", func(w *world) {
		for _, f := range fields {
			taken := f.value(0)
			me := w.add(person{name: "Me"})[0] // older than the holders: I am not one
			holders := w.add(f.with(taken), f.with(taken), f.with(taken))
			_, err := w.unique(me.ID, func(c *crm.Contact) { f.set(c, &taken); c.Name = new("Not me") })
			got, ok := errors.AsType[*crm.TakenError](err)
			if !ok {
				w.t.Errorf("%s: got %v, want a TakenError", f.name, err)
				continue
			}
			w.same(f.name, got, &crm.TakenError{Field: f.name, Holder: holders[0]})
			w.same("contact", w.contact(me.ID), me)
		}
	}},
	{"an email is taken whatever its letters' case, an accent makes another", func(w *world) {
		holder := w.add(person{email: "Zoe@Example.com"})[0]
		me := w.add(person{name: "Me"})[0]
		_, err := w.unique(me.ID, func(c *crm.Contact) { c.Email = new("zoe@example.com") })
		if got, ok := errors.AsType[*crm.TakenError](err); !ok || got.Holder.ID != holder.ID {
			w.t.Errorf("got %v, want a TakenError of the holder", err)
		}
		_, err = w.unique(me.ID, func(c *crm.Contact) { c.Email = new("zoë@example.com") })
		w.check(err)
	}},
	{"a value that a channel vouches for is taken too", func(w *world) {
		holder := w.recordProfile(w.channel("Shop"), "ann", verified(fields[0].value(1), fields[1].value(1))).Contact
		for _, f := range fields {
			me := w.add(person{name: "Me"})[0]
			_, err := w.unique(me.ID, func(c *crm.Contact) { f.set(c, new(f.value(1))) })
			if got, ok := errors.AsType[*crm.TakenError](err); !ok || got.Holder.ID != holder.ID {
				w.t.Errorf("%s: got %v, want a TakenError", f.name, err)
			}
		}
	}},
	{"a value that a customer only typed in is free, and stays a claim", func(w *world) {
		ch := w.channel("Web")
		typed := claimed(fields[0].value(2), fields[1].value(2))
		stranger := w.recordProfile(ch, "stranger", typed).Contact
		for _, f := range fields {
			me := w.add(person{name: "Me"})[0]
			got, err := w.unique(me.ID, func(c *crm.Contact) { f.set(c, new(f.value(2))) })
			w.check(err)
			w.same(f.name, f.get(got), new(f.value(2)))
			_, err = w.unique(w.add(person{name: "You"})[0].ID, func(c *crm.Contact) { f.set(c, new(f.value(2))) })
			if taken, ok := errors.AsType[*crm.TakenError](err); !ok || taken.Holder.ID != me.ID {
				w.t.Errorf("%s: got %v, want a TakenError of the contact that staff gave it to", f.name, err)
			}
		}
		w.same("the claimant", w.contact(stranger.ID), *stranger)
		w.same("the next one who claims it", w.recordProfile(ch, "another", typed).Contact.EmailFrom.Origin, crm.Claimed)
	}},
	{"without asking for it a value need not be unique", func(w *world) {
		for _, f := range fields {
			taken := f.value(0)
			w.add(f.with(taken))
			me := w.add(person{name: "Me"})[0]
			got := w.edit(me.ID, func(c *crm.Contact) { f.set(c, &taken) })
			w.same(f.name, f.get(got), &taken)
			w.same("version", got.Version, 2)
		}
	}},
	{"a shared value that the edit does not touch is not refused", func(w *world) {
		for _, f := range fields {
			taken := f.value(0)
			people := w.add(f.with(taken), f.with(taken))
			for _, c := range people {
				if _, err := w.unique(c.ID, func(c *crm.Contact) { c.Notes = "x"; f.set(c, new(taken)) }); err != nil {
					w.t.Errorf("%s: %v", f.name, err)
				}
			}
		}
	}},
	{"a value that is only near is free", func(w *world) {
		w.add(person{email: "ann@example.com"}, person{email: "ben@example.com", phone: "+493012345"})
		me := w.add(person{name: "Me"})[0]
		for _, near := range []string{"annn@example.com", "ann@example.co", "ann@example.com.au", "%", "ann_example.com", "än@example.com"} {
			if _, err := w.unique(me.ID, func(c *crm.Contact) { c.Email = &near }); err != nil {
				w.t.Errorf("%s: %v", near, err)
			}
		}
		if _, err := w.unique(me.ID, func(c *crm.Contact) { c.Phone = new("+4930123456") }); err != nil {
			w.t.Error(err)
		}
	}},
	{"clearing a value is never refused", func(w *world) {
		for _, f := range fields {
			people := w.add(f.with(f.value(0)), person{name: "Without"})
			got, err := w.unique(people[0].ID, func(c *crm.Contact) { f.set(c, nil) })
			w.check(err)
			w.same(f.name, f.get(got), (*string)(nil))
		}
	}},
	{"a value is free again once nobody has it", func(w *world) {
		for _, f := range fields {
			value := f.value(0)
			people := w.add(f.with(value), f.with(value), person{name: "Me"})
			w.remove(people[0].ID)
			w.edit(people[1].ID, func(c *crm.Contact) { f.set(c, new(f.value(5))) })
			if _, err := w.unique(people[2].ID, func(c *crm.Contact) { f.set(c, &value) }); err != nil {
				w.t.Errorf("%s: %v", f.name, err)
			}
		}
	}},
	{"another workspace's values are free", func(w *world) {
		for _, f := range fields {
			w.neighbour().add(f.with(f.value(0)))
			me := w.add(person{name: "Me"})[0]
			if _, err := w.unique(me.ID, func(c *crm.Contact) { f.set(c, new(f.value(0))) }); err != nil {
				w.t.Errorf("%s: %v", f.name, err)
			}
		}
	}},
	{"of simultaneous edits to the same value one is made", func(w *world) {
		for _, f := range fields {
			for round := range 8 {
				value := f.value(10 + round)
				people := w.add(make([]person, 4)...)
				var made, refused atomic.Int32
				w.check(together(len(people), func(i int) error {
					_, err := w.unique(people[i].ID, func(c *crm.Contact) { f.set(c, &value) })
					if _, ok := errors.AsType[*crm.TakenError](err); ok {
						refused.Add(1)
						return nil
					}
					made.Add(1)
					return err
				}))
				if made.Load() != 1 || refused.Load() != 3 {
					w.t.Fatalf("%s: %d edits were made and %d refused", f.name, made.Load(), refused.Load())
				}
			}
		}
	}},
}
