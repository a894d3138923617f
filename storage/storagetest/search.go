package storagetest

import (
	"fmt"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

var searchCases = []testCase{
	{"a search finds its text anywhere in name, email and phone", func(w *world) {
		w.add(
			person{"Ann Smith", "a.smith@example.com", "+4930901820"},
			person{name: "Hannah"},
			person{email: "joanna+shop@example.org"},
			person{name: "Bob", phone: "+14155550100"},
		)
		w.finds("ann", "Ann Smith", "Hannah", "joanna+shop@example.org")
		w.finds("nn", "Ann Smith", "Hannah", "joanna+shop@example.org")
		w.finds("a", "Ann Smith", "Hannah", "joanna+shop@example.org")
		w.finds("h", "Ann Smith", "Hannah", "joanna+shop@example.org")
		w.finds("SMITH@EXAMPLE", "Ann Smith")
		w.finds("example.com", "Ann Smith")
		w.finds("+shop", "joanna+shop@example.org")
		w.finds("5550", "Bob")
		w.finds("ob", "Bob")
		w.finds("@", "Ann Smith", "joanna+shop@example.org")
		w.finds("smithx")
		w.finds("smith\nann", "Ann Smith")
	}},
	{"several words match in any order and in any field", func(w *world) {
		w.add(
			person{"Ann Smith", "annie@example.com", "+4930901820"},
			person{name: "Ann Jones"},
			person{name: "Smith", email: "ann@example.org"},
		)
		w.finds("ann smith", "Ann Smith", "Smith")
		w.finds("smith ann", "Ann Smith", "Smith")
		w.finds("mit nn", "Ann Smith", "Smith")
		w.finds("  smith   ann  ", "Ann Smith", "Smith")
		w.finds("smith annie", "Ann Smith")
		w.finds("ann 901820", "Ann Smith")
		w.finds("org ann smith", "Smith")
		w.finds("ann smith jones")
		w.finds("ann ann", "Ann Smith", "Ann Jones", "Smith")
		w.finds("n s i e", "Ann Smith", "Smith")
	}},
	{"percent, underscore, backslash and quotes are plain characters", func(w *world) {
		names := []string{
			"100% Wool", "under_score", `back\slash`, "O'Neil", `"Quoted" Inc`, "plain", "*star*", "(paren)", "semi;colon",
			"AND OR NOT", "a-b", "col:on", "$dollar$", "?", "[x]", "--", "NEAR(a b)",
		}
		for _, n := range names {
			w.add(person{name: n})
		}
		for text, want := range map[string]string{
			"%": names[0], "100%": names[0], "%w": "", "_": names[1], "r_s": names[1], `\`: names[2], `k\s`: names[2],
			"'": names[3], "o'ne": names[3], `"`: names[4], `"quoted"`: names[4], "*": names[6], "star*": names[6],
			";": names[8], "or": "AND OR NOT,under_score", "not": names[9], "a-b": "NEAR(a b),a-b", ":": names[11], "$": names[12], "?": names[13],
			"[": names[14], "near(a b)": names[16], "%%": "", "__": "", `\\`: "", "''": "", "'; DROP TABLE contacts; --": "",
			`\%`: "", "%plain%": "", "p_ain": "",
		} {
			w.finds(text, strings.FieldsFunc(want, func(r rune) bool { return r == ',' })...)
		}
	}},
	{"accents, case and letters that do not decompose make no difference", func(w *world) {
		for _, n := range []string{
			"Éloïse", "Jürgen Strauß", "Søren Ærø", "Łukasz Đorđe", "Œuvre", "Nguyễn Thị", "İbrahim Işık", "ﬁne", "Ｗｉｄｅ", "Å",
		} {
			w.add(person{name: n})
		}
		for text, want := range map[string]string{
			"eloise": "Éloïse", "ÉLOÏSE": "Éloïse", "E\u0301LOI\u0308SE": "Éloïse", "lois": "Éloïse",
			"strauss": "Jürgen Strauß", "strauß": "Jürgen Strauß", "STRAUSS": "Jürgen Strauß", "STRAUẞ": "Jürgen Strauß", "jurgen": "Jürgen Strauß",
			"soren": "Søren Ærø", "søren": "Søren Ærø", "aero": "Søren Ærø", "ÆRØ": "Søren Ærø",
			"lukasz": "Łukasz Đorđe", "dorde": "Łukasz Đorđe", "ŁUKASZ": "Łukasz Đorđe",
			"oeuvre": "Œuvre", "nguyen thi": "Nguyễn Thị", "nguyễn": "Nguyễn Thị", "ibrahim isik": "İbrahim Işık", "işık": "İbrahim Işık",
			"fine": "ﬁne", "wide": "Ｗｉｄｅ", "ｗｉｄｅ": "Ｗｉｄｅ", "Å": "Å", "a\u030a": "Å", "\u212b": "Å",
		} {
			if got := w.search(text); len(got) == 0 || got[0] != want {
				w.t.Errorf("search %q finds %q first, want %q", text, got, want)
			}
		}
	}},
	{"native scripts and emoji are searchable", func(w *world) {
		w.add(
			person{name: "Наталья Иванова"}, person{name: "山田 太郎"}, person{name: "محمد علي"}, person{name: "Party 😀🎉"},
			person{name: "Ελένη"}, person{name: "דוד"}, person{name: "김철수"}, person{name: "สมชาย"}, person{name: "👨‍👩‍👧 Family"},
		)
		w.finds("наталья", "Наталья Иванова")
		w.finds("ИВАН", "Наталья Иванова")
		w.finds("иванова ната", "Наталья Иванова")
		w.finds("ж")
		w.finds("山", "山田 太郎")
		w.finds("田 太", "山田 太郎")
		w.finds("太郎", "山田 太郎")
		w.finds("郎太")
		w.finds("محمد", "محمد علي")
		w.finds("علي", "محمد علي")
		w.finds("😀", "Party 😀🎉")
		w.finds("😀🎉", "Party 😀🎉")
		w.finds("🎉😀")
		w.finds("😁")
		w.finds("ελενη", "Ελένη")
		w.finds("ΕΛΈΝΗ", "Ελένη")
		w.finds("דוד", "דוד")
		w.finds("김", "김철수")
		w.finds("철수", "김철수")
		w.finds("สมชาย", "สมชาย")
		w.finds("👨‍👩‍👧", "👨‍👩‍👧 Family")
	}},
	{"a phone is found however it is typed", func(w *world) {
		w.add(
			person{name: "Berlin", phone: "+4930901820"},
			person{name: "Francisco", phone: "+14155552671"},
			person{name: "London", phone: "+442079460958"},
			person{name: "Roma", phone: "+390612345678"},
		)
		for _, text := range []string{
			"+4930901820", "0049", "004930", "+49 30 901820", "+49 (30) 90-18-20", "004930901820", "00 49 30 90 18 20", "4930901820", "030901820",
			"030 901820", "(030) 90.18.20", "030/901820", "０３０９０１８２０", "＋４９３０９０１８２０", "٠٣٠٩٠١٨٢٠", "+٤٩ ٣٠ ٩٠١٨٢٠", "901820", "0901", "30 90",
			"90-1820", "1820", "49309", "030\u00a0901820", "030\u2013901820",
		} {
			w.finds(text, "Berlin")
		}
		for _, text := range []string{"+1 415 555 2671", "(415) 555-2671", "415.555.2671", "0014155552671", "5552671", "55-26"} {
			w.finds(text, "Francisco")
		}
		for _, text := range []string{"+44 20 7946 0958", "020 7946 0958", "02079460958", "0044 20 79460958", "7946"} {
			w.finds(text, "London")
		}
		w.finds("06 1234 5678", "Roma")
		w.finds("+39 06 12345678", "Roma")
		w.finds("999999")
	}},
	{"one letter finds as ten do", func(w *world) {
		w.add(person{name: "Xavier"}, person{name: "Max"}, person{name: "Ann", email: "ann@x.example"}, person{name: "山"}, person{name: "É"})
		w.same("x", w.search("x"), []string{"Xavier", "Ann", "Max"})
		w.same("e", w.search("e")[0], "É")
		w.same("山", w.search("山"), []string{"山"})
		w.finds("q")
	}},
	{"a search that nothing matches is empty from both ends", func(w *world) {
		w.add(person{"Ann Smith", "ann@example.com", "+4930901820"}, person{})
		for _, text := range []string{
			"nobody", "ann smithe", "annsmith", strings.Repeat("a", 300), "qqq" + strings.Repeat(" ann", 100), "😀",
		} {
			for _, q := range []storage.ContactQuery{{Order: storage.Relevance}, {Order: storage.Name, Descending: true}} {
				for _, fromEnd := range []bool{false, true} {
					q.Search, q.Page = search.Parse(text, ""), storage.Page{Size: 5, FromEnd: fromEnd}
					w.same("rows for "+text, w.page(q), storage.ContactPage{})
				}
			}
			w.same("count for "+text, w.count(text), storage.Count{Exact: true})
		}
	}},
	{"a very long search is answered", func(w *world) {
		long := strings.TrimSpace(strings.Repeat("Maximilian Ännchen ", 10))
		w.add(person{name: long}, person{name: "Max"})
		w.finds(long, long)
		w.finds(strings.ToUpper(long), long)
		w.finds(strings.Repeat("x", 1<<16))
		w.finds(strings.Repeat("q ", 1<<12))
		w.finds(strings.Repeat("7", 1<<12))
	}},
	{"a search without anything to look for lists every contact", func(w *world) {
		people := w.add(person{name: "Ben"}, person{name: "Ann"}, person{})
		want := []crm.ContactID{people[1].ID, people[0].ID, people[2].ID}
		for _, text := range []string{"", " ", "\t \u00a0", "\u0301"} {
			w.same(fmt.Sprintf("search %q", text), w.list(storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Name}), want)
			w.same(fmt.Sprintf("count of %q", text), w.count(text).Value, 3)
		}
	}},
	{"a field does not run into the next", func(w *world) {
		w.add(person{"Ann", "ben@example.com", "+4930901820"})
		w.finds("annben")
		w.finds("com49")
		w.finds("com 49", "Ann")
	}},
	{"a nameless contact is found by email and phone", func(w *world) {
		w.add(person{email: "ann@example.com"}, person{phone: "+4930901820"}, person{})
		w.finds("ann", "ann@example.com")
		w.finds("030 90", "+4930901820")
		w.finds("unknown")
	}},
	{"notes are not searched", func(w *world) {
		c := contactOf(person{name: "Ann"}, w.tick())
		c.Notes = "hidden remark"
		w.load(storage.Loaded{Contact: c})
		w.edit(c.ID, func(c *crm.Contact) { c.Notes += " and more" })
		w.finds("hidden")
		w.finds("more")
	}},
}
