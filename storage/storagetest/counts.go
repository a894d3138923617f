package storagetest

import (
	"fmt"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// countedCases count for a while.
var countedCases = []testCase{
	{"a search is counted up to the limit", func(w *world) {
		crowd := func(n int) {
			w.t.Helper()
			w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
				for i := range n {
					if !yield(storage.Loaded{Contact: contactOf(person{name: fmt.Sprintf("Crowd %d", i)}, w.tick())}) {
						return
					}
				}
			}))
		}
		w.add(person{name: "Somebody else"})
		crowd(storage.CountLimit)
		w.same("count at the limit", w.count("crowd"), storage.Count{Value: storage.CountLimit, Exact: true})
		crowd(1)
		for _, text := range []string{"crowd", "row", "c", "cr wd"} {
			w.same("count beyond the limit of "+text, w.count(text), storage.Count{Value: storage.CountLimit})
		}
		w.same("count without a search", w.count(""), storage.Count{Value: storage.CountLimit + 2, Exact: true})
		for most, want := range map[int]storage.Count{1: {Value: 1}, 999: {Value: 999}, storage.CountLimit: {Value: storage.CountLimit}} {
			n, err := w.CountContacts(w.ctx, w.id, storage.ContactQuery{Search: search.Parse("crowd", "")}, most)
			w.check(err)
			w.same("count as far as a limit", n, want)
		}
		w.same("count of one", w.count("somebody"), storage.Count{Value: 1, Exact: true})
		w.maintain()
		w.same("count beyond the limit, after maintenance", w.count("crowd"), storage.Count{Value: storage.CountLimit})
		w.same("count without a search, after maintenance", w.count("").Value, storage.CountLimit+2)
	}},
}

var countCases = []testCase{
	{"the count without a search is exact after every write", func(w *world) {
		want := func(n int) {
			w.t.Helper()
			w.same("count", w.count(""), storage.Count{Value: n, Exact: true})
		}
		want(0)
		ch := w.channel("Shop")
		ann := w.record(w.message(ch, "ann", "1")).Contact
		want(1)
		w.record(w.message(ch, "ann", "2"))
		want(1)
		people := w.add(person{name: "Ben"}, person{}, person{name: "Zoe"})
		want(4)
		w.edit(people[0].ID, rename("Benjamin"))
		want(4)
		w.remove(ann.ID)
		want(3)
		w.record(w.message(ch, "ann", "3"))
		want(4)
		w.maintain()
		want(4)
	}},
	{"the count of a search is exact after every write", func(w *world) {
		want := func(text string, n int) {
			w.t.Helper()
			w.same("count of "+text, w.count(text), storage.Count{Value: n, Exact: true})
		}
		people := w.add(person{name: "Ann"}, person{name: "Hannah"}, person{email: "ann@example.com"}, person{name: "Ben"})
		want("ann", 3)
		want("n", 4)
		w.edit(people[3].ID, rename("Ben Ann"))
		want("ann", 4)
		want("ann ben", 1)
		w.remove(people[0].ID)
		want("ann", 3)
		want("nobody", 0)
	}},
	{"the count is exact while many write", func(w *world) {
		ch := w.channel("Shop")
		messages := make([][]crm.Interaction, 12)
		for i := range messages {
			for n := range 12 {
				m := w.message(ch, fmt.Sprintf("%d of %d", n, i), "1")
				m.Profile.Name = new("Person")
				messages[i] = append(messages[i], m)
			}
		}
		w.check(together(len(messages), func(i int) error {
			for n, m := range messages[i] {
				r, err := w.RecordInteraction(w.ctx, w.id, m)
				if err != nil {
					return err
				}
				if n%3 == 0 {
					if err := w.DeleteContact(w.ctx, w.id, r.Contact.ID, w.deletion()); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		want := storage.Count{Value: len(messages) * 8, Exact: true}
		w.same("count", w.count(""), want)
		w.same("count of a search", w.count("person"), want)
		w.same("contacts", len(w.list(storage.ContactQuery{})), want.Value)
	}},
}

var crowdedCountCases = []testCase{
	{"a search of a large workspace is counted up to the limit", func(w *world) {
		const contacts = 32_000
		name := func(i int) string { return fmt.Sprint([]string{"Marlene ", "Torben "}[i%2], i) }
		w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for i := range contacts {
				if !yield(storage.Loaded{Contact: contactOf(person{name: name(i)}, w.tick())}) {
					return
				}
			}
		}))
		counted := func(when string) {
			w.t.Helper()
			for _, text := range []string{
				"Marlene", "m", "arlen", "7", "12", "99", "ben 1", "arlen 3 4", "orben 777", "Torben 31999", "nobody", "x",
			} {
				n := 0
				for i := range contacts {
					if holdsAll(name(i), strings.Fields(text)) {
						n++
					}
				}
				want := storage.Count{Value: min(n, storage.CountLimit), Exact: n <= storage.CountLimit}
				w.same(when+", count of "+text, w.count(text), want)
			}
		}
		counted("at first")
		w.maintain()
		counted("after maintenance")
		w.add(person{name: "Marlene the last"})
		w.same("after one more, count of the last", w.count("the last"), storage.Count{Value: 1, Exact: true})
	}},
}

func holdsAll(name string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		return !strings.Contains(strings.ToLower(name), strings.ToLower(word))
	})
}
