package storagetest

import (
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// many is more sessions than one batch of a deletion detaches.
const many = 2_500

// crowded loads a contact with many sessions, and one with a session at every fifth of their moments. The sessions come
// newest first.
func (w *world) crowded(ch crm.Channel) (gone storage.Loaded, sessions []crm.Session) {
	w.t.Helper()
	gone, other := w.talk(ch, person{name: "Ann"}, "ann"), w.talk(ch, person{name: "Ben"}, "ben")
	start := w.tick()
	for i := range many {
		at := start.Add(time.Duration(i) * time.Second)
		of := []*storage.Loaded{&gone}
		if i%5 == 0 {
			of = append(of, &other)
		}
		for _, l := range of {
			l.Sessions = append(l.Sessions, crm.Session{
				ID: crm.NewSessionID(at), ContactID: &l.Contact.ID, AccountID: new(crm.FirstAccount(l.Contact.ID)),
				ChannelID: ch.ID, Status: crm.Active,
				LastMessagePreview: new("What was written"), LastMessageAt: at, UnreadCount: 1, StartedAt: at,
			})
		}
	}
	w.load(gone, other)
	w.now = start.Add(many * time.Second)
	sessions = slices.SortedFunc(slices.Values(slices.Concat(gone.Sessions, other.Sessions)), newestFirst)
	return gone, sessions
}

// detached fails the test unless every read shows the sessions of the contact without it.
func (w *world) detached(when string, gone crm.ContactID, sessions []crm.Session) {
	w.t.Helper()
	want := slices.Clone(sessions)
	for i, s := range want {
		if s.ContactID != nil && *s.ContactID == gone {
			want[i].Anonymize()
		}
	}
	for _, fromEnd := range []bool{false, true} {
		for _, f := range []storage.SessionFilter{
			{}, {Anonymous: new(true)}, {Anonymous: new(false)}, {Contact: &gone},
			{Anonymous: new(false), Statuses: []crm.SessionStatus{crm.Active}},
			{Anonymous: new(true), Channels: []crm.ChannelID{sessions[0].ChannelID}},
		} {
			w.same(when+": list", w.walkSessions(f, 250, fromEnd), sessionIDs(passing(want, f)))
			q := storage.SessionQuery{Filter: f, Order: storage.Started, Ascending: true}
			w.same(when+": list by start", w.walkOrder(q, 700, fromEnd), sessionIDs(plainlySorted(q, passing(want, f))))
		}
	}
	page := w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: 100}})
	w.same(when+": page", page.Sessions, want[:100])
	ids := []crm.SessionID{want[0].ID, want[1].ID, want[2].ID, want[len(want)/2].ID, want[len(want)-1].ID, want[len(want)-2].ID}
	byID, err := w.SessionsByID(w.ctx, w.id, ids)
	w.check(err)
	for _, s := range want {
		if got, ok := byID[s.ID]; ok {
			w.same(when+": by id", got, s)
		}
	}
	w.same(when+": found by id", len(byID), len(ids))
	w.same(when+": by contact", len(w.byContact([]crm.ContactID{gone}, storage.SessionQuery{Page: aPage})), 0)
	w.same(when+": count", w.count(""), storage.Count{Value: 1, Exact: true})
	w.wantErr(when+": deleted again", w.DeleteContact(w.ctx, w.id, gone, w.deletion()), crm.ErrNotFound)
}

// everySessionCases look at each session in every way there is.
var everySessionCases = []testCase{
	{"a contact with many sessions is gone from all of them at once and stays so", func(w *world) {
		gone, sessions := w.crowded(w.channel("Shop"))
		w.remove(gone.Contact.ID)
		w.detached("at once", gone.Contact.ID, sessions)
		_, err := w.Maintain(w.ctx)
		w.check(err)
		w.detached("during maintenance", gone.Contact.ID, sessions)
		w.maintain()
		w.detached("after maintenance", gone.Contact.ID, sessions)
		w.maintain()
		w.detached("after more maintenance", gone.Contact.ID, sessions)
	}},
}

var manySessionsCases = []testCase{
	{"a person deleted with many sessions comes back as a new contact with one", func(w *world) {
		ch := w.channel("Shop")
		gone, sessions := w.crowded(ch)
		old := w.message(ch, "ann", "before")
		r := w.record(old)
		w.same("newest session", r.Session.ID, gone.Sessions[many-1].ID)
		w.remove(gone.Contact.ID)
		again := w.record(old)
		w.same("contact of a message reported again", again.Contact, (*crm.Contact)(nil))
		w.same("session of a message reported again", again.Session, (*crm.Session)(nil))
		second := w.record(w.message(ch, "ann", "after"))
		w.same("sessions", w.sessions(storage.SessionFilter{Contact: &second.Contact.ID}), []crm.SessionID{second.Session.ID})
		w.maintain()
		w.same("sessions after maintenance", w.sessions(storage.SessionFilter{Contact: &second.Contact.ID}), []crm.SessionID{second.Session.ID})
		w.same("anonymous", len(w.walkSessions(storage.SessionFilter{Anonymous: new(true)}, 500, false)), many)
		w.same("all", len(w.walkSessions(storage.SessionFilter{}, 500, true)), len(sessions)+1)
	}},
	{"maintenance by many at once, while customers write, detaches everything once", func(w *world) {
		ch := w.channel("Shop")
		gone, sessions := w.crowded(ch)
		w.remove(gone.Contact.ID)
		messages := make([]crm.Interaction, 16)
		for i := range messages {
			messages[i] = w.message(ch, "ann", string(rune('a'+i)))
		}
		w.check(together(4+len(messages), func(i int) error {
			if i >= 4 {
				_, err := w.RecordInteraction(w.ctx, w.id, messages[i-4])
				return err
			}
			for {
				if more, err := w.Maintain(w.ctx); err != nil || !more {
					return err
				}
			}
		}))
		w.maintain()
		w.same("anonymous", len(w.walkSessions(storage.SessionFilter{Anonymous: new(true)}, 500, false)), many)
		w.same("all", len(w.walkSessions(storage.SessionFilter{}, 500, false)), len(sessions)+1)
		w.same("contacts", w.count("").Value, 2)
	}},
}
