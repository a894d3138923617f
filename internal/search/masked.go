package search

import (
	"context"
	"slices"
	"strings"

	"kith/internal/crm"
)

// Masked is the search of a viewer who sees emails and phones masked. It finds contacts by their names as ever, and by an email
// or a phone that is typed whole, in any notation, beside other words or alone. A part of one finds nothing, and does not
// change the order or the match of a contact that is found by its name. A name that shows less of itself when it is masked is
// not found.
func (q Query) Masked(m crm.Masker) Query {
	q.masker = &m
	q.filters = [tiers]Filter{}
	q = q.ranked()
	q.tokens = q.filters[TierAnywhere].With
	return q
}

// ByWholeValues reports whether emails and phones have to be typed whole: see [Query.Masked]. What holds the tokens of such a query
// need not match, and a database cannot know.
func (q Query) ByWholeValues() bool { return q.masker != nil }

// Keys are the keys by which the query finds and ranks a contact: the stored ones, or what of them is not masked.
func (q Query) Keys(h Hit) Keys {
	k := Keys{Name: h.Name, Text: h.Text}
	if q.masker == nil {
		return k
	}
	var lines []string
	if h.Contact.Name == nil || q.masker.Hidden(*h.Contact) {
		k.Name = nameless
	} else {
		lines = nameLines(*h.Contact.Name)
	}
	for _, w := range q.words {
		switch {
		case isAddress(w) && strings.Contains(h.Text, emailLine(w)):
			lines = append(lines, ofText+w)
		case wholeNumber(w) && (strings.Contains(h.Text, phoneLine(w)) || atHome(*h.Contact, w)):
			lines = append(lines, ofText+w+ofText)
		}
	}
	k.Text = "\n" + strings.Join(lines, "\n") + "\n"
	return k
}

// wholeNumber reports whether a word can be a whole phone.
func wholeNumber(word string) bool { return digits(word) && len(word) >= fewestPhone }

// atHome reports whether the contact has a phone whose digits behind the country code are these. Where numbers have a trunk prefix,
// people write it, and the text has a line for that.
func atHome(c crm.Contact, number string) bool {
	is := func(phone string) bool {
		_, _, significant := crm.PhoneForms(phone)
		return significant == number
	}
	return c.Phone != nil && is(*c.Phone) || slices.ContainsFunc(c.FurtherOf("phone"), is)
}

// wholeToken is what the text of a contact holds that has the word as a whole email or phone; empty where the word is neither.
func wholeToken(word string) string {
	switch {
	case wholeNumber(word):
		return word + ofText + "\n"
	case isAddress(word):
		return emailLine(word)
	}
	return ""
}

// maskedFilter is the filter of a tier of a masked query. It lets more texts through than reach the tier, but few where a word can
// hardly be part of a name: of digits, and of what is around an @, only the start of a word of a name counts.
func (q Query) maskedFilter(tier int) (f Filter, ok bool) {
	var whole, parts, words []string
	for _, w := range q.words {
		switch token := wholeToken(w); {
		case token != "":
			whole = append(whole, token)
		case digits(w) || strings.Contains(w, "@"):
			parts = append(parts, w)
		default:
			words = append(words, w)
		}
	}
	switch tier {
	case TierWhole:
		return Filter{With: whole}, len(q.words) == 1 && len(whole) == 1
	case TierLater:
		return Filter{With: []string{nameLine(q.words)}}, len(whole) == 0 && q.namesAlone()
	case TierNames:
		return Filter{With: behind(ofName, q.words)}, len(whole) == 0 && q.namesAlone()
	case TierWords:
		f.With = behind(ofText, words)
	case TierAnywhere:
		f.With = behind("", words)
	default:
		return Filter{}, false
	}
	f.With = slices.Concat(f.With, whole, behind(ofName, parts))
	slices.Sort(f.With)
	return f, true
}

// countFound counts the contacts that a search finds one by one, as [Count] does.
func countFound(ctx context.Context, src Source, q Query, limit int) (n int, err error) {
	r := Request{Query: q, ByName: true}
	for {
		r.Want = min(largestBatch, limit+1-n)
		found, err := Find(ctx, src, r)
		if n += len(found); err != nil || n > limit || len(found) < r.Want {
			return n, err
		}
		r.From = &found[len(found)-1].Position
	}
}
