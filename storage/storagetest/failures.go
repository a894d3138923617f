package storagetest

import (
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// failure is a failure to come, of a customer where external is not empty.
func (w *world) failure(ch crm.Channel, external, payload string) crm.Failure {
	at := w.tick()
	return crm.Failure{
		ID: crm.NewFailureID(at), ChannelID: ch.ID, ExternalID: some(external), At: at, Position: 3,
		Reason: "The item has no text", Payload: []byte(payload),
	}
}

// fail keeps failures.
func (w *world) fail(failures ...crm.Failure) {
	w.t.Helper()
	for _, f := range failures {
		w.check(w.AddFailure(w.ctx, w.id, f))
	}
}

// failures are all that are kept.
func (w *world) failures() []crm.Failure {
	w.t.Helper()
	page, err := w.Failures(w.ctx, w.id, storage.Page{Size: everything})
	w.check(err)
	return page.Failures
}

var failureCases = []testCase{
	{"failures are kept with every field, newest first, and found by id", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		one, two := w.failure(web, "+49 30/9ß😀", "\x00\xff\n{"), w.failure(shop, "", "")
		two.Position, two.Reason = 0, ""
		w.fail(one, two)
		w.same("failures", w.failures(), []crm.Failure{two, one})
		found, err := w.FailuresByID(w.ctx, w.id, []crm.FailureID{one.ID, crm.NewFailureID(w.now), two.ID, one.ID})
		w.check(err)
		w.same("by id", found, map[crm.FailureID]crm.Failure{one.ID: one, two.ID: two})
	}},
	{"the same payload of the same channel again changes nothing", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		first := w.failure(web, "ann", "payload")
		again, elsewhere, other := w.failure(web, "ben", "payload"), w.failure(shop, "ann", "payload"), w.failure(web, "ann", "payload ")
		w.fail(first, again, elsewhere, other, again)
		w.same("failures", w.failures(), []crm.Failure{other, elsewhere, first})
		w.check(w.RemoveFailure(w.ctx, w.id, first.ID))
		w.fail(again)
		w.same("kept again", len(w.failures()), 3)
		theirs := w.neighbour()
		ch := theirs.channel("Web")
		theirs.fail(theirs.failure(ch, "ann", "payload"))
		w.same("a neighbour's", len(theirs.failures()), 1)
	}},
	{"one payload reported by many at once is kept once", func(w *world) {
		ch := w.channel("Web")
		reports := make([]crm.Failure, 16)
		for i := range reports {
			reports[i] = w.failure(ch, "ann", "payload")
		}
		w.check(together(len(reports), func(i int) error { return w.AddFailure(w.ctx, w.id, reports[i]) }))
		w.same("failures", len(w.failures()), 1)
	}},
	{"a failure of a channel that is not there is not kept", func(w *world) {
		f := w.failure(w.neighbour().channel("Web"), "ann", "payload")
		w.wantErr("AddFailure", w.AddFailure(w.ctx, w.id, f), crm.ErrNotFound)
		w.same("failures", len(w.failures()), 0)
	}},
	{"failures are read in pages of any size, in both directions, within bounds", func(w *world) {
		ch := w.channel("Web")
		var want []crm.FailureID
		var all []crm.Failure
		for n := range 9 {
			f := w.failure(ch, "", fmt.Sprint(n))
			all, want = slices.Insert(all, 0, f), slices.Insert(want, 0, f.ID)
		}
		w.fail(all...)
		for size := 1; size <= 10; size++ {
			for _, fromEnd := range []bool{false, true} {
				read := func(p storage.Page) ([]crm.Failure, bool) {
					page, err := w.Failures(w.ctx, w.id, p)
					w.check(err)
					return page.Failures, page.More
				}
				got := walk(w, size, fromEnd, read, storage.FailurePosition, false)
				w.same(fmt.Sprintf("by %d, from the end %v", size, fromEnd), failureIDs(got), want)
			}
		}
		after, before := storage.FailurePosition(all[2]), storage.FailurePosition(all[6])
		for _, p := range []storage.Page{{Size: 5, After: &after, Before: &before}, {Size: 3, FromEnd: true, After: &after, Before: &before}} {
			page, err := w.Failures(w.ctx, w.id, p)
			w.check(err)
			w.same("between bounds", failureIDs(page.Failures), want[3:6])
			w.same("more", page.More, false)
		}
	}},
	{"failures are counted and removed", func(w *world) {
		ch := w.channel("Web")
		one, two := w.failure(ch, "ann", "1"), w.failure(ch, "ben", "2")
		w.fail(one, two)
		counted := func(n int) {
			w.t.Helper()
			c, err := w.CountFailures(w.ctx, w.id, storage.CountLimit)
			w.check(err)
			w.same("count", c, storage.Count{Value: n, Exact: true})
		}
		counted(2)
		c, err := w.CountFailures(w.ctx, w.id, 1)
		w.check(err)
		w.same("count as far as one", c, storage.Count{Value: 1})
		w.wantErr("a neighbour removes", w.RemoveFailure(w.ctx, w.neighbour().id, one.ID), crm.ErrNotFound)
		w.check(w.RemoveFailure(w.ctx, w.id, one.ID))
		counted(1)
		w.wantErr("removed twice", w.RemoveFailure(w.ctx, w.id, one.ID), crm.ErrNotFound)
		w.same("failures", w.failures(), []crm.Failure{two})
	}},
	{"failures of nobody who is known go with the contact that they mention, and are among its own", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		ann := w.record(w.message(web, "4711", "1")).Contact
		w.record(w.message(web, "0815", "1"))
		kept := []crm.Failure{
			w.failure(shop, "", `{"from": 4711}`), w.failure(web, "0815", `{"from": "0815", "to": "4711"}`),
			w.failure(web, "", `{"text": "call 4711"}`), w.failure(web, "", `[47110]`),
		}
		gone := []crm.Failure{
			w.failure(web, "", `{"from": {"id": 4711}}`), w.failure(web, "", `{"content": "{\"user\": \"4711\"}"`),
			w.failure(web, "stranger", `["4711"]`), w.failure(web, "4711", "{}"), w.failure(web, "", "4711, \xff"),
		}
		for n := range 60 { // more than are looked at at once
			kept = append(kept, w.failure(web, "", fmt.Sprintf(`{"n": %d}`, n)))
		}
		last := w.failure(web, "", `{"last": "\u0034711"}`)
		w.fail(kept...)
		w.fail(gone...)
		w.fail(last)
		got, err := w.FailuresOfContact(w.ctx, w.id, ann.ID)
		w.check(err)
		w.same("of the contact", got, append(gone, last))
		w.remove(ann.ID)
		slices.Reverse(kept)
		w.same("left", w.failures(), kept)
	}},
	{"old failures are forgotten", func(w *world) {
		w.now = time.Date(2018, 5, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("Web")
		w.fail(w.failure(ch, "ann", "1"), w.failure(ch, "", "2"))
		kept := w.failure(ch, "", "3")
		w.fail(kept)
		w.forgetOld(w.ForgetFailures, kept.At)
		w.same("failures", w.failures(), []crm.Failure{kept})
	}},
	{"the failures of a contact's identities go with it, and no others", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		i, j := w.message(web, "ann", "1"), w.message(shop, "anna", "1")
		i.Profile, j.Profile = verified(annsEmail, ""), verified(annsEmail, "")
		ann := w.record(i).Contact
		w.record(j)
		w.record(w.message(web, "ben", "1"))
		kept := []crm.Failure{
			w.failure(shop, "ann", "1"), w.failure(web, "ben", "2"), w.failure(web, "", "3"), w.failure(web, "Ann", "4"),
		}
		w.fail(kept...)
		w.fail(w.failure(web, "ann", "5"), w.failure(web, "ann", "6"), w.failure(shop, "anna", "7"))
		w.remove(ann.ID)
		slices.Reverse(kept)
		w.same("failures", w.failures(), kept)
	}},
}

func failureIDs(failures []crm.Failure) []crm.FailureID {
	ids := make([]crm.FailureID, len(failures))
	for i, f := range failures {
		ids[i] = f.ID
	}
	return ids
}
