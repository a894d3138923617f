package search

import (
	"slices"
	"strings"
)

// The tiers of relevance, best first. A contact belongs to the best that it reaches; within a tier contacts come by name.
const (
	TierWhole    = iota // an email or a phone is the query
	TierName            // the name starts with the query
	TierLater           // a later part of the name starts with the several words of the query
	TierNames           // every one of several words starts a word of the name
	TierEnd             // a phone ends with the digits
	TierWords           // every word starts a word: of a name, a part of an email, a phone
	TierAnywhere        // every word is found somewhere
	tiers
)

// filter is what the text of a contact holds that reaches a tier or a better one; ok is false for a tier that the query
// cannot have, and for [TierName], which the name key decides.
func (q Query) filter(tier int) (f Filter, ok bool) {
	return q.filters[tier], len(q.filters[tier].With) > 0
}

// ranked is the query with its filters: the rank of every contact that is read depends on them.
func (q Query) ranked() Query {
	for tier := range tiers {
		if f, ok := q.filterOf(tier); ok {
			q.filters[tier] = f
		}
	}
	return q
}

func (q Query) filterOf(tier int) (f Filter, ok bool) {
	if q.masker != nil {
		return q.maskedFilter(tier)
	}
	names := q.namesAlone()
	switch tier {
	case TierWhole:
		return Filter{With: []string{q.whole()}}, q.whole() != ""
	case TierLater:
		return Filter{With: []string{nameLine(q.words)}}, names
	case TierNames:
		return Filter{With: behind(ofName, q.words)}, names
	case TierEnd:
		return Filter{With: []string{q.text + ofText}}, q.number && len(q.text) >= fewestEnd
	case TierWords:
		return Filter{With: behind(ofText, q.words)}, true
	case TierAnywhere:
		return Filter{With: q.tokens}, true
	}
	return Filter{}, false
}

// namesAlone reports whether the words are several that may all be of a name.
func (q Query) namesAlone() bool {
	return len(q.words) > 1 && !slices.ContainsFunc(q.words, func(w string) bool { return ofDomains[w] })
}

// ofDomains are words that are in the emails of many and are hardly ever in a name: beside one of them the others are no name
// alone.
var ofDomains = map[string]bool{
	"com": true, "net": true, "org": true, "mail": true, "gmail": true, "googlemail": true, "hotmail": true, "icloud": true,
	"outlook": true, "protonmail": true, "yahoo": true,
}

// whole is the line of a text that is the query, if it can be one: an address or a phone number.
func (q Query) whole() string {
	switch {
	case len(q.words) != 1:
		return ""
	case q.number && len(q.text) >= fewestPhone:
		return phoneLine(q.text)
	case isAddress(q.text):
		return emailLine(q.text)
	}
	return ""
}

// isAddress reports whether a word, which is marked, is an email with both of its parts.
func isAddress(word string) bool { return strings.Contains(strings.TrimPrefix(word, "@"), "@ ") }

// emailLine and phoneLine are the lines of a text that are a value as it is typed, with their ends.
func emailLine(word string) string   { return "\n" + ofText + word + "\n" }
func phoneLine(digits string) string { return "\n" + ofText + digits + ofText + "\n" }

// Rank is the tier of a contact; ok is false for one that does not match.
func (q Query) Rank(k Keys) (tier int, ok bool) {
	if !Contains(k.Text, q.tokens) {
		return 0, false
	}
	for tier := range tiers {
		if tier == TierName {
			if strings.HasPrefix(k.Name, q.text) {
				return tier, true
			}
		} else if f, ok := q.filter(tier); ok && Contains(k.Text, f.With) {
			return tier, true
		}
	}
	return 0, false
}

// Contains reports whether every token is found in text, a contact's [Keys.Text], as many times as it is in tokens, where
// equal ones follow each other.
func Contains(text string, tokens []string) bool {
	for i := 0; i < len(tokens); {
		n := 1
		for i+n < len(tokens) && tokens[i+n] == tokens[i] {
			n++
		}
		if n == 1 && !strings.Contains(text, tokens[i]) || n > 1 && strings.Count(text, tokens[i]) < n {
			return false
		}
		i += n
	}
	return true
}
