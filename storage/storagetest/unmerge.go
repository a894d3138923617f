package storagetest

import (
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// undoing is the undo of a merge by staff, now.
func (w *world) undoing(m crm.Merged) crm.Undo {
	at := w.tick()
	return crm.Undo{Merge: m.Record.ID, At: at, Event: crm.NewEventID(at), Actor: "staff"}
}

func (w *world) undo(m crm.Merged) crm.Undone {
	w.t.Helper()
	out, err := w.UndoMerge(w.ctx, w.id, w.undoing(m))
	w.check(err)
	return out
}

var unmergeCases = []testCase{
	{"undoing a merge gives back what was there, one version later", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		i, other := w.message(web, "ann", "1"), w.message(shop, "anna", "1")
		i.Profile, other.Profile = verified(annsEmail, annsPhone), verified("anna@example.org", "+4940123456")
		ann, anna := w.record(i), w.record(other)
		third := w.add(person{"Third", "third@example.net", ""})[0]
		w.edit(anna.Contact.ID, func(c *crm.Contact) { c.Notes = "Likes tea" })
		ids := []crm.ContactID{ann.Contact.ID, anna.Contact.ID, third.ID}
		before := make([]crm.Contact, len(ids))
		for n, id := range ids {
			before[n] = w.contact(id)
		}
		histories := [][]crm.Event{w.history(ids[1]), w.history(ids[2])}
		merged := w.merge(ids[0], ids[1], ids[2])
		out := w.undo(merged)
		for n, id := range ids {
			want := before[n]
			if want.Version, want.UpdatedAt = want.Version+1, w.now; n == 0 {
				want.Version++
			}
			w.same("contact", w.contact(id), want)
			w.same("survivor", w.survivor(id), crm.ContactID{})
		}
		w.same("answer", []crm.Contact{out.Contact, out.Restored[0].Contact, out.Restored[1].Contact},
			[]crm.Contact{w.contact(ids[0]), w.contact(ids[1]), w.contact(ids[2])})
		w.same("kept", out.Kept, []string(nil))
		w.same("identities", w.externals(ids[1]), []string{"anna"})
		w.same("identities of the survivor", w.externals(ids[0]), []string{"ann"})
		for _, r := range []crm.Recorded{ann, anna} {
			w.same("session", w.session(r.Session.ID), *r.Session)
			w.same("its contact's sessions", w.sessions(storage.SessionFilter{Contact: &r.Contact.ID}), []crm.SessionID{r.Session.ID})
		}
		w.same("count", w.count("").Value, 3)
		w.finds("anna@example.org", "anna@example.org")
		w.finds("third@", "Third")
		w.finds("040 123456", "anna@example.org")
		for n, id := range ids[1:] {
			h := w.history(id)
			w.same("history from before", h[len(h)-len(histories[n]):], histories[n])
			w.same("newest change", h[0].Kind, crm.Created)
		}
		w.same("newest change of the survivor", w.history(ids[0])[0].Kind, crm.SplitOff)
		for _, a := range out.Audit() {
			if !slices.ContainsFunc(w.audited(), func(b crm.AuditEntry) bool { return a.ID == b.ID && b.Action == crm.MergeUndone }) {
				w.t.Errorf("the audit lacks %+v", a)
			}
		}
		w.sound("after an undo")
		w.wantErr("undone again", errorOf(w.UndoMerge(w.ctx, w.id, w.undoing(merged))), crm.ErrNotFound)
	}},
	{"with a contact come back its sessions with all that was said since, and its identities", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1"), w.says(ch, "anna", "1")
		merged := w.merge(ann.Contact.ID, anna.Contact.ID)
		said := w.says(ch, "anna", "2")
		w.changeSession(said.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		started := w.says(ch, "anna", "3")
		alias := w.message(ch, "anna", "4")
		alias.Alias = "anna's other id"
		last := w.record(alias)
		out := w.undo(merged)
		w.same("sessions of the restored", w.sessions(storage.SessionFilter{Contact: &anna.Contact.ID}),
			[]crm.SessionID{started.Session.ID, said.Session.ID})
		w.same("sessions of the survivor", w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID}), []crm.SessionID{ann.Session.ID})
		w.same("identities", w.externals(anna.Contact.ID), []string{"anna", "anna's other id"})
		w.same("last activity", out.Restored[0].Contact.LastActivityAt, &alias.At)
		w.same("last activity as read", w.contact(anna.Contact.ID).LastActivityAt, &alias.At)
		w.same("last activity of the survivor", w.contact(ann.Contact.ID).LastActivityAt, ann.Contact.LastActivityAt)
		r := w.says(ch, "anna's other id", "5")
		w.same("session of the next message", r.Session.ID, last.Session.ID)
		w.same("contact of the next message", r.Contact.ID, anna.Contact.ID)
		w.sound("after an undo with messages since")
	}},
	{"what the survivor heard itself stays its activity", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1"), w.says(ch, "anna", "1")
		merged := w.merge(ann.Contact.ID, anna.Contact.ID)
		w.same("last activity when merged", w.contact(ann.Contact.ID).LastActivityAt, anna.Contact.LastActivityAt)
		i := w.message(ch, "ann", "2")
		w.record(i)
		w.undo(merged)
		w.same("last activity", w.contact(ann.Contact.ID).LastActivityAt, &i.At)
		w.same("last activity of the restored", w.contact(anna.Contact.ID).LastActivityAt, anna.Contact.LastActivityAt)
	}},
	{"a field that was edited since stays with the survivor, and the answer says so", func(w *world) {
		people := w.add(person{"Ann", annsEmail, ""}, person{"Anna", "anna@example.org", annsPhone})
		merged := w.merge(people[0].ID, people[1].ID)
		w.edit(people[0].ID, func(c *crm.Contact) { c.Name, c.Notes = new("Ann Smith"), "New notes" })
		out := w.undo(merged)
		w.same("kept", out.Kept, []string{"name", "notes"})
		c := w.contact(people[0].ID)
		w.same("name", c.Name, new("Ann Smith"))
		w.same("notes", c.Notes, "New notes")
		w.same("phone", c.Phone, (*string)(nil))
		w.same("further", c.Further, []crm.FurtherValue(nil))
		w.same("the other's name", w.contact(people[1].ID).Name, new("Anna"))
	}},
	{"merges of one contact are undone from the newest on", func(w *world) {
		people := w.add(make([]person, 4)...)
		a, b, c, d := people[0].ID, people[1].ID, people[2].ID, people[3].ID
		first, second := w.merge(a, b), w.merge(a, c)
		_, err := w.UndoMerge(w.ctx, w.id, w.undoing(first))
		w.wantErr("before a later one", err, crm.ErrNotNewest)
		third := w.merge(d, a)
		for _, m := range []crm.Merged{first, second} {
			_, err := w.UndoMerge(w.ctx, w.id, w.undoing(m))
			w.wantErr("while the survivor is part of another", err, crm.ErrNotNewest)
		}
		w.same("old ids", len(w.oldIDs(d)), 3)
		w.same("old ids that go back", len(w.undo(third).Restored[0].OldIDs), 2)
		w.same("survivor of the first", w.survivor(b), a)
		w.same("survivor of the second", w.survivor(c), a)
		w.same("old ids left", w.oldIDs(d), []crm.ContactID(nil))
		w.undo(second)
		w.undo(first)
		w.same("count", w.count("").Value, 4)
		w.same("old ids left", w.oldIDs(a), []crm.ContactID(nil))
		w.sound("after everything was undone")
	}},
	{"a merge cannot be undone once its time is over, nor where there is none", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"})
		m := w.merging(people[0].ID, people[1].ID)
		m.Undoable = time.Hour
		merged, err := w.MergeContacts(w.ctx, w.id, m)
		w.check(err)
		u := w.undoing(merged)
		u.At = m.At.Add(time.Hour)
		_, err = w.UndoMerge(w.ctx, w.id, u)
		w.wantErr("too late", err, crm.ErrUndoExpired)
		w.maintain() // it is over by the real time, too
		_, err = w.UndoMerge(w.ctx, w.id, w.undoing(merged))
		w.wantErr("after maintenance", err, crm.ErrUndoExpired)
		w.same("survivor", w.survivor(people[1].ID), people[0].ID)
		u.Merge = crm.NewMergeID(w.now)
		_, err = w.UndoMerge(w.ctx, w.id, u)
		w.wantErr("none", err, crm.ErrNotFound)
		_, err = w.UndoMerge(w.ctx, w.neighbour().id, w.undoing(merged))
		w.wantErr("another workspace's", err, crm.ErrNotFound)
	}},
	{"the merge of a contact that can be undone is the newest, as long as there is time", func(w *world) {
		people := w.add(make([]person, 4)...)
		a, b, c, d := people[0].ID, people[1].ID, people[2].ID, people[3].ID
		undoable := func(at time.Time, ids ...crm.ContactID) map[crm.ContactID]crm.MergeRecord {
			got, err := w.UndoableMerges(w.ctx, w.id, ids, at)
			w.check(err)
			return got
		}
		w.same("before", len(undoable(w.now, a, b)), 0)
		first := w.merge(a, b)
		second := w.merge(a, c)
		want := second.Record
		want.Undo = nil
		w.same("the newest", undoable(w.now, a, b, d, a), map[crm.ContactID]crm.MergeRecord{a: want})
		w.same("in the last moment", len(undoable(want.Until.Add(-time.Microsecond), a)), 1)
		w.same("when its time is over", len(undoable(want.Until, a)), 0)
		w.undo(second)
		want = first.Record
		want.Undo = nil
		w.same("once that is undone", undoable(w.now, a), map[crm.ContactID]crm.MergeRecord{a: want})
		w.undo(first)
		w.same("once all are undone", len(undoable(w.now, a)), 0)
	}},
	{"maintenance leaves merges alone that can still be undone", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"})
		merged := w.merge(people[0].ID, people[1].ID)
		w.maintain()
		w.undo(merged)
		w.same("name", w.contact(people[1].ID).Name, new("Anna"))
	}},
	{"an account that was given to somebody else since does not come back", func(w *world) {
		ch := w.channel("Web")
		ann, anna, annie := w.says(ch, "ann", "1"), w.says(ch, "anna", "1"), w.says(ch, "annie", "1")
		w.merge(anna.Contact.ID, annie.Contact.ID)
		merged := w.merge(ann.Contact.ID, anna.Contact.ID)
		split := w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "anna"})
		w.undo(merged)
		w.same("identities of the restored", w.externals(anna.Contact.ID), []string{"annie"})
		w.same("sessions of the restored", w.sessions(storage.SessionFilter{Contact: &anna.Contact.ID}), []crm.SessionID{annie.Session.ID})
		w.same("their number", w.counts(storage.SessionFilter{Contact: &anna.Contact.ID}).Total, 1)
		w.same("identities of the third", w.externals(split.Split.ID), []string{"anna"})
		w.same("contact of the next message", w.says(ch, "anna", "2").Contact.ID, split.Split.ID)
		w.remove(split.Split.ID)
		w.same("session of the third", w.session(anna.Session.ID).ContactID, (*crm.ContactID)(nil))
		w.same("sessions of the restored once that is gone", w.counts(storage.SessionFilter{Contact: &anna.Contact.ID}).Total, 1)
		w.sound("after an undo without the account")
	}},
	{"two that were parted are no pair, whatever a channel proves", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"})
		ch := w.channel("Web")
		p := crm.Proven{Contacts: [2]crm.ContactID{people[1].ID, people[0].ID}, Channel: ch.ID, At: w.tick()}
		w.check(w.SettleProven(w.ctx, w.id, p))
		n, err := w.CountDuplicates(w.ctx, w.id, storage.DuplicateQuery{}, storage.CountLimit)
		w.check(err)
		w.same("pairs before", n.Value, 1)
		w.undo(w.merge(people[0].ID, people[1].ID))
		w.check(w.SettleProven(w.ctx, w.id, p))
		n, err = w.CountDuplicates(w.ctx, w.id, storage.DuplicateQuery{}, storage.CountLimit)
		w.check(err)
		w.same("pairs after", n.Value, 0)
	}},
	{"deleting one of two that were parted leaves the other whole", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1"), w.says(ch, "anna", "1")
		w.undo(w.merge(ann.Contact.ID, anna.Contact.ID))
		w.remove(ann.Contact.ID)
		w.same("identities", w.externals(anna.Contact.ID), []string{"anna"})
		w.same("session", w.session(anna.Session.ID).ContactID, &anna.Contact.ID)
		w.same("anonymous", w.sessions(storage.SessionFilter{Anonymous: new(true)}), []crm.SessionID{ann.Session.ID})
		w.sound("after the deletion of one")
	}},
	{"of simultaneous undoings one is done", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"})
		merged := w.merge(people[0].ID, people[1].ID)
		undos := make([]crm.Undo, 8)
		for n := range undos {
			undos[n] = w.undoing(merged)
		}
		done := make([]bool, len(undos))
		w.check(together(len(undos), func(i int) error {
			_, err := w.UndoMerge(w.ctx, w.id, undos[i])
			done[i] = err == nil
			return refusedOnly(err)
		}))
		w.same("done", len(slices.DeleteFunc(done, func(d bool) bool { return !d })), 1)
		w.same("count", w.count("").Value, 2)
		w.sound("after simultaneous undoings")
	}},
}

// errorOf is the error of a call that returns something else, too.
func errorOf[T any](_ T, err error) error { return err }
