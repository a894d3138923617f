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
		case storage.KeptValues, storage.KeptPreview, storage.KeptMessages, storage.MissingIndex, storage.Damage:
			t.Errorf("found %v", f)
		}
	}
}
