package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kith/internal/crm"
)

// Buckets is the number of parts that the gram index cuts the order by name into. A bucket rises with the name key,
// so reading bucket after bucket reads in order.
const Buckets = 40

// maxGrams bounds how many grams of a query are looked up, in every bucket. More would hardly narrow the result.
const maxGrams = 4

// The arithmetic of a gram, the same as in PostgreSQL's contact_grams.
const (
	gramFactor  = 1000003
	gramModulus = 4294967291
	bucketShift = 32
	spaceShift  = 38
)

// Bucket is the bucket of a name key, the same as PostgreSQL's name_bucket.
func Bucket(nameKey string) int {
	if nameKey < "a" {
		return 0
	}
	first, _ := utf8.DecodeRuneInString(nameKey)
	switch r := int(first); {
	case r <= 'z':
		b := r - 'a' + 1
		for _, split := range [...]string{"ai", "ji", "mi"} { // where most names start
			if nameKey >= split {
				b++
			}
		}
		return b
	case r < 0x80:
		return 30
	case r < 0x400:
		return 31
	case r < 0x530: // Cyrillic, from а on
		return min(35, max(32, 32+(r-0x430)/8))
	case r < 0x3000:
		return 36
	case r < 0x4E00:
		return 37
	case r < 0x7000:
		return 38
	}
	return 39
}

// Buckets are the first and the last bucket to read for a range of name keys, and the step from one to the next, for an
// index whose buckets are so many of this package's.
func (r Range) Buckets(size int) (first, last, step int) {
	low, high := Bucket(r.After.Key)/size, Bucket(r.Before.Key)/size
	if r.Desc {
		return high, low, -1
	}
	return low, high, 1
}

// BucketStarts holds the lowest name key of each bucket, and last a bound above every key.
var BucketStarts = func() []string {
	starts := []string{""}
	for r := 'a'; r <= 'z'; r++ {
		starts = append(starts, string(r))
		if r == 'a' || r == 'j' || r == 'm' {
			starts = append(starts, string(r)+"i")
		}
	}
	return append(starts, "{", "\u0080", "\u0400", "\u0438", "\u0440", "\u0448", "\u0530", "\u3000", "\u4E00", "\u7000", Ceiling)
}()

// shortToken is the length in characters up to which a search can find a good part of all names in its script.
const shortToken = 2

// scripts are where scripts other than Latin start, each with its neighbours of the same buckets: Greek, Cyrillic, Armenian,
// Hebrew, Arabic, those of India, of South-East Asia, Kana, Han, Hangul; and where the last of them ends.
var scripts = []string{
	"\u0370", "\u0400", "\u0530", "\u0590", "\u0600", "\u0900", "\u0E00", "\u3000", "\u4E00", "\uAC00", Ceiling,
}

// Script is the range of names in the script of a single short token; ok is false for Latin, and for longer tokens,
// which find little anywhere.
func Script(tokens []string) (home Range, ok bool) {
	if len(tokens) != 1 {
		return Range{}, false
	}
	token := strings.TrimSpace(tokens[0])
	if token < scripts[0] || utf8.RuneCountInString(token) > shortToken {
		return Range{}, false
	}
	for i, end := range scripts[1:] {
		if token < end {
			return Range{After: IndexKey{Key: scripts[i]}, Before: IndexKey{Key: end}}, true
		}
	}
	return Range{}, false
}

// alphabets are the scripts of few letters that share buckets: of each letter these hold a great many names.
var alphabets = Range{After: IndexKey{Key: "\u0530"}, Before: IndexKey{Key: "\u4E00"}}

// besides is the range of names around a token's script that share buckets with it and must be distinguished from it:
// none for Greek and Cyrillic, nor for characters that few names hold.
func besides(home Range, token string) Range {
	if home.After.Key < alphabets.After.Key || home.After.Key >= alphabets.Before.Key || utf8.RuneCountInString(strings.TrimSpace(token)) > 1 {
		return home
	}
	return alphabets
}

// Grams returns what any text that contains every token has in the index: each token's trigrams, or the token itself
// when it is shorter. Every one of them is needed, none is enough, and none at all means that the index cannot help.
func Grams(w crm.WorkspaceID, bucket int, tokens []string) []int64 {
	salt := salted(w, bucket)
	found, most := make([][]weighted, len(tokens)), 0
	for i, t := range tokens {
		found[i] = gramsOf(t)
		most = max(most, len(found[i]))
	}
	grams := make([]int64, 0, maxGrams)
	for i := range most { // the rarest of each token come first: those of one token exclude much the same rows
		for _, of := range found {
			if i >= len(of) || len(grams) == maxGrams {
				continue
			}
			if g := salt | of[i].gram; !slices.Contains(grams, g) {
				grams = append(grams, g)
			}
		}
	}
	slices.Sort(grams)
	return grams
}

// gramsOf are a token's grams, the rarest first.
func gramsOf(token string) []weighted {
	var found []weighted
	var a, b, c int64 // the last three characters, 0 before the first
	n := 0
	for _, r := range strings.Trim(token, "\n") {
		a, b, c = b, c, int64(r)
		if n++; n >= 3 {
			found = append(found, weighted{gram: gram(a, b, c), bits: information(a, b, c)})
		}
	}
	switch {
	case n == 2:
		found = append(found, weighted{gram: gram(b, c, 0)})
	case n == 1 && rare(c):
		found = append(found, weighted{gram: gram(c, 0, 0)})
	}
	slices.SortStableFunc(found, func(a, b weighted) int { return b.bits - a.bits })
	return found
}

// weighted is a gram with its information: the rarer it is, the fewer rows have to be looked at.
type weighted struct {
	gram int64
	bits int // tenths
}

// A token of longToken characters is in few texts unless it is in the domain of many, where it has less information than
// domainBits; a shorter one is when it has shortBits. Words are fewer than characters: at the start of one wordBits are enough.
// In very few texts is one of rareToken characters or rareDigits digits, and a shorter one
// of rareBits.
const (
	longToken  = 4
	domainBits = 80
	shortBits  = 125
	wordBits   = 95
	rareToken  = 6
	rareBits   = 150
	rareDigits = 5
)

// selective counts the tokens that so few texts hold, about one in a hundred at most, that they do not fill a page when some
// names are looked at one by one.
func selective(tokens []string) (n int) {
	for _, t := range slices.Compact(slices.Clone(tokens)) {
		if rarelyHeld(t) {
			n++
		}
	}
	return n
}

// rarest reports whether a token is in very few texts.
func rarest(token string) bool {
	switch {
	case digits(token):
		return len(token) >= rareDigits
	case strings.IndexFunc(token, oddity) >= 0:
		return true
	}
	grams := gramsOf(token)
	return len(grams) > 0 && (grams[0].bits >= rareBits || grams[0].bits >= domainBits && utf8.RuneCountInString(token) >= rareToken)
}

// oddity reports whether a character is neither part of words nor of what is between them in names, emails and phones.
func oddity(r rune) bool {
	return r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(marking+" '&()#", r)
}

func rarelyHeld(token string) bool {
	word := strings.TrimSpace(token)
	if word == "" {
		return false
	}
	starts := token[0] == ' '
	if starts && (strings.IndexByte(marking, word[0]) >= 0 || strings.Contains(word, ofName)) {
		return true // no word starts so, or the token is several
	}
	grams := gramsOf(token)
	switch {
	case len(grams) == 0:
		return false
	case starts:
		return grams[0].bits >= wordBits
	}
	return grams[0].bits >= shortBits || grams[0].bits >= domainBits && utf8.RuneCountInString(word) >= longToken
}

// information is that of the characters of a gram, by how often they occur in names. What is in the domain of most emails
// has little.
func information(chars ...int64) (bits int) {
	for _, c := range chars {
		if c >= int64(len(charBits)) {
			bits += 70
			continue
		}
		bits += int(charBits[c])
	}
	text := make([]rune, 0, 3)
	for _, c := range chars {
		text = append(text, rune(c))
	}
	if strings.Contains(everywhere, string(text)) {
		bits /= 3
	}
	return bits
}

// everywhere is what many emails end in, in both forms.
var everywhere = func() string {
	lines := strings.ReplaceAll(domains, " ", "\n")
	return lines + "\n" + marked(lines)
}()

const domains = "@gmail.com @googlemail.com @yahoo.com @hotmail.com @outlook.com @icloud.com @live.com @web.de @gmx.de @gmx.net " +
	"@mail.ru @qq.com @protonmail.com .org .net .co.uk .fr .es .it"

// charBits is the information of one character, in tenths of a bit.
var charBits = func() (bits [128]uint8) {
	for i := range bits {
		bits[i] = 60
	}
	for c, b := range map[rune]uint8{
		'a': 32, 'e': 32, 'i': 36, 'n': 37, 'r': 39, 'o': 40, 'l': 42, 's': 43, 't': 45, 'm': 46, 'c': 50, 'd': 50, 'h': 50,
		'u': 50, 'g': 53, 'k': 55, 'b': 56, 'y': 57, 'v': 60, 'p': 60, 'j': 63, 'z': 63, 'f': 65, 'w': 66, 'x': 75, 'q': 90,
		' ': 10, '0': 40, '1': 40, '2': 40, '3': 40, '4': 35, '5': 40, '6': 42, '7': 42, '8': 42, '9': 38, '@': 40, '.': 40,
	} {
		bits[c] = b
	}
	return bits
}()

// Indexable reports whether the gram index can help to find the tokens.
func Indexable(tokens []string) bool {
	for _, t := range tokens {
		r, n := utf8.DecodeRuneInString(t)
		if n < len(t) || n > 0 && rare(int64(r)) {
			return true
		}
	}
	return false
}

// TextGrams returns the indexed grams of a text, the same as PostgreSQL's contact_grams: every two and three characters
// in a row on one line, and every single one that is rare.
func TextGrams(w crm.WorkspaceID, bucket int, text string) []int64 {
	salt := salted(w, bucket)
	grams := make([]int64, 0, 3*len(text))
	a, b := int64('\n'), int64('\n') // the last two characters
	for _, r := range text {
		c := int64(r)
		if c != '\n' {
			if rare(c) {
				grams = append(grams, salt|gram(c, 0, 0))
			}
			if b != '\n' {
				grams = append(grams, salt|gram(b, c, 0))
				if a != '\n' {
					grams = append(grams, salt|gram(a, b, c))
				}
			}
		}
		a, b = b, c
	}
	return unique(grams)
}

func salted(w crm.WorkspaceID, bucket int) int64 {
	return int64(w)<<spaceShift | int64(bucket)<<bucketShift
}

func gram(a, b, c int64) int64 { return ((a*gramFactor+b)*gramFactor + c) % gramModulus }

// rare reports whether a single character is worth an entry: the letters and digits of ASCII and what is in every
// name and email are not.
func rare(r int64) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == ' ', r == '.', r == '@':
		return false
	}
	return true
}

func unique(grams []int64) []int64 {
	slices.Sort(grams)
	return slices.Compact(grams)
}
