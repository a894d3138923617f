package storagetest

import (
	"errors"
	"sync/atomic"

	"kith/internal/crm"
	"kith/storage"
)

var deleteCases = []testCase{
	{"deleting a contact removes it and its identities from every read", func(w *world) {
		i := w.message(w.channel("Shop"), "ann", "1")
		i.Profile = verified(annsEmail, annsPhone)
		i.Profile.Name = new("Ann Smith")
		ann := w.record(i).Contact
		ben := w.add(person{name: "Ben Smith"})[0]
		w.edit(ann.ID, func(c *crm.Contact) { c.Notes = "A secret" })
		w.remove(ann.ID)
		contacts, err := w.ContactsByID(w.ctx, w.id, []crm.ContactID{ann.ID})
		w.check(err)
		w.same("contacts by id", len(contacts), 0)
		identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{ann.ID})
		w.check(err)
		w.same("identities", len(identities), 0)
		for _, q := range everyList("smith") {
			w.same("list", w.list(q), []crm.ContactID{ben.ID})
		}
		w.finds("ann")
		w.finds("030 901820")
		w.finds("secret")
		w.same("count", w.count("").Value, 1)
		w.same("count of a search", w.count("smith").Value, 1)
	}},
	{"deleting a contact leaves its sessions, anonymous", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		l := w.talk(web, person{name: "Ann"}, "ann", crm.Closed, crm.Active)
		other := w.talk(shop, person{name: "Ben"}, "ben", crm.Active)
		w.load(l, other)
		w.remove(l.Contact.ID)
		anonymous := func() {
			w.t.Helper()
			for _, s := range l.Sessions {
				s.Anonymize()
				w.same("session", w.session(s.ID), s)
			}
			gone, bens := []crm.SessionID{l.Sessions[1].ID, l.Sessions[0].ID}, []crm.SessionID{other.Sessions[0].ID}
			w.same("anonymous", w.sessions(storage.SessionFilter{Anonymous: new(true)}), gone)
			w.same("with a contact", w.sessions(storage.SessionFilter{Anonymous: new(false)}), bens)
			w.same("of the contact", w.sessions(storage.SessionFilter{Contact: &l.Contact.ID}), []crm.SessionID{})
			w.same("on the channel", w.sessions(storage.SessionFilter{Channels: []crm.ChannelID{web.ID}}), gone)
			w.same("all", len(w.sessions(storage.SessionFilter{})), 3)
		}
		anonymous()
		w.maintain()
		anonymous()
	}},
	{"a contact that is not there cannot be deleted", func(w *world) {
		ann := w.add(person{name: "Ann"})[0]
		w.remove(ann.ID)
		w.wantErr("deleted twice", w.DeleteContact(w.ctx, w.id, ann.ID, w.deletion()), crm.ErrNotFound)
		w.wantErr("never issued", w.DeleteContact(w.ctx, w.id, crm.NewContactID(w.now), w.deletion()), crm.ErrNotFound)
		w.same("count", w.count("").Value, 0)
	}},
	{"of simultaneous deletions one finds the contact", func(w *world) {
		ann := w.record(w.message(w.channel("Shop"), "ann", "1")).Contact
		var made atomic.Int32
		w.check(together(16, func(int) error {
			err := w.DeleteContact(w.ctx, w.id, ann.ID, w.deletion())
			if errors.Is(err, crm.ErrNotFound) {
				return nil
			}
			made.Add(1)
			return err
		}))
		w.same("deletions", made.Load(), int32(1))
		w.same("count", w.count("").Value, 0)
	}},
	{"a later message from the same person makes a new contact and session", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile = verified(annsEmail, annsPhone)
		old := w.record(i)
		w.edit(old.Contact.ID, func(c *crm.Contact) { c.Notes = "Remember me" })
		w.remove(old.Contact.ID)
		i = w.message(ch, "ann", "2")
		i.Profile = verified(annsEmail, annsPhone)
		second := w.record(i)
		want := crm.ContactFrom(i)
		want.ID = second.Contact.ID
		w.same("contact", *second.Contact, want)
		if second.Contact.ID == old.Contact.ID || second.Session.ID == old.Session.ID {
			w.t.Error("the deleted contact or its session came back")
		}
		w.same("unread", second.Session.UnreadCount, 1)
		w.same("old session's contact", w.session(old.Session.ID).ContactID, (*crm.ContactID)(nil))
		w.same("old session's unread", w.session(old.Session.ID).UnreadCount, 1)
	}},
	{"a message reported again does not bring a deleted contact back", func(w *world) {
		ch := w.channel("Shop")
		first, second := w.message(ch, "ann", "1"), w.message(ch, "ann", "2")
		old := w.record(first)
		w.remove(old.Contact.ID)
		w.same("answer", w.record(first), crm.Recorded{Repeated: true})
		w.same("count", w.count("").Value, 0)
		w.record(second)
		w.maintain()
		w.same("answer beside a new contact", w.record(first), crm.Recorded{Repeated: true})
		w.same("count", w.count("").Value, 1)
		w.same("unread", w.session(old.Session.ID).UnreadCount, 1)
	}},
	{"an edit and a deletion at the same time end with the contact gone", func(w *world) {
		for range 8 {
			ann := w.add(person{name: "Ann"})[0]
			w.check(together(4, func(i int) error {
				if i == 0 {
					return w.DeleteContact(w.ctx, w.id, ann.ID, w.deletion())
				}
				_, err := w.UpdateContact(w.ctx, w.id, ann.ID, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
					c.Name = new("Anna")
					c.Notes += "x"
					return nil
				}})
				if errors.Is(err, crm.ErrNotFound) {
					return nil
				}
				return err
			}))
			w.finds("ann")
			w.same("count", w.count("").Value, 0)
		}
	}},
	{"maintenance with nothing to do ends, also when many do it at once", func(w *world) {
		w.maintain()
		w.maintain()
		w.check(together(8, func(int) error {
			_, err := w.Maintain(w.ctx)
			return err
		}))
	}},
}
