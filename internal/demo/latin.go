package demo

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// newName reads an entry of a list: the name, or the name and its Latin spelling with = between.
func newName(entry, language string) name {
	text, latin, given := strings.Cut(entry, "=")
	if !given {
		latin = romanize(text, language)
	}
	n := name{text: norm.NFC.String(text), latin: capitals(latin)}
	n.ascii = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}, strings.ToLower(latin))
	return n
}

// romanize spells s in plain Latin letters, as its owner would on a keyboard without others.
func romanize(s, language string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		upper := unicode.IsUpper(r)
		latin, ok := "", false
		if language == "de" {
			latin, ok = germanLetters[unicode.ToLower(r)]
		}
		if !ok {
			latin, ok = letters[unicode.ToLower(r)]
		}
		switch {
		case !ok:
			b.WriteString(withoutMarks(r))
		case upper && latin != "":
			b.WriteString(strings.ToUpper(latin[:1]) + latin[1:])
		default:
			b.WriteString(latin)
		}
	}
	return b.String()
}

func withoutMarks(r rune) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if latin, ok := letters[r]; ok {
			return rune(latin[0])
		}
		return r
	}, norm.NFD.String(string(r)))
}

// capitals makes s start with a capital letter if it is all small.
func capitals(s string) string {
	if s == "" || strings.ToLower(s) != s {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var germanLetters = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue"}

// letters that do not come apart into a plain Latin letter and marks.
var letters = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'æ': "ae", 'œ': "oe", 'ı': "i",

	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'е': "e", 'ё': "e", 'є': "ye", 'ж': "zh", 'з': "z", 'и': "i",
	'і': "i", 'ї': "yi", 'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t",
	'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e",
	'ю': "yu", 'я': "ya",

	'α': "a", 'ά': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'έ': "e", 'ζ': "z", 'η': "i", 'ή': "i", 'θ': "th", 'ι': "i",
	'ί': "i", 'ϊ': "i", 'κ': "k", 'λ': "l", 'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o", 'ό': "o", 'π': "p", 'ρ': "r", 'σ': "s",
	'ς': "s", 'τ': "t", 'υ': "y", 'ύ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o", 'ώ': "o",
}
