package storagetest

import (
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

// Upgrade is what a database of an older release holds that has just been brought up to date: a contact with a session and
// a message, and the session, the message and the events of one that is gone, the last of them being its deletion.
type Upgrade struct {
	Workspace            crm.WorkspaceID
	Channel              crm.ChannelID
	Contact, Gone        crm.ContactID
	Session, GoneSession crm.SessionID
	Message, GoneMessage crm.Interaction
}

// Upgraded shows that messages which an older release took in are known again, and that nothing leads from the session to
// the contact that is gone.
func Upgraded(t *testing.T, s storage.Store, u Upgrade) {
	t.Helper()
	w := newWorld(t, s)
	w.id = u.Workspace
	repeated := func(when string) {
		t.Helper()
		r := w.record(u.Message)
		if !r.Repeated || r.Contact == nil || r.Contact.ID != u.Contact || r.Session == nil || r.Session.ID != u.Session {
			t.Errorf("%s the message got %+v", when, r)
		}
		w.same(when+" the message of the contact that is gone", w.record(u.GoneMessage), crm.Recorded{Repeated: true})
		w.same(when+" the session that is left", w.session(u.GoneSession).LastMessagePreview, (*string)(nil))
	}
	repeated("before maintenance")
	w.maintain()
	repeated("after maintenance")
	for _, a := range w.audited() {
		if a.SessionID != nil && a.ContactID != nil {
			t.Errorf("the audit says whose the session was: %+v", a)
		}
	}
	events, err := w.Events(w.ctx, w.id, 0, 100)
	w.check(err)
	for _, e := range events {
		if e.ContactID != nil && *e.ContactID == u.Gone && e.Kind != crm.Deleted {
			t.Errorf("an event names the contact that is gone: %+v", e)
		}
	}
	if n := len(events); n < 5 {
		t.Errorf("%d events are left", n)
	}
	for _, f := range w.findings(false) {
		switch f.Kind {
		case storage.StaleKeys, storage.MissingTerms, storage.ExtraTerm, storage.StaleGrams,
			storage.KeptValues, storage.KeptPreview, storage.KeptMessages, storage.MissingIndex, storage.Damage:
			t.Errorf("found %v", f)
		}
	}
}

// Accounts shows what an upgrade makes of these identities and sessions of three contacts, which have the ids a1 to a3, on
// the channels c1 and c2; the sessions have the ids 1 to 8:
//
//   - of a1 "number" and "user" on c1, both with session 1; session 2 is older.
//   - of a2 "web" on c1 with session 3, and "shop" on c2 with session 4; session 5 on c1 is older.
//   - of a3 "ann" on c1 with session 6, "ben" on c1 with session 7, and "cleo" on c2 with none; session 8 on c1 is older.
func Accounts(t *testing.T, s storage.Store, id crm.WorkspaceID) {
	t.Helper()
	w := newWorld(t, s)
	w.id = id
	one, two, three := crm.ContactID{15: 0xa1}, crm.ContactID{15: 0xa2}, crm.ContactID{15: 0xa3}
	account := func(n byte) crm.AccountID { return crm.AccountID{15: n} }
	for contact, want := range map[crm.ContactID]map[string]crm.AccountID{
		one:   {"number": crm.FirstAccount(one), "user": crm.FirstAccount(one)},
		two:   {"web": account(3), "shop": account(4)},
		three: {"ann": account(6), "ben": account(7), "cleo": crm.FirstAccount(three)},
	} {
		got := map[string]crm.AccountID{}
		for _, i := range w.identities(contact) {
			got[i.ExternalID] = i.AccountID
		}
		w.same("accounts of the identities", got, want)
		for _, i := range w.identities(contact) {
			found, err := w.IdentitiesByID(w.ctx, w.id, []crm.IdentityID{i.ID()})
			w.check(err)
			w.same("identity by its id", found[i.ID()], i)
		}
	}
	for n, want := range map[byte]struct {
		contact crm.ContactID
		account crm.AccountID
	}{
		1: {one, crm.FirstAccount(one)}, 2: {one, crm.FirstAccount(one)}, 3: {two, account(3)}, 4: {two, account(4)}, 5: {two, account(3)},
		6: {three, account(6)}, 7: {three, account(7)}, 8: {three, crm.FirstAccount(three)},
	} {
		s := w.session(crm.SessionID{15: n})
		w.same("contact of a session", s.ContactID, &want.contact)
		w.same("account of a session", s.AccountID, &want.account)
	}
	for contact, n := range map[crm.ContactID]int{one: 2, two: 3, three: 3} {
		w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &contact})), n)
		w.same("their number", w.counts(storage.SessionFilter{Contact: &contact}).Total, n)
	}
	web, shop := crm.Channel{ID: crm.ChannelID{15: 0xc1}}, crm.Channel{ID: crm.ChannelID{15: 0xc2}}
	for external, session := range map[string]byte{"number": 1, "user": 1, "web": 3, "ann": 6, "ben": 7} {
		w.same("session of "+external, w.says(web, external, "next").Session.ID, crm.SessionID{15: session})
	}
	w.same("session of shop", w.says(shop, "shop", "next").Session.ID, crm.SessionID{15: 4})
	w.merge(one, three)
	split := w.split(one, nil, crm.IdentityKey{ChannelID: web.ID, ExternalID: "ben"})
	w.same("sessions that went", w.sessions(storage.SessionFilter{Contact: &split.Split.ID}), []crm.SessionID{{15: 7}})
	w.same("sessions that are left", w.counts(storage.SessionFilter{Contact: &three}).Total, 4)
	w.remove(two)
	w.same("anonymous", w.counts(storage.SessionFilter{Anonymous: new(true)}).Total, 3)
	for _, f := range w.findings(false) {
		switch f.Kind {
		case storage.OrphanSession, storage.OrphanAccount, storage.OrphanIdentity, storage.StrayIdentity, storage.WrongSessionCount, storage.LostSession:
			t.Errorf("found %v", f)
		}
	}
}
