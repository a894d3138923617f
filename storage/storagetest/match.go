package storagetest

import (
	"fmt"
	"slices"

	"kith/internal/search"
	"kith/storage"
)

var matchCases = []testCase{
	{"names that start with the search come before later words, and those before anything else", func(w *world) {
		w.add(
			person{name: "Joanna"}, person{name: "Mary Ann"}, person{name: "Annabel"}, person{name: "Zoe", email: "ann@example.com"},
			person{name: "Ann"}, person{name: "Zed", email: "zed@ann.example"}, person{name: "Hannah"}, person{name: "Ann Smith"},
			person{email: "hans.anne@example.com"},
		)
		w.same("ann", w.search("ann"), []string{
			"Ann", "Ann Smith", "Annabel", // the name starts with it
			"Mary Ann", "Zed", "Zoe", "hans.anne@example.com", // a word does, by name
			"Hannah", "Joanna", // anywhere
		})
	}},
	{"a phone that starts with the search comes before one that holds it", func(w *world) {
		w.add(
			person{name: "Middle", phone: "+14155030999"}, person{name: "National", phone: "+4930901820"},
		)
		got := w.search("030")
		if len(got) == 0 || got[0] != "National" || got[len(got)-1] != "Middle" {
			w.t.Errorf("030 finds %q", got)
		}
	}},
	{"equal names come by id", func(w *world) {
		people := w.add(person{name: "Ann"}, person{name: "ÄNN"}, person{name: "ann"}, person{name: "Ann"})
		slices.SortFunc(people, byID)
		for _, order := range []storage.Order{storage.Relevance, storage.Name} {
			w.same("ann", w.list(storage.ContactQuery{Search: search.Parse("ann", ""), Order: order}), ids(people))
		}
	}},
	{"the order by name disregards how well a contact matches", func(w *world) {
		w.add(person{name: "Hannah"}, person{name: "Ann"}, person{email: "ann@example.com"}, person{name: "Zoe Ann"}, person{name: "Beth-Ann"})
		page := w.page(storage.ContactQuery{Search: search.Parse("ann", ""), Order: storage.Name, Page: storage.Page{Size: everything}})
		var got []string
		for _, r := range page.Rows {
			got = append(got, r.Contact.DisplayName())
		}
		w.same("ann by name", got, []string{"Ann", "Beth-Ann", "Hannah", "Zoe Ann", "ann@example.com"})
	}},
	{"a row says which field matched and how", func(w *world) {
		w.add(person{"Ann-Marie O'Neil Smith", "shop.service@example.com", "+4930901820"})
		for text, want := range map[string]search.Match{
			"ann-marie o'neil smith":   {Field: search.MatchName, Kind: search.MatchExact},
			"ÄNN-MARIE O'NEIL SMITH":   {Field: search.MatchName, Kind: search.MatchExact},
			"ann":                      {Field: search.MatchName, Kind: search.MatchPrefix},
			"ann-marie o":              {Field: search.MatchName, Kind: search.MatchPrefix},
			"smith":                    {Field: search.MatchName, Kind: search.MatchWord},
			"o'n":                      {Field: search.MatchName, Kind: search.MatchWord},
			"mith":                     {Field: search.MatchName, Kind: search.MatchAnywhere},
			"smith ann":                {Field: search.MatchName, Kind: search.MatchWord},
			"ann example":              {Field: search.MatchEmail, Kind: search.MatchWord},
			"ann xample":               {Field: search.MatchEmail, Kind: search.MatchAnywhere},
			"service":                  {Field: search.MatchEmail, Kind: search.MatchWord},
			"example":                  {Field: search.MatchEmail, Kind: search.MatchWord},
			"xampl":                    {Field: search.MatchEmail, Kind: search.MatchAnywhere},
			"030 90":                   {Field: search.MatchPhone, Kind: search.MatchWord},
			"SHOP.service@example.com": {Field: search.MatchEmail, Kind: search.MatchExact},
			"(030) 901820":             {Field: search.MatchPhone, Kind: search.MatchExact},
			"0049 30 901820":           {Field: search.MatchPhone, Kind: search.MatchExact},
			"1820":                     {Field: search.MatchPhone, Kind: search.MatchWord},
			"0182":                     {Field: search.MatchPhone, Kind: search.MatchAnywhere},
		} {
			for _, order := range []storage.Order{storage.Relevance, storage.Name} {
				rows := w.page(storage.ContactQuery{Search: search.Parse(text, ""), Order: order, Page: aPage}).Rows
				if len(rows) != 1 || rows[0].Match == nil {
					w.t.Errorf("search %q finds %d rows, want one with a match", text, len(rows))
					continue
				}
				w.same(fmt.Sprintf("match of %q in order %d", text, order), *rows[0].Match, want)
			}
		}
	}},
	{"a match names the best of several reasons", func(w *world) {
		w.add(person{"Ann", "ann@example.com", ""}, person{"Hannah", "ann2@example.com", ""}, person{"Joanna", "joanna@example.com", ""})
		rows := w.page(storage.ContactQuery{Search: search.Parse("ann", ""), Order: storage.Relevance, Page: aPage}).Rows
		var got []search.Match
		for _, r := range rows {
			got = append(got, *r.Match)
		}
		w.same("matches", got, []search.Match{
			{Field: search.MatchName, Kind: search.MatchExact},
			{Field: search.MatchEmail, Kind: search.MatchWord},
			{Field: search.MatchName, Kind: search.MatchAnywhere},
		})
	}},
}
