package storagetest

import (
	"fmt"
	"time"

	"kith/internal/crm"
)

var messageCases = []testCase{
	{"messages are forgotten by the day, and are new when they are reported again", func(w *world) {
		w.now = time.Date(2018, 5, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Shop")
		old := w.message(ch, "ann", "1")
		w.record(old)
		w.now = w.now.AddDate(0, 0, 1)
		young := w.message(ch, "ann", "2")
		r := w.record(young)
		w.forget(w.ForgetMessages, young.Received)
		w.same("a message of that day", w.record(young).Repeated, true)
		w.same("an older one", w.record(old).Repeated, false)
		w.same("unread", w.session(r.Session.ID).UnreadCount, 3)
		w.same("the older one again", w.record(old).Repeated, true)
		w.remove(r.Contact.ID)
		w.maintain()
		w.forget(w.ForgetMessages, young.Received.AddDate(0, 0, 1))
		w.same("of a contact that is gone", w.record(young).Repeated, false)
		w.same("makes a new one", w.count("").Value, 1)
	}},
	{"a message of WhatsApp's counts once, whichever of the customer's ids it comes with", func(w *world) {
		ch, other := w.channel("Shop"), w.channel("Other")
		both := w.names(ch, "wamid.1", "number", "user")
		for n, ids := range [][]string{{"user"}, {"number"}, {"user", "number"}, {"nobody"}} {
			r := w.names(ch, "wamid.1", ids...)
			w.same(fmt.Sprint("repeated ", n), r.Repeated, true)
			w.same(fmt.Sprint("session ", n), r.Session.ID, both.Session.ID)
		}
		w.same("unread", w.session(both.Session.ID).UnreadCount, 1)
		w.same("on another channel", w.names(other, "wamid.1", "user").Repeated, false)
		w.same("a number within a conversation", []bool{w.names(ch, "1", "ann").Repeated, w.names(ch, "1", "ben").Repeated}, []bool{false, false})
	}},
	{"a message that is forgotten may come again at once", func(w *world) {
		w.now = time.Date(2018, 3, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Shop")
		m := w.message(ch, "ann", "1")
		first := w.record(m)
		for range 3 {
			w.forget(w.ForgetMessages, m.Received.AddDate(0, 0, 1))
			r := w.record(m)
			w.same("repeated", r.Repeated, false)
			w.same("the contact", r.Contact.ID, first.Contact.ID)
		}
	}},
	{"more messages than are forgotten at once are forgotten by and by", func(w *world) {
		w.now = time.Date(2018, 4, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Shop")
		messages := make([]crm.Interaction, 1_100)
		for i := range messages {
			messages[i] = w.message(ch, "ann", string(rune('一'+i)))
			messages[i].At, messages[i].Received = w.now, w.now
			w.record(messages[i])
			w.now = w.now.Add(-time.Second)
		}
		w.forget(w.ForgetMessages, w.now.AddDate(0, 0, 2))
		for _, n := range []int{0, 500, 1_099} {
			w.same("repeated", w.record(messages[n]).Repeated, false)
		}
	}},
	{"a contact with more messages than are let go at once is gone from all of them", func(w *world) {
		ch := w.channel("Shop")
		messages := make([]crm.Interaction, 1_100)
		for i := range messages {
			messages[i] = w.message(ch, "ann", string(rune('一'+i)))
		}
		r := w.record(messages[0])
		for _, m := range messages[1:] {
			w.record(m)
		}
		w.remove(r.Contact.ID)
		for _, when := range []string{"at once", "after maintenance"} {
			for _, n := range []int{0, 500, 1_099} {
				w.same(when, w.record(messages[n]), crm.Recorded{Repeated: true})
			}
			w.same("session "+when, w.session(r.Session.ID).ContactID, (*crm.ContactID)(nil))
			w.maintain()
		}
		w.same("contacts", w.count("").Value, 0)
		w.same("findings", len(w.findings(false)), 0)
	}},
}
