package search

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"kith/internal/crm"
)

// The bounds of a query: of the folded text, and of its tokens. Anything beyond is ignored, so that a longer
// query finds what its beginning finds.
const (
	maxTyped  = 4_000
	maxQuery  = 200
	maxTokens = 8
	mostTimes = 4 // so many times at most a token has to be found
)

// Shapes of numbers in a query.
const (
	fewestEnd   = 4 // digits by which people ask for the end of a number
	fewestPhone = 7 // digits of a phone number beside words, and of a whole one
)

// Query is a search as it is understood.
type Query struct {
	text   string   // what a name starts with
	tokens []string // sorted; one that has to be found so many times is there so many times
	words  []string // the different tokens, in the order typed
	number bool     // it is a phone number or a part of one
	// filters are those of the tiers; none for a tier that the query cannot have.
	filters [tiers]Filter
	// masker is that of a viewer who sees emails and phones masked: see [Query.Masked]. Nil for others.
	masker *crm.Masker
	// abroad are the digits without the 00 before a country code, where that may as well be the middle or the end of a number.
	abroad string
}

// Parse reads a search as people type and paste it. Digits and phone punctuation alone are one phone number. So are seven
// digits and more beside words. Of a mailbox like "Ann <ann@example.com>" the address counts, and of a mailto link too.
// Anything else is split at spaces and at the punctuation that parts words; quotes, commas and brackets around a word are
// dropped, and so are apostrophes within. A token that is contained in another one has to be found besides it.
//
// A number without its country code is read in the region, an ISO 3166 code as in DE; without one it is found as it is
// written at home.
func Parse(s, region string) Query {
	s = address(cut(s, maxTyped))
	if digits, ok := crm.PhoneDigits(s, region); ok {
		q := numbered(cut(digits, maxQuery))
		q.abroad, _ = strings.CutPrefix(digits, "00")
		if q.abroad == digits {
			q.abroad = ""
		}
		return q
	}
	text := cut(Fold(crm.UnicodeDomain(s)), maxQuery)
	var typed []string
	for token := range strings.SplitSeq(numbersJoined(text, region), " ") {
		typed = append(typed, tokensOf(token)...)
	}
	if len(typed) == 0 && text != "" { // punctuation alone
		for token := range strings.SplitSeq(text, " ") {
			typed = append(typed, marked(token))
		}
	}
	q := Query{text: cut(strings.Join(typed, " "), maxQuery)}
	for _, t := range typed {
		if !slices.Contains(q.words, t) && len(q.words) < maxTokens {
			q.words = append(q.words, t)
		}
	}
	q.tokens = behind("", q.words)
	return q.ranked()
}

func numbered(digits string) Query {
	return Query{text: digits, tokens: []string{digits}, words: []string{digits}, number: true}.ranked()
}

// Settle decides what a number that starts with 00 means: the digits as they are, where any contact has them, or else the
// start of a number from abroad. Ask it before [Find] and [Count].
func (q Query) Settle(ctx context.Context, src Source) (Query, error) {
	if q.abroad == "" {
		return q, nil
	}
	found, err := Find(ctx, src, Request{Query: q, Want: 1})
	if err != nil || len(found) > 0 {
		return q, err
	}
	settled := numbered(q.abroad)
	if q.masker != nil {
		settled = settled.Masked(*q.masker)
	}
	return settled, nil
}

// behind are words behind spaces, in order, each as many times as it has to be found: once more for each time that it is in
// another one.
func behind(spaces string, words []string) (tokens []string) {
	for _, w := range words {
		times := 1
		for _, other := range words {
			if other != w {
				times += strings.Count(spaces+other, spaces+w)
			}
		}
		for range min(times, mostTimes) {
			tokens = append(tokens, spaces+w)
		}
	}
	slices.Sort(tokens)
	return tokens
}

// address is the address of a mailbox (RFC 5322, section 3.4: the one in angle brackets) or of a mailto link (RFC 6068), or
// the same text.
func address(s string) string {
	if _, rest, ok := strings.Cut(s, "<"); ok && strings.Contains(rest, "@") {
		s, _, _ = strings.Cut(rest, ">")
	}
	if trimmed := strings.TrimSpace(s); len(trimmed) > len("mailto:") && strings.EqualFold(trimmed[:len("mailto:")], "mailto:") {
		s, _, _ = strings.Cut(trimmed[len("mailto:"):], "?")
	}
	return s
}

// numbersJoined writes the digits of a phone number beside words as one token.
func numbersJoined(text, region string) string {
	tokens := strings.Split(text, " ")
	var out []string
	for i := 0; i < len(tokens); {
		end := i
		for end < len(tokens) && (end > i || strings.ContainsAny(tokens[end], "0123456789")) && phonePart(tokens[end]) {
			end++
		}
		if number, ok := crm.PhoneDigits(strings.Join(tokens[i:end], " "), region); ok && len(number) >= fewestPhone {
			out, i = append(out, number), end
			continue
		}
		out, i = append(out, tokens[i]), i+1
	}
	return strings.Join(out, " ")
}

func phonePart(token string) bool { return strings.Trim(token, "+0123456789-.()/") == "" }

// tokensOf are what is looked for of a word that was typed between spaces; none of punctuation alone.
func tokensOf(typed string) []string {
	token := strings.Trim(typed, `,;:."'()[]{}<>|-/?!*#`)
	if bare := strings.Trim(token, "+()"); digits(bare) {
		token = bare
	}
	if strings.Contains(token, "@") {
		return []string{marked(token)}
	}
	var found []string
	for part := range strings.FieldsFuncSeq(withoutApostrophes(token), func(r rune) bool { return parting(r) && !joining(r) }) {
		found = append(found, partsOf(part)...)
	}
	return found
}

// partsOf are the parts of a word with joining characters. Where the dots of "example.com" or the underscores of "a_b" are
// part of it, it is one; "anne-marie" is two, in whichever way a name is written; "a-b" is "ab", as names have it too.
func partsOf(word string) []string {
	parts := strings.FieldsFunc(word, joining)
	switch {
	case strings.ContainsRune(word, '_') || strings.HasPrefix(word, "+"):
		return []string{marked(word)}
	case len(parts) < 2:
		return parts
	case strings.ContainsRune(word, '.'):
		if slices.ContainsFunc(parts, func(p string) bool { return utf8.RuneCountInString(p) == 1 }) {
			return parts
		}
		return []string{marked(word)}
	case utf8.RuneCountInString(parts[0]) == 1:
		return []string{strings.Join(parts, "")}
	}
	return parts
}

// Empty reports whether nothing is searched for, so that every contact matches.
func (q Query) Empty() bool { return len(q.tokens) == 0 }

// Text is what names start with that match best.
func (q Query) Text() string { return q.text }

// Tokens are the strings that a contact's text must contain, each as many times as it is there. Treat them as read-only.
func (q Query) Tokens() []string { return q.tokens }

// longest is the longest token, the first of several.
func (q Query) longest() (longest string) {
	for _, t := range q.words {
		if len(t) > len(longest) {
			longest = t
		}
	}
	return longest
}
