package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kith/internal/crm"
)

// The bounds of stored keys. An index row of PostgreSQL ends at 2,704 bytes; name key and text share one.
const (
	maxName  = 400
	maxText  = 2_000
	maxEmail = 400
	maxTerm  = 200
	maxParts = 9   // terms of an email
	maxTerms = 128 // more than the words of any name and the parts of any email
)

// nameless starts the name key of a contact without a name, which sorts it after every name of any script. Folding drops
// the character, and it is below [Ceiling].
const nameless = "\U0010FFFE"

// Keys are the folded texts stored with a contact for searches and for the order by name.
type Keys struct {
	// Name sorts contacts by name, and those without one by email or phone after every name. 400 bytes at most.
	Name string
	// Text holds all that a search can find, one value a line: name, emails, international digits of the phones, and the
	// national digits of each when they are no part of those. 2,000 bytes at most: the end of a long name is cut off, and
	// further values are left out that do not fit.
	Text string
	// Terms are the positions where searches are expected to match, besides the start of the name: later words of the name,
	// the emails and their parts, the forms of the phones. Sorted, without duplicates, 128 of 200 bytes each at most; every
	// value has its [TermOf].
	Terms []string
}

// KeysOf returns the keys of a contact.
func KeysOf(c crm.Contact) Keys {
	var name, email string
	var phone phoneForms
	if c.Name != nil {
		name = Fold(*c.Name)
	}
	if c.Email != nil {
		email = foldEmail(*c.Email)
	}
	if c.Phone != nil {
		phone = foldPhone(*c.Phone)
	}
	further := furtherOf(c)

	k := Keys{Name: cut(name, maxName)}
	if name == "" {
		k.Name = cut(nameless+email, maxName)
		if email == "" {
			k.Name = nameless + phone.digits
		}
	}
	k.Text, name = textOf(name, email, phone, further)

	t := terms(make([]string, 0, 12))
	t.addPhone(phone)
	t.addEmail(email, maxParts)
	for _, v := range further {
		t.add(v.email)
		t.add(v.phone.digits)
	}
	t.addWords(name)
	for _, v := range further {
		t.addPhone(v.phone)
		t.addEmail(v.email, maxParts)
	}
	slices.Sort(t)
	k.Terms = slices.Compact(t)
	return k
}

// phoneForms are the folded ways to write a phone number.
type phoneForms struct{ digits, national, significant string }

func foldPhone(s string) (p phoneForms) {
	p.digits, p.national, p.significant = crm.PhoneForms(s)
	p.digits = cut(Fold(p.digits), maxTerm)
	return p
}

func foldEmail(s string) string { return cut(Fold(s), maxEmail) }

// furtherValue is a folded further value: an email or a phone.
type furtherValue struct {
	email string
	phone phoneForms
}

func furtherOf(c crm.Contact) []furtherValue {
	var values []furtherValue
	for _, v := range c.Further {
		if v.Field == "phone" {
			values = append(values, furtherValue{phone: foldPhone(v.Value)})
		} else {
			values = append(values, furtherValue{email: foldEmail(v.Value)})
		}
	}
	return values
}

// textOf is the text of these values, and the name as far as it is in there. Only [maxName] of the name has precedence over
// further values.
func textOf(name, email string, phone phoneForms, further []furtherValue) (text, cutName string) {
	emails, phones := lines(nil).add(email), lines(nil).addPhone(phone)
	room := maxText - emails.size() - phones.size()
	for _, v := range further {
		e, p := emails.add(v.email), phones.addPhone(v.phone)
		if e.size()+p.size()+min(len(name), maxName) <= maxText {
			emails, phones = e, p
			room = maxText - e.size() - p.size()
		}
	}
	name = cut(name, room)
	return strings.Join(slices.Concat(lines(nil).add(name), emails, phones), "\n"), name
}

// lines are lines of a text.
type lines []string

func (l lines) add(s string) lines {
	if s == "" {
		return l
	}
	return append(l, s)
}

func (l lines) addPhone(p phoneForms) lines {
	return l.add(p.digits).add(unlessIn(p.national, p.digits))
}

// size is how many bytes the lines take, each with the end of the one before.
func (l lines) size() (n int) {
	for _, s := range l {
		n += len(s) + 1
	}
	return n
}

func unlessIn(s, in string) string {
	if strings.Contains(in, s) {
		return ""
	}
	return s
}

// cut returns the beginning of s, at most n bytes of whole characters and without a space at the end.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " ")
}

type terms []string

func (t *terms) add(s string) {
	if s != "" && len(*t) < maxTerms {
		if s = cut(s, maxTerm); !slices.Contains(*t, s) {
			*t = append(*t, s)
		}
	}
}

func (t *terms) addPhone(p phoneForms) {
	t.add(p.digits)
	t.add(p.national)
	t.add(p.significant)
}

// addEmail adds the email, and what follows each separator of the local part and each dot of the domain but the last.
// It stops at so many terms, to leave room for a name.
func (t *terms) addEmail(s string, limit int) {
	if s == "" {
		return
	}
	before := len(*t)
	t.add(s)
	at := strings.LastIndexByte(s, '@')
	t.add(s[at+1:])
	last := strings.LastIndexByte(s, '.')
	for i := 0; i < len(s) && len(*t)-before < limit; i++ {
		switch s[i] {
		case '_', '-', '+':
			if i < at {
				t.add(s[i+1:])
			}
		case '.':
			if i < at || i < last {
				t.add(s[i+1:])
			}
		}
	}
}

// addWords adds every word after the first, up to the next space. A word starts after a space, and where a letter or
// digit follows something that is neither, nor an apostrophe: "marie" in "anne-marie", but nothing in "o'brien".
func (t *terms) addWords(s string) {
	inWord, afterSpace := true, false
	for i, r := range s {
		if r == ' ' {
			inWord, afterSpace = false, true
			continue
		}
		word := 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '\'' ||
			r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
		if i > 0 && (afterSpace || word && !inWord) {
			end := strings.IndexByte(s[i:], ' ')
			if end < 0 {
				end = len(s) - i
			}
			t.add(s[i : i+end])
			if len(*t) == maxTerms {
				return
			}
		}
		inWord, afterSpace = word, false
	}
}
