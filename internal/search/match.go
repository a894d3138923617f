package search

import "strings"

// Match is the best reason why a contact is in a search's result.
type Match struct {
	Field MatchField
	Kind  MatchKind
}

// MatchField is a field that is searched.
type MatchField string

// The searched fields.
const (
	MatchName  MatchField = "NAME"
	MatchEmail MatchField = "EMAIL"
	MatchPhone MatchField = "PHONE"
)

// MatchKind is how well a field matched, best first.
type MatchKind string

// The kinds of match, in the order of relevance.
const (
	MatchExact    MatchKind = "EXACT"
	MatchPrefix   MatchKind = "PREFIX"
	MatchWord     MatchKind = "WORD" // every word of the search starts a word, or a phone ends with it
	MatchAnywhere MatchKind = "ANYWHERE"
)

// Match says which field of a contact that matches the query is found in, and how well.
func (q Query) Match(k Keys) Match {
	switch tier, _ := q.Rank(k); tier {
	case TierWhole:
		if q.number {
			return Match{MatchPhone, MatchExact}
		}
		return Match{MatchEmail, MatchExact}
	case TierName:
		if k.Name == q.text {
			return Match{MatchName, MatchExact}
		}
		return Match{MatchName, MatchPrefix}
	case TierLater, TierNames:
		return Match{MatchName, MatchWord}
	case TierEnd:
		return Match{fieldWith(k.Text, q.text+ofText), MatchWord}
	case TierWords:
		return Match{fieldWith(k.Text, ofText+q.longest()), MatchWord}
	}
	return Match{fieldWith(k.Text, q.longest()), MatchAnywhere}
}

// fieldWith is the field of the first line of a text that contains a string.
func fieldWith(text, s string) MatchField {
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case !strings.Contains(line, s):
		case strings.HasPrefix(line, ofName):
			return MatchName
		case strings.Contains(line, "@"):
			return MatchEmail
		case strings.HasSuffix(line, ofText):
			return MatchPhone
		default: // the name written in another way
			return MatchName
		}
	}
	return MatchPhone
}
