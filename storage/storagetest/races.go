package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// clients is how many report concurrently.
const clients = 64

// recordAll records every interaction concurrently and returns what each got.
func (w *world) recordAll(messages []crm.Interaction) []crm.Recorded {
	w.t.Helper()
	got := make([]crm.Recorded, len(messages))
	w.check(together(len(messages), func(i int) (err error) {
		got[i], err = w.RecordInteraction(w.ctx, w.id, messages[i])
		return err
	}))
	return got
}

var raceCases = []testCase{
	{"one first message reported by many at once makes one contact and one session", func(w *world) {
		messages := make([]crm.Interaction, clients)
		i := w.message(w.channel("Shop"), "ann", "1")
		i.Profile = verified(annsEmail, annsPhone)
		for n := range messages {
			messages[n] = i
		}
		recorded := 0
		got := w.recordAll(messages)
		for _, r := range got {
			w.same("contact", r.Contact.ID, got[0].Contact.ID)
			w.same("session", r.Session.ID, got[0].Session.ID)
			w.same("unread", r.Session.UnreadCount, 1)
			if !r.Repeated {
				recorded++
			}
		}
		w.same("answers that were not repeated", recorded, 1)
		w.same("contacts", w.count("").Value, 1)
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{got[0].Session.ID})
	}},
	{"different first messages of one customer at once make one contact and one session", func(w *world) {
		ch := w.channel("Shop")
		messages := make([]crm.Interaction, clients)
		for n := range messages {
			messages[n] = w.message(ch, "ann", fmt.Sprint(n))
		}
		got := w.recordAll(messages)
		w.same("contacts", w.count("").Value, 1)
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{got[0].Session.ID})
		s := w.session(got[0].Session.ID)
		w.same("unread", s.UnreadCount, clients)
		w.same("preview", s.LastMessagePreview, messages[clients-1].Preview)
		w.same("last message", s.LastMessageAt, messages[clients-1].At)
		w.same("last activity", w.contact(got[0].Contact.ID).LastActivityAt, &messages[clients-1].At)
	}},
	{"many at once after a closed session start one new session", func(w *world) {
		ch := w.channel("Shop")
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Closed)
		w.load(l)
		messages := make([]crm.Interaction, clients)
		for n := range messages {
			messages[n] = w.message(ch, "ann", fmt.Sprint(n))
		}
		got := w.recordAll(messages)
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{got[0].Session.ID, l.Sessions[0].ID})
		w.same("unread", w.session(got[0].Session.ID).UnreadCount, clients)
	}},
	{"one verified email or phone on many channels at once makes one contact", func(w *world) {
		channels := make([]crm.Channel, 8)
		for n := range channels {
			channels[n] = w.channel(fmt.Sprint(n))
		}
		for round, p := range []crm.Profile{verified(annsEmail, ""), verified("", annsPhone)} {
			messages := make([]crm.Interaction, clients)
			for n := range messages {
				messages[n] = w.message(channels[n%8], fmt.Sprint(round, n), "1")
				messages[n].Profile = p
			}
			got := w.recordAll(messages)
			for _, r := range got {
				w.same("contact", r.Contact.ID, got[0].Contact.ID)
			}
			w.same("contacts", w.count("").Value, 1+round)
			identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{got[0].Contact.ID})
			w.check(err)
			w.same("identities", len(identities[got[0].Contact.ID]), clients)
			w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &got[0].Contact.ID})), clients)
		}
	}},
	{"a contact deleted while its customer writes is there once or not at all", func(w *world) {
		ch := w.channel("Shop")
		const writers, each = 8, 25
		messages := make([]crm.Interaction, writers*each)
		for n := range messages {
			messages[n] = w.message(ch, "ann", fmt.Sprint(n))
			messages[n].Profile = verified(annsEmail, annsPhone)
		}
		var writing atomic.Int32
		writing.Store(writers)
		w.check(together(writers+2, func(i int) error {
			if i < writers {
				defer writing.Add(-1)
				for n := range each {
					r, err := w.RecordInteraction(w.ctx, w.id, messages[i*each+n])
					if err != nil {
						return err
					}
					if r.Contact == nil {
						return fmt.Errorf("message %d got no contact", n)
					}
				}
				return nil
			}
			for writing.Load() > 0 {
				p, err := w.Contacts(w.ctx, w.id, storage.ContactQuery{Page: aPage})
				if err != nil {
					return err
				}
				for _, r := range p.Rows {
					err := w.DeleteContact(w.ctx, w.id, r.Contact.ID, w.deletion())
					if err != nil && !errors.Is(err, crm.ErrNotFound) {
						return err
					}
				}
			}
			return nil
		}))
		contacts := w.list(storage.ContactQuery{})
		w.same("count", w.count(""), storage.Count{Value: len(contacts), Exact: true})
		if len(contacts) > 1 {
			w.t.Errorf("one customer is %d contacts", len(contacts))
		}
		unread := 0
		page := w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: everything}})
		for _, s := range page.Sessions {
			unread += s.UnreadCount
			if s.ContactID != nil {
				w.contact(*s.ContactID) // is there
			}
		}
		w.same("unread messages", unread, len(messages))
		last := w.record(w.message(ch, "ann", "last"))
		w.same("contacts", w.list(storage.ContactQuery{}), []crm.ContactID{last.Contact.ID})
		w.same("session's contact", w.session(last.Session.ID).ContactID, &last.Contact.ID)
	}},
}

var stormCases = []testCase{
	{"ten thousand messages of a thousand customers, each sent twice in no order, are each recorded once", func(w *world) {
		w.storm(1_000, 10, 16)
	}},
}

// storm has each customer send so many messages, a third of them on two channels with a verified email, and the
// reporters report each message twice in random order.
func (w *world) storm(customers, each, reporters int) {
	w.t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	channels := []crm.Channel{w.channel("Web"), w.channel("Shop")}
	start := w.tick()
	received := start.Add(time.Duration(customers*each) * time.Second)
	type talk struct {
		channel  crm.ChannelID
		customer int
	}
	newest, number := map[talk]crm.Interaction{}, map[talk]int{}
	var messages []crm.Interaction
	for n := range customers * each {
		c := n % customers
		ch := channels[c%2]
		var p crm.Profile
		if c%3 == 0 {
			ch = channels[(n/customers)%2]
			p = verified(fmt.Sprintf("customer%d@example.com", c), "")
		}
		i := crm.Interaction{
			ChannelID: ch.ID, ExternalID: fmt.Sprint("customer ", c), MessageID: fmt.Sprint("message ", n),
			At: start.Add(time.Duration(rng.IntN(customers*each)) * time.Second), Received: received,
			Direction: crm.Inbound, Preview: new(fmt.Sprint("Message ", n)), Profile: p,
		}
		t := talk{ch.ID, c}
		for i.At.Equal(newest[t].At) { // of two at the same moment either is the newest
			i.At = i.At.Add(time.Millisecond)
		}
		number[t]++
		if number[t] == 1 || i.At.After(newest[t].At) {
			newest[t] = i
		}
		messages = append(messages, i)
	}
	reports := rng.Perm(2 * len(messages))
	var next, recorded atomic.Int64
	w.check(together(reporters, func(int) error {
		for {
			n := int(next.Add(1)) - 1
			if n >= len(reports) {
				return nil
			}
			r, err := w.RecordInteraction(w.ctx, w.id, messages[reports[n]%len(messages)])
			if err != nil {
				return err
			}
			if !r.Repeated {
				recorded.Add(1)
			}
		}
	}))
	w.same("messages recorded", int(recorded.Load()), len(messages))
	w.same("contacts", w.count(""), storage.Count{Value: customers, Exact: true})

	people := w.walkContacts(storage.ContactQuery{Order: storage.Created}, 100, false, nil)
	w.same("contacts listed", len(people), customers)
	found := map[talk]bool{}
	unread := 0
	for from := 0; from < len(people); from += 100 {
		batch := rowIDs(people[from : from+100])
		identities, err := w.IdentitiesByContact(w.ctx, w.id, batch)
		w.check(err)
		pages := w.byContact(batch, storage.SessionQuery{Page: storage.Page{Size: 10}})
		for n, id := range batch {
			if len(identities[id]) == 0 || len(pages[id].Sessions) != len(identities[id]) {
				w.t.Fatalf("a customer of %d identities has %d sessions", len(identities[id]), len(pages[id].Sessions))
			}
			var customer int
			if _, err := fmt.Sscanf(identities[id][0].ExternalID, "customer %d", &customer); err != nil {
				w.t.Fatal(err)
			}
			var active time.Time
			for _, s := range pages[id].Sessions {
				t := talk{s.ChannelID, customer}
				if found[t] {
					w.t.Fatalf("customer %d has two sessions on a channel", customer)
				}
				found[t] = true
				unread += s.UnreadCount
				w.same("unread", s.UnreadCount, number[t])
				w.same("preview", s.LastMessagePreview, newest[t].Preview)
				w.same("last message", s.LastMessageAt, newest[t].At)
				if s.LastMessageAt.After(active) {
					active = s.LastMessageAt
				}
			}
			w.same("last activity", people[from+n].Contact.LastActivityAt, &active)
		}
	}
	w.same("sessions", len(found), len(number))
	w.same("unread messages", unread, len(messages))
}
