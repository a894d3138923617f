package storagetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

// Shared runs the cases about several stores, as of several processes, on one database. open returns two of them.
func Shared(t *testing.T, open func(t *testing.T) (a, b storage.Store)) {
	t.Helper()
	for _, c := range sharedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			w := newWorld(t, a)
			other := *w
			other.Store = b
			c.run(w, &other)
		})
	}
}

// sharedCases are cases of one workspace in two stores.
var sharedCases = []struct {
	name string
	run  func(w, other *world)
}{
	{"who follows one store is woken for what is written through the other", func(w, other *world) {
		woken, _ := w.follow()
		for range 3 {
			w.hears(woken, other.marker())
		}
	}},
	{"activity that comes in through one store is published to who follows the other", func(w, other *world) {
		w.follow()
		ch := other.channel("Shop")
		for n := range 3 {
			other.record(other.message(ch, "ann", fmt.Sprint(n)))
		}
		w.until("the activity is published", func() bool { return len(w.activity()) >= 2 })
		w.sparse()
	}},
	{"two who follow publish activity once", func(w, other *world) {
		w.follow()
		other.follow()
		ch := w.channel("Shop")
		for n := range 10 {
			w.record(w.message(ch, "ann", fmt.Sprint(n)))
			other.record(other.message(ch, "ben", fmt.Sprint(n)))
		}
		w.until("the activity is published", func() bool { return len(w.activity()) >= 4 })
		w.sparse()
	}},
	{"who reads by sequence numbers through either store sees every event once and in order", func(w, other *world) {
		_, stop := w.follow()
		_, stopOther := other.follow()
		const writers, rounds = 6, 20
		stores := []*world{w, other}
		contacts := w.add(make([]person, writers)...)
		edits := make([][]crm.ContactEdit, writers)
		for i := range edits {
			for range rounds {
				edits[i] = append(edits[i], crm.ContactEdit{At: w.tick(), Event: crm.NewEventID(w.now), Change: func(c *crm.Contact) error {
					c.Notes += "x"
					return nil
				}})
			}
		}
		var written atomic.Bool
		read := make([][]crm.Event, 2)
		w.check(together(1+len(read), func(i int) (err error) {
			if i > 0 {
				read[i-1], err = stores[i-1].readAlong(10, &written, writers*rounds)
				return err
			}
			defer written.Store(true)
			return together(writers, func(i int) error {
				for n, e := range edits[i] {
					if _, err := stores[i%2].UpdateContact(w.ctx, w.id, contacts[(i+n)%writers].ID, e); err != nil {
						return err
					}
				}
				return nil
			})
		}))
		w.wantErr("Follow", stop(), context.Canceled)
		w.wantErr("Follow of the other", stopOther(), context.Canceled)
		for _, events := range read {
			seen := map[crm.EventID]bool{}
			for n, e := range events {
				w.same("sequence", e.Sequence, crm.Sequence(n+1))
				seen[e.ID] = true
			}
			w.same("different events", len(seen), writers*rounds)
			w.same("events", len(events), writers*rounds)
		}
	}},
}
