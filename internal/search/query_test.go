package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kith/internal/search"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in     string
		text   string
		tokens []string
	}{
		"nothing":                                  {in: ""},
		"space":                                    {in: " \u3000\n"},
		"what folds to nothing":                    {in: "\u200d\x00"},
		"one word":                                 {"Smith", "smith", []string{"smith"}},
		"two words":                                {" Smith  ÁNN ", "smith ann", []string{"ann", "smith"}},
		"the first of the longest":                 {"abc def", "abc def", []string{"abc", "def"}},
		"a word twice":                             {"ann ann", "ann ann", []string{"ann"}},
		"a word within a later one":                {"an ann", "an ann", []string{"an", "an", "ann"}},
		"a word within an earlier one":             {"hanna smith ann", "hanna smith ann", []string{"ann", "ann", "hanna", "smith"}},
		"plain characters":                         {`%_\'"`, `%_ \`, []string{`%_ \`}},
		"an email":                                 {"Ann@Example.com", "ann@ example. com", []string{"ann@ example. com"}},
		"digits":                                   {"123", "123", []string{"123"}},
		"a phone with spaces":                      {"030 12 34", "0301234", []string{"0301234"}},
		"a phone with all punctuation":             {"(030)/12-34.5", "03012345", []string{"03012345"}},
		"a phone with a plus":                      {"+49 30", "4930", []string{"4930"}},
		"a phone with 00":                          {"0049 30", "4930", []string{"4930"}},
		"00 before anything follows":               {"00", "00", []string{"00"}},
		"a trunk zero in brackets":                 {"+49 (0) 30", "4930", []string{"4930"}},
		"a trunk zero while it is typed":           {"+49 (0", "49", []string{"49"}},
		"a trunk zero first":                       {"(0)30 1", "0301", []string{"0301"}},
		"a phone in full-width digits":             {"＋４９－３０", "4930", []string{"4930"}},
		"a phone in Arabic digits":                 {"٠٣٠ ١٢", "03012", []string{"03012"}},
		"a phone with dashes of print":             {"030–12‑34", "0301234", []string{"0301234"}},
		"punctuation without a digit is text":      {"+ (", "+", []string{"+"}},
		"a phone beside a word is words":           {"ann +49 30", "ann 49 30", []string{"30", "49", "ann"}},
		"brackets of a phone beside a word":        {"ann (030)", "ann 030", []string{"030", "ann"}},
		"more than eight words":                    {"a b c d e f g h i j", "a b c d e f g h i j", []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
		"more than 200 bytes are cut":              {strings.Repeat("é王", 100), strings.Repeat("e王", 50), []string{strings.Repeat("e王", 50)}},
		"a megabyte of digits is cut":              {strings.Repeat("1", 1<<20), strings.Repeat("1", 200), []string{strings.Repeat("1", 200)}},
		"invalid UTF-8 and NUL are not looked for": {"a\xffn\x00n", "ann", []string{"ann"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := search.Parse(c.in, "")
			if q.Text() != c.text || q.Empty() != (c.text == "") {
				t.Errorf("Parse(%q) is %q", c.in, q.Text())
			}
			if diff := cmp.Diff(c.tokens, q.Tokens()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "Ann Smith", "+49 (0)30 12", "0049", "00", "(0)", "(0", "++(0)", "a (0)", "%_\\'\"", "é 王 😀", "\xff\x00", "an ann hanna",
		strings.Repeat("ab ", 100), "+-./", "ann +", "x ++1((", "0000", "٠٠٤٩",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := search.Parse(s, "")
		text, tokens := q.Text(), q.Tokens()
		if len(text) > 200 || len(tokens) > 8*4 || !utf8.ValidString(text) || search.Fold(text) != text {
			t.Errorf("%q is read as %q, %q", s, text, tokens)
		}
		if q.Empty() != (len(tokens) == 0) || q.Empty() && text != "" {
			t.Errorf("%q is read as %q, %q", s, text, tokens)
		}
		for _, token := range tokens {
			if token == "" || token[0] == ' ' || strings.Contains(token, "\n") || strings.Contains(token, "  ") {
				t.Errorf("%q has the token %q", s, token)
			}
		}
		if !slices.IsSorted(tokens) {
			t.Errorf("%q has the tokens %q", s, tokens)
		}
	})
}
