package storagetest

import (
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// countedPlainly is what counting every session gives.
func countedPlainly(sessions []crm.Session, f storage.SessionFilter) storage.SessionCounts {
	anyStatus, anyTag, anyChannel := f, f, f
	anyStatus.Statuses, anyTag.Tags, anyChannel.Channels = nil, nil, nil
	c := storage.SessionCounts{
		Total:  len(passing(sessions, f)),
		Status: map[crm.SessionStatus]int{}, Tag: map[crm.SessionTag]int{}, Channel: map[crm.ChannelID]int{},
	}
	for _, s := range passing(sessions, anyStatus) {
		c.Status[s.Status]++
	}
	for _, s := range passing(sessions, anyTag) {
		if s.Tag == nil {
			c.Untagged++
		} else {
			c.Tag[*s.Tag]++
		}
	}
	for _, s := range passing(sessions, anyChannel) {
		c.Channel[s.ChannelID]++
	}
	return c
}

// countsAgree fails the test unless the counts under every filter are those of counting the sessions.
func (w *world) countsAgree(when string, sessions []crm.Session, channels []crm.Channel) {
	w.t.Helper()
	for _, f := range filters(sessions, channels) {
		w.same(fmt.Sprintf("%s: counts under %+v", when, f), w.counts(f), countedPlainly(sessions, f))
	}
}

// all are the workspace's sessions as they are listed.
func (w *world) all() []crm.Session {
	w.t.Helper()
	return w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: everything}}).Sessions
}

var sessionCountCases = []testCase{
	{"sessions are counted by status, tag and channel, each without the filter's own condition on it", func(w *world) {
		sessions, channels := w.conversations()
		w.countsAgree("loaded", sessions, channels)
		w.same("neighbour", w.neighbour().counts(storage.SessionFilter{}), storage.SessionCounts{})
	}},
	{"counts are exact after every write", func(w *world) {
		_, channels := w.conversations()
		agree := func(when string) {
			w.t.Helper()
			w.countsAgree(when, w.all(), channels)
		}
		w.now = w.now.Add(24 * time.Hour)
		r := w.record(w.message(channels[0], "ann", "1"))
		agree("after a first message")
		w.record(w.message(channels[0], "ann", "2"))
		agree("after another message")
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		agree("after closing")
		w.record(w.message(channels[0], "ann", "3"))
		agree("after a new session")
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Tag = new(crm.OrderStatus) })
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.UnreadCount = 0 })
		agree("after tagging and reading")
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status, s.Tag = crm.Active, nil })
		agree("after opening")
		w.remove(r.Contact.ID)
		agree("after a deletion")
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status = crm.Archived })
		agree("after archiving an anonymous one")
		w.maintain()
		agree("after maintenance")
		w.record(w.message(channels[0], "ann", "4"))
		agree("after the customer is back")
	}},
	{"the sessions of a contact with very many count as anonymous once it is deleted, and once only", func(w *world) {
		ch := w.channel("Shop")
		gone, _ := w.crowded(ch)
		counted := func(when string) {
			w.t.Helper()
			w.same(when, w.counts(storage.SessionFilter{Anonymous: new(true)}).Channel, map[crm.ChannelID]int{ch.ID: many})
			w.same(when, w.counts(storage.SessionFilter{Anonymous: new(false)}).Total, many/5)
			w.same(when, w.counts(storage.SessionFilter{}).Total, many+many/5)
			w.same(when, w.counts(storage.SessionFilter{Contact: &gone.Contact.ID}), storage.SessionCounts{})
		}
		w.remove(gone.Contact.ID)
		counted("at once")
		_, err := w.Maintain(w.ctx)
		w.check(err)
		counted("during maintenance")
		w.maintain()
		counted("after maintenance")
		w.same("findings", w.findings(false), []storage.Finding(nil))
	}},
	{"counts are exact while many write", func(w *world) {
		channels := []crm.Channel{w.channel("Web"), w.channel("Shop"), w.channel("Service")}
		const writers, rounds = 8, 15
		messages := make([][]crm.Interaction, writers)
		for i := range messages {
			for n := range rounds {
				messages[i] = append(messages[i], w.message(channels[n%3], fmt.Sprint(i, " ", n), "1"))
			}
		}
		statuses := []crm.SessionStatus{crm.Active, crm.Escalated, crm.Closed, crm.Archived}
		w.check(together(writers+1, func(i int) error {
			if i == writers {
				for range 2 * rounds {
					if _, err := w.Maintain(w.ctx); err != nil {
						return err
					}
				}
				return nil
			}
			for n, m := range messages[i] {
				r, err := w.RecordInteraction(w.ctx, w.id, m)
				if err != nil {
					return err
				}
				_, err = w.UpdateSession(w.ctx, w.id, r.Session.ID, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
					s.Status, s.Tag = statuses[n%4], new(crm.General)
					return nil
				}})
				if err != nil {
					return err
				}
				if n%2 == 0 {
					if err := w.DeleteContact(w.ctx, w.id, r.Contact.ID, w.deletion()); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		w.same("sessions", len(w.all()), writers*rounds)
		w.countsAgree("afterwards", w.all(), channels)
	}},
	{"a contact's sessions are counted on their own", func(w *world) {
		sessions, _ := w.conversations()
		for _, id := range owners(sessions) {
			for _, f := range []storage.SessionFilter{
				{Contact: &id},
				{Contact: &id, Statuses: []crm.SessionStatus{crm.Closed}},
				{Contact: &id, Tags: []crm.SessionTag{crm.Complaint}, Anonymous: new(false)},
				{Contact: &id, Anonymous: new(true)},
			} {
				w.same(fmt.Sprintf("%+v", f), w.counts(f), countedPlainly(sessions, f))
			}
		}
		unknown := crm.NewContactID(w.now)
		w.same("unknown", w.counts(storage.SessionFilter{Contact: &unknown}), storage.SessionCounts{})
	}},
}
