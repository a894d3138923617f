package search

import (
	"slices"
	"strings"
)

// The tiers of relevance, best first. A contact belongs to the best that it reaches.
const (
	TierName     = iota // the name starts with the query
	TierTerm            // a term starts with the longest token
	TierAnywhere        // every token is found somewhere
)

// Rank is the position of a contact in the order of relevance: its tier, and the key that orders it within, the lowest
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

// keysOf are the keys of a hit as far as the query can distinguish them. The keys stored with the contact save folding it
// again, which would take longer than all else that is done with a row; the forms of its phone only matter to digits.
func (q Query) keysOf(h Hit) Keys {
	k := Keys{Name: h.Name, Text: h.Text}
	if strings.HasPrefix(k.Name, q.text) {
		return k
	}
	if strings.Trim(q.longest, "0123456789") == "" || len(h.Contact.Further) > 0 {
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
