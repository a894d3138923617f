package storagetest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

var sessionEditCases = []testCase{
	{"an edit saves a session's status, tag and unread number, and nothing else", func(w *world) {
		ch := w.channel("Shop")
		r := w.record(w.message(ch, "ann", "1"))
		want := *r.Session
		got, err := w.UpdateSession(w.ctx, w.id, want.ID, crm.SessionEdit{At: w.tick(), Change: func(s *crm.Session) error {
			w.same("handed to change", *s, want)
			*s = crm.Session{
				ID: crm.NewSessionID(w.now), ChannelID: crm.NewChannelID(w.now), Status: crm.Closed, Tag: new(crm.Complaint),
				LastMessagePreview: new("Meddled with"), LastMessageAt: w.now, UnreadCount: 7, StartedAt: w.now,
			}
			return nil
		}})
		w.check(err)
		want.Status, want.Tag, want.UnreadCount, want.ClosedAt = crm.Closed, new(crm.Complaint), 7, new(w.now)
		w.same("answer", got, want)
		w.same("as read", w.session(want.ID), want)
		w.changeSession(want.ID, func(s *crm.Session) { s.Tag, s.UnreadCount = nil, 0 })
		want.Tag, want.UnreadCount = nil, 0
		w.same("cleared", w.session(want.ID), want)
	}},
	{"an edit that leaves the session the same answers it as it is", func(w *world) {
		want := *w.record(w.message(w.channel("Shop"), "ann", "1")).Session
		got, err := w.UpdateSession(w.ctx, w.id, want.ID, crm.SessionEdit{At: w.tick(), Change: func(s *crm.Session) error {
			s.LastMessagePreview, s.Tag = nil, nil
			return nil
		}})
		w.check(err)
		w.same("answer", got, want)
		w.same("as read", w.session(want.ID), want)
	}},
	{"an error from change leaves the session as it was and comes back as it is", func(w *world) {
		s := *w.record(w.message(w.channel("Shop"), "ann", "1")).Session
		_, err := w.UpdateSession(w.ctx, w.id, s.ID, crm.SessionEdit{At: w.tick(), Change: func(s *crm.Session) error {
			s.Status = crm.Archived
			return errRefused
		}})
		if err == nil || !errors.Is(err, errRefused) || err.Error() != errRefused.Error() {
			w.t.Errorf("the error came back as %v", err)
		}
		w.same("as read", w.session(s.ID), s)
	}},
	{"a session that is not there cannot be edited", func(w *world) {
		_, err := w.UpdateSession(w.ctx, w.id, crm.NewSessionID(w.now), crm.SessionEdit{At: w.now, Change: func(*crm.Session) error {
			w.t.Error("change was called")
			return nil
		}})
		w.wantErr("UpdateSession", err, crm.ErrNotFound)
	}},
	{"a closed session gets no more messages, and an opened one does", func(w *world) {
		ch := w.channel("Shop")
		first := *w.record(w.message(ch, "ann", "1")).Session
		w.changeSession(first.ID, func(s *crm.Session) { s.Status = crm.Closed })
		second := *w.record(w.message(ch, "ann", "2")).Session
		if second.ID == first.ID {
			w.t.Fatal("the message joined a closed session")
		}
		w.changeSession(second.ID, func(s *crm.Session) { s.Status = crm.Archived })
		w.changeSession(second.ID, func(s *crm.Session) { s.Status, s.Tag = crm.Escalated, new(crm.General) })
		third := *w.record(w.message(ch, "ann", "3")).Session
		w.same("session", third.ID, second.ID)
		w.same("unread", third.UnreadCount, 2)
		w.same("tag", third.Tag, new(crm.General))
	}},
	{"a message that was written before its session was closed joins it, however late it comes", func(w *world) {
		ch := w.channel("Shop")
		first := *w.record(w.message(ch, "ann", "1")).Session
		late := w.message(ch, "ann", "2")
		w.changeSession(first.ID, func(s *crm.Session) { s.Status = crm.Closed })
		late.Received = w.tick()
		r := w.record(late)
		w.same("session", r.Session.ID, first.ID)
		w.same("status", w.session(first.ID).Status, crm.Closed)
		w.same("unread", w.session(first.ID).UnreadCount, 2)
		if w.record(w.message(ch, "ann", "3")).Session.ID == first.ID {
			w.t.Error("a message that was written later joined the closed session")
		}
	}},
	{"edits of one session at the same time are all saved", func(w *world) {
		s := *w.record(w.message(w.channel("Shop"), "ann", "1")).Session
		const n = 16
		w.check(together(n, func(int) error {
			_, err := w.UpdateSession(w.ctx, w.id, s.ID, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
				s.UnreadCount++
				return nil
			}})
			return err
		}))
		w.same("unread", w.session(s.ID).UnreadCount, s.UnreadCount+n)
	}},
	{"a message that comes while a session is marked read is either read or unread", func(w *world) {
		ch := w.channel("Shop")
		s := *w.record(w.message(ch, "ann", "first")).Session
		const writers, each = 6, 20
		messages := make([]crm.Interaction, writers*each)
		for n := range messages {
			messages[n] = w.message(ch, "ann", string(rune('a'+n)))
		}
		var mu sync.Mutex
		read := 0
		w.check(together(writers+2, func(i int) error {
			for n := range each {
				if i < writers {
					if _, err := w.RecordInteraction(w.ctx, w.id, messages[i*each+n]); err != nil {
						return err
					}
					continue
				}
				seen := 0
				_, err := w.UpdateSession(w.ctx, w.id, s.ID, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
					seen, s.UnreadCount = s.UnreadCount, 0
					return nil
				}})
				if err != nil {
					return err
				}
				mu.Lock()
				read += seen
				mu.Unlock()
			}
			return nil
		}))
		w.same("read and unread", read+w.session(s.ID).UnreadCount, 1+len(messages))
	}},
	{"a session of a deleted contact can be edited, also while many are being detached", func(w *world) {
		gone, sessions := w.crowded(w.channel("Shop"))
		w.remove(gone.Contact.ID)
		oldest := sessions[len(sessions)-1]
		for _, s := range []crm.Session{gone.Sessions[0], gone.Sessions[many/2], gone.Sessions[many-1], oldest} {
			closedAt := w.session(s.ID).ClosedAt // one of the others may be the oldest
			got, err := w.UpdateSession(w.ctx, w.id, s.ID, crm.SessionEdit{At: w.tick(), Change: func(s *crm.Session) error {
				s.Status = crm.Closed
				return nil
			}})
			w.check(err)
			if *s.ContactID == gone.Contact.ID {
				s.Anonymize()
			}
			if s.Status, s.ClosedAt = crm.Closed, closedAt; closedAt == nil {
				s.ClosedAt = new(w.now)
			}
			w.same("answer", got, s)
		}
		closed := storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Closed}}
		w.same("closed", len(w.sessions(closed)), w.counts(closed).Total)
		w.maintain()
		w.same("closed, after maintenance", len(w.sessions(closed)), w.counts(closed).Total)
	}},
	{"an edit of a session and the deletion of its contact at the same time end with both", func(w *world) {
		ch := w.channel("Shop")
		for range 8 {
			l := w.talk(ch, person{name: "Ann"}, w.tick().String(), slices.Repeat([]crm.SessionStatus{crm.Active}, 4)...)
			w.load(l)
			w.check(together(5, func(i int) error {
				if i == 4 {
					return w.DeleteContact(w.ctx, w.id, l.Contact.ID, w.deletion())
				}
				_, err := w.UpdateSession(w.ctx, w.id, l.Sessions[i].ID, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
					s.Status, s.Tag = crm.Closed, new(crm.General)
					return nil
				}})
				return err
			}))
			for _, s := range l.Sessions {
				s.Anonymize()
				s.Status, s.Tag, s.ClosedAt = crm.Closed, new(crm.General), new(w.now)
				w.same("session", w.session(s.ID), s)
			}
		}
		w.same("counts", w.counts(storage.SessionFilter{Anonymous: new(true)}), storage.SessionCounts{
			Total: 32, Status: map[crm.SessionStatus]int{crm.Closed: 32}, Tag: map[crm.SessionTag]int{crm.General: 32},
			Channel: map[crm.ChannelID]int{ch.ID: 32},
		})
		w.same("counts of the others", w.counts(storage.SessionFilter{Anonymous: new(false)}).Total, 0)
	}},
	{"an edited session keeps its place among the others", func(w *world) {
		ch := w.channel("Shop")
		ann, ben := w.record(w.message(ch, "ann", "1")).Session.ID, w.record(w.message(ch, "ben", "1")).Session.ID
		w.now = w.now.Add(time.Hour)
		w.changeSession(ann, func(s *crm.Session) { s.Tag = new(crm.General) })
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{ben, ann})
		w.same("tagged", w.sessions(storage.SessionFilter{Tags: []crm.SessionTag{crm.General}}), []crm.SessionID{ann})
	}},
}

// counts counts the sessions that pass a filter.
func (w *world) counts(f storage.SessionFilter) storage.SessionCounts {
	w.t.Helper()
	c, err := w.CountSessions(w.ctx, w.id, f)
	w.check(err)
	return c
}
