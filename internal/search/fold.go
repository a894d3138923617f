package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kith/internal/crm"
)

// Fold reduces text to what a search compares: compatibility forms undone (NFKD), marks dropped, case folded, letters
// that do not decompose written as the ones people type for them, digits of any script as ASCII ones, dashes and
// apostrophes as the ASCII ones, runs of space as one, none at the ends. Control and format characters, noncharacters
// and invalid UTF-8 are dropped. Folding is idempotent.
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
	for _, r := range s {
		if r < utf8.RuneSelf {
			f.rune(r)
			continue
		}
		if 0x300 <= r && r <= 0x36F { // by far the most common marks
			continue
		}
		if letters, ok := spelled[r]; ok {
			f.string(letters)
			continue
		}
		switch {
		case unicode.IsLetter(r):
			f.letter(r)
		case unicode.IsMark(r):
			if unicode.Is(unicode.Mc, r) && norm.NFKD.PropertiesString(string(r)).CCC() == 0 {
				f.rune(r) // a vowel sign takes room and is spelling; what combines freely is an accent
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
}

func (f *folder) gap() {
	if f.space && len(f.b) > 0 {
		f.b = append(f.b, ' ')
	}
	f.space = false
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
	r = simpleFold(r)
	if letters, ok := spelled[r]; ok {
		f.string(letters)
		return
	}
	f.rune(r)
}

// simpleFold maps every letter of one case-insensitive kind to the same letter: Σ, σ and ς to σ.
func simpleFold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// spelled gives, in lower case, the characters that NFKD leaves whole and people type otherwise.
var spelled = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ĳ': "ij", 'ȸ': "db", 'ȹ': "qp", 'ƕ': "hv", 'ꜳ': "aa", 'ꜵ': "ao",
	'ø': "o", 'ɵ': "o", 'ɔ': "o", 'ł': "l", 'ƚ': "l", 'ɫ': "l", 'đ': "d", 'ð': "d", 'ɖ': "d", 'ɗ': "d", 'ƌ': "d", 'ȡ': "d",
	'ı': "i", 'ɨ': "i", 'ɩ': "i", 'ȷ': "j", 'ɉ': "j", 'ħ': "h", 'ɦ': "h", 'ŧ': "t", 'ƭ': "t", 'ʈ': "t", 'ⱦ': "t",
	'ŋ': "n", 'ɲ': "n", 'ƞ': "n", 'ɳ': "n", 'ĸ': "k", 'ƙ': "k", 'ⱪ': "k", 'ƒ': "f", 'ɓ': "b", 'ƀ': "b", 'ƃ': "b",
	'ƈ': "c", 'ȼ': "c", 'ɇ': "e", 'ə': "e", 'ǝ': "e", 'ɛ': "e", 'ɠ': "g", 'ǥ': "g", 'ɣ': "g", 'ƥ': "p", 'ᵽ': "p",
	'ɋ': "q", 'ɍ': "r", 'ɽ': "r", 'ȿ': "s", 'ʂ': "s", 'ʉ': "u", 'ʊ': "u", 'ʋ': "v", 'ƴ': "y", 'ɏ': "y",
	'ƶ': "z", 'ȥ': "z", 'ɀ': "z", 'ɑ': "a", 'ⱥ': "a",

	'‘': "'", '’': "'", '‛': "'", '′': "'", 'ʹ': "'", 'ʼ': "'", 'ʻ': "'", 'ʽ': "'", 'ˈ': "'", 'ꞌ': "'", '՚': "'", '׳': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '״': `"`,
	'−': "-", '⁃': "-", '⁄': "/", '∕': "/",
	'ـ': "", // Arabic tatweel only stretches a word

	// Hangul fillers show nothing.
	'\u115F': "", '\u1160': "",
}

func noncharacter(r rune) bool { return 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE }
