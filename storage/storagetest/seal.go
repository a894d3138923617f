package storagetest

import (
	"errors"

	"kith/internal/crm"
	"kith/storage"
)

var sealCases = []testCase{
	{"another workspace's ids are as good as ids never issued", func(w *world) {
		other := w.neighbour()
		ch := other.channel("Web")
		r := other.record(other.message(ch, "ann", "1"))
		foreign := target{r.Contact.ID, r.Session.ID, ch.ID}
		unknown := target{crm.NewContactID(w.now), crm.NewSessionID(w.now), crm.NewChannelID(w.now)}
		w.add(person{name: "Ann"})
		own := w.channel("Own")
		w.record(w.message(own, "ann", "1"))
		for _, c := range calls {
			if c.name == "CreateChannel" || c.name == "ChannelByID" { // the one brings an id, the other knows no workspace
				continue
			}
			got, err := c.do(w.ctx, w, foreign)
			want, wantErr := c.do(w.ctx, w, unknown)
			w.same(c.name, got, want)
			if errors.Is(err, crm.ErrNotFound) != errors.Is(wantErr, crm.ErrNotFound) || (err == nil) != (wantErr == nil) {
				w.t.Errorf("%s: error %v for another workspace's ids, %v for unknown ones", c.name, err, wantErr)
			}
		}
		w.same("the other contact", other.contact(foreign.contact), *r.Contact)
		w.same("the other session", other.session(foreign.session), *r.Session)
		channels, err := other.Channels(w.ctx, other.id)
		w.check(err)
		w.same("the other channels", channels, []crm.Channel{ch})
	}},
	{"a list shows its own workspace only", func(w *world) {
		other := w.neighbour()
		for _, w := range []*world{w, other} {
			ch := w.channel("Web")
			w.record(w.message(ch, "ann", "1"))
			w.add(person{"Ann", "ann@example.com", "+493012345"})
		}
		for _, q := range []storage.ContactQuery{
			{Order: storage.LastActivity},
			{Order: storage.Name},
			{Order: storage.Created, Descending: true},
		} {
			w.same("contacts", len(w.list(q)), 2)
		}
		w.finds("ann", "Ann")
		w.finds("030 12345", "Ann")
		w.same("count", w.count(""), storage.Count{Value: 2, Exact: true})
		w.same("count of a search", w.count("ann"), storage.Count{Value: 1, Exact: true})
		w.same("sessions", len(w.sessions(storage.SessionFilter{})), 1)
	}},
	{"nobody joins a contact of another workspace", func(w *world) {
		other := w.neighbour()
		theirs := other.add(person{"Ann", "ann@example.com", "+493012345"})[0]
		i := w.message(w.channel("Web"), "ann", "1")
		i.Profile = crm.Profile{
			Email: new("ann@example.com"), EmailVerified: true, Phone: new("+493012345"), PhoneVerified: true,
		}
		if got := w.record(i).Contact; got.ID == theirs.ID {
			w.t.Error("the message joined another workspace's contact")
		}
		w.same("the other contact", other.contact(theirs.ID), theirs)
	}},
	{"one channel id in two workspaces is two channels", func(w *world) {
		ch, other := w.channel("Web"), w.neighbour()
		w.check(other.CreateChannel(w.ctx, other.id, ch))
		i := w.message(ch, "ann", "1")
		here, there := w.record(i), other.record(i)
		if here.Contact.ID == there.Contact.ID || there.Repeated {
			w.t.Error("one message in two workspaces became one")
		}
	}},
}
