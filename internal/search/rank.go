package search

import (
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/storage"
)

// The tiers of relevance, best first. A contact belongs to the best that it reaches.
const (
	TierName     = iota // the name starts with the query
	TierTerm            // a term starts with the longest token
	TierAnywhere        // every token is found somewhere
)

// Rank tells where a contact stands in the order of relevance: its tier, and the key that orders it within, the lowest
// matching term in [TierTerm] and the name key else. ok is false for a contact that does not match.
func (q Query) Rank(k Keys) (tier int, key string, ok bool) {
	if !Contains(k.Text, q.tokens) {
		return 0, "", false
	}
	if strings.HasPrefix(k.Name, q.text) {
		return TierName, k.Name, true
	}
	if i, _ := slices.BinarySearch(k.Terms, q.longest); i < len(k.Terms) && strings.HasPrefix(k.Terms[i], q.longest) {
		return TierTerm, k.Terms[i], true
	}
	return TierAnywhere, k.Name, true
}

// keysOf are the keys of a hit as far as the query can tell them apart. What is stored beside the contact saves folding it
// again, which would take longer than all else that is done with a row; the forms of its phone only matter to digits.
func (q Query) keysOf(h Hit) Keys {
	k := Keys{Name: h.Name, Text: h.Text}
	if strings.HasPrefix(k.Name, q.text) {
		return k
	}
	if strings.Trim(q.longest, "0123456789") == "" {
		return KeysOf(*h.Contact)
	}
	f := fieldsOf(k)
	t := terms(make([]string, 0, 12))
	t.addEmail(f.email, maxParts)
	t.addWords(f.name)
	slices.Sort(t)
	k.Terms = t
	return k
}

// Contains reports whether every token is found in text, a contact's [Keys.Text].
func Contains(text string, tokens []string) bool {
	for _, t := range tokens {
		if !strings.Contains(text, t) {
			return false
		}
	}
	return true
}

// Match says which field of the contact the query is found in, and how well. c and k are of one contact that matches. Of
// several tokens that are no start of the name each is somewhere else, however well one of them matches.
func (q Query) Match(c crm.Contact, k Keys) storage.Match {
	f := fieldsOf(k)
	switch {
	case f.name != "" && k.Name == q.text:
		return storage.Match{Field: storage.MatchName, Kind: storage.MatchExact}
	case f.email == q.text && q.text != "":
		return storage.Match{Field: storage.MatchEmail, Kind: storage.MatchExact}
	case q.wholePhone(c, k):
		return storage.Match{Field: storage.MatchPhone, Kind: storage.MatchExact}
	}
	switch tier, key, _ := q.Rank(k); {
	case tier == TierName:
		return storage.Match{Field: storage.MatchName, Kind: storage.MatchPrefix}
	case tier == TierTerm && len(q.tokens) == 1:
		return storage.Match{Field: f.ofTerm(key), Kind: storage.MatchWord}
	}
	return storage.Match{Field: f.holding(q.longest), Kind: storage.MatchAnywhere}
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

// ofTerm is the field that a term of the contact comes from: the name, if it has such a word, else the e-mail, else the
// phone.
func (f fields) ofTerm(term string) storage.MatchField {
	name := terms(make([]string, 0, maxTerms))
	name.addWords(f.name)
	switch {
	case slices.Contains(name, term):
		return storage.MatchName
	case strings.Contains(f.email, term):
		return storage.MatchEmail
	}
	return storage.MatchPhone
}

// holding is the first field that contains the token.
func (f fields) holding(token string) storage.MatchField {
	switch {
	case strings.Contains(f.name, token):
		return storage.MatchName
	case strings.Contains(f.email, token):
		return storage.MatchEmail
	}
	return storage.MatchPhone
}
