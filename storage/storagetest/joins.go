package storagetest

import (
	"kith/internal/crm"
	"kith/storage"
)

// verified and claimed are profiles of an email and a phone; an empty text is no value.
func verified(email, phone string) crm.Profile {
	return crm.Profile{Email: some(email), EmailVerified: email != "", Phone: some(phone), PhoneVerified: phone != ""}
}

func claimed(email, phone string) crm.Profile {
	return crm.Profile{Email: some(email), Phone: some(phone)}
}

// recordProfile records a message with a profile from a customer nobody knows on a channel.
func (w *world) recordProfile(ch crm.Channel, external string, p crm.Profile) crm.Recorded {
	w.t.Helper()
	i := w.message(ch, external, "1")
	i.Profile = p
	i, err := i.Normalize("") // as it comes from a channel: what that would drop joins nobody
	w.check(err)
	return w.record(i)
}

const (
	annsEmail = "ann@example.com"
	annsPhone = "+4930901820"
)

var joinCases = []testCase{
	{"a verified email or phone joins the contact where staff entered it", func(w *world) {
		web := w.channel("Web")
		for external, p := range map[string]struct {
			has  person
			says crm.Profile
		}{
			"by email": {person{name: "Ann", email: annsEmail}, verified(annsEmail, "")},
			"by phone": {person{name: "Ann", phone: annsPhone}, verified("", annsPhone)},
		} {
			ann := w.add(p.has)[0]
			r := w.recordProfile(web, external, p.says)
			w.same(external, r.Contact.ID, ann.ID)
			identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{ann.ID})
			w.check(err)
			w.same("identity", identities[ann.ID][0].ExternalID, external)
			w.same("session's contact", w.session(r.Session.ID).ContactID, &ann.ID)
			w.remove(ann.ID)
		}
	}},
	{"a verified email or phone joins the contact where another channel verified it", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		for external, p := range map[string]crm.Profile{
			"by email": verified(annsEmail, ""), "by phone": verified("", annsPhone),
		} {
			first, second := w.recordProfile(web, external, p), w.recordProfile(shop, external, p)
			w.same(external, second.Contact.ID, first.Contact.ID)
			w.same("last activity", second.Contact.LastActivityAt, &w.now)
			identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{first.Contact.ID})
			w.check(err)
			w.same("identities", len(identities[first.Contact.ID]), 2)
		}
	}},
	{"a value that staff put in place of another joins, and the old one no longer", func(w *world) {
		web := w.channel("Web")
		ann := w.add(person{name: "Ann", email: "old@example.com"})[0]
		w.edit(ann.ID, func(c *crm.Contact) { c.Email = new(annsEmail) })
		w.same("by the new value", w.recordProfile(web, "new", verified(annsEmail, "")).Contact.ID, ann.ID)
		if w.recordProfile(web, "old", verified("old@example.com", "")).Contact.ID == ann.ID {
			w.t.Error("a value that the contact no longer has joined")
		}
	}},
	{"claims never join, whichever side claims", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		seen := map[crm.ContactID]string{}
		for _, c := range []struct {
			external string
			says     crm.Profile
		}{
			{"claimed first", claimed(annsEmail, annsPhone)},
			{"claimed again", claimed(annsEmail, annsPhone)},
			{"verified after claims", verified(annsEmail, annsPhone)},
			{"claimed after verified", claimed(annsEmail, annsPhone)},
		} {
			id := w.recordProfile(web, c.external, c.says).Contact.ID
			if other, ok := seen[id]; ok {
				w.t.Errorf("%s joined the contact of %s", c.external, other)
			}
			seen[id] = c.external
		}
		staff := w.neighbour()
		ann := staff.add(person{"Ann", annsEmail, annsPhone})[0]
		if staff.recordProfile(staff.channel("Web"), "claims", claimed(annsEmail, annsPhone)).Contact.ID == ann.ID {
			w.t.Error("a claim joined the contact that staff entered")
		}
		w.same("verified joins verified", seen[w.recordProfile(shop, "ann", verified(annsEmail, "")).Contact.ID], "verified after claims")
	}},
	{"each field is claimed or verified on its own", func(w *world) {
		web := w.channel("Web")
		ann := w.add(person{"Ann", annsEmail, annsPhone})[0]
		p := claimed(annsEmail, annsPhone)
		p.PhoneVerified = true
		w.same("verified phone, claimed email", w.recordProfile(web, "one", p).Contact.ID, ann.ID)
		p = crm.Profile{Email: new(annsEmail), Phone: new("+4930555555"), PhoneVerified: true}
		if w.recordProfile(web, "two", p).Contact.ID == ann.ID {
			w.t.Error("a claimed email joined because the phone was verified")
		}
	}},
	{"of several the oldest is joined", func(w *world) {
		web := w.channel("Web")
		for _, f := range fields {
			oldest, next := contactOf(f.with(f.value(7)), w.tick()), contactOf(f.with(f.value(7)), w.tick())
			youngest := contactOf(f.with(f.value(7)), w.tick())
			for _, c := range []crm.Contact{youngest, oldest, next} {
				w.load(storage.Loaded{Contact: c})
			}
			p := verified(f.value(7), "")
			if f.name == "phone" {
				p = verified("", f.value(7))
			}
			w.same(f.name, w.recordProfile(web, f.name+" 1", p).Contact.ID, oldest.ID)
			w.remove(oldest.ID)
			w.same(f.name, w.recordProfile(web, f.name+" 2", p).Contact.ID, next.ID)
		}
	}},
	{"an older contact that only claims is passed over", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		w.recordProfile(web, "claims", claimed(annsEmail, annsPhone))
		ann := w.add(person{"Ann", annsEmail, annsPhone})[0]
		w.same("by email", w.recordProfile(shop, "one", verified(annsEmail, "")).Contact.ID, ann.ID)
		w.same("by phone", w.recordProfile(shop, "two", verified("", annsPhone)).Contact.ID, ann.ID)
	}},
	{"the email is asked before the phone", func(w *world) {
		people := w.add(person{name: "By phone", phone: annsPhone}, person{name: "By email", email: annsEmail})
		w.same("contact", w.recordProfile(w.channel("Web"), "ann", verified(annsEmail, annsPhone)).Contact.ID, people[1].ID)
	}},
	{"a phone is looked up if no contact has the email", func(w *world) {
		ann := w.add(person{name: "Ann", phone: annsPhone})[0]
		r := w.recordProfile(w.channel("Web"), "ann", verified(annsEmail, annsPhone))
		w.same("contact", r.Contact.ID, ann.ID)
		w.same("email", r.Contact.Email, new(annsEmail))
	}},
	{"an identity's contact comes before any email or phone, and contacts are not merged", func(w *world) {
		web := w.channel("Web")
		first := w.record(w.message(web, "ann", "0"))
		w.add(person{"Ann", annsEmail, annsPhone})
		r := w.recordProfile(web, "ann", verified(annsEmail, annsPhone))
		w.same("contact", r.Contact.ID, first.Contact.ID)
		w.same("contacts", w.count("").Value, 2)
	}},
	{"a deleted contact is not joined", func(w *world) {
		ann := w.add(person{"Ann", annsEmail, annsPhone})[0]
		w.remove(ann.ID)
		if w.recordProfile(w.channel("Web"), "ann", verified(annsEmail, annsPhone)).Contact.ID == ann.ID {
			w.t.Error("the message joined a deleted contact")
		}
	}},
	{"an outbound message joins as well", func(w *world) {
		ann := w.add(person{"Ann", annsEmail, annsPhone})[0]
		i := w.message(w.channel("Web"), "ann", "1")
		i.Direction, i.Profile = crm.Outbound, verified(annsEmail, "")
		w.same("contact", w.record(i).Contact.ID, ann.ID)
	}},
}

var profileCases = []testCase{
	{"a profile that changes a field raises the version and moves the time of the last edit", func(w *world) {
		ch := w.channel("Shop")
		first := w.record(w.message(ch, "ann", "0"))
		i := w.message(ch, "ann", "1")
		i.Profile = crm.Profile{Name: new("Ann"), Email: new(annsEmail), Phone: new(annsPhone), PhoneVerified: true}
		want := *first.Contact
		want.Learn(i.Profile, ch.ID)
		want.Receive(i)
		want.Version, want.UpdatedAt = 2, i.Received
		w.same("contact", *w.record(i).Contact, want)
		w.same("contact as read", w.contact(want.ID), want)
		again := w.message(ch, "ann", "2")
		again.Profile = i.Profile
		w.same("version after the same profile", w.record(again).Contact.Version, 2)
		w.same("time of the last edit after the same profile", w.contact(want.ID).UpdatedAt, i.Received)
	}},
	{"a channel writes over nothing that staff entered", func(w *world) {
		web := w.channel("Web")
		ann := w.add(person{"Ann", annsEmail, annsPhone})[0]
		w.recordProfile(web, "ann", verified(annsEmail, ""))
		i := w.message(web, "ann", "2")
		i.Profile = verified("other@example.com", "+4930555555")
		i.Profile.Name = new("Other")
		w.record(i)
		got := w.contact(ann.ID)
		got.LastActivityAt = nil
		w.same("contact", got, ann)
	}},
	{"a channel fills blanks and refreshes what it wrote itself", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		ann := w.add(person{name: "Ann", email: annsEmail})[0]
		w.recordProfile(web, "ann", verified(annsEmail, "+4930111111"))
		w.same("filled", w.contact(ann.ID).Phone, new("+4930111111"))
		i := w.message(web, "ann", "2")
		i.Profile = verified("", "+4930222222")
		w.record(i)
		w.same("refreshed", w.contact(ann.ID).Phone, new("+4930222222"))
		w.same("came from", w.contact(ann.ID).PhoneFrom, crm.Provenance{Origin: crm.Verified, Channel: web.ID})
		w.recordProfile(shop, "ann", verified(annsEmail, "+4930333333"))
		w.same("after another channel", w.contact(ann.ID).Phone, new("+4930222222"))
		w.same("version", w.contact(ann.ID).Version, 3)
	}},
	{"what a channel taught is found by search and joins from then on", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		w.record(w.message(web, "ann", "0"))
		ann := w.recordProfile(web, "ann", verified(annsEmail, annsPhone)).Contact
		w.finds("030 901820", annsEmail)
		w.same("joined by email", w.recordProfile(shop, "one", verified(annsEmail, "")).Contact.ID, ann.ID)
		w.same("joined by phone", w.recordProfile(shop, "two", verified("", annsPhone)).Contact.ID, ann.ID)
	}},
}
