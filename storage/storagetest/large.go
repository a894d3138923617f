package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// largeNames are names of 200 characters, as a person counts them, that are long in bytes or become so when folded.
func largeNames() []string {
	rng := rand.New(rand.NewPCG(9, 10))
	var families, kanji, hangul, faces strings.Builder
	for range 200 {
		for n := range 4 { // people joined to one character, hard to compress
			if n > 0 {
				families.WriteString("\u200d")
			}
			families.WriteRune(0x1F468 + rune(rng.IntN(2)))
			families.WriteRune(0x1F3FB + rune(rng.IntN(5)))
		}
		kanji.WriteRune(0x4E00 + rune(rng.IntN(20_000)))
		hangul.WriteRune(0xAC00 + rune(rng.IntN(11_000)))
		faces.WriteRune(0x1F600 + rune(rng.IntN(64)))
	}
	return []string{
		families.String(), kanji.String(), hangul.String(), faces.String(),
		strings.Repeat("\uFDFA", 200), // folds to eighteen letters each
		strings.Repeat("ﬃ", 200), strings.Repeat("ß", 200), strings.Repeat("a b ", 50), strings.Repeat("a", 200),
		strings.Repeat("e\u0301\u0302\u0303\u0304", 200), strings.Repeat("%", 200), strings.Repeat("'", 200),
	}
}

// largestCases have every value as long as it may be.
var largestCases = []testCase{
	{"a contact with the largest values is stored, listed, found, edited and deleted", func(w *world) {
		names := largeNames()
		var contacts []crm.Contact
		for i, name := range names {
			p := person{name, strings.Repeat(string(rune('a'+i)), 64) + "@" + strings.Repeat("example.", 23) + "org", "+4930901820" + fmt.Sprint(1000+i)}
			contacts = append(contacts, w.add(p)...)
			contacts[i] = w.edit(contacts[i].ID, func(c *crm.Contact) { c.Notes = strings.Repeat("ñ😀", 5_000) })
		}
		for _, c := range contacts {
			w.same("contact", w.contact(c.ID), c)
		}
		for _, desc := range []bool{false, true} {
			q := storage.ContactQuery{Order: storage.Name, Descending: desc}
			w.same("list by name", rowIDs(w.walkContacts(q, 1, desc, nil)), sortedIDs(contacts, desc, byName))
		}
		x := index(contacts)
		for i, c := range contacts {
			for _, text := range []string{string([]rune(*c.Name)[:12]), (*c.Email)[:70], *c.Phone, *c.Name} {
				for _, order := range []storage.Order{storage.Relevance, storage.Name} {
					w.agree(x, storage.ContactQuery{Search: search.Parse(text, ""), Order: order}, 2, i%2 == 0)
				}
			}
		}
		for i, c := range contacts {
			contacts[i] = w.edit(c.ID, rename(names[(i+1)%len(names)]))
			w.same("contact", w.contact(c.ID), contacts[i])
		}
		x = index(contacts)
		for _, c := range contacts {
			w.agree(x, storage.ContactQuery{Search: search.Parse(string([]rune(*c.Name)[:12]), ""), Order: storage.Relevance}, 2, false)
		}
		for _, c := range contacts {
			w.remove(c.ID)
		}
		w.same("count", w.count("").Value, 0)
		w.finds("example")
	}},
}

var largeCases = []testCase{
	{"a message with the largest values is recorded", func(w *world) {
		ch := w.channel("Web")
		for n, name := range largeNames() {
			i := w.message(ch, strings.Repeat("😀", 128), strings.Repeat(string(rune('a'+n)), 512))
			i.Preview = new(strings.Repeat("👨‍👩‍👧‍👦", 140))
			i.Profile = crm.Profile{Name: &name}
			r := w.record(i)
			w.same("name", r.Contact.Name, &name)
			w.same("preview", w.session(r.Session.ID).LastMessagePreview, i.Preview)
		}
		w.same("count", w.count("").Value, 1)
	}},
	{"large contacts are loaded together", func(w *world) {
		var loaded []storage.Loaded
		for _, name := range largeNames() {
			c := contactOf(person{name: name}, w.tick())
			c.Notes = strings.Repeat("👨‍👩‍👧‍👦", 10_000)
			loaded = append(loaded, storage.Loaded{Contact: c})
		}
		w.check(w.Load(w.ctx, w.id, slices.Values(loaded)))
		for _, l := range loaded {
			w.same("contact", w.contact(l.Contact.ID), l.Contact)
		}
	}},
}
