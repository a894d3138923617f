package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
)

// byIDCases look for objects by the ids that clients know them by.
var byIDCases = []testCase{
	{"an identity is found by its id, however it came to be stored", func(w *world) {
		ch := w.channel("Web")
		ann := w.record(w.message(ch, "ann", "1")).Contact.ID
		renamed := w.message(ch, "digest", "2")
		renamed.Former = "ann"
		w.record(renamed)
		w.names(ch, "3", "number", "user")
		w.load(w.talk(ch, person{name: "Ben"}, "ben", crm.Active))
		key := func(external string) crm.IdentityKey { return crm.IdentityKey{ChannelID: ch.ID, ExternalID: external} }
		asked := []crm.IdentityID{
			key("ann").ID(), key("digest").ID(), key("number").ID(), key("user").ID(), key("ben").ID(), key("ben").ID(), {},
		}
		found, err := w.IdentitiesByID(w.ctx, w.id, asked)
		w.check(err)
		w.same("found", len(found), 4)
		for _, external := range []string{"digest", "number", "user", "ben"} {
			i := found[key(external).ID()]
			w.same(external, i.Key(), key(external))
			if !slices.ContainsFunc(w.identities(i.ContactID), func(of crm.Identity) bool { return of.Key() == i.Key() }) {
				w.t.Errorf("%s is not of contact %s", external, i.ContactID)
			}
		}
		found, err = w.IdentitiesByID(w.ctx, w.neighbour().id, asked)
		w.check(err)
		w.same("a neighbour's", len(found), 0)
		w.remove(ann)
		found, err = w.IdentitiesByID(w.ctx, w.id, asked)
		w.check(err)
		w.same("found after a deletion", len(found), 3)
	}},
	{"an event is found by its id while it is kept", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		r := w.record(i)
		edit, _ := w.change(r.Contact.ID, "eve", rename("Ann"))
		closed := w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		asked := []crm.EventID{edit.ID, closed.Event, i.Event, edit.ID, crm.NewEventID(w.now), {}}
		find := func(id crm.WorkspaceID) map[crm.EventID]crm.Event {
			found, err := w.EventsByID(w.ctx, id, asked)
			w.check(err)
			for id, e := range found {
				e.Sequence = 0 // it may have one by now
				found[id] = e
			}
			return found
		}
		found := find(w.id)
		w.same("the edit", found[edit.ID], edit)
		w.same("the creation", found[i.Event].Kind, crm.Created)
		w.same("the session", found[closed.Event].SessionID, &r.Session.ID)
		w.same("the session's contact", found[closed.Event].ContactID, &r.Contact.ID)
		w.same("found", len(found), 3)
		w.same("a neighbour's", len(find(w.neighbour().id)), 0)

		d := w.deletion()
		w.check(w.DeleteContact(w.ctx, w.id, r.Contact.ID, d))
		asked = append(asked, d.Event)
		found = find(w.id)
		w.same("the deletion", found[d.Event].ContactID, &r.Contact.ID)
		w.same("the session's contact after the deletion", found[closed.Event].ContactID, (*crm.ContactID)(nil))
		w.same("found after the deletion", len(found), 2)
	}},
	{"an entry of the audit is found by its id", func(w *world) {
		var asked []crm.AuditID
		var want []crm.AuditEntry
		for n := range 3 {
			a := crm.NewAudit(crm.ContactExported, fmt.Sprint("eve", n), w.tick())
			w.check(w.AddAudit(w.ctx, w.id, a))
			asked, want = append(asked, a.ID), append(want, a)
		}
		found, err := w.AuditByID(w.ctx, w.id, append(asked[:2:2], asked[0], crm.AuditID{}))
		w.check(err)
		w.same("found", found, map[crm.AuditID]crm.AuditEntry{asked[0]: want[0], asked[1]: want[1]})
		found, err = w.AuditByID(w.ctx, w.neighbour().id, asked)
		w.check(err)
		w.same("a neighbour's", len(found), 0)
	}},
}
