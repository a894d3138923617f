package storagetest

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// What people looked for and did not find, with what is right.
//
//go:embed testdata/*.json
var foundFiles embed.FS

// foundCase is a search with the contacts that it is for, by their positions. People typed their values into fields.
type foundCase struct {
	Kind     string
	Contacts []struct{ Name, Email, Phone *string }
	Search   string
	Region   string // where numbers without a country code are from
	First    *int   // comes first
	Found    []int  // are among the first 50
	Absent   []int  // are not found
	Note     string
}

func foundCases(w *world) (all []foundCase) {
	w.t.Helper()
	files, err := fs.Glob(foundFiles, "testdata/*.json")
	w.check(err)
	for _, name := range files {
		data, err := foundFiles.ReadFile(name)
		w.check(err)
		var some []foundCase
		w.check(json.Unmarshal(data, &some))
		all = append(all, some...)
	}
	return all
}

// looksFor fails the test unless the search finds what it should.
func (w *world) looksFor(c foundCase) {
	w.t.Helper()
	what := fmt.Sprintf("%s: %q", c.Kind, c.Search)
	ids := make([]crm.ContactID, len(c.Contacts))
	for i, typed := range c.Contacts {
		contact := contactOf(person{}, w.tick())
		patch := crm.ContactPatch{}
		for _, f := range []struct {
			typed *string
			to    *crm.Change[*string]
		}{{typed.Name, &patch.Name}, {typed.Email, &patch.Email}, {typed.Phone, &patch.Phone}} {
			if f.typed != nil {
				*f.to = crm.To(f.typed)
			}
		}
		if err := patch.Apply(&contact, c.Region); err != nil {
			w.t.Errorf("%s: contact %d: %v", what, i, err)
		}
		w.load(storage.Loaded{Contact: contact})
		ids[i] = contact.ID
	}
	q := storage.ContactQuery{Search: search.Parse(c.Search, c.Region), Order: storage.Relevance, Page: storage.Page{Size: 50}}
	found := rowIDs(w.page(q).Rows)
	at := func(i int) int { return slices.Index(found, ids[i]) }
	if c.First != nil && at(*c.First) != 0 {
		w.t.Errorf("%s: contact %d is at %d", what, *c.First, at(*c.First))
	}
	for _, i := range c.Found {
		if at(i) < 0 {
			w.t.Errorf("%s: contact %d is not found", what, i)
		}
	}
	for _, i := range c.Absent {
		if at(i) >= 0 {
			w.t.Errorf("%s: contact %d is found", what, i)
		}
	}
	for _, id := range ids {
		w.remove(id)
	}
}

// wantedCases look for hundreds of things.
var wantedCases = []testCase{
	{"what people type, paste and say is found", func(w *world) {
		for _, c := range foundCases(w) {
			w.looksFor(c)
		}
	}},
}

// crowdedWantedCases look among many others.
var crowdedWantedCases = []testCase{
	{"what people type, paste and say is found among many others", func(w *world) {
		w.strangers(25_000)
		for _, c := range foundCases(w) {
			w.looksFor(c)
		}
	}},
}

// strangers loads contacts that no search of these cases is for.
func (w *world) strangers(n int) {
	w.t.Helper()
	var others []storage.Loaded
	for i := range n {
		name := []rune("ააააა")
		for at := range name {
			name[at] += rune(i % 31)
			i /= 31
		}
		others = append(others, storage.Loaded{Contact: contactOf(person{name: string(name)}, w.tick())})
	}
	w.load(others...)
}
