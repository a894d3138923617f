package storagetest

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// ended are the sign-ins that were ended since then, of those that a case has made up.
func (w *world) ended(since time.Time, ids ...string) []crm.EndedSignIn {
	w.t.Helper()
	all, err := w.EndedSignIns(w.ctx, since)
	w.check(err)
	all = slices.DeleteFunc(all, func(e crm.EndedSignIn) bool { return !slices.Contains(ids, e.ID) })
	slices.SortFunc(all, func(a, b crm.EndedSignIn) int { return strings.Compare(a.ID, b.ID) })
	return all
}

var signInCases = []testCase{
	{"a sign-in that is over is reported until its last credential has expired", func(w *world) {
		ann, ben := "a "+uuid.NewString(), "b "+uuid.NewString()
		first := w.tick()
		over := func(id string) crm.EndedSignIn {
			return crm.EndedSignIn{ID: id, Before: w.now.Add(time.Hour), Until: w.now.Add(time.Hour), At: w.now}
		}
		a := over(ann)
		w.check(w.EndSignIn(w.ctx, a))
		w.same("the first", w.ended(first, ann, ben), []crm.EndedSignIn{a})
		w.tick()
		b := over(ben)
		w.check(w.EndSignIn(w.ctx, b))
		w.same("both", w.ended(first, ann, ben), []crm.EndedSignIn{a, b})
		w.same("what is new", w.ended(w.now, ann, ben), []crm.EndedSignIn{b})
		w.same("what is newer than all", w.ended(w.now.Add(time.Microsecond), ann, ben), []crm.EndedSignIn{})
		w.check(w.ForgetSignIns(w.ctx, a.Until))
		w.same("both to the end", w.ended(first, ann, ben), []crm.EndedSignIn{a, b})
		w.check(w.ForgetSignIns(w.ctx, b.Until))
		w.same("what is left", w.ended(first, ann, ben), []crm.EndedSignIn{b})
		w.check(w.ForgetSignIns(w.ctx, b.Until.Add(time.Microsecond)))
		w.same("nothing", w.ended(first, ann, ben), []crm.EndedSignIn{})
	}},
	{"of several ends of one sign-in the furthest counts", func(w *world) {
		id := uuid.NewString()
		first, far := w.tick(), w.now.AddDate(10, 0, 0) // which no other case forgets
		w.check(w.EndSignIn(w.ctx, crm.EndedSignIn{ID: id, Before: w.now, Until: far, At: w.now}))
		out := crm.EndedSignIn{ID: id, Before: far, Until: far, At: w.tick()}
		w.check(w.EndSignIn(w.ctx, out))
		w.check(w.EndSignIn(w.ctx, crm.EndedSignIn{ID: id, Before: w.now.Add(-time.Hour), Until: w.now, At: first}))
		w.same("ends", w.ended(first, id), []crm.EndedSignIn{out})
	}},
}
