package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/search"
)

// byName is the order by name: the name key bytewise, then the id.
func byName(a, b crm.Contact) int {
	if c := cmp.Compare(search.KeysOf(a).Name, search.KeysOf(b).Name); c != 0 {
		return c
	}
	return byCreation(a, b)
}

// plainly is the search as anybody would write it who may read all contacts and sort them.
func plainly(contacts []crm.Contact, q storage.ContactQuery) []storage.ContactRow {
	var rows []storage.ContactRow
	query := search.Parse(q.Search)
	for _, c := range contacts {
		k := search.KeysOf(c)
		tier, key, ok := query.Rank(k)
		if !ok {
			continue
		}
		if q.Order == storage.Name {
			tier, key = 0, k.Name
		}
		m := query.Match(c, k)
		rows = append(rows, storage.ContactRow{
			Contact: c, Position: storage.Position{Tier: tier, Key: key, ID: [16]byte(c.ID)}, Match: &m,
		})
	}
	slices.SortFunc(rows, func(a, b storage.ContactRow) int {
		return cmp.Or(
			cmp.Compare(a.Position.Tier, b.Position.Tier),
			cmp.Compare(a.Position.Key, b.Position.Key),
			bytes.Compare(a.Position.ID[:], b.Position.ID[:]),
		)
	})
	if q.Descending {
		slices.Reverse(rows)
	}
	return rows
}

var (
	givenNames = []string{
		"Ann", "Anna", "Annabel", "Hannah", "Jo-Ann", "Émile", "Zoë", "Søren", "Łukasz", "Jürgen", "Наталья", "Иван", "太郎",
		"花子", "محمد", "김철수", "😀", "O'Neil", "a", "Ñandú", "İpek", "Maria", "Mario", "100%", "x_y", `b\c`, `"Q"`, "Öz", "Ωμέγα",
	}
	familyNames = []string{
		"Smith", "Smithson", "Blacksmith", "Müller", "Strauß", "Ærø", "Đorđe", "Иванова", "山田", "علي", "de la Cruz", "Anand",
		"Ann", "O'Brien", "Nguyễn", "van der Berg", "Mc Donald", "Mariani", "77", "Zola", "A", "Yılmaz", "🎉🎉",
	}
	domains  = []string{"example.com", "example.org", "ann.example", "mail.co.uk", "shop-24.example", "bücher.example", "x.io"}
	prefixes = []string{"+4930", "+49171", "+1415555", "+4420", "+390", "+81355", "+966", "+7495"}
)

// population makes n contacts of many alphabets, many of them alike, from a seed.
func (w *world) population(rng *rand.Rand, n int) []crm.Contact {
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	contacts := make([]crm.Contact, n)
	for i := range contacts {
		var p person
		if rng.IntN(8) > 0 {
			p.name = pick(givenNames)
			if rng.IntN(4) > 0 {
				p.name += " " + pick(familyNames)
			}
			if rng.IntN(6) == 0 {
				p.name += " " + pick(givenNames)
			}
		}
		if rng.IntN(3) > 0 {
			local := strings.NewReplacer(" ", ".", `"`, "", `\`, "").Replace(strings.ToLower(pick(givenNames) + pick([]string{"", ".", "+", "_", "-"}) + pick(familyNames)))
			p.email = local + "@" + pick(domains)
		}
		if rng.IntN(3) > 0 {
			p.phone = pick(prefixes) + fmt.Sprint(10_000+rng.IntN(3_000_000))
		}
		contacts[i] = contactOf(p, w.tick())
	}
	return contacts
}

// queries makes n searches of what the contacts hold: pieces, beginnings, several of them in any order, and some that
// nobody holds.
func queries(rng *rand.Rand, contacts []crm.Contact, n int) []string {
	piece := func() string {
		c := contacts[rng.IntN(len(contacts))]
		values := []string{"zz"}
		for _, v := range []*string{c.Name, c.Email, c.Phone} {
			if v != nil {
				values = append(values, *v)
			}
		}
		runes := []rune(values[rng.IntN(len(values))])
		from := 0
		if rng.IntN(2) == 0 {
			from = rng.IntN(len(runes))
		}
		return string(runes[from:min(len(runes), from+1+rng.IntN(6))])
	}
	seen := map[string]bool{"": true, " ": true}
	var all []string
	for len(all) < n {
		s := piece()
		for rng.IntN(4) == 0 {
			s += " " + piece()
		}
		if rng.IntN(10) == 0 {
			s = strings.ToUpper(s)
		}
		if !seen[s] && !search.Parse(s).Empty() {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}

// agree fails the test unless the store's answer to q, in pages of the given size, is the plain one.
func (w *world) agree(contacts []crm.Contact, q storage.ContactQuery, size int, fromEnd bool) {
	w.t.Helper()
	want := plainly(contacts, q)
	got := w.walkContacts(q, size, fromEnd, nil)
	if !slices.Equal(rowIDs(got), rowIDs(want)) {
		w.t.Fatalf("%+v by %d, from the end %v: got\n%s\nwant\n%s", q, size, fromEnd, inLines(got), inLines(want))
	}
	for i := range got {
		w.same(fmt.Sprintf("match in %+v", q), got[i].Match, want[i].Match)
		w.same(fmt.Sprintf("tier in %+v", q), got[i].Position.Tier, want[i].Position.Tier)
		w.same(fmt.Sprintf("key in %+v", q), got[i].Position.Key, want[i].Position.Key)
		w.same(fmt.Sprintf("contact in %+v", q), got[i].Contact, want[i].Contact)
	}
}

func inLines(rows []storage.ContactRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d %q %s %q\n", r.Position.Tier, r.Position.Key, r.Contact.ID, r.Contact.DisplayName())
	}
	return b.String()
}

var referenceCases = []testCase{
	{"a search in pages gives what reading and sorting every contact gives", func(w *world) {
		rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
		contacts := w.population(rng, 300)
		var loaded []storage.Loaded
		for _, i := range rng.Perm(len(contacts)) {
			loaded = append(loaded, storage.Loaded{Contact: contacts[i]})
		}
		w.load(loaded...)
		for n, text := range queries(rng, contacts, 300) {
			found := plainly(contacts, storage.ContactQuery{Search: text, Order: storage.Relevance})
			w.same("count of "+text, w.count(text), storage.Count{Value: len(found), Exact: true})
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				for _, desc := range []bool{false, true} {
					w.agree(contacts, storage.ContactQuery{Search: text, Order: order, Descending: desc}, 7, (n%2 == 0) != desc)
				}
			}
		}
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Name, Descending: desc}
			w.same("names", rowIDs(w.walkContacts(q, 7, desc, nil)), sortedIDs(contacts, desc, byName))
		}
	}},
	{"a search after many edits gives what reading and sorting every contact gives", func(w *world) {
		rng := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same every time
		contacts := w.add(make([]person, 60)...)
		for round := range 2 {
			for i, p := range w.population(rng, len(contacts)) {
				if round == 1 && i%3 > 0 {
					continue
				}
				contacts[i] = w.edit(contacts[i].ID, func(c *crm.Contact) {
					c.Name, c.Email, c.Phone = p.Name, p.Email, p.Phone
					c.NameFrom, c.EmailFrom, c.PhoneFrom = p.NameFrom, p.EmailFrom, p.PhoneFrom
				})
			}
		}
		for range 10 {
			w.remove(contacts[len(contacts)-1].ID)
			contacts = contacts[:len(contacts)-1]
		}
		for _, text := range queries(rng, contacts, 100) {
			w.agree(contacts, storage.ContactQuery{Search: text, Order: storage.Relevance}, 3, false)
			w.agree(contacts, storage.ContactQuery{Search: text, Order: storage.Name, Descending: true}, 3, true)
		}
	}},
	{"a workspace that has grown is searched as one that has not, before and after maintenance", func(w *world) {
		if testing.Short() {
			w.t.Skip("loads 25,000 contacts")
		}
		rng := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same every time
		contacts := w.population(rng, 25_000)
		w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for _, c := range contacts {
				if !yield(storage.Loaded{Contact: c}) {
					return
				}
			}
		}))
		texts := append(queries(rng, contacts, 25), "lacksmit", "ria", "z", "日", "%", "nobody at all", "55512", "smith ann")
		firstPages := func() {
			w.t.Helper()
			for _, text := range texts {
				for _, order := range []storage.Order{storage.Relevance, storage.Name} {
					for _, desc := range []bool{false, true} {
						q := storage.ContactQuery{Search: text, Order: order, Descending: desc, Page: storage.Page{Size: 20}}
						want := rowIDs(plainly(contacts, q))
						page := w.page(q)
						w.same(fmt.Sprintf("first page of %+v", q), rowIDs(page.Rows), want[:min(20, len(want))])
						w.same(fmt.Sprintf("more in %+v", q), page.More, len(want) > 20)
						if len(want) > 60 { // somewhere in the middle
							middle := plainly(contacts, q)[30].Position
							q.Page.After = &middle
							w.same(fmt.Sprintf("page of %+v", q), rowIDs(w.page(q).Rows), want[31:51])
						}
					}
				}
			}
		}
		firstPages()
		w.maintain()
		firstPages()
		for i := range 50 { // what comes and goes after maintenance is found as well
			n := i * 400
			contacts[n] = w.edit(contacts[n].ID, rename(fmt.Sprintf("Lacksmitten Ria %d", i)))
		}
		contacts = append(contacts, w.add(person{name: "Blacksmith, the new"}, person{email: "ria@lacksmit.example"})...)
		firstPages()
		w.maintain()
		firstPages()
	}},
}
