package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kith/internal/crm"
)

// Fold reduces text to what a search compares: compatibility forms undone (NFKD), case folded, letters that are one to
// those who write them made one (see letters), marks that their writers leave out dropped (see leftOut), digits of any
// script as ASCII ones, dashes and apostrophes as the ASCII ones, runs of space as one, none at the ends. Control and
// format characters, noncharacters and invalid UTF-8 are dropped. Folding is idempotent.
//
// Hangul is written as it is typed, letter by letter: a final consonant as the same initial one, and what takes two keys as
// two. So a half-typed syllable is the beginning of the whole one, also where its final moves on to the next syllable.
//
// A folded string holds no newline and none of the noncharacters, such as [Ceiling]: keys use them to separate and to sort.
func Fold(s string) string {
	start := foldedASCII(s)
	if start == len(s) {
		return s
	}
	for i := start; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return foldUnicode(s)
		}
	}
	return foldASCII(s, start)
}

// foldedASCII is the length of the beginning of s that is folded already and followed by no space at the end.
func foldedASCII(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z', c < ' ', c >= 0x7f:
			return max(0, i-1) // the space before it may be one that folding drops
		case c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' '):
			return max(0, i-1)
		}
	}
	return len(s)
}

func foldASCII(s string, start int) string {
	f := folder{b: make([]byte, 0, len(s))}
	f.b = append(f.b, s[:start]...)
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ', '\t' <= c && c <= '\r':
			f.space = true
		case c < ' ', c == 0x7f:
		case 'A' <= c && c <= 'Z':
			f.byte(c + 'a' - 'A')
		default:
			f.byte(c)
		}
	}
	return string(f.b)
}

func foldUnicode(s string) string {
	if strings.Contains(s, "´") { // typed for an apostrophe; NFKD would make it a space and an accent
		s = strings.ReplaceAll(s, "´", "'")
	}
	s = norm.NFKD.String(strings.ToValidUTF8(s, ""))
	f := folder{b: make([]byte, 0, len(s))}
	for i, r := range s {
		switch {
		case r < utf8.RuneSelf:
			f.rune(r)
			continue
		case 0x300 <= r && r <= 0x36F: // by far the most common marks
			continue
		case 0x1100 <= r && r <= 0x11FF:
			f.jamo(r)
			continue
		}
		if r = hiragana(r); f.known(r) || f.second(r) {
			continue
		}
		switch {
		case unicode.IsLetter(r):
			f.letter(r)
		case r == voicing, r == semivoicing:
			f.mark(s[i:], r)
		case unicode.IsMark(r):
			if !unicode.Is(leftOut, r) {
				f.mark(s[i:], r)
			}
		case unicode.Is(unicode.Nd, r):
			d, _ := crm.Digit(r)
			f.byte(d)
		case unicode.IsSpace(r):
			f.space = true
		case unicode.In(r, unicode.Cf, unicode.Cc), r == utf8.RuneError, noncharacter(r):
		case unicode.Is(unicode.Pd, r):
			f.byte('-')
		default:
			f.rune(simpleFold(r))
		}
	}
	return string(f.b)
}

// folder writes a folded string; a space is written only before what follows it.
type folder struct {
	b     []byte
	space bool
	class uint8 // the canonical combining class of the mark that b ends with, else 0
}

func (f *folder) gap() {
	if f.space && len(f.b) > 0 {
		f.b = append(f.b, ' ')
	}
	f.space, f.class = false, 0
}

func (f *folder) byte(c byte) {
	f.gap()
	f.b = append(f.b, c)
}

// rune writes a character, of which only ASCII ones still need a look.
func (f *folder) rune(r rune) {
	switch {
	case r == ' ', '\t' <= r && r <= '\r':
		f.space = true
	case r < ' ', r == 0x7f:
	case 'A' <= r && r <= 'Z':
		f.byte(byte(r + 'a' - 'A'))
	default:
		f.gap()
		f.b = utf8.AppendRune(f.b, r)
	}
}

func (f *folder) string(s string) {
	if s != "" {
		f.gap()
		f.b = append(f.b, s...)
	}
}

func (f *folder) letter(r rune) {
	if r = simpleFold(r); !f.known(r) {
		f.rune(r)
	}
}

// known writes what [letters] has for r, and reports whether it has anything.
func (f *folder) known(r rune) bool {
	plain, ok := letters[r]
	if ok {
		f.string(plain)
	}
	if 'ൺ' <= r && r <= 'ൿ' { // these end with a mark
		f.class = lastClass(f.b)
	}
	return ok
}

// second makes one vowel of r and the same one before it, and reports whether it did.
func (f *folder) second(r rune) bool {
	if r != 'เ' && r != 'ເ' || f.space {
		return false
	}
	last, n := utf8.DecodeLastRune(f.b)
	if last == r {
		utf8.EncodeRune(f.b[len(f.b)-n:], r+1)
	}
	return last == r
}

// jamo writes a letter of Hangul as it is typed.
func (f *folder) jamo(r rune) {
	if typed, ok := jamo[r]; ok {
		f.string(typed)
	} else {
		f.rune(r)
	}
}

// mark writes the mark r, with which s starts. Characters that folding drops may have stood between it and the mark
// before, so it takes its place by canonical order. A mark that makes another letter of the one before, as the voicing of
// kana does, becomes one with it, lest the letter without it were a beginning of the letter with it.
func (f *folder) mark(s string, r rune) {
	if f.space {
		f.gap()
	}
	class := norm.NFKD.PropertiesString(s).CCC()
	at := len(f.b)
	for last := f.class; class != 0 && class < last; last = lastClass(f.b[:at]) {
		_, n := utf8.DecodeLastRune(f.b[:at])
		at -= n
	}
	to := at // where the letter ends that it belongs to
	for c := lastClass(f.b[:to]); 0 < c && c < class; c = lastClass(f.b[:to]) {
		_, n := utf8.DecodeLastRune(f.b[:to])
		to -= n
	}
	letter, n := utf8.DecodeLastRune(f.b[:to])
	if whole, ok := withMark[[2]rune{letter, r}]; ok {
		utf8.EncodeRune(f.b[to-n:to], whole)
		return
	}
	if r == nukta && n > 0 && strings.ContainsRune(borrowed, letter) {
		return
	}
	if at == len(f.b) {
		f.class = class
	}
	f.b = slices.Insert(f.b, at, []byte(string(r))...)
}

// lastClass is the canonical combining class of the character that b ends with.
func lastClass(b []byte) uint8 {
	_, n := utf8.DecodeLastRune(b)
	if n == 0 {
		return 0
	}
	return norm.NFKD.Properties(b[len(b)-n:]).CCC()
}

// simpleFold maps every letter of one case-insensitive kind to the same letter: Σ, σ and ς to σ.
func simpleFold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

func noncharacter(r rune) bool { return 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE }
