package search_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kith/internal/search"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"what is folded stays":                        {"ann smith", "ann smith"},
		"case is folded":                              {"ANN Smith", "ann smith"},
		"accents are dropped":                         {"Éloïse Ñandú", "eloise nandu"},
		"however they are written":                    {"E\u0301loi\u0308se", "eloise"},
		"German":                                      {"Groß Weiẞ Müller", "gross weiss muller"},
		"Polish":                                      {"Łukasz Żółć", "lukasz zolc"},
		"Danish and Norwegian":                        {"Søren Ærø Ångström", "soren aero angstrom"},
		"Icelandic":                                   {"Þórður Ðað", "thordur dad"},
		"Croatian and Vietnamese":                     {"Đoković Nguyễn Đức", "dokovic nguyen duc"},
		"French":                                      {"Sœur Œuvre", "soeur oeuvre"},
		"Turkish, with and without dots":              {"İstanbul ISPARTA ılık", "istanbul isparta ilik"},
		"Maltese and Sami":                            {"Ħal Ŧana Ŋaŋ ĸ", "hal tana nan k"},
		"Azerbaijani":                                 {"Əliyev", "eliyev"},
		"Hausa":                                       {"Ɓala Ɗan Ƙano Ƴar", "bala dan kano yar"},
		"Greek, the last sigma too":                   {"ΟΔΥΣΣΕΎΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"},
		"Cyrillic stays Cyrillic":                     {"Фёдор ЙОЖИК", "федор иожик"},
		"Georgian capitals":                           {"ᲓᲐᲕᲘᲗ", "დავით"},
		"Armenian":                                    {"ԱՐԱՄ", "արամ"},
		"Arabic without its vowel signs":              {"مُحَمَّد أحـمد", "محمد احمد"},
		"Hebrew without its points":                   {"שָׁלוֹם", "שלום"},
		"Hindi keeps the vowels that take room":       {"राम", "राम"},
		"Chinese stays as it is":                      {"王小明", "王小明"},
		"Japanese, full and half width":               {"ﾔﾏﾀﾞ ヤマダ", "ヤマタ ヤマタ"},
		"Korean by its letters":                       {"김", "\u1100\u1175\u11b7"},
		"full-width Latin":                            {"Ａｎｎ　Ｓｍｉｔｈ", "ann smith"},
		"ligatures and circled letters":               {"ﬁnn Ⓐnn", "finn ann"},
		"mathematical letters":                        {"𝓐𝓷𝓷", "ann"},
		"digits of any script":                        {"٠١٢ ۳۴ ५ ６ 𝟟 ²", "012 34 5 6 7 2"},
		"spaces are collapsed":                        {" a \t\n\u00a0\u3000 b\u2028", "a b"},
		"control characters are dropped":              {"a\x00b\x7f\u009bc", "abc"},
		"format characters are dropped":               {"a\u00adb\u200bc\u200dd\ufeffe\u202e", "abcde"},
		"noncharacters are dropped":                   {"a\uffffb\U0010ffffc\ufdd0", "abc"},
		"invalid UTF-8 is dropped":                    {"a\xffb\xc3", "ab"},
		"the replacement character is dropped":        {"a\ufffdb", "ab"},
		"Hangul fillers are dropped":                  {"\u3164\uffa0\u115f", ""},
		"apostrophes are one":                         {"O’Brien O‘Brien Oʼbrien O´Brien O＇Brien Oʻbrien", "o'brien o'brien o'brien o'brien o'brien o'brien"},
		"dashes are one":                              {"a‐b‑c–d—e−f－g", "a-b-c-d-e-f-g"},
		"emoji stay":                                  {"Ann 😀", "ann 😀"},
		"an emoji's joiners and selectors do not":     {"👩‍🔧 ❤️", "👩🔧 ❤"},
		"percent, underscore, backslash, quotes stay": {`%_\'"` + "`", `%_\'"` + "`"},
		"nothing stays nothing":                       {"", ""},
		"space is nothing":                            {" \n ", ""},
		"a space before a dropped end is dropped":     {"a \x00", "a"},
		"a space around dropped things is one":        {"a \x00 b", "a b"},
		"a space before a capital stays":              {"a B", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := search.Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q; want %q", c.in, got, c.want)
			}
			folded(t, c.in)
		})
	}
}

func TestFoldOfEveryCharacter(t *testing.T) {
	t.Parallel()
	caser := cases.Fold()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0x40000 {
			r = 0xE0000 // nothing is assigned between them
		}
		s := string(r)
		f := search.Fold(s)
		if search.Fold(f) != f {
			t.Fatalf("%U becomes %q and then %q", r, f, search.Fold(f))
		}
		if !unicode.IsLetter(r) {
			continue
		}
		// Case is folded as Unicode's table says. The one mark that the table makes a letter of is dropped before.
		if g := search.Fold(caser.String(strings.ReplaceAll(norm.NFKD.String(s), "\u0345", ""))); f != g {
			t.Errorf("%U becomes %q, case-folded first %q", r, f, g)
		}
	}
}

// folded checks what holds for every folded string.
func folded(t *testing.T, s string) {
	t.Helper()
	f := search.Fold(s)
	if again := search.Fold(f); again != f {
		t.Errorf("%q became %q and then %q", s, f, again)
	}
	if !utf8.ValidString(f) || strings.ContainsAny(f, "\n\t\x00\x7f\U0010FFFE"+search.Ceiling) || strings.Contains(f, "  ") || strings.TrimSpace(f) != f {
		t.Errorf("%q became %q", s, f)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"Ann Smith", " É \t ß ", "a\u0315\u0300b", "\u1100\u1161\u11a8", "각", "İ", "\u0345α", "\u302e\u1d165", "a\u1b44\u034f\u0300",
		"\xff\xfe", "ﷺ", "\U0001d15e\U0001d165\U0001d16e", "´", "a\u200d ́", "\u3164", "क्षि", "a \x00", "ŉ", "ǆ", "ᾳ", "\xf2¸",
	} {
		f.Add(s)
	}
	f.Fuzz(folded)
}

func BenchmarkFold(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"folded", "ann.smith@example.com"}, {"ASCII", "Ann Margaret Smith"}, {"Latin", "Éloïse Müller-Łódź"}, {"Han", "王小明 山田太郎"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				search.Fold(c.text)
			}
		})
	}
}
