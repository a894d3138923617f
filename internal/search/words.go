package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// In a text that is searched, two spaces come before a word of a name and one before any other word, so that the beginning
// of a word is a string like others. Other ways to write a name are other words: they are found, and count less.
const (
	ofName = "  "
	ofText = " "
)

// parting reports whether a character of folded text parts words, as a comma does. Those that join the parts of one
// written word are among them; see [joining].
func parting(r rune) bool {
	switch r {
	case ' ', ',', ';', ':', '"', '|', '(', ')', '[', ']', '{', '}', '<', '>':
		return true
	}
	return joining(r) || r >= utf8.RuneSelf && unicode.IsPunct(r)
}

// joining reports whether a character joins the parts of one written word: "anne-marie", "j.r.r.", "24/7".
func joining(r rune) bool { return strings.ContainsRune(joiners, r) }

const joiners = "-./_+@"

// wordsOf are the words of folded text: what parts them is left out, and so are apostrophes, which people type or leave.
func wordsOf(folded string) []string {
	return strings.FieldsFunc(withoutApostrophes(folded), parting)
}

func withoutApostrophes(folded string) string { return strings.ReplaceAll(folded, "'", "") }

// marking are the characters behind which a part of a written word starts as a word does.
const marking = joiners + ";:"

// marked is folded text in which each part of a written word behind a joining character starts as a word.
func marked(folded string) string {
	if !strings.ContainsAny(folded, marking) {
		return folded
	}
	b := make([]byte, 0, len(folded)+8)
	for i := range len(folded) {
		b = append(b, folded[i])
		if strings.IndexByte(marking, folded[i]) >= 0 && i+1 < len(folded) && folded[i+1] != ' ' {
			b = append(b, ' ')
		}
	}
	return string(b)
}

// nameLines are the ways in which a name is searched: by its words; as written, where that differs; and the words that some
// write as one, or with two letters for one, or with one for two.
func nameLines(name string) (lines []string) {
	folded := Fold(name)
	words := wordsOf(folded)
	if len(words) > 0 {
		lines = append(lines, nameLine(words))
	}
	if strings.ContainsFunc(folded, notInWords) {
		lines = append(lines, ofText+marked(folded))
	}
	variants := slices.Concat(without(joined(folded), words), without(contracted(words), words))
	if s := Spelled(name); s != "" {
		variants = append(variants, without(wordsOf(s), words)...)
	}
	if s := HangulInitials(folded); s != "" {
		variants = append(variants, s)
	}
	if len(variants) > 0 {
		lines = append(lines, ofText+strings.Join(variants, ofText))
	}
	return lines
}

// nameLine is the line of the words of a name.
func nameLine(words []string) string { return ofName + strings.Join(words, ofName) }

// without are those of some words that are not among others.
func without(words, others []string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return slices.Contains(others, w) })
}

func notInWords(r rune) bool { return r == '\'' || r != ' ' && parting(r) }

// contracted are the words with one vowel for two that may stand for an umlaut, as "muller" for "mueller", or the same
// words.
func contracted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = umlauts.Replace(w)
	}
	return out
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// joined are the words of a folded name as those write them who part less: the parts of "anne-marie" or "24/7" as one word,
// initials as one, numbers as one, a particle with what follows it, the given names of three words or more, and all of a
// name in a script that does not part words.
func joined(folded string) []string {
	words := strings.FieldsFunc(withoutApostrophes(folded), func(r rune) bool { return parting(r) && !joining(r) })
	for i, w := range words {
		words[i] = strings.Map(func(r rune) rune {
			if parting(r) {
				return -1
			}
			return r
		}, w)
	}
	var out []string
	open := false // the last one of out goes on with the next word
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		if w == "" {
			continue
		}
		if open {
			out[len(out)-1] += w
		} else {
			out = append(out, w)
		}
		open = next != "" && (particles[w] && (i > 0 || !givenToo[w]) || single(w) && single(next) || digits(w) && digits(next) || unparted(w) && unparted(next))
	}
	if len(out) >= 3 && !digits(out[0]) && !digits(out[1]) {
		out = append([]string{out[0] + out[1]}, out[2:]...)
	}
	return out
}

func single(w string) bool { return utf8.RuneCountInString(w) == 1 && !digits(w) }

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// unparted reports whether a word is in a script whose writers may leave the space between family and given name out: Han,
// Kana, Hangul, and those of South-East Asia.
func unparted(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// givenToo are particles that are given names as well.
var givenToo = map[string]bool{"al": true, "bar": true, "ben": true, "mac": true, "san": true}

// particles are the folded words of names that belong to what follows.
var particles = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(`a abd abdel abdul abu af al ap av bar bat ben bin bint d da das de dei del dela della den der
		des di dit do dos du e el fitz ibn il im in la las le les lo los lu mac mc nic o op s san sant santa santo sao st te ten ter
		t ud ul und van vande vanden vander ved vom von vor y zu zum zur`) {
		set[w] = true
	}
	return set
}()
