package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// byName is the order by name: the name key bytewise, then the id.
func byName(a, b crm.Contact) int {
	if c := cmp.Compare(search.KeysOf(a).Name, search.KeysOf(b).Name); c != 0 {
		return c
	}
	return byID(a, b)
}

// indexed is contacts with their keys, each in the same place.
type indexed struct {
	contacts []crm.Contact
	keys     []search.Keys
}

func index(contacts []crm.Contact) indexed {
	x := indexed{contacts, make([]search.Keys, len(contacts))}
	for i, c := range contacts {
		x.keys[i] = search.KeysOf(c)
	}
	return x
}

// plainly is the search as anybody would write it who may read all contacts and sort them.
func (x indexed) plainly(q storage.ContactQuery) []storage.ContactRow {
	var rows []storage.ContactRow
	for i, c := range x.contacts {
		k := q.Search.Keys(search.Hit{Contact: &c, Name: x.keys[i].Name, Text: x.keys[i].Text})
		tier, ok := q.Search.Rank(k)
		if !ok {
			continue
		}
		if q.Order == storage.Name {
			tier = 0
		}
		m := q.Search.Match(k)
		rows = append(rows, storage.ContactRow{
			Contact: c, Position: storage.Position{Tier: tier, Key: x.keys[i].Name, ID: [16]byte(c.ID)}, Match: &m,
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
		if !seen[s] && !search.Parse(s, "").Empty() {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}

// agree fails the test unless the store's answer to q, in pages of the given size, is the plain one.
func (w *world) agree(x indexed, q storage.ContactQuery, size int, fromEnd bool) {
	w.t.Helper()
	want := x.plainly(q)
	got := w.walkContacts(q, size, fromEnd, nil)
	if !slices.Equal(rowIDs(got), rowIDs(want)) {
		w.t.Fatalf("%+v by %d, from the end %v: got\n%s\nwant\n%s", q, size, fromEnd, inLines(got), inLines(want))
	}
	for i := range got {
		g, r := got[i], want[i]
		if g.Position.Tier != r.Position.Tier || g.Position.Key != r.Position.Key || g.Match == nil || *g.Match != *r.Match ||
			!g.Contact.Same(r.Contact) || g.Contact.Version != r.Contact.Version {
			w.same(fmt.Sprintf("row %d of %+v", i, q), g, r)
		}
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
		rng := rand.New(rand.NewPCG(1, 2))
		contacts := w.population(rng, 300)
		var loaded []storage.Loaded
		for _, i := range rng.Perm(len(contacts)) {
			loaded = append(loaded, storage.Loaded{Contact: contacts[i]})
		}
		w.load(loaded...)
		x := index(contacts)
		for n, text := range queries(rng, contacts, 200) {
			found := x.plainly(storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance})
			w.same("count of "+text, w.count(text), storage.Count{Value: len(found), Exact: true})
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				for _, desc := range []bool{false, true} {
					w.agree(x, storage.ContactQuery{Search: search.Parse(text, ""), Order: order, Descending: desc}, 7, (n%2 == 0) != desc)
				}
			}
		}
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Name, Descending: desc}
			w.same("names", rowIDs(w.walkContacts(q, 7, desc, nil)), sortedIDs(contacts, desc, byName))
		}
	}},
	{"a search after many edits gives what reading and sorting every contact gives", func(w *world) {
		rng := rand.New(rand.NewPCG(3, 4))
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
		x := index(contacts)
		for _, text := range queries(rng, contacts, 100) {
			w.agree(x, storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance}, 3, false)
			w.agree(x, storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Name, Descending: true}, 3, true)
		}
	}},
}

var grownCases = []testCase{
	{"a workspace that has grown is searched as one that has not, before and after maintenance", func(w *world) {
		rng := rand.New(rand.NewPCG(5, 6))
		contacts := w.population(rng, 25_000)
		w.check(w.Load(w.ctx, w.id, func(yield func(storage.Loaded) bool) {
			for _, c := range contacts {
				if !yield(storage.Loaded{Contact: c}) {
					return
				}
			}
		}))
		texts := append(queries(rng, contacts, 6), "lacksmit", "ria", "z", "日", "%", "nobody at all", "55512", "smith ann")
		firstPages := func() {
			w.t.Helper()
			x := index(contacts)
			for n, text := range texts {
				for _, order := range []storage.Order{storage.Relevance, storage.Name} {
					q := storage.ContactQuery{Search: search.Parse(text, ""), Order: order, Descending: n%2 == 0, Page: storage.Page{Size: 20}}
					want := x.plainly(q)
					page := w.page(q)
					w.same(fmt.Sprintf("first page of %+v", q), rowIDs(page.Rows), rowIDs(want[:min(20, len(want))]))
					w.same(fmt.Sprintf("more in %+v", q), page.More, len(want) > 20)
					q.Page.FromEnd = true
					w.same(fmt.Sprintf("last page of %+v", q), rowIDs(w.page(q).Rows), rowIDs(want[max(0, len(want)-20):]))
					q.Page.FromEnd = false
					if middle := len(want) / 2; middle > 0 {
						q.Page.After = &want[middle-1].Position
						w.same(fmt.Sprintf("page of %+v", q), rowIDs(w.page(q).Rows), rowIDs(want[middle:min(middle+20, len(want))]))
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
	}},
}
