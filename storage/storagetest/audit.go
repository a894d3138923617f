package storagetest

import (
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// audited are the entries of the workspace, newest first.
func (w *world) audited() []crm.AuditEntry {
	w.t.Helper()
	page, err := w.Audit(w.ctx, w.id, storage.Page{Size: everything})
	w.check(err)
	return page.Entries
}

var auditCases = []testCase{
	{"edits, deletions and exports by people are kept with who, what and when, newest first", func(w *world) {
		w.now = time.Date(2019, 4, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Shop")
		i := w.message(ch, "ann", "1")
		i.Profile.Name = new("Ann")
		r := w.record(i)
		ann := r.Contact.ID
		var want []crm.AuditEntry
		event := func() crm.EventID { return crm.NewEventID(w.tick()) }
		add := func(a crm.AuditEntry) {
			a.ContactID, a.At = &ann, w.now
			want = slices.Insert(want, 0, a)
		}

		id := event()
		_, err := w.UpdateContact(w.ctx, w.id, ann, crm.ContactEdit{At: w.now, Event: id, Actor: "eve", Change: func(c *crm.Contact) error {
			c.Name, c.Notes = new("Anna"), "Calls on Mondays"
			return nil
		}})
		w.check(err)
		add(crm.AuditEntry{ID: crm.AuditID(id), Action: crm.ContactEdited, Fields: []string{"name", "notes"}, Actor: "eve"})

		id = event()
		_, err = w.UpdateSession(w.ctx, w.id, r.Session.ID, crm.SessionEdit{At: w.now, Event: id, Actor: "bob", Change: func(s *crm.Session) error {
			s.Status = crm.Closed
			return nil
		}})
		w.check(err)
		add(crm.AuditEntry{ID: crm.AuditID(id), Action: crm.SessionEdited, SessionID: &r.Session.ID, Fields: []string{"status"}, Actor: "bob"})

		export := crm.AuditEntry{ID: crm.AuditID(event()), Action: crm.ContactExported, ContactID: &ann, Actor: "eve", At: w.now}
		w.check(w.AddAudit(w.ctx, w.id, export))
		add(export)

		w.same("entries before the deletion", w.audited(), want)
		id = event()
		w.check(w.DeleteContact(w.ctx, w.id, ann, crm.ContactDeletion{At: w.now, Event: id, Actor: "eve"}))
		add(crm.AuditEntry{ID: crm.AuditID(id), Action: crm.ContactDeleted, Actor: "eve"})

		for i, a := range want { // whose the session was is known as long as it is somebody's
			if a.Action == crm.SessionEdited {
				want[i].ContactID = nil
			}
		}
		w.same("entries", w.audited(), want)
		w.forget(w.ForgetEvents, w.tick())
		w.maintain()
		w.same("entries after the events are forgotten", w.audited(), want)
		w.same("a neighbour's", len(w.neighbour().audited()), 0)
	}},
	{"old entries are forgotten, and no others", func(w *world) {
		w.now = time.Date(2011, 4, 1, 12, 0, 0, 0, time.UTC)
		entry := func() crm.AuditEntry {
			at := w.tick()
			return crm.AuditEntry{ID: crm.AuditID(crm.NewEventID(at)), Action: crm.SignedOut, Fields: []string{}, Actor: "eve", At: at}
		}
		old, kept := entry(), entry()
		theirs, other := w.neighbour(), entry()
		w.check(w.AddAudit(w.ctx, w.id, old))
		w.check(w.AddAudit(w.ctx, w.id, kept))
		w.check(theirs.AddAudit(w.ctx, theirs.id, other))
		w.forgetOld(w.ForgetAudit, kept.At)
		w.same("entries", w.audited(), []crm.AuditEntry{kept})
		w.same("a neighbour's", theirs.audited(), []crm.AuditEntry{other})
		w.forgetOld(w.ForgetAudit, w.tick())
		w.same("a neighbour's later", len(theirs.audited()), 0)
	}},
	{"what changes nothing, is refused, or is a channel's is not audited", func(w *world) {
		ch := w.channel("Shop")
		r := w.record(w.message(ch, "ann", "1"))
		w.record(w.message(ch, "ann", "2"))
		w.edit(r.Contact.ID, func(*crm.Contact) {})
		_, err := w.UpdateContact(w.ctx, w.id, r.Contact.ID, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
			c.Notes = "x"
			return crm.ErrForbidden
		}})
		w.wantErr("refused", err, crm.ErrForbidden)
		w.wantErr("not there", w.DeleteContact(w.ctx, w.id, crm.NewContactID(w.now), w.deletion()), crm.ErrNotFound)
		w.same("entries", len(w.audited()), 0)
	}},
	{"what is done to channels and failures is kept with it, as it was filled in, and only where it was done", func(w *world) {
		ch := w.channel("Shop")
		entry := func(action crm.AuditAction) *crm.AuditEntry {
			a := crm.NewAudit(action, "eve", w.tick())
			a.ChannelID = &ch.ID
			return &a
		}
		made := crm.Channel{ID: crm.NewChannelID(w.tick()), Name: "Bot", Type: crm.Telegram, Active: true, CreatedAt: w.now}
		creation := entry(crm.ChannelCreated)
		creation.ChannelID = &made.ID
		w.check(w.CreateChannel(w.ctx, w.id, made, creation))
		if err := w.CreateChannel(w.ctx, w.id, made, entry(crm.ChannelCreated)); err == nil {
			w.t.Error("a channel was made twice")
		}

		edit := entry("")
		_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
			c.Name = "Store"
			edit.Action, edit.Fields = crm.ChannelEdited, []string{"name"}
			return nil
		}, edit)
		w.check(err)
		_, err = w.UpdateChannel(w.ctx, w.id, ch.ID, func(*crm.Channel) error { return nil }, entry("")) // nothing to keep
		w.check(err)
		_, err = w.UpdateChannel(w.ctx, w.id, ch.ID, func(*crm.Channel) error { return crm.ErrForbidden }, entry(crm.ChannelEdited))
		w.wantErr("refused", err, crm.ErrForbidden)

		f := crm.Failure{ID: crm.NewFailureID(w.tick()), ChannelID: ch.ID, At: w.now, Reason: "Wrong", Payload: []byte("x")}
		w.check(w.AddFailure(w.ctx, w.id, f))
		removal := entry(crm.FailureDismissed)
		removal.FailureID = &f.ID
		w.check(w.RemoveFailure(w.ctx, w.id, f.ID, removal))
		w.wantErr("removed twice", w.RemoveFailure(w.ctx, w.id, f.ID, entry(crm.FailureDismissed)), crm.ErrNotFound)
		w.same("entries", w.audited(), []crm.AuditEntry{*removal, *edit, *creation})
		w.same("a neighbour's", len(w.neighbour().audited()), 0)
	}},
	{"the audit is read in pages of any size, in both directions", func(w *world) {
		var want []crm.AuditEntry
		for n := range 7 {
			id := crm.NewContactID(w.tick())
			a := crm.AuditEntry{
				ID: crm.AuditID(crm.NewEventID(w.now)), Action: crm.ContactExported, ContactID: &id, Fields: []string{}, Actor: fmt.Sprint(n), At: w.now,
			}
			w.check(w.AddAudit(w.ctx, w.id, a))
			want = slices.Insert(want, 0, a)
		}
		for size := 1; size <= 8; size++ {
			for _, fromEnd := range []bool{false, true} {
				read := func(p storage.Page) ([]crm.AuditEntry, bool) {
					page, err := w.Audit(w.ctx, w.id, p)
					w.check(err)
					return page.Entries, page.More
				}
				got := walk(w, size, fromEnd, read, storage.AuditPosition, false)
				w.same(fmt.Sprintf("by %d, from the end %v", size, fromEnd), got, want)
			}
		}
	}},
	{"the failures of a contact are those of its identities, oldest first", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		i, j := w.message(web, "ann", "1"), w.message(shop, "anna", "1")
		i.Profile, j.Profile = verified(annsEmail, ""), verified(annsEmail, "")
		ann := w.record(i).Contact
		w.record(j)
		w.record(w.message(web, "ben", "1"))
		w.fail(w.failure(shop, "ann", "1"), w.failure(web, "ben", "2"), w.failure(web, "", "3"))
		want := []crm.Failure{w.failure(web, "ann", "4"), w.failure(shop, "anna", "5"), w.failure(web, "ann", "6")}
		w.fail(want...)
		got, err := w.FailuresOfContact(w.ctx, w.id, ann.ID)
		w.check(err)
		w.same("failures", got, want)
		got, err = w.FailuresOfContact(w.ctx, w.neighbour().id, ann.ID)
		w.check(err)
		w.same("a neighbour's", len(got), 0)
	}},
}
