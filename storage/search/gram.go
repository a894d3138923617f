package search

import (
	"slices"
	"unicode/utf8"

	"kith/internal/crm"
)

// Buckets is the number of stretches that the gram index cuts the order by name into. A bucket rises with the name key,
// so reading bucket after bucket reads in order.
const Buckets = 40

// maxGrams bounds how many grams of a query are looked up, in every bucket. More would only narrow what is narrow already.
const maxGrams = 6

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

// BucketStarts holds the lowest name key of each bucket, and last what is above every key.
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

// Grams returns what any text that contains every token has in the index: each token's trigrams, or the token itself
// when it is shorter. Every one of them is needed, none is enough, and none at all means that the index cannot help.
func Grams(w crm.WorkspaceID, bucket int, tokens []string) []int64 {
	salt := salted(w, bucket)
	var grams []int64
	for _, t := range tokens {
		var a, b, c int64 // the last three characters, 0 before the first
		n := 0
		for _, r := range t {
			a, b, c = b, c, int64(r)
			if n++; n >= 3 {
				grams = append(grams, salt|gram(a, b, c))
			}
		}
		switch {
		case n == 2:
			grams = append(grams, salt|gram(b, c, 0))
		case n == 1 && rare(c):
			grams = append(grams, salt|gram(c, 0, 0))
		}
	}
	return unique(spread(grams, maxGrams))
}

// spread picks n of many, evenly spaced.
func spread(grams []int64, n int) []int64 {
	if len(grams) <= n {
		return grams
	}
	picked := make([]int64, n)
	for i := range picked {
		picked[i] = grams[i*len(grams)/n]
	}
	return picked
}

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

// TextGrams returns what is indexed for a text, the same as PostgreSQL's contact_grams: every two and three characters
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

// rare reports whether a single character is worth an entry: the letters and digits of ASCII and what stands in every
// name and e-mail are not.
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
