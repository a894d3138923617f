package storagetest

import (
	"strings"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

var interactionCases = []testCase{
	{"a first message makes a contact, an identity and a session", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "+49 30/9ß😀", "m 1")
		i.At = i.Received.Add(-time.Hour)
		i.Profile = crm.Profile{
			Name: new("Zoë"), Email: new("zoe@example.com"), EmailVerified: true, Phone: new("+4930901820"),
		}
		r := w.record(i)
		want := crm.ContactFrom(i)
		want.ID = r.Contact.ID
		w.same("repeated", r.Repeated, false)
		w.same("contact", *r.Contact, want)
		w.same("contact as read", w.contact(want.ID), want)
		session := crm.SessionFrom(keyed(i, r), want.ID, crm.FirstAccount(want.ID))
		session.ID = r.Session.ID
		w.same("session", *r.Session, session)
		w.same("session as read", w.session(session.ID), session)
		identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{want.ID})
		w.check(err)
		w.same("identities", identities[want.ID], []crm.Identity{crm.IdentityFrom(i, want.ID, crm.FirstAccount(want.ID))})
	}},
	{"a message without a profile makes a contact without values", func(w *world) {
		i := w.message(w.channel("Shop"), "ann", "1")
		i.Preview = nil
		r := w.record(i)
		want := crm.Contact{ID: r.Contact.ID, Version: 1, CreatedAt: i.Received, UpdatedAt: i.Received, LastActivityAt: &i.At}
		w.same("contact", *r.Contact, want)
		w.same("preview", r.Session.LastMessagePreview, (*string)(nil))
	}},
	{"a message recorded before changes nothing and gets contact and session as they are now", func(w *world) {
		ch := w.channel("Shop")
		first, second := w.message(ch, "ann", "1"), w.message(ch, "ann", "2")
		r := w.record(first)
		w.record(second)
		ann := w.edit(r.Contact.ID, rename("Anna"))
		again := first
		again.Preview, again.At, again.Received = new("Something else"), w.tick(), w.now
		again.Profile = crm.Profile{Name: new("Annabel"), Email: new("ann@example.com"), EmailVerified: true}
		for range 3 {
			got := w.record(again)
			want := crm.Recorded{Contact: &ann, Session: new(w.session(r.Session.ID)), Repeated: true}
			w.same("answer", got, want)
		}
		got := w.session(r.Session.ID)
		w.same("unread", got.UnreadCount, 2)
		w.same("preview", got.LastMessagePreview, second.Preview)
		w.same("contact", w.contact(ann.ID), ann)
		w.same("contacts", w.count("").Value, 1)
	}},
	{"one message id of two customers or on two channels is two messages", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		for _, i := range []crm.Interaction{
			w.message(web, "ann", "1"), w.message(web, "ben", "1"), w.message(shop, "ann", "1"), w.message(web, "ann", "1 "),
		} {
			w.same("repeated", w.record(i).Repeated, false)
		}
		w.same("contacts", w.count("").Value, 3)
	}},
	{"external and message ids are kept to the byte", func(w *world) {
		ch := w.channel("Shop")
		long := strings.Repeat("x", 512)
		for _, external := range []string{"Ann", "ann", " ann", "ann ", "änn", "a\u0308nn", "%", `\`, "'", "1", "01", long, long[1:] + "y"} {
			r := w.record(w.message(ch, external, long))
			identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{r.Contact.ID})
			w.check(err)
			if got := identities[r.Contact.ID]; len(got) != 1 || got[0].ExternalID != external {
				w.t.Errorf("%q: got identities %+v", external, got)
			}
		}
		w.same("contacts", w.count("").Value, 13)
	}},
	{"an identity's messages go to its contact and session", func(w *world) {
		ch := w.channel("Shop")
		first := w.record(w.message(ch, "ann", "1"))
		i := w.message(ch, "ann", "2")
		second := w.record(i)
		w.same("contact", second.Contact.ID, first.Contact.ID)
		w.same("session", second.Session.ID, first.Session.ID)
		w.same("unread", second.Session.UnreadCount, 2)
		w.same("preview", second.Session.LastMessagePreview, i.Preview)
		w.same("last message", second.Session.LastMessageAt, i.At)
		w.same("started", second.Session.StartedAt, first.Session.StartedAt)
		w.same("last activity", second.Contact.LastActivityAt, &i.At)
		w.same("contact as read", w.contact(first.Contact.ID), *second.Contact)
		w.same("session as read", w.session(first.Session.ID), *second.Session)
	}},
	{"activity leaves the version and the time of the last edit alone", func(w *world) {
		ch := w.channel("Shop")
		before := *w.record(w.message(ch, "ann", "1")).Contact
		i := w.message(ch, "ann", "2")
		after := before
		after.LastActivityAt = &i.At
		w.same("contact", *w.record(i).Contact, after)
		w.same("contact as read", w.contact(before.ID), after)
	}},
	{"a late message counts, and leaves the newest preview and times", func(w *world) {
		ch := w.channel("Shop")
		newest := w.message(ch, "ann", "2")
		first := w.record(newest)
		late := w.message(ch, "ann", "1")
		late.At = newest.At.Add(-time.Hour)
		r := w.record(late)
		w.same("session", r.Session.ID, first.Session.ID)
		w.same("unread", r.Session.UnreadCount, 2)
		w.same("preview", r.Session.LastMessagePreview, newest.Preview)
		w.same("last message", r.Session.LastMessageAt, newest.At)
		w.same("last activity", r.Contact.LastActivityAt, &newest.At)
		w.same("session as read", w.session(r.Session.ID), *r.Session)
		w.same("contact as read", w.contact(r.Contact.ID), *r.Contact)
	}},
	{"what a wrong clock noted gives way to the next message", func(w *world) {
		ch := w.channel("Shop")
		ahead := func(i crm.Interaction, by time.Duration) crm.Interaction {
			i.Received = i.Received.Add(by)
			i.At = i.Received
			return i
		}
		first := w.record(ahead(w.message(ch, "ann", "1"), 24*time.Hour))
		next := w.message(ch, "ann", "2")
		r := w.record(next)
		w.same("session", r.Session.ID, first.Session.ID)
		w.same("preview", r.Session.LastMessagePreview, next.Preview)
		w.same("last message", r.Session.LastMessageAt, next.At)
		w.same("last message in", r.Session.LastInboundAt, &next.At)
		w.same("last activity", r.Contact.LastActivityAt, &next.At)
		w.same("session as read", w.session(r.Session.ID), *r.Session)
		w.same("contact as read", w.contact(r.Contact.ID), *r.Contact)

		// Also where the message says something new of the contact.
		w.record(ahead(w.message(ch, "ann", "3"), 24*time.Hour))
		next = w.message(ch, "ann", "4")
		next.Profile.Name = new("Ann Smith")
		r = w.record(next)
		w.same("last message", r.Session.LastMessageAt, next.At)
		w.same("last activity", r.Contact.LastActivityAt, &next.At)
		w.same("session as read", w.session(r.Session.ID), *r.Session)
		w.same("contact as read", w.contact(r.Contact.ID), *r.Contact)

		// Clocks that differ a little are not wrong.
		later := ahead(w.message(ch, "ann", "5"), 30*time.Second)
		w.record(later)
		w.same("last message", w.record(w.message(ch, "ann", "6")).Session.LastMessageAt, later.At)
	}},
	{"a session that a wrong clock closed takes no more messages", func(w *world) {
		ch := w.channel("Shop")
		first := w.record(w.message(ch, "ann", "1"))
		now := w.now
		w.now = now.Add(24 * time.Hour)
		w.changeSession(first.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		w.now = now
		r := w.record(w.message(ch, "ann", "2"))
		if r.Session.ID == first.Session.ID {
			w.t.Error("the message is in the session that was closed before it came")
		}
		w.same("one more", w.record(w.message(ch, "ann", "3")).Session.ID, r.Session.ID)
	}},
	{"a newer message without text clears the preview", func(w *world) {
		ch := w.channel("Shop")
		w.record(w.message(ch, "ann", "1"))
		i := w.message(ch, "ann", "2")
		i.Preview = nil
		w.same("preview", w.session(w.record(i).Session.ID).LastMessagePreview, (*string)(nil))
	}},
	{"an outbound message moves the session, not the activity, and shows that all is read", func(w *world) {
		ch := w.channel("Shop")
		in := w.message(ch, "ann", "1")
		w.record(in)
		out := w.message(ch, "ann", "2")
		out.Direction = crm.Outbound
		r := w.record(out)
		w.same("unread", r.Session.UnreadCount, 0)
		w.same("preview", r.Session.LastMessagePreview, out.Preview)
		w.same("last message", r.Session.LastMessageAt, out.At)
		w.same("last activity", r.Contact.LastActivityAt, &in.At)
		w.same("session as read", w.session(r.Session.ID), *r.Session)
		w.same("contact as read", w.contact(r.Contact.ID), *r.Contact)
	}},
	{"a contact who has only been written to was never active", func(w *world) {
		ch := w.channel("Shop")
		w.record(w.message(ch, "ben", "1"))
		out := w.message(ch, "ann", "1")
		out.Direction = crm.Outbound
		r := w.record(out)
		w.same("session", r.Session, (*crm.Session)(nil))
		w.same("last activity", r.Contact.LastActivityAt, (*time.Time)(nil))
		w.same("last activity as read", w.contact(r.Contact.ID).LastActivityAt, (*time.Time)(nil))
		w.same("oldest", w.list(storage.ContactQuery{Order: storage.LastActivity})[0], r.Contact.ID)
		in := w.message(ch, "ann", "2")
		in.At = in.At.Add(-24 * time.Hour)
		w.same("last activity after an answer", w.record(in).Contact.LastActivityAt, &in.At)
	}},
	{"a channel that is not there takes no messages", func(w *world) {
		for what, ch := range map[string]crm.Channel{
			"never issued": {ID: crm.NewChannelID(w.now)}, "another workspace's": w.neighbour().channel("Web"),
		} {
			_, err := w.RecordInteraction(w.ctx, w.id, w.message(ch, "ann", "1"))
			w.wantErr(what, err, crm.ErrNotFound)
		}
		w.same("contacts", w.count("").Value, 0)
	}},
	{"a channel that is not active takes no messages until it is again", func(w *world) {
		ch := w.channel("Shop")
		w.record(w.message(ch, "ann", "1"))
		set := func(active bool) {
			_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
				c.Active = active
				return nil
			})
			w.check(err)
		}
		set(false)
		for _, external := range []string{"ann", "ben"} {
			_, err := w.RecordInteraction(w.ctx, w.id, w.message(ch, external, "2"))
			w.wantErr(external, err, crm.ErrInactive)
		}
		w.same("contacts", w.count("").Value, 1)
		set(true)
		w.same("repeated", w.record(w.message(ch, "ann", "2")).Repeated, false)
	}},
}

var sessionOfMessageCases = []testCase{
	{"a message joins the identity's newest session while that is open", func(w *world) {
		ch := w.channel("Shop")
		for _, status := range []crm.SessionStatus{crm.Active, crm.Escalated} {
			l := w.talk(ch, person{name: "Ann"}, string(status), crm.Closed, status)
			w.load(l)
			w.now = w.now.Add(time.Hour)
			r := w.record(w.message(ch, string(status), "1"))
			w.same("contact", r.Contact.ID, l.Contact.ID)
			w.same("session", r.Session.ID, l.Sessions[1].ID)
			w.same("status", r.Session.Status, status)
			w.same("unread", r.Session.UnreadCount, 2)
			w.same("session as read", w.session(r.Session.ID), *r.Session)
		}
	}},
	{"a message starts a new session when the newest is closed or archived", func(w *world) {
		ch := w.channel("Shop")
		for _, status := range []crm.SessionStatus{crm.Closed, crm.Archived} {
			l := w.talk(ch, person{name: "Ann"}, string(status), crm.Active, status) // an older one may well be open
			w.load(l)
			w.now = w.now.Add(time.Hour)
			i := w.message(ch, string(status), "1")
			r := w.record(i)
			want := crm.SessionFrom(keyed(i, r), l.Contact.ID, crm.FirstAccount(l.Contact.ID))
			want.ID = r.Session.ID
			w.same("session", *r.Session, want)
			for _, old := range l.Sessions {
				w.same("old session", w.session(old.ID), old)
			}
			w.same("next session", w.record(w.message(ch, string(status), "2")).Session.ID, r.Session.ID)
			w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &l.Contact.ID})), 3)
		}
	}},
	{"a loaded identity without a session gets one", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann")
		w.load(l)
		r := w.record(w.message(ch, "ann", "1"))
		w.same("contact", r.Contact.ID, l.Contact.ID)
		w.same("unread", r.Session.UnreadCount, 1)
	}},
	{"two identities of one contact on one channel have a session each", func(w *world) {
		ch := w.channel("Shop")
		profile := crm.Profile{Email: new("ann@example.com"), EmailVerified: true}
		one, two := w.message(ch, "one", "1"), w.message(ch, "two", "1")
		one.Profile, two.Profile = profile, profile
		first, second := w.record(one), w.record(two)
		w.same("contact", second.Contact.ID, first.Contact.ID)
		if first.Session.ID == second.Session.ID {
			w.t.Error("two identities share a session")
		}
		w.same("session of the first", w.record(w.message(ch, "one", "2")).Session.ID, first.Session.ID)
		w.same("session of the second", w.record(w.message(ch, "two", "2")).Session.ID, second.Session.ID)
	}},
	{"a message that belongs to an older session's time joins the newest all the same", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Closed, crm.Active)
		w.load(l)
		i := w.message(ch, "ann", "1")
		i.At = l.Sessions[0].StartedAt
		r := w.record(i)
		w.same("session", r.Session.ID, l.Sessions[1].ID)
		w.same("last message", r.Session.LastMessageAt, l.Sessions[1].LastMessageAt)
	}},
}

// keyed is an interaction with the key that the store has given it.
func keyed(i crm.Interaction, r crm.Recorded) crm.Interaction {
	if k := r.Session.LastMessage; k != nil {
		i.Key = *k
	}
	return i
}
