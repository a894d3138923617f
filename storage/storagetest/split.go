package storagetest

import (
	"encoding/json"
	"errors"
	"strings"

	"kith/internal/crm"
	"kith/storage"
)

// splitting is a split by staff, now, of a contact as it is.
func (w *world) splitting(id crm.ContactID, into *crm.ContactID, identities ...crm.IdentityKey) crm.Split {
	w.t.Helper()
	version := w.contact(id).Version
	at := w.tick()
	return crm.Split{
		ID: id, Version: version, Identities: identities, Into: into, At: at, Event: crm.NewEventID(at), Actor: "staff",
	}
}

func (w *world) split(id crm.ContactID, into *crm.ContactID, identities ...crm.IdentityKey) crm.SplitDone {
	w.t.Helper()
	out, err := w.SplitContact(w.ctx, w.id, w.splitting(id, into, identities...))
	w.check(err)
	return out
}

// couple is a contact of two customers, as a merge made it.
func (w *world) couple(ch crm.Channel) (ann, ben crm.Recorded) {
	w.t.Helper()
	one, two := w.message(ch, "ann", "1"), w.message(ch, "ben", "1")
	two.Alias = "ben's other id"
	ann, ben = w.record(one), w.record(two)
	w.merge(ann.Contact.ID, ben.Contact.ID)
	return ann, ben
}

var splitCases = []testCase{
	{"an account goes whole, with its identities and sessions, to a contact with a fresh id", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.couple(ch)
		out := w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		id := out.Split.ID
		if id == ben.Contact.ID || id == ann.Contact.ID {
			w.t.Error("the id is not fresh")
		}
		w.same("contact", w.contact(ann.Contact.ID), out.Contact)
		w.same("split off", w.contact(id), out.Split)
		w.same("version", out.Split.Version, 1)
		w.same("last activity", out.Split.LastActivityAt, ben.Contact.LastActivityAt)
		w.same("last activity of the other", out.Contact.LastActivityAt, ann.Contact.LastActivityAt)
		w.same("identities", w.externals(id), []string{"ben", "ben's other id"})
		w.same("identities left", w.externals(ann.Contact.ID), []string{"ann"})
		w.same("sessions", w.sessions(storage.SessionFilter{Contact: &id}), []crm.SessionID{ben.Session.ID})
		w.same("sessions left", w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID}), []crm.SessionID{ann.Session.ID})
		w.same("survivor of the old id", w.survivor(ben.Contact.ID), ann.Contact.ID)
		w.same("count", w.count("").Value, 2)
		r := w.says(ch, "ben's other id", "2")
		w.same("contact of the next message", r.Contact.ID, id)
		w.same("session of the next message", r.Session.ID, ben.Session.ID)
		events := w.published(w.marker())
		kinds := map[crm.EventID]crm.EventKind{}
		for _, e := range events {
			kinds[e.ID] = e.Kind
		}
		w.same("events", []crm.EventKind{kinds[out.Events[0].ID], kinds[out.Events[1].ID]}, []crm.EventKind{crm.Created, crm.SplitOff})
		w.same("newest of the history", w.history(ann.Contact.ID)[0].Kind, crm.SplitOff)
		w.same("audit", w.audited()[1].ID, out.Audit().ID) // behind the marker's
		w.sound("after a split")
	}},
	{"the account that a contact was made with can go, and the contact stays", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.couple(ch)
		out := w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ann"})
		w.same("identities", w.externals(out.Split.ID), []string{"ann"})
		w.same("sessions left", w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID}), []crm.SessionID{ben.Session.ID})
		w.same("contact of the next message", w.says(ch, "ann", "2").Contact.ID, out.Split.ID)
		w.same("contact of the other's", w.says(ch, "ben", "2").Contact.ID, ann.Contact.ID)
		w.remove(out.Split.ID)
		w.maintain()
		w.same("anonymous", w.sessions(storage.SessionFilter{Anonymous: new(true)}), []crm.SessionID{ann.Session.ID})
		w.same("sessions left", w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID}), []crm.SessionID{ben.Session.ID})
		w.same("their number", w.counts(storage.SessionFilter{Contact: &ann.Contact.ID}).Total, 1)
		w.sound("after the deletion of what was split off")
		again := w.says(ch, "ann", "3")
		w.same("sessions of who comes back", w.sessions(storage.SessionFilter{Contact: &again.Contact.ID}), []crm.SessionID{again.Session.ID})
		w.remove(ann.Contact.ID)
		w.maintain()
		w.same("anonymous in the end", w.counts(storage.SessionFilter{Anonymous: new(true)}).Total, 2)
		w.sound("after all of it")
	}},
	{"what a channel gave goes with it, and what staff entered stays", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		i, other := w.message(web, "ann", "1"), w.message(shop, "ben", "1")
		i.Profile, other.Profile = verified(annsEmail, ""), verified("ben@example.org", "+4940123456")
		ann, ben := w.record(i), w.record(other)
		w.edit(ann.Contact.ID, func(c *crm.Contact) {
			c.Name, c.NameFrom, c.Notes = new("Ann"), crm.Provenance{Origin: crm.Staff}, "Notes"
		})
		w.merge(ann.Contact.ID, ben.Contact.ID)
		out := w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: shop.ID, ExternalID: "ben"})
		w.same("email", w.contact(out.Split.ID).Email, new("ben@example.org"))
		w.same("phone", w.contact(out.Split.ID).Phone, new("+4940123456"))
		c := w.contact(ann.Contact.ID)
		w.same("email left", c.Email, new(annsEmail))
		w.same("phone left", c.Phone, (*string)(nil))
		w.same("further values left", c.Further, []crm.FurtherValue(nil))
		w.same("notes left", c.Notes, "Notes")
		w.finds("ben@example.org", "ben@example.org")
		w.finds("040 123456", "ben@example.org")
		w.finds(annsEmail, "Ann")
		w.sound("after values went")
	}},
	{"who is split off twice, and merged in between, is not kept for undoing", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.says(ch, "ann", "1"), w.says(ch, "ben", "1")
		w.merge(ann.Contact.ID, ben.Contact.ID)
		w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		cem := w.says(ch, "cem", "1")
		earlier := w.merge(ann.Contact.ID, cem.Contact.ID)
		ben = w.says(ch, "ben", "2")
		second := w.merge(ann.Contact.ID, ben.Contact.ID)
		w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		_, err := w.UndoMerge(w.ctx, w.id, w.undoing(second))
		w.wantErr("undoing what was split off", err, crm.ErrUndoExpired)
		w.undo(earlier)
	}},
	{"who is split off after a merge is not kept for its undoing", func(w *world) {
		ch := w.channel("Web")
		one, two, three := w.message(ch, "ann", "1"), w.message(ch, "ben", "1"), w.message(ch, "cem", "1")
		two.Profile = crm.Profile{Name: new("Ben Private"), Email: new("ben@private.example")}
		three.Profile = crm.Profile{Name: new("Cem"), Email: new("cem@example.com")}
		ann, ben, cem := w.record(one), w.record(two), w.record(three)
		first := w.merge(ann.Contact.ID, cem.Contact.ID)
		second := w.merge(ann.Contact.ID, ben.Contact.ID)
		kept := func() (kept []string) {
			records, err := w.MergesOf(w.ctx, w.id, []crm.ContactID{ann.Contact.ID})
			w.check(err)
			for _, r := range records {
				text, err := json.Marshal(r.Undo)
				w.check(err)
				kept = append(kept, string(text))
			}
			return kept
		}
		w.same("before", strings.Contains(kept()[1], "private"), true)
		w.split(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		w.same("after", kept()[1], "null")
		if _, err := w.UndoMerge(w.ctx, w.id, w.undoing(second)); !errors.Is(err, crm.ErrUndoExpired) {
			w.t.Errorf("undone: %v", err)
		}
		w.undo(first)
		w.same("who came back", w.contact(cem.Contact.ID).Name, new("Cem"))
		dan, eve := w.says(ch, "dan", "1"), w.says(ch, "eve", "1")
		both := w.merge(cem.Contact.ID, dan.Contact.ID, eve.Contact.ID)
		w.split(cem.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "dan"})
		undone := w.undo(both)
		w.same("restored", len(undone.Restored), 1)
		w.same("who came back of two", undone.Restored[0].Contact.ID, eve.Contact.ID)
		w.sound("after splits")
	}},
	{"an account can go to a contact that is there", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.couple(ch)
		third := w.says(ch, "third", "1")
		out := w.split(ann.Contact.ID, &third.Contact.ID, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		w.same("answer", out.Split, w.contact(third.Contact.ID))
		w.same("version", out.Split.Version, 2)
		w.same("before", out.SplitBefore, third.Contact)
		w.same("identities", w.externals(third.Contact.ID), []string{"ben", "ben's other id", "third"})
		w.same("sessions", w.sessions(storage.SessionFilter{Contact: &third.Contact.ID}), []crm.SessionID{third.Session.ID, ben.Session.ID})
		w.same("last activity", out.Split.LastActivityAt, third.Contact.LastActivityAt)
		w.same("count", w.count("").Value, 2)
		w.sound("after a split into another")
		back := w.split(third.Contact.ID, &ann.Contact.ID, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"})
		w.same("identities after the way back", w.externals(back.Split.ID), []string{"ann", "ben", "ben's other id"})
		w.sound("after the way back")
	}},
	{"the first account of a contact can come back to it", func(w *world) {
		ch := w.channel("Web")
		ann, _ := w.couple(ch)
		key := crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ann"}
		third := w.says(ch, "third", "1")
		w.split(ann.Contact.ID, &third.Contact.ID, key)
		w.split(third.Contact.ID, &ann.Contact.ID, key)
		w.same("identities", w.externals(ann.Contact.ID), []string{"ann", "ben", "ben's other id"})
		w.same("session", w.says(ch, "ann", "2").Session.ID, ann.Session.ID)
		w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID})), 2)
		w.sound("after it came back")
	}},
	{"a session without an identity goes alone", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		l := w.talk(web, person{name: "Ann"}, "ann", crm.Active)
		loose := w.talk(shop, person{}, "x", crm.Closed, crm.Active).Sessions
		l.Sessions, l.Contact.LastActivityAt = append(l.Sessions, loose...), &loose[1].LastMessageAt
		w.load(l)
		split := w.splitting(l.Contact.ID, nil)
		split.Sessions = []crm.SessionID{loose[0].ID}
		out, err := w.SplitContact(w.ctx, w.id, split)
		w.check(err)
		w.same("sessions", w.sessions(storage.SessionFilter{Contact: &out.Split.ID}), []crm.SessionID{loose[0].ID})
		w.same("sessions left", len(w.sessions(storage.SessionFilter{Contact: &l.Contact.ID})), 2)
		w.same("contact of the session", w.session(loose[0].ID).ContactID, &out.Split.ID)
		w.same("last activity", w.contact(out.Split.ID).LastActivityAt, &loose[0].LastMessageAt)
		w.sound("after a session went")
		split = w.splitting(l.Contact.ID, nil)
		split.Sessions = []crm.SessionID{l.Sessions[0].ID}
		_, err = w.SplitContact(w.ctx, w.id, split)
		if _, invalid := errors.AsType[*crm.InvalidError](err); !invalid {
			w.t.Errorf("a session of an identity: got error %v", err)
		}
	}},
	{"a split that cannot be changes nothing", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.couple(ch)
		third := w.says(ch, "third", "1")
		id := ann.Contact.ID
		key := func(external string) crm.IdentityKey { return crm.IdentityKey{ChannelID: ch.ID, ExternalID: external} }
		before := w.contact(id)
		foreign := w.neighbour().add(person{name: "Foreign"})[0].ID
		w.wantErr("everything", errorOf(w.SplitContact(w.ctx, w.id, w.splitting(id, nil, key("ann"), key("ben")))), crm.ErrLastIdentity)
		w.wantErr("into itself", errorOf(w.SplitContact(w.ctx, w.id, w.splitting(id, &id, key("ann")))), crm.ErrSameContact)
		w.wantErr("into one that never was",
			errorOf(w.SplitContact(w.ctx, w.id, w.splitting(id, new(crm.NewContactID(w.now)), key("ann")))), crm.ErrNotFound)
		w.wantErr("into another workspace's", errorOf(w.SplitContact(w.ctx, w.id, w.splitting(id, &foreign, key("ann")))), crm.ErrNotFound)
		w.wantMerged("into one that is merged",
			errorOf(w.SplitContact(w.ctx, w.id, w.splitting(id, &ben.Contact.ID, key("ann")))), id)
		w.wantErr("one that never was",
			errorOf(w.SplitContact(w.ctx, w.id, crm.Split{ID: crm.NewContactID(w.now), Version: 1, At: w.now})), crm.ErrNotFound)
		for what, s := range map[string]crm.Split{
			"nothing":              w.splitting(id, nil),
			"somebody's identity":  w.splitting(id, nil, key("third")),
			"an unknown identity":  w.splitting(id, nil, key("nobody")),
			"another's, of the id": w.splitting(third.Contact.ID, nil, key("ann")),
		} {
			if _, invalid := errors.AsType[*crm.InvalidError](errorOf(w.SplitContact(w.ctx, w.id, s))); !invalid {
				w.t.Errorf("%s: no error says what is wrong", what)
			}
		}
		s := w.splitting(id, nil, key("ann"))
		s.Version--
		if _, conflict := errors.AsType[*crm.ConflictError](errorOf(w.SplitContact(w.ctx, w.id, s))); !conflict {
			w.t.Error("an older version was split")
		}
		w.same("contact", w.contact(id), before)
		w.same("identities", len(w.externals(id)), 3)
		w.same("count", w.count("").Value, 2)
		w.sound("after splits that could not be")
	}},
	{"splits beside messages and merges leave everything whole", func(w *world) {
		ch := w.channel("Web")
		ann, ben := w.couple(ch)
		third := w.says(ch, "third", "1")
		messages := make([]crm.Interaction, 60)
		for n := range messages {
			messages[n] = w.message(ch, []string{"ann", "ben", "third"}[n%3], string(rune('A'+n)))
		}
		splits := []crm.Split{
			w.splitting(ann.Contact.ID, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ben"}),
			w.splitting(ann.Contact.ID, &third.Contact.ID, crm.IdentityKey{ChannelID: ch.ID, ExternalID: "ann"}),
		}
		merge := w.merging(third.Contact.ID, ann.Contact.ID)
		w.check(together(len(messages)+3, func(i int) error {
			switch {
			case i < len(messages):
				r, err := w.RecordInteraction(w.ctx, w.id, messages[i])
				if err == nil && r.Session == nil {
					err = errors.New("a message got no session")
				}
				return err
			case i < len(messages)+2:
				_, err := w.SplitContact(w.ctx, w.id, splits[i-len(messages)])
				if _, conflict := errors.AsType[*crm.ConflictError](err); conflict {
					return nil
				}
				return refusedOnly(err)
			}
			_, err := w.MergeContacts(w.ctx, w.id, merge)
			return refusedOnly(err)
		}))
		w.same("sessions", len(w.all()), 3)
		for _, s := range w.all() {
			w.same("unread", s.UnreadCount, 21)
		}
		w.same("whom ben's are of", *w.session(ben.Session.ID).ContactID, w.says(ch, "ben", "last").Contact.ID)
		w.sound("after races of splits")
	}},
}
