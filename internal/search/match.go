package search

import (
	"slices"
	"strings"

	"kith/internal/crm"
)

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

// The kinds of match. Anywhere is also the kind of a search of several words that match at different positions.
const (
	MatchExact    MatchKind = "EXACT"
	MatchPrefix   MatchKind = "PREFIX"
	MatchWord     MatchKind = "WORD" // a later word or part starts with the search
	MatchAnywhere MatchKind = "ANYWHERE"
)

// Match says which field of the contact the query is found in, and how well. c and k are of one contact that matches. Of
// several tokens that are no start of the name each is somewhere else, however well one of them matches.
func (q Query) Match(c crm.Contact, k Keys) Match {
	f := fieldsOf(k)
	switch {
	case f.name != "" && k.Name == q.text:
		return Match{Field: MatchName, Kind: MatchExact}
	case q.text != "" && slices.Contains(strings.Split(f.email, "\n"), q.text):
		return Match{Field: MatchEmail, Kind: MatchExact}
	case q.wholePhone(c, k):
		return Match{Field: MatchPhone, Kind: MatchExact}
	}
	switch tier, key, _ := q.Rank(k); {
	case tier == TierName:
		return Match{Field: MatchName, Kind: MatchPrefix}
	case tier == TierTerm && len(q.tokens) == 1:
		return Match{Field: f.ofTerm(key), Kind: MatchWord}
	}
	return Match{Field: f.holding(q.longest), Kind: MatchAnywhere}
}

// wholePhone reports whether the query is one of the contact's whole phone numbers in any of its forms.
func (q Query) wholePhone(c crm.Contact, k Keys) bool {
	if q.text == "" || strings.Trim(q.text, "0123456789") != "" {
		return false
	}
	if _, ok := slices.BinarySearch(k.Terms, q.text); !ok {
		return false
	}
	phones := c.FurtherOf("phone")
	if c.Phone != nil {
		phones = append(phones, *c.Phone)
	}
	return slices.ContainsFunc(phones, func(phone string) bool {
		international, national, significant := crm.PhoneForms(phone)
		return q.text == international || q.text == national || q.text == significant
	})
}

// fields are the lines of a contact's text: the name, those with emails and those with phones.
type fields struct{ name, email, phone string }

func fieldsOf(k Keys) (f fields) {
	rest := k.Text
	if !strings.HasPrefix(k.Name, nameless) {
		f.name, rest, _ = strings.Cut(rest, "\n")
	}
	emails := 0 // bytes
	for emails < len(rest) {
		line, _, _ := strings.Cut(rest[emails:], "\n")
		if !strings.Contains(line, "@") {
			break
		}
		emails = min(emails+len(line)+1, len(rest))
	}
	f.email, f.phone = strings.TrimSuffix(rest[:emails], "\n"), rest[emails:]
	return f
}

// ofTerm is the field that a term of the contact comes from: the name, if it has such a word, else the email, else the
// phone.
func (f fields) ofTerm(term string) MatchField {
	name := terms(make([]string, 0, maxTerms))
	name.addWords(f.name)
	switch {
	case slices.Contains(name, term):
		return MatchName
	case strings.Contains(f.email, term):
		return MatchEmail
	}
	return MatchPhone
}

// holding is the first field that contains the token.
func (f fields) holding(token string) MatchField {
	switch {
	case strings.Contains(f.name, token):
		return MatchName
	case strings.Contains(f.email, token):
		return MatchEmail
	}
	return MatchPhone
}
