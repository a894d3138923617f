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
	case f.email == q.text && q.text != "":
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

// wholePhone reports whether the query is the contact's whole phone number in any of its forms.
func (q Query) wholePhone(c crm.Contact, k Keys) bool {
	if c.Phone == nil || q.text == "" || strings.Trim(q.text, "0123456789") != "" {
		return false
	}
	if _, ok := slices.BinarySearch(k.Terms, q.text); !ok {
		return false
	}
	international, national, significant := crm.PhoneForms(*c.Phone)
	return q.text == international || q.text == national || q.text == significant
}

// fields are the lines of a contact's text.
type fields struct{ name, email, phone string }

func fieldsOf(k Keys) (f fields) {
	rest := k.Text
	if !strings.HasPrefix(k.Name, nameless) {
		f.name, rest, _ = strings.Cut(rest, "\n")
	}
	if email, phone, _ := strings.Cut(rest, "\n"); strings.Contains(email, "@") {
		f.email, rest = email, phone
	}
	f.phone = rest
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
