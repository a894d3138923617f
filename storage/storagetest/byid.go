package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
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
	{"the lists of contacts are counted as far as asked, with those of what was merged into them", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		ann, ben := w.record(w.message(web, "ann", "1")), w.record(w.message(shop, "ben", "1"))
		cleo := w.record(w.message(web, "cleo", "1")).Contact.ID
		w.changeSession(ann.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		w.record(w.message(web, "ann", "2"))
		w.edit(ann.Contact.ID, rename("Ann"))
		w.merge(ann.Contact.ID, ben.Contact.ID)
		gone := w.record(w.message(web, "gone", "1")).Contact.ID
		w.remove(gone)
		asked := []crm.ContactID{ann.Contact.ID, ben.Contact.ID, cleo, gone, cleo, crm.NewContactID(w.now)}
		exact := func(n int) storage.Count { return storage.Count{Value: n, Exact: true} }
		for _, c := range []struct {
			name  string
			f     storage.SessionFilter
			most  int
			wants [3]storage.Count
		}{
			{"all", storage.SessionFilter{}, 10, [3]storage.Count{exact(3), exact(3), exact(1)}},
			{"as far as two", storage.SessionFilter{}, 2, [3]storage.Count{{Value: 2}, {Value: 2}, exact(1)}},
			{"on a channel", storage.SessionFilter{Channels: []crm.ChannelID{web.ID}}, 10, [3]storage.Count{exact(2), exact(2), exact(1)}},
			{"closed", storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Closed}}, 10, [3]storage.Count{exact(1), exact(1)}},
			{"of nobody", storage.SessionFilter{Anonymous: new(true)}, 10, [3]storage.Count{}},
		} {
			got, err := w.CountSessionsByContact(w.ctx, w.id, asked, c.f, c.most)
			w.check(err)
			w.same(c.name, [3]storage.Count{got[asked[0]], got[asked[1]], got[asked[2]]}, c.wants)
			w.same(c.name+": of those that are gone", len(got) <= 3 && got[gone] == storage.Count{}, true)
		}
		for _, most := range []int{1, 10} {
			got, err := w.CountHistoryByContact(w.ctx, w.id, asked, most)
			w.check(err)
			for _, id := range asked[:3] {
				w.same("changes", got[id], storage.Counted(len(w.history(id)), most))
			}
			w.same("changes of those that are gone", len(got), 3)
		}
		for most, want := range map[int]storage.Count{2: {Value: 2}, 10: exact(len(w.audited()))} {
			got, err := w.CountAudit(w.ctx, w.id, most)
			w.check(err)
			w.same("audit", got, want)
		}
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
