package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// undoable is how long merges in cases can be undone: what others have maintained meanwhile goes by the real time.
const undoable = 50 * 365 * 24 * time.Hour

// merging is a merge by staff, now.
func (w *world) merging(survivor crm.ContactID, others ...crm.ContactID) crm.Merge {
	at := w.tick()
	m := crm.Merge{
		ID: crm.NewMergeID(at), At: at, Event: crm.NewEventID(at), Actor: "staff", Undoable: undoable,
		Survivor: crm.MergePart{ID: survivor},
	}
	for _, id := range others {
		m.Others = append(m.Others, crm.MergePart{ID: id})
	}
	return m
}

func (w *world) merge(survivor crm.ContactID, others ...crm.ContactID) crm.Merged {
	w.t.Helper()
	out, err := w.MergeContacts(w.ctx, w.id, w.merging(survivor, others...))
	w.check(err)
	return out
}

// says records an inbound message of a customer with a text of its own.
func (w *world) says(ch crm.Channel, external, text string) crm.Recorded {
	w.t.Helper()
	return w.record(w.message(ch, external, text))
}

// sound fails the test unless a check finds nothing.
func (w *world) sound(when string) {
	w.t.Helper()
	w.same("findings "+when, w.findings(false), []storage.Finding(nil))
}

// gone fails the test unless the contact is not there.
func (w *world) gone(id crm.ContactID) {
	w.t.Helper()
	got, err := w.ContactsByID(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	w.same("contacts by an id that leads nowhere", len(got), 0)
}

// survivor is the contact that an id has become part of; the zero id for none.
func (w *world) survivor(id crm.ContactID) crm.ContactID {
	w.t.Helper()
	got, err := w.Survivors(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	return got[id]
}

func (w *world) oldIDs(id crm.ContactID) []crm.ContactID {
	w.t.Helper()
	got, err := w.OldIDs(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	return got[id]
}

// wantMerged fails the test unless the error names the contact that another has become part of.
func (w *world) wantMerged(what string, err error, into crm.ContactID) {
	w.t.Helper()
	merged, is := errors.AsType[*crm.MergedError](err)
	if !is || merged.Into.ID != into {
		w.t.Errorf("%s: got error %v, want one that it is part of %s", what, err, into)
		return
	}
	w.same(what+": the survivor", merged.Into, w.contact(into))
}

var mergeCases = []testCase{
	{"merged contacts are one, with the identities and sessions of all, each in its account", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		ann, anna, annie := w.says(web, "ann", "1"), w.says(web, "anna", "1"), w.says(shop, "annie", "1")
		ben := w.says(web, "ben", "1")
		out := w.merge(ann.Contact.ID, anna.Contact.ID, annie.Contact.ID)
		w.same("contact as read", w.contact(ann.Contact.ID), out.Contact)
		w.same("version", out.Contact.Version, 2)
		w.same("last activity", out.Contact.LastActivityAt, annie.Contact.LastActivityAt)
		w.same("identities", w.externals(ann.Contact.ID), []string{"ann", "anna", "annie"})
		w.same("count", w.count("").Value, 2)
		w.same("list", w.list(storage.ContactQuery{Descending: true}), []crm.ContactID{ben.Contact.ID, ann.Contact.ID})
		for _, r := range []crm.Recorded{ann, anna, annie} {
			s := *r.Session
			s.ContactID = &ann.Contact.ID
			w.same("session", w.session(s.ID), s)
		}
		all := []crm.SessionID{annie.Session.ID, anna.Session.ID, ann.Session.ID}
		w.same("sessions", w.sessions(storage.SessionFilter{Contact: &ann.Contact.ID}), all)
		w.same("their number", w.counts(storage.SessionFilter{Contact: &ann.Contact.ID}).Total, 3)
		for size := 1; size <= 4; size++ {
			page := w.byContact([]crm.ContactID{ann.Contact.ID}, storage.SessionQuery{Page: storage.Page{Size: size}})[ann.Contact.ID]
			w.same("page", sessionIDs(page.Sessions), all[:min(size, 3)])
			w.same("more", page.More, size < 3)
		}
		w.gone(anna.Contact.ID)
		w.gone(annie.Contact.ID)
		w.sound("after a merge")
	}},
	{"after a merge each identity's messages go on in the session of its account", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1"), w.says(ch, "anna", "1")
		w.merge(ann.Contact.ID, anna.Contact.ID)
		for external, first := range map[string]crm.Recorded{"ann": ann, "anna": anna} {
			r := w.says(ch, external, "2")
			w.same("contact", r.Contact.ID, ann.Contact.ID)
			w.same("session", r.Session.ID, first.Session.ID)
			w.same("account", r.Session.AccountID, first.Session.AccountID)
			w.same("unread", r.Session.UnreadCount, 2)
		}
		w.same("message reported again", w.record(crm.Interaction{
			ChannelID: ch.ID, ExternalID: "anna", MessageID: "1", At: w.now, Received: w.now, Direction: crm.Inbound,
		}).Session.ID, anna.Session.ID)
		got, err := w.AccountIdentities(w.ctx, w.id, []crm.AccountID{*ann.Session.AccountID, *anna.Session.AccountID, crm.NewAccountID(w.now)})
		w.check(err)
		w.same("accounts with identities", len(got), 2)
		w.same("whom to answer", got[*anna.Session.AccountID][0].ExternalID, "anna")
		w.same("whose contact that is", got[*anna.Session.AccountID][0].ContactID, ann.Contact.ID)
	}},
	{"values that give way become further values, which are found and lead messages to the survivor", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		one := w.add(person{"Ann", annsEmail, ""})[0]
		two := w.add(person{"Anna Smith", "anna@example.org", annsPhone})[0]
		three := w.add(person{"", "third@example.net", "+4940123456"})[0]
		out := w.merge(one.ID, two.ID, three.ID)
		c := w.contact(one.ID)
		w.same("contact", c, out.Contact)
		w.same("name", c.Name, new("Ann"))
		w.same("phone", c.Phone, new(annsPhone))
		w.same("further emails", c.FurtherOf("email"), []string{"anna@example.org", "third@example.net"})
		w.same("further phones", c.FurtherOf("phone"), []string{"+4940123456"})
		for _, text := range []string{annsEmail, "anna@example.org", "third@", "example.net", "040 123456", "4940123", "ann"} {
			w.finds(text, "Ann")
		}
		w.finds("smith")
		w.same("by a further email", w.recordProfile(web, "a", verified("Third@example.net", "")).Contact.ID, one.ID)
		w.same("by a further phone", w.recordProfile(shop, "b", verified("", "+4940123456")).Contact.ID, one.ID)
		_, err := w.unique(w.add(person{name: "Ben"})[0].ID, func(c *crm.Contact) { c.Email = new("anna@example.org") })
		taken, is := errors.AsType[*crm.TakenError](err)
		if !is || taken.Holder.ID != one.ID {
			w.t.Errorf("a further value was given to somebody else: %v", err)
		}
		w.sound("with further values")
	}},
	{"a merge keeps the value that is chosen, and the notes that are given", func(w *world) {
		people := w.add(person{"Ann", annsEmail, ""}, person{"Anna", "anna@example.org", annsPhone})
		m := w.merging(people[0].ID, people[1].ID)
		m.NameFrom, m.EmailFrom, m.Notes = &people[1].ID, &people[1].ID, new("Both")
		_, err := w.MergeContacts(w.ctx, w.id, m)
		w.check(err)
		c := w.contact(people[0].ID)
		w.same("name", c.Name, new("Anna"))
		w.same("email", c.Email, new("anna@example.org"))
		w.same("further", c.FurtherOf("email"), []string{annsEmail})
		w.same("notes", c.Notes, "Both")
	}},
	{"notes are joined, those of the oldest contact first", func(w *world) {
		people := w.add(person{name: "Old"}, person{name: "Young"})
		for _, c := range people {
			w.edit(c.ID, func(c *crm.Contact) { c.Notes = "Notes of " + *c.Name })
		}
		w.same("notes", w.merge(people[1].ID, people[0].ID).Contact.Notes, "Notes of Old\n\nNotes of Young")
	}},
	{"an old id leads to the survivor, in one step however often that is merged", func(w *world) {
		ch := w.channel("Web")
		ann, anna, annie := w.says(ch, "ann", "1"), w.says(ch, "anna", "1"), w.says(ch, "annie", "1")
		a, b, c := ann.Contact.ID, anna.Contact.ID, annie.Contact.ID
		w.merge(b, a)
		w.same("survivor", w.survivor(a), b)
		w.merge(c, b)
		got, err := w.Survivors(w.ctx, w.id, []crm.ContactID{a, b, c, a, crm.NewContactID(w.now)})
		w.check(err)
		w.same("survivors", got, map[crm.ContactID]crm.ContactID{a: c, b: c})
		old := []crm.ContactID{a, b}
		slices.SortFunc(old, compareIDs)
		w.same("old ids", w.oldIDs(c), old)
		w.same("old ids of one that is gone", w.oldIDs(b), []crm.ContactID(nil))
		w.same("seen from another workspace", w.neighbour().survivor(a), crm.ContactID{})
		for _, id := range []crm.ContactID{a, b, c} {
			w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &id})), 3)
			w.same("their number", w.counts(storage.SessionFilter{Contact: &id}).Total, 3)
			w.same("history", w.history(id), w.history(c))
		}
		pages := w.byContact([]crm.ContactID{a, b, c}, storage.SessionQuery{Page: aPage})
		w.same("pages by contact", len(pages), 3)
		w.same("page of an old id", pages[a], pages[c])
		w.sound("after two merges")
	}},
	{"what was merged can be neither edited nor deleted, and the error has the survivor", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"}, person{name: "Ben"})
		ann, anna, ben := people[0].ID, people[1].ID, people[2].ID
		w.merge(ann, anna)
		_, err := w.UpdateContact(w.ctx, w.id, anna, crm.ContactEdit{At: w.now, Change: func(*crm.Contact) error {
			w.t.Error("change was called")
			return nil
		}})
		w.wantMerged("UpdateContact", err, ann)
		w.wantMerged("DeleteContact", w.DeleteContact(w.ctx, w.id, anna, w.deletion()), ann)
		_, err = w.MergeContacts(w.ctx, w.id, w.merging(ben, anna))
		w.wantMerged("MergeContacts of one that is merged", err, ann)
		_, err = w.MergeContacts(w.ctx, w.id, w.merging(anna, ben))
		w.wantMerged("MergeContacts into one that is merged", err, ann)
		_, err = w.MergeContacts(w.ctx, w.id, w.merging(anna, ann))
		w.wantMerged("MergeContacts the other way round", err, ann)
		_, err = w.PreviewMerge(w.ctx, w.id, w.merging(ben, anna))
		w.wantMerged("PreviewMerge", err, ann)
		_, err = w.SplitContact(w.ctx, w.id, crm.Split{ID: anna, Version: 1, At: w.now, Actor: "staff"})
		w.wantMerged("SplitContact", err, ann)
		w.same("contacts", w.count("").Value, 2)
	}},
	{"merging once more what is merged changes nothing and gets the same answer", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"}, person{name: "Annie"})
		ann, anna, annie := people[0].ID, people[1].ID, people[2].ID
		first := w.merge(ann, anna, annie)
		w.sequenceOf(first.Events[len(first.Events)-1].ID)
		before := w.lastSequence()
		m := w.merging(ann, annie, anna)
		m.Survivor.Version, m.Others[0].Version = new(1), new(1)
		for _, ids := range [][]crm.MergePart{m.Others, m.Others[:1]} {
			m.Others = ids
			again, err := w.MergeContacts(w.ctx, w.id, m)
			w.check(err)
			w.same("repeated", again.Repeated, true)
			w.same("contact", again.Contact, first.Contact)
			w.same("merge", again.Record.ID, first.Record.ID)
		}
		w.same("contact as read", w.contact(ann), first.Contact)
		w.same("last sequence number", w.lastSequence(), before)
	}},
	{"a merge that cannot be changes nothing", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"}, person{name: "Ben"}, person{name: "Gone"})
		ann, anna, ben := people[0].ID, people[1].ID, people[2].ID
		w.remove(people[3].ID)
		foreign := w.neighbour().add(person{name: "Foreign"})[0].ID
		w.edit(ann, rename("Ann Smith"))
		many := make([]crm.ContactID, crm.MaxMerged+1)
		for i := range many {
			many[i] = crm.NewContactID(w.now)
		}
		before := []crm.Contact{w.contact(ann), w.contact(anna), w.contact(ben)}
		for what, c := range map[string]struct {
			merge  crm.Merge
			change func(*crm.Merge)
			want   error
		}{
			"with itself":          {w.merging(ann, ann), nil, crm.ErrSameContact},
			"the same twice":       {w.merging(ann, anna, anna), nil, crm.ErrSameContact},
			"too many":             {w.merging(ann, many...), nil, crm.ErrTooMany},
			"one that never was":   {w.merging(ann, anna, crm.NewContactID(w.now)), nil, crm.ErrNotFound},
			"into one that is not": {w.merging(crm.NewContactID(w.now), ann), nil, crm.ErrNotFound},
			"a deleted one":        {w.merging(ann, people[3].ID), nil, crm.ErrNotFound},
			"another workspace's":  {w.merging(ann, anna, foreign), nil, crm.ErrNotFound},
			"an older version":     {w.merging(ann, anna), func(m *crm.Merge) { m.Survivor.Version = new(1) }, nil},
			"an other's version":   {w.merging(ann, anna, ben), func(m *crm.Merge) { m.Others[1].Version = new(7) }, nil},
			"nobody":               {w.merging(ann), nil, nil},
			"a stranger's name":    {w.merging(ann, anna), func(m *crm.Merge) { m.NameFrom = &ben }, nil},
		} {
			if c.change != nil {
				c.change(&c.merge)
			}
			_, err := w.MergeContacts(w.ctx, w.id, c.merge)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				w.t.Errorf("%s: got error %v, want %v", what, err, c.want)
			}
			if strings.Contains(what, "version") {
				if conflict, is := errors.AsType[*crm.ConflictError](err); !is || conflict.Current.ID == anna {
					w.t.Errorf("%s: got error %v", what, err)
				}
			}
		}
		w.same("contacts", []crm.Contact{w.contact(ann), w.contact(anna), w.contact(ben)}, before)
		w.sound("after merges that could not be")
	}},
	{"a preview shows what merging would do, and does nothing", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1").Contact.ID, w.says(ch, "anna", "1").Contact.ID
		w.edit(anna, rename("Anna"))
		m := w.merging(ann, anna)
		preview, err := w.PreviewMerge(w.ctx, w.id, m)
		w.check(err)
		w.gone(crm.NewContactID(w.now))
		w.same("version", w.contact(ann).Version, 1)
		w.same("survivor", w.survivor(anna), crm.ContactID{})
		out, err := w.MergeContacts(w.ctx, w.id, m)
		w.check(err)
		w.same("contact", out.Contact, preview.Contact)
		w.same("chosen", out.Chosen, preview.Chosen)
		w.same("others", out.Others, preview.Others)
		again, err := w.PreviewMerge(w.ctx, w.id, m)
		w.check(err)
		w.same("repeated", again.Repeated, true)
	}},
	{"a preview of what cannot be shows the contacts beside the reason", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "Anna"})
		ann, anna := people[0], people[1]
		m := w.merging(ann.ID, anna.ID)
		m.Others[0].Version = new(5)
		out, err := w.PreviewMerge(w.ctx, w.id, m)
		if _, is := errors.AsType[*crm.ConflictError](err); !is {
			w.t.Errorf("another version: got error %v", err)
		}
		w.same("survivor", out.Before, ann)
		w.same("other", out.Others[0].Contact, anna)
		out, err = w.PreviewMerge(w.ctx, w.id, w.merging(ann.ID, ann.ID))
		w.wantErr("with itself", err, crm.ErrSameContact)
		w.same("survivor", out.Before, ann)
		_, err = w.PreviewMerge(w.ctx, w.id, w.merging(ann.ID, crm.NewContactID(w.now)))
		w.wantErr("one that is not there", err, crm.ErrNotFound)
	}},
	{"events and the audit tell of a merge, and the survivor's history spans all", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1"), w.says(ch, "anna", "1")
		w.edit(anna.Contact.ID, rename("Anna"))
		a, b := ann.Contact.ID, anna.Contact.ID
		m := w.merging(a, b)
		out, err := w.MergeContacts(w.ctx, w.id, m)
		w.check(err)
		merged := crm.Event{Kind: crm.MergedInto, ContactID: &b, Into: &a, Version: 2, Actor: "staff", At: m.At}
		updated := crm.Event{
			ID: m.Event, Kind: crm.Updated, ContactID: &a, Version: 2, Actor: "staff", At: m.At,
			Changes: []crm.FieldChange{{Field: "name", New: new("Anna")}},
		}
		merged.ID = out.Events[0].ID
		events := w.published(w.marker())
		n := slices.IndexFunc(events, func(e crm.Event) bool { return e.ID == merged.ID })
		if n < 0 || len(events) < n+2 {
			w.t.Fatalf("the merge is not among the events %v", events)
		}
		w.same("events of the merge", events[n:n+2], []crm.Event{merged, updated})
		for _, e := range events {
			if e.SessionID != nil && *e.SessionID == anna.Session.ID {
				w.same("contact of an event of a session", e.ContactID, &a)
			}
		}
		history := w.history(a)
		w.same("changes in the history", len(history), 5)
		w.same("kinds of the newest", []crm.EventKind{history[0].Kind, history[1].Kind}, kindsOfMerge(history))
		for _, e := range history {
			if e.ContactID == nil || *e.ContactID != a && *e.ContactID != b {
				w.t.Errorf("a change in the history is of %v", e.ContactID)
			}
		}
		for size := 1; size <= 6; size++ {
			page, err := w.historyPage(b, storage.Page{Size: size})
			w.check(err)
			w.same("page of the history", idsOf(page.Events), idsOf(history)[:min(size, 5)])
			w.same("more", page.More, size < 5)
		}
		audit := w.audited()
		n = slices.IndexFunc(audit, func(a crm.AuditEntry) bool { return a.Action == crm.ContactMerged })
		if n < 0 {
			w.t.Fatal("the audit says nothing of the merge")
		}
		w.same("audit", audit[n], out.Audit()[0])
	}},
	{"old events of a merged contact stay with the survivor's history", func(w *world) {
		w.now = time.Date(2018, 4, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1").Contact.ID, w.says(ch, "anna", "1").Contact.ID
		w.edit(anna, rename("Anna"))
		out := w.merge(ann, anna)
		w.sequenceOf(out.Events[len(out.Events)-1].ID)
		before := w.history(ann)
		w.forget(w.ForgetEvents, w.now.Add(time.Hour))
		w.same("history", w.history(ann), before)
		w.sound("after events were forgotten")
	}},
	{"what nobody has published yet of the activity of a merged contact is nobody's trouble", func(w *world) {
		ch := w.channel("Web")
		ann, anna := w.says(ch, "ann", "1").Contact.ID, w.says(ch, "anna", "1").Contact.ID
		w.says(ch, "anna", "2")
		w.says(ch, "ann", "2")
		merged := w.sequenceOf(w.merge(ann, anna).Events[0].ID)
		w.says(ch, "anna", "3")
		w.follow()
		w.until("the activity is published", func() bool { return len(w.activity()) >= 3 })
		for _, e := range w.activity() {
			if e.Sequence > merged { // before it another process may have published some
				w.same("contact", e.ContactID, &ann)
			}
		}
		w.sound("after activity was published")
	}},
	{"what a person said of a pair, and what is proven, goes on for the survivor", func(w *world) {
		people := w.add(make([]person, 4)...)
		a, b, c, d := people[0].ID, people[1].ID, people[2].ID, people[3].ID
		ch := w.channel("Web")
		prove := func(x, y crm.ContactID) {
			w.check(w.SettleProven(w.ctx, w.id, crm.Proven{Contacts: [2]crm.ContactID{x, y}, Channel: ch.ID, At: w.tick()}))
		}
		pairs := func() (pairs []crm.Duplicate) {
			p, err := w.Duplicates(w.ctx, w.id, storage.DuplicateQuery{Page: aPage})
			w.check(err)
			return p.Duplicates
		}
		prove(a, b)
		prove(b, c)
		dismissed, err := w.DismissDuplicates(w.ctx, w.id, []crm.DuplicateID{pairs()[0].ID}, crm.Dismissal{Actor: "staff", At: w.tick()})
		w.check(err)
		w.same("dismissed", len(dismissed), 1) // b and c are two
		w.same("pairs left", len(pairs()), 1)
		w.merge(a, b)
		w.same("pairs after the merge of one", len(pairs()), 0)
		prove(a, c)
		w.same("pairs with whom it was dismissed", len(pairs()), 0)
		prove(a, d)
		w.same("pairs with another", len(pairs()), 1)
		w.remove(d)
		w.same("pairs with one that is gone", len(pairs()), 0)
	}},
	{"two users of one site are not merged for a proof, and staff may merge them", func(w *world) {
		ch, other := w.channel("Web"), w.channel("Another site")
		ann := w.record(w.signedMessage(ch, "ann", "", "1")).Contact.ID
		ben := w.says(ch, "visitor", "1").Contact.ID
		w.merge(ben, w.record(w.signedMessage(ch, "ben", "", "1")).Contact.ID)
		r := w.record(w.signedMessage(ch, "ann", "visitor", "2"))
		if r.Proven == nil {
			w.t.Fatal("the visitor proves nothing")
		}
		m := w.merging(ann, ben)
		m.Proven = r.Proven
		if _, err := w.MergeContacts(w.ctx, w.id, m); !errors.Is(err, crm.ErrTwoUsers) {
			w.t.Errorf("got error %v", err)
		}
		w.merge(ann, ben)
		eve := w.record(w.signedMessage(other, "eve", "", "1")).Contact.ID
		m = w.merging(ann, eve)
		m.Proven = &crm.Proven{Contacts: [2]crm.ContactID{ann, eve}, Channel: ch.ID, At: m.At}
		if _, err := w.MergeContacts(w.ctx, w.id, m); !errors.Is(err, crm.ErrNotFound) { // there is no such proof
			w.t.Errorf("users of two sites: got error %v", err)
		}
	}},
	{"deleting the survivor leaves nothing of what was merged", func(w *world) {
		web := w.channel("Web")
		i := w.message(web, "ann", "1")
		i.Profile = verified(annsEmail, annsPhone)
		ann := w.record(i)
		other := w.message(web, "anna", "1")
		other.Profile = verified("anna@example.org", "+4940123456")
		anna := w.record(other)
		third := w.says(web, "annie", "1")
		w.edit(anna.Contact.ID, func(c *crm.Contact) { c.Notes = "A secret" })
		w.fail(w.failure(web, "anna", "unreadable"))
		first := w.merge(anna.Contact.ID, third.Contact.ID)
		second := w.merge(ann.Contact.ID, anna.Contact.ID)
		w.remove(ann.Contact.ID)
		check := func(when string) {
			w.t.Helper()
			w.same("contacts "+when, w.count("").Value, 0)
			for _, text := range []string{"ann", "anna@", "040 123456", "secret"} {
				w.finds(text)
			}
			for _, r := range []crm.Recorded{ann, anna, third} {
				s := *r.Session
				s.Anonymize()
				w.same("session "+when, w.session(s.ID), s)
				w.same("survivor "+when, w.survivor(r.Contact.ID), crm.ContactID{})
				w.same("history "+when, w.history(r.Contact.ID), []crm.Event{})
				w.wantErr("UpdateContact "+when, w.DeleteContact(w.ctx, w.id, r.Contact.ID, w.deletion()), crm.ErrNotFound)
			}
			w.same("anonymous sessions "+when, w.counts(storage.SessionFilter{Anonymous: new(true)}).Total, 3)
			w.same("failures "+when, len(w.failures()), 0)
			for _, m := range []crm.Merged{first, second} {
				_, err := w.UndoMerge(w.ctx, w.id, crm.Undo{Merge: m.Record.ID, At: w.now, Actor: "staff"})
				w.wantErr("UndoMerge "+when, err, crm.ErrNotFound)
			}
			w.same("message reported again "+when, w.record(other), crm.Recorded{Repeated: true})
		}
		check("at once")
		for _, e := range w.upTo(w.marker()) {
			marker := e.ContactID != nil && w.isThere(*e.ContactID)
			if e.SessionID == nil && len(e.Changes) > 0 && !marker {
				w.t.Errorf("an event still says %+v", e)
			}
		}
		w.remove(w.list(storage.ContactQuery{})[0]) // the marker's
		w.maintain()
		check("after maintenance")
		w.sound("after the deletion of a survivor")
		w.same("a new customer by an old id", w.says(web, "anna", "2").Session.UnreadCount, 1)
	}},
}

// crowdedMergeCases take long.
var crowdedMergeCases = []testCase{
	{"a contact can have so many old ids and no more", func(w *world) {
		survivor := w.add(person{name: "Survivor"})[0].ID
		for range crm.MaxOldIDs / crm.MaxMerged {
			w.merge(survivor, ids(w.add(make([]person, crm.MaxMerged)...))...)
		}
		w.same("old ids", len(w.oldIDs(survivor)), crm.MaxOldIDs)
		one := w.add(person{name: "One"})[0].ID
		_, err := w.MergeContacts(w.ctx, w.id, w.merging(survivor, one))
		w.wantErr("one more", err, crm.ErrTooMany)
		_, err = w.MergeContacts(w.ctx, w.id, w.merging(one, survivor))
		w.wantErr("the other way round", err, crm.ErrTooMany)
		w.contact(one)
	}},
	{"deleting a survivor with many sessions leaves them anonymous at once, whichever accounts they are of", func(w *world) {
		ch := w.channel("Web")
		other := w.says(ch, "ben", "1")
		total := 0
		for _, each := range []int{1200, 400} {
			var of []crm.ContactID
			for n := range 3 {
				l := w.talk(ch, person{name: "Ann"}, fmt.Sprint(each, " ", n))
				for n := range each {
					at := w.now.Add(time.Duration(n) * time.Second)
					l.Sessions = append(l.Sessions, crm.Session{
						ID: crm.NewSessionID(at), ChannelID: ch.ID, Status: crm.Active, LastMessagePreview: new("Words"),
						LastMessageAt: at, StartedAt: at,
					})
				}
				w.load(l)
				of = append(of, l.Contact.ID)
			}
			w.merge(of[0], of[1:]...)
			w.same("sessions of all", w.counts(storage.SessionFilter{Contact: &of[0]}).Total, 3*each)
			w.remove(of[0])
			total += 3 * each
			check := func(when string) {
				w.t.Helper()
				anonymous := storage.SessionFilter{Anonymous: new(true)}
				w.same("anonymous "+when, w.counts(anonymous).Total, total)
				w.same("anonymous in the list "+when, len(w.walkSessions(anonymous, 500, false)), total)
				w.same("of somebody "+when, w.sessions(storage.SessionFilter{Anonymous: new(false)}), []crm.SessionID{other.Session.ID})
				w.same("of an old id "+when, len(w.byContact(of, storage.SessionQuery{Page: aPage})), 0)
				w.sound(when)
			}
			check("at once")
			w.maintain()
			check("after maintenance")
		}
	}},
}

// isThere reports whether a contact is there.
func (w *world) isThere(id crm.ContactID) bool {
	w.t.Helper()
	got, err := w.ContactsByID(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	return len(got) == 1
}

// kindsOfMerge are those of the two changes of a merge, in the order of their ids, which are of the same moment.
func kindsOfMerge(history []crm.Event) []crm.EventKind {
	if history[0].Kind == crm.MergedInto {
		return []crm.EventKind{crm.MergedInto, crm.Updated}
	}
	return []crm.EventKind{crm.Updated, crm.MergedInto}
}

func compareIDs(a, b crm.ContactID) int {
	return strings.Compare(uuid.UUID(a).String(), uuid.UUID(b).String())
}

var mergeRaceCases = []testCase{
	{"merges beside messages, edits, deletions and other merges leave everything whole", func(w *world) {
		ch := w.channel("Web")
		for round := range 4 {
			const people, each = 6, 12
			var contacts []crm.ContactID
			messages := make([][]crm.Interaction, people)
			for n := range people {
				external := fmt.Sprint(round, " ", n)
				contacts = append(contacts, w.says(ch, external, "first").Contact.ID)
				for m := range each {
					messages[n] = append(messages[n], w.message(ch, external, fmt.Sprint(m)))
				}
			}
			merges := []crm.Merge{
				w.merging(contacts[0], contacts[1]), w.merging(contacts[1], contacts[0]), w.merging(contacts[2], contacts[3]),
				w.merging(contacts[3], contacts[4]), w.merging(contacts[0], contacts[2]), w.merging(contacts[4], contacts[0], contacts[2]),
			}
			w.check(together(people+len(merges)+4, func(i int) error {
				switch {
				case i < people:
					for _, m := range messages[i] {
						if r, err := w.RecordInteraction(w.ctx, w.id, m); err != nil || r.Contact == nil {
							return fmt.Errorf("a message got %v, %w", r.Contact, err)
						}
					}
					return nil
				case i < people+len(merges):
					_, err := w.MergeContacts(w.ctx, w.id, merges[i-people])
					return refusedOnly(err)
				case i == people+len(merges):
					return refusedOnly(w.DeleteContact(w.ctx, w.id, contacts[5], w.deletion()))
				default:
					_, err := w.UpdateContact(w.ctx, w.id, contacts[i%4], crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
						c.Notes += "x"
						return nil
					}})
					return refusedOnly(err)
				}
			}))
		}
		unread := 0
		for _, s := range w.all() {
			unread += s.UnreadCount
			if s.ContactID != nil {
				w.contact(*s.ContactID)
			}
		}
		w.same("unread messages", unread, 4*6*13)
		w.sound("after races")
	}},
	{"sixty-four at once who merge, undo, split, delete, edit and write leave everything whole", func(w *world) {
		newTumult(w).rage()
	}},
	{"of merges each way round at the same time one is done", func(w *world) {
		for range 8 {
			people := w.add(person{name: "Ann"}, person{name: "Anna"})
			a, b := people[0].ID, people[1].ID
			merges := []crm.Merge{w.merging(a, b), w.merging(b, a), w.merging(a, b), w.merging(b, a)}
			w.check(together(len(merges), func(i int) error {
				_, err := w.MergeContacts(w.ctx, w.id, merges[i])
				if err == nil {
					return nil
				}
				merged, is := errors.AsType[*crm.MergedError](err)
				if !is || merged.Into.ID != merges[i].Others[0].ID {
					return fmt.Errorf("a merge ended in %w", err)
				}
				return nil
			}))
			if w.isThere(a) == w.isThere(b) {
				w.t.Error("both are there, or none")
			}
		}
		w.same("contacts", w.count("").Value, 8)
		w.sound("after merges each way round")
	}},
}

// refusedOnly is an error that is not one of losing a race.
func refusedOnly(err error) error {
	if _, merged := errors.AsType[*crm.MergedError](err); merged || errors.Is(err, crm.ErrNotFound) {
		return nil
	}
	return err
}

// tumult is a workspace in which many do everything at once.
type tumult struct {
	*world
	channel  crm.Channel
	contacts []crm.ContactID
	written  atomic.Int32 // messages
}

const customers = 16

func newTumult(w *world) *tumult {
	u := &tumult{world: w, channel: w.channel("Web")}
	for n := range customers {
		u.contacts = append(u.contacts, w.says(u.channel, fmt.Sprint(n), "first").Contact.ID)
	}
	u.written.Store(customers)
	return u
}

// rage lets everybody act at once, and looks at what is left.
func (u *tumult) rage() {
	u.t.Helper()
	at := u.now
	u.check(together(clients, func(i int) error {
		mine := *u.world // a clock of its own
		mine.now = at.Add(time.Duration(i) * time.Hour)
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		for n := range 10 {
			if err := u.act(&mine, rng, fmt.Sprint(i, " ", n)); err != nil {
				return err
			}
		}
		return nil
	}))
	u.now = at.Add(clients * time.Hour)
	u.whole()
}

// act does something with contacts that may be gone by then.
func (u *tumult) act(w *world, rng *rand.Rand, message string) error {
	id, other := u.contacts[rng.IntN(customers)], u.contacts[rng.IntN(customers)]
	switch rng.IntN(8) {
	case 0, 1:
		merged, err := w.MergeContacts(w.ctx, w.id, w.merging(id, other))
		if err == nil && rng.IntN(2) == 0 {
			_, err = w.UndoMerge(w.ctx, w.id, w.undoing(merged))
		}
		return lost(err)
	case 2:
		external := fmt.Sprint(rng.IntN(customers))
		at := w.tick()
		_, err := w.SplitContact(w.ctx, w.id, crm.Split{
			ID: id, Version: 1 + rng.IntN(4), Identities: []crm.IdentityKey{{ChannelID: u.channel.ID, ExternalID: external}},
			At: at, Event: crm.NewEventID(at), Actor: "staff",
		})
		return lost(err)
	case 3:
		if rng.IntN(4) > 0 {
			_, err := w.Maintain(w.ctx)
			return err
		}
		return lost(w.DeleteContact(w.ctx, w.id, id, w.deletion()))
	case 4:
		_, err := w.UpdateContact(w.ctx, w.id, id, crm.ContactEdit{At: w.tick(), Change: func(c *crm.Contact) error {
			c.Notes = "x"
			return nil
		}})
		return lost(err)
	}
	i := w.message(u.channel, fmt.Sprint(rng.IntN(customers)), message)
	if alias := fmt.Sprint(rng.IntN(customers)); alias != i.ExternalID && rng.IntN(4) == 0 {
		i.Alias = alias
	}
	r, err := w.RecordInteraction(w.ctx, w.id, i)
	if err == nil && (r.Contact == nil || r.Session == nil) {
		err = fmt.Errorf("a message got %+v", r)
	}
	u.written.Add(1)
	return err
}

// whole fails the test unless everything belongs together.
func (u *tumult) whole() {
	u.t.Helper()
	there := map[crm.ContactID]bool{}
	for _, id := range u.list(storage.ContactQuery{}) {
		there[id] = true
	}
	u.same("count", u.count("").Value, len(there))
	accounts := map[crm.AccountID]crm.ContactID{}
	for id := range there {
		for _, i := range u.identities(id) {
			accounts[i.AccountID] = id
		}
	}
	unread := 0
	for _, s := range u.all() {
		unread += s.UnreadCount
		if s.ContactID != nil && !there[*s.ContactID] {
			u.t.Errorf("session %s is of a contact that is not there", s.ID)
		}
		if s.AccountID != nil {
			u.same("contact of a session's account", accounts[*s.AccountID], *s.ContactID)
		}
	}
	u.same("messages", unread, int(u.written.Load()))
	survivors, err := u.Survivors(u.ctx, u.id, u.contacts)
	u.check(err)
	for old, survivor := range survivors {
		if there[old] || !there[survivor] {
			u.t.Errorf("%s leads to %s", old, survivor)
		}
	}
	for n := range customers {
		r := u.says(u.channel, fmt.Sprint(n), "last")
		u.same("contact of a session", *r.Session.ContactID, r.Contact.ID)
	}
	u.sound("after a tumult")
}

// lost is an error that is not one of being too late, or of wanting what cannot be.
func lost(err error) error {
	_, conflict := errors.AsType[*crm.ConflictError](err)
	_, invalid := errors.AsType[*crm.InvalidError](err)
	for _, late := range []error{crm.ErrSameContact, crm.ErrNotNewest, crm.ErrUndoExpired, crm.ErrLastIdentity} {
		if conflict || invalid || errors.Is(err, late) {
			return nil
		}
	}
	return refusedOnly(err)
}
