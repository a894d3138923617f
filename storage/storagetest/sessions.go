package storagetest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// conversations loads sessions of every status and tag, on three channels, of four contacts, of which one is deleted
// then, and many that started or had their last message at the same moment. They come as they must be listed.
func (w *world) conversations() (sessions []crm.Session, channels []crm.Channel) {
	w.t.Helper()
	channels = []crm.Channel{w.channel("Web"), w.channel("Shop"), w.channel("Service")}
	statuses := []crm.SessionStatus{crm.Active, crm.Escalated, crm.Closed, crm.Archived}
	tags := []*crm.SessionTag{nil, new(crm.Complaint), new(crm.General)}
	start := w.tick()
	var loaded []storage.Loaded
	n := 0
	for i := range 4 {
		c := contactOf(person{name: fmt.Sprintf("Person %d", i)}, w.tick())
		l := storage.Loaded{Contact: c}
		for ch := range 2 {
			l.Identities = append(l.Identities, crm.Identity{
				ContactID: c.ID, ChannelID: channels[(ch+i)%3].ID, ExternalID: fmt.Sprint(i), CreatedAt: c.CreatedAt,
			})
		}
		for s := range 9 {
			at := start.Add(time.Duration((n*7)%12) * time.Minute)
			session := crm.Session{
				ID: crm.NewSessionID(at), ContactID: &c.ID, ChannelID: channels[(s%2+i)%3].ID, Status: statuses[n%4], Tag: tags[n%3],
				LastMessageAt: at, UnreadCount: n % 5, StartedAt: start.Add(-time.Duration((n*5)%11) * time.Hour),
			}
			if n%2 == 0 {
				session.LastMessagePreview = new(fmt.Sprintf("Line %d 😀", n))
			}
			l.Sessions = append(l.Sessions, session)
			n++
		}
		loaded = append(loaded, l)
		sessions = append(sessions, l.Sessions...)
	}
	w.load(loaded...)
	for i, s := range sessions {
		sessions[i].AccountID = w.accountOn(*s.ContactID, s.ChannelID)
	}
	gone := loaded[3].Contact.ID
	w.remove(gone)
	for i := range sessions {
		if *sessions[i].ContactID == gone {
			sessions[i].Anonymize()
		}
	}
	slices.SortFunc(sessions, newestFirst)
	return sessions, channels
}

// accountOn is the account of the contact's first identity on a channel.
func (w *world) accountOn(id crm.ContactID, ch crm.ChannelID) *crm.AccountID {
	w.t.Helper()
	for _, i := range w.identities(id) {
		if i.ChannelID == ch {
			return &i.AccountID
		}
	}
	w.t.Fatalf("contact %s has no identity on channel %s", id, ch)
	return nil
}

// identities are those of a contact, oldest first.
func (w *world) identities(id crm.ContactID) []crm.Identity {
	w.t.Helper()
	found, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{id})
	w.check(err)
	return found[id]
}

func newestFirst(a, b crm.Session) int {
	if c := b.LastMessageAt.Compare(a.LastMessageAt); c != 0 {
		return c
	}
	return bytes.Compare(b.ID[:], a.ID[:])
}

// passing are the sessions that pass a filter.
func passing(sessions []crm.Session, f storage.SessionFilter) []crm.Session {
	return slices.DeleteFunc(slices.Clone(sessions), func(s crm.Session) bool {
		return f.Contact != nil && (s.ContactID == nil || *s.ContactID != *f.Contact) ||
			f.Anonymous != nil && *f.Anonymous != (s.ContactID == nil) ||
			f.Channels != nil && !slices.Contains(f.Channels, s.ChannelID) ||
			f.Statuses != nil && !slices.Contains(f.Statuses, s.Status) ||
			f.Tags != nil && !slices.Contains(f.Tags, storage.KindOf(s).Tag) ||
			f.Accounts != nil && !slices.Contains(f.Accounts, s.ChannelAccount) ||
			f.Unread != nil && *f.Unread != (s.UnreadCount > 0)
	})
}

// filters are conditions of every kind, alone and together.
func filters(sessions []crm.Session, channels []crm.Channel) []storage.SessionFilter {
	var contact *crm.ContactID
	for _, s := range sessions {
		if s.ContactID != nil {
			contact = s.ContactID
		}
	}
	web, shop := channels[0].ID, channels[1].ID
	return []storage.SessionFilter{
		{},
		{Contact: contact},
		{Anonymous: new(true)},
		{Anonymous: new(false)},
		{Contact: contact, Anonymous: new(false)},
		{Contact: contact, Anonymous: new(true)},
		{Channels: []crm.ChannelID{web}},
		{Channels: []crm.ChannelID{web, shop}},
		{Channels: []crm.ChannelID{web, web}},
		{Channels: []crm.ChannelID{crm.NewChannelID(time.Now())}},
		{Channels: []crm.ChannelID{}},
		{Statuses: []crm.SessionStatus{crm.Closed}},
		{Statuses: []crm.SessionStatus{crm.Active, crm.Escalated, crm.Active}},
		{Statuses: []crm.SessionStatus{}},
		{Tags: []crm.SessionTag{crm.Complaint}},
		{Tags: []crm.SessionTag{crm.Complaint, crm.General}},
		{Tags: []crm.SessionTag{crm.OrderStatus}},
		{Tags: []crm.SessionTag{}},
		{Tags: []crm.SessionTag{""}},
		{Tags: []crm.SessionTag{"", crm.Complaint}, Statuses: []crm.SessionStatus{crm.Active}},
		{Unread: new(true)},
		{Unread: new(false)},
		{Unread: new(true), Anonymous: new(false), Statuses: []crm.SessionStatus{crm.Active}},
		{Unread: new(false), Anonymous: new(true), Channels: []crm.ChannelID{web}},
		{Unread: new(true), Contact: contact},
		{Accounts: []string{"", "other"}},
		{Accounts: []string{"other"}, Tags: []crm.SessionTag{crm.General}},
		{Accounts: []string{}},
		{Channels: []crm.ChannelID{web, shop}, Statuses: []crm.SessionStatus{crm.Active}},
		{Statuses: []crm.SessionStatus{crm.Active}, Tags: []crm.SessionTag{crm.Complaint}},
		{Contact: contact, Statuses: []crm.SessionStatus{crm.Active, crm.Closed}, Tags: []crm.SessionTag{crm.General}},
		{Anonymous: new(true), Channels: []crm.ChannelID{web}, Statuses: []crm.SessionStatus{crm.Active, crm.Archived}},
		{Anonymous: new(false), Channels: []crm.ChannelID{web}, Tags: []crm.SessionTag{crm.General}},
		{Channels: []crm.ChannelID{}, Statuses: []crm.SessionStatus{crm.Active}},
	}
}

var sessionCases = []testCase{
	{"sessions are found by id with every field, and unknown ids are absent", func(w *world) {
		sessions, _ := w.conversations()
		want := map[crm.SessionID]crm.Session{}
		for _, s := range sessions {
			want[s.ID] = s
		}
		got, err := w.SessionsByID(w.ctx, w.id, append(sessionIDs(sessions), crm.NewSessionID(w.now), sessions[0].ID))
		w.check(err)
		w.same("sessions", got, want)
	}},
	{"sessions come the newest last message first, then the higher id", func(w *world) {
		sessions, _ := w.conversations()
		page := w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: everything}})
		w.same("sessions", page.Sessions, sessions)
	}},
	{"a session passes a filter that meets every condition in one of its values", func(w *world) {
		sessions, channels := w.conversations()
		for _, f := range filters(sessions, channels) {
			want := sessionIDs(passing(sessions, f))
			w.same(fmt.Sprintf("%+v", f), w.sessions(f), want)
			for _, size := range []int{1, 2, 5, max(1, len(want)), len(want) + 1} {
				for _, fromEnd := range []bool{false, true} {
					got := w.walkSessions(f, size, fromEnd)
					w.same(fmt.Sprintf("%+v by %d, from the end %v", f, size, fromEnd), got, want)
				}
			}
		}
	}},
	{"whether there are more sessions is exact at the end", func(w *world) {
		sessions, _ := w.conversations()
		n := len(sessions)
		for _, fromEnd := range []bool{false, true} {
			for size, want := range map[int]bool{n - 1: true, n: false, n + 1: false} {
				p := w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: size, FromEnd: fromEnd}})
				w.same("more", p.More, want)
			}
		}
	}},
	{"after and before cut the list of sessions at both ends", func(w *world) {
		sessions, _ := w.conversations()
		after, before := storage.LastMessage.Position(sessions[3]), storage.LastMessage.Position(sessions[9])
		for size := 1; size <= 6; size++ {
			page := storage.Page{Size: size, After: &after, Before: &before}
			p := w.sessionPage(storage.SessionQuery{Page: page})
			w.same("first", sessionIDs(p.Sessions), sessionIDs(sessions[4:min(9, 4+size)]))
			w.same("more after", p.More, size < 5)
			page.FromEnd = true
			p = w.sessionPage(storage.SessionQuery{Page: page})
			w.same("last", sessionIDs(p.Sessions), sessionIDs(sessions[max(4, 9-size):9]))
			w.same("more before", p.More, size < 5)
		}
		p := w.sessionPage(storage.SessionQuery{Page: storage.Page{Size: 3, After: &before, Before: &after}})
		w.same("between the wrong way round", p, storage.SessionPage{})
	}},
	{"a new message moves a session to the top", func(w *world) {
		ch := w.channel("Shop")
		ann, ben := w.record(w.message(ch, "ann", "1")).Session.ID, w.record(w.message(ch, "ben", "1")).Session.ID
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{ben, ann})
		w.record(w.message(ch, "ann", "2"))
		w.same("sessions", w.sessions(storage.SessionFilter{}), []crm.SessionID{ann, ben})
	}},
	{"sessions that stood still are neither repeated nor skipped while others move", func(w *world) {
		ch := w.channel("Shop")
		var still []crm.SessionID
		for i := range 20 {
			r := w.record(w.message(ch, fmt.Sprint(i), "1"))
			if i%2 == 0 {
				still = append(still, r.Session.ID)
			}
		}
		slices.Reverse(still)
		for _, fromEnd := range []bool{false, true} {
			moves := 0
			read := func(p storage.Page) ([]crm.Session, bool) {
				page := w.sessionPage(storage.SessionQuery{Page: p})
				if moves++; moves <= 10 {
					w.record(w.message(ch, fmt.Sprint(2*moves-1), fmt.Sprint("more", fromEnd)))
					w.record(w.message(ch, fmt.Sprint("new", fromEnd, moves), "1"))
				}
				return page.Sessions, page.More
			}
			got := sessionIDs(walk(w, 2, fromEnd, read, storage.LastMessage.Position, true))
			got = slices.DeleteFunc(got, func(id crm.SessionID) bool { return !slices.Contains(still, id) })
			w.same("sessions that stood still", got, still)
		}
	}},
}
