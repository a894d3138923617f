package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// sessionOrders are the orders that a list of sessions may have, the default first.
var sessionOrders = []storage.SessionQuery{
	{}, {Ascending: true}, {Order: storage.Started}, {Order: storage.Started, Ascending: true},
}

// plainlySorted are the sessions in the order of q, as anybody would sort them who has them all.
func plainlySorted(q storage.SessionQuery, sessions []crm.Session) []crm.Session {
	sorted := slices.SortedFunc(slices.Values(sessions), func(a, b crm.Session) int {
		times := a.LastMessageAt.Compare(b.LastMessageAt)
		if q.Order == storage.Started {
			times = a.StartedAt.Compare(b.StartedAt)
		}
		return cmp.Or(times, bytes.Compare(a.ID[:], b.ID[:]))
	})
	if !q.Ascending {
		slices.Reverse(sorted)
	}
	return sorted
}

// pageOf is the page of the sorted sessions.
func pageOf(p storage.Page, sorted []crm.Session) storage.SessionPage {
	at := min(p.Skip, len(sorted))
	to := min(at+p.Size, len(sorted))
	page := storage.SessionPage{Sessions: sorted[at:to], More: to < len(sorted)}
	if p.FromEnd {
		page.Sessions = sorted[len(sorted)-to : len(sorted)-at]
	}
	return page
}

// walkOrder reads the list of q to its end as walkContacts does.
func (w *world) walkOrder(q storage.SessionQuery, size int, fromEnd bool) []crm.SessionID {
	w.t.Helper()
	read := func(p storage.Page) ([]crm.Session, bool) {
		q.Page = p
		page := w.sessionPage(q)
		return page.Sessions, page.More
	}
	return sessionIDs(walk(w, size, fromEnd, read, q.Order.Position, false))
}

// everyOrderCases are thousands of pages.
var everyOrderCases = []testCase{
	{"under every filter and in every order sessions come sorted, at any size and from both ends", func(w *world) {
		sessions, channels := w.conversations()
		for _, q := range sessionOrders {
			for _, q.Filter = range filters(sessions, channels) {
				sorted := plainlySorted(q, passing(sessions, q.Filter))
				want, what := sessionIDs(sorted), fmt.Sprintf("order %d, ascending %v, %+v", q.Order, q.Ascending, q.Filter)
				for _, size := range []int{1, 5, max(1, len(want)), len(want) + 1} {
					for _, fromEnd := range []bool{false, true} {
						w.same(fmt.Sprintf("%s by %d, from the end %v", what, size, fromEnd), w.walkOrder(q, size, fromEnd), want)
					}
				}
				for _, skip := range []int{1, 4, len(want), len(want) + 3} {
					for _, fromEnd := range []bool{false, true} {
						q.Page = storage.Page{Size: 3, Skip: skip, FromEnd: fromEnd}
						w.same(fmt.Sprintf("%s, past %d, from the end %v", what, skip, fromEnd), w.sessionPage(q), pageOf(q.Page, sorted))
					}
				}
			}
		}
	}},
}

var sessionOrderCases = []testCase{
	{"every contact gets its page in the order asked for", func(w *world) {
		sessions, channels := w.conversations()
		people := owners(sessions)
		for _, q := range sessionOrders {
			for _, q.Filter = range filters(sessions, channels) {
				for _, q.Page = range []storage.Page{{Size: 2}, {Size: 2, FromEnd: true}, {Size: 9}, {Size: 20, FromEnd: true}} {
					got := w.byContact(people, q)
					for _, id := range people {
						of := passing(passing(sessions, storage.SessionFilter{Contact: &id}), q.Filter)
						w.same(fmt.Sprintf("%+v", q), got[id], pageOf(q.Page, plainlySorted(q, of)))
					}
				}
			}
		}
	}},
	{"after and before cut a list of sessions at both ends in every order", func(w *world) {
		sessions, _ := w.conversations()
		for _, q := range sessionOrders {
			sorted := plainlySorted(q, sessions)
			after, before := q.Order.Position(sorted[3]), q.Order.Position(sorted[12])
			for _, q.Page = range []storage.Page{{Size: 4}, {Size: 4, FromEnd: true}, {Size: 8}, {Size: 9, FromEnd: true}} {
				q.Page.After, q.Page.Before = &after, &before
				w.same(fmt.Sprintf("%+v", q), w.sessionPage(q), pageOf(q.Page, sorted[4:12]))
				for _, id := range owners(sessions) {
					got := w.byContact([]crm.ContactID{id}, q)[id]
					w.same(fmt.Sprintf("%+v of a contact", q), got, pageOf(q.Page, passing(sorted[4:12], storage.SessionFilter{Contact: &id})))
				}
			}
			q.Page = storage.Page{Size: 3, After: &before, Before: &after}
			w.same("between the wrong way round", w.sessionPage(q), storage.SessionPage{})
		}
	}},
	{"a session is listed by the start that it shows, even if a later id started earlier", func(w *world) {
		ch := w.channel("Shop")
		report := func(external string, late time.Duration) crm.SessionID {
			i := w.message(ch, external, "1")
			i.At = i.At.Add(-late)
			return w.record(i).Session.ID
		}
		prompt, late, verylate := report("ann", 0), report("ben", time.Hour), report("cem", 30*24*time.Hour)
		q := storage.SessionQuery{Order: storage.Started, Ascending: true, Page: storage.Page{Size: 5}}
		w.same("sessions", sessionIDs(w.sessionPage(q).Sessions), []crm.SessionID{verylate, late, prompt})
	}},
	{"messages and edits move no session in the order by start", func(w *world) {
		ch := w.channel("Shop")
		var want []crm.SessionID
		for i := range 8 {
			want = append(want, w.record(w.message(ch, fmt.Sprint(i), "1")).Session.ID)
		}
		for _, fromEnd := range []bool{false, true} {
			moves := 0
			read := func(p storage.Page) ([]crm.Session, bool) {
				page := w.sessionPage(storage.SessionQuery{Order: storage.Started, Ascending: true, Page: p})
				moves++
				w.record(w.message(ch, fmt.Sprint(moves%8), fmt.Sprint("more", fromEnd, moves)))
				_, err := w.UpdateSession(w.ctx, w.id, want[(moves+3)%8], crm.SessionEdit{
					At: w.tick(), Event: crm.NewEventID(w.now), Actor: "staff",
					Change: func(s *crm.Session) error {
						s.UnreadCount, s.Tag = 0, new(crm.Complaint)
						return nil
					},
				})
				w.check(err)
				return page.Sessions, page.More
			}
			w.same("sessions", sessionIDs(walk(w, 2, fromEnd, read, storage.Started.Position, false)), want)
		}
	}},
}
