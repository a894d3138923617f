package storagetest

import (
	"context"
	"errors"
	"time"

	"kith/internal/crm"
)

var errRefused = errors.New("refused by the caller")

var editCases = []testCase{
	{"an edit raises the version by one and answers with the contact as saved", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		want := ann
		want.Name, want.NameFrom = new("Anna"), crm.Provenance{Origin: crm.Staff}
		want.Email, want.EmailFrom = new("anna@example.com"), crm.Provenance{Origin: crm.Staff}
		want.Phone, want.PhoneFrom = new("+493012345"), crm.Provenance{Origin: crm.Staff}
		want.Notes = "Likes 'quotes' and \\ and 😀"
		got := w.edit(ann.ID, func(c *crm.Contact) { *c = want })
		want.Version, want.UpdatedAt = 2, w.now
		w.same("answer", got, want)
		w.same("contact", w.contact(ann.ID), want)
	}},
	{"change gets the contact as it is", func(w *world) {
		ann := w.add(person{"Ann", "ann@example.com", "+493012345"})[0]
		w.edit(ann.ID, func(c *crm.Contact) { w.same("handed to change", *c, ann) })
	}},
	{"an edit clears fields", func(w *world) {
		ann := w.add(person{"Ann", "ann@example.com", "+493012345"})[0]
		got := w.edit(ann.ID, func(c *crm.Contact) {
			c.Name, c.Email, c.Phone = nil, nil, nil
			c.NameFrom, c.EmailFrom, c.PhoneFrom = crm.Provenance{}, crm.Provenance{}, crm.Provenance{}
		})
		want := crm.Contact{ID: ann.ID, Version: 2, CreatedAt: ann.CreatedAt, UpdatedAt: w.now}
		w.same("answer", got, want)
		w.same("contact", w.contact(ann.ID), want)
	}},
	{"an edit that changes nothing writes nothing", func(w *world) {
		ann := w.add(person{"Ann", "ann@example.com", "+493012345"})[0]
		w.same("answer", w.edit(ann.ID, func(c *crm.Contact) { c.Name = new("Ann") }), ann)
		w.same("contact", w.contact(ann.ID), ann)
	}},
	{"an edit saves only what staff see and who it came from", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		meddle := func(c *crm.Contact) {
			c.ID = crm.NewContactID(w.now)
			c.Version, c.CreatedAt, c.UpdatedAt = 99, w.now.Add(time.Hour), w.now.Add(time.Hour)
			c.LastActivityAt = new(w.now)
		}
		w.same("answer to no change", w.edit(ann.ID, meddle), ann)
		w.same("contact", w.contact(ann.ID), ann)
		want := ann
		want.Notes, want.Version = "Called back", 2
		got := w.edit(ann.ID, func(c *crm.Contact) {
			meddle(c)
			c.Notes = "Called back"
		})
		want.UpdatedAt = w.now
		w.same("answer", got, want)
		w.same("contact", w.contact(ann.ID), want)
	}},
	{"an edit through a field's pointer counts", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		got := w.edit(ann.ID, func(c *crm.Contact) { *c.Name = "Anna" })
		w.same("answer", *got.Name, "Anna")
		w.same("contact", *w.contact(ann.ID).Name, "Anna")
	}},
	{"who a value came from is saved with it, also alone", func(w *world) {
		ann, ch := w.add(person{"Ann", "ann@example.com", ""})[0], w.channel("Shop")
		got := w.edit(ann.ID, func(c *crm.Contact) {
			c.EmailFrom = crm.Provenance{Origin: crm.Verified, Channel: ch.ID}
			c.NameFrom = crm.Provenance{Origin: crm.Claimed, Channel: ch.ID}
		})
		w.same("version", got.Version, 2)
		w.same("email", got.EmailFrom, crm.Provenance{Origin: crm.Verified, Channel: ch.ID})
		w.same("contact", w.contact(ann.ID), got)
	}},
	{"an error from change comes back as it is, and nothing is saved", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		_, err := w.UpdateContact(w.ctx, w.id, ann.ID, crm.ContactEdit{At: w.tick(), Change: func(c *crm.Contact) error {
			c.Name = new("Anna")
			return errRefused
		}})
		w.wantErr("UpdateContact", err, errRefused)
		if err != nil && err.Error() != errRefused.Error() {
			w.t.Errorf("the error came back as %q", err)
		}
		w.same("contact", w.contact(ann.ID), ann)
		w.finds("Anna")
	}},
	{"a conflict that change finds comes back as it is", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		want := &crm.ConflictError{Current: ann}
		_, err := w.UpdateContact(w.ctx, w.id, ann.ID, crm.ContactEdit{At: w.tick(), Change: func(*crm.Contact) error {
			return want
		}})
		if got, ok := errors.AsType[*crm.ConflictError](err); !ok || got != want {
			w.t.Errorf("got %v, want the very error that change returned", err)
		}
	}},
	{"a contact that is not there cannot be edited", func(w *world) {
		gone := w.add(person{name: "Ann"})[0]
		w.remove(gone.ID)
		for what, id := range map[string]crm.ContactID{"gone": gone.ID, "never issued": crm.NewContactID(w.now)} {
			called := false
			_, err := w.UpdateContact(w.ctx, w.id, id, crm.ContactEdit{At: w.tick(), Change: func(*crm.Contact) error {
				called = true
				return nil
			}})
			w.wantErr(what, err, crm.ErrNotFound)
			w.same("change was called", called, false)
		}
	}},
	{"edits at the same time are all saved", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		at := w.tick()
		const n = 24
		w.check(together(n, func(int) error {
			_, err := w.UpdateContact(w.ctx, w.id, ann.ID, crm.ContactEdit{At: at, Change: func(c *crm.Contact) error {
				c.Notes += "x"
				return nil
			}})
			return err
		}))
		got := w.contact(ann.ID)
		w.same("version", got.Version, 1+n)
		w.same("notes", len(got.Notes), n)
	}},
	{"an edit and a message at the same time both count", func(w *world) {
		ch := w.channel("Shop")
		ann := w.record(w.message(ch, "ann", "0")).Contact
		messages := make([]crm.Interaction, 24)
		for i := range messages {
			messages[i] = w.message(ch, "ann", string(rune('a'+i)))
		}
		w.check(together(2*len(messages), func(i int) error {
			if i%2 == 0 {
				_, err := w.RecordInteraction(w.ctx, w.id, messages[i/2])
				return err
			}
			_, err := w.UpdateContact(w.ctx, w.id, ann.ID, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
				c.Notes += "x"
				return nil
			}})
			return err
		}))
		got := w.contact(ann.ID)
		w.same("version", got.Version, 1+len(messages))
		w.same("last activity", got.LastActivityAt, &messages[len(messages)-1].At)
	}},
	{"a context that ends during change ends the edit", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		ctx, cancel := context.WithCancel(w.ctx)
		defer cancel()
		_, err := w.UpdateContact(ctx, w.id, ann.ID, crm.ContactEdit{At: w.tick(), Change: func(c *crm.Contact) error {
			cancel()
			c.Name = new("Anna")
			return nil
		}})
		w.wantErr("UpdateContact", err, context.Canceled)
		w.same("contact", w.contact(ann.ID), ann)
	}},
}
