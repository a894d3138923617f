package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/storage"
)

var movingCases = []testCase{
	{"a list that moves while it is walked neither repeats nor skips a row that stood still", func(w *world) {
		for _, q := range everyList("ann") {
			for _, fromEnd := range []bool{false, true} {
				for _, size := range []int{1, 2, 5} {
					w.neighbour().walkWhileMoving(q, size, fromEnd)
				}
			}
		}
	}},
	{"a walk goes on after the row it stopped at is gone", func(w *world) {
		for _, q := range everyList("ann") {
			w := w.neighbour()
			w.add(person{name: "Ann A"}, person{name: "Ann B"}, person{name: "Ann C"}, person{name: "Ann D"})
			whole := w.list(q)
			q.Page = storage.Page{Size: 2}
			stop := w.page(q).Rows[1]
			w.remove(stop.Contact.ID)
			q.Page = storage.Page{Size: 2, After: &stop.Position}
			w.same(fmt.Sprintf("after the row that is gone of %+v", q), rowIDs(w.page(q).Rows), whole[2:])
			q.Page = storage.Page{Size: 2, FromEnd: true, Before: &stop.Position}
			w.same(fmt.Sprintf("before the row that is gone of %+v", q), rowIDs(w.page(q).Rows), whole[:1])
		}
	}},
}

// walkWhileMoving walks a list in which every second contact stands still. After each page one of the others is renamed,
// becomes active or is deleted, the row that the page ended with before all others, and a new one comes.
func (w *world) walkWhileMoving(q storage.ContactQuery, size int, fromEnd bool) {
	w.t.Helper()
	ch := w.channel("Shop")
	var still []crm.ContactID
	var movers []crm.ContactID
	external := map[crm.ContactID]string{} // of the movers
	var loaded []storage.Loaded
	for i := range 20 {
		name := fmt.Sprintf("%c Ann %d", 'a'+(i*7)%20, i)
		if i%3 == 0 {
			name = fmt.Sprintf("Ann %d", i)
		}
		l := w.talk(ch, person{name: name, email: fmt.Sprintf("x%d.ann@example.com", i)}, fmt.Sprint(i), crm.Active)
		if i%2 == 0 {
			still = append(still, l.Contact.ID)
		} else {
			movers = append(movers, l.Contact.ID)
			external[l.Contact.ID] = fmt.Sprint(i)
		}
		loaded = append(loaded, l)
	}
	w.load(loaded...)
	isStill := func(id crm.ContactID) bool { return slices.Contains(still, id) }
	want := slices.DeleteFunc(w.list(q), func(id crm.ContactID) bool { return !isStill(id) })

	moves := 0
	move := func(rows []storage.ContactRow) {
		if moves++; moves > 12 || len(rows) == 0 {
			return // a list that always grows ahead of the walk has no end
		}
		end := rows[len(rows)-1].Contact.ID
		if fromEnd {
			end = rows[0].Contact.ID
		}
		if isStill(end) {
			end = movers[moves%len(movers)]
		}
		if e, ok := external[end]; ok {
			switch moves % 4 {
			case 0:
				w.remove(end)
				delete(external, end)
				movers = slices.DeleteFunc(movers, func(id crm.ContactID) bool { return id == end })
			case 1:
				w.edit(end, rename(fmt.Sprintf("%c Ann", 'z'-moves)))
			case 2:
				w.record(w.message(ch, e, fmt.Sprint("bump", moves)))
			case 3:
				w.edit(end, rename("Somebody else"))
			}
		}
		w.add(person{name: fmt.Sprintf("%c Ann", 'a'+moves)}, person{name: "Ann, new"})
	}
	rows := w.walkContacts(q, size, fromEnd, move)
	got := slices.DeleteFunc(rowIDs(rows), func(id crm.ContactID) bool { return !isStill(id) })
	w.same(fmt.Sprintf("rows that stood still in %+v by %d, from the end %v", q, size, fromEnd), got, want)
}
