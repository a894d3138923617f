package storagetest

import (
	"context"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// Alone runs the cases about a whole database, which others must not use meanwhile. open returns a store on a new one.
func Alone(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	for _, c := range aloneCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(newWorld(t, open(t)))
		})
	}
}

var aloneCases = []testCase{
	{"records of a workspace apart are forgotten before its own time, and those of others are not", func(w *world) {
		w.now = time.Date(2009, 4, 1, 12, 0, 0, 0, time.UTC)
		shorter, longer, usual := w.neighbour(), w.neighbour(), w.neighbour()
		all := []*world{shorter, longer, usual}
		first, last := w.tick(), w.tick()
		const tenDays = 10 * 24 * time.Hour
		for _, each := range all {
			ch := each.channel("Web")
			for _, each.now = range []time.Time{first, first.Add(tenDays), last.Add(2 * tenDays)} {
				each.fail(each.failure(ch, "", each.now.String()))
				ann := each.add(person{name: "Ann"})[0].ID
				e, _ := each.change(ann, "staff", rename("Anna"))
				each.sequenceOf(e.ID)
			}
		}
		w.forget(w.ForgetEvents, last.AddDate(1, 0, 0))
		left := func(each *world) []int {
			histories := 0
			page, err := each.Contacts(w.ctx, each.id, storage.ContactQuery{Page: storage.Page{Size: everything}})
			w.check(err)
			for _, r := range page.Rows {
				histories += len(each.history(r.Contact.ID))
			}
			return []int{len(each.audited()), len(each.failures()), histories}
		}
		forget := func(before, ofShorter, ofLonger time.Time) {
			for _, some := range []func(context.Context, storage.Cutoff) (bool, error){w.ForgetAudit, w.ForgetFailures, w.ForgetHistory} {
				w.forget(func(ctx context.Context, before time.Time) (bool, error) {
					return some(ctx, storage.Cutoff{
						Before: before, Of: map[crm.WorkspaceID]time.Time{shorter.id: ofShorter, longer.id: ofLonger},
					})
				}, before)
			}
		}
		forget(first.Add(time.Hour), first.Add(tenDays+time.Hour), time.Time{})
		w.same("apart, for a shorter time", left(shorter), []int{1, 1, 1})
		w.same("apart, forever", left(longer), []int{3, 3, 3})
		w.same("as long as the server's setting", left(usual), []int{2, 2, 2})
		forget(time.Time{}, first, first.Add(time.Hour))
		w.same("apart, for a shorter time, later", left(shorter), []int{1, 1, 1})
		w.same("apart, for a longer time, later", left(longer), []int{2, 2, 2})
		w.same("forever", left(usual), []int{2, 2, 2})
	}},
}
