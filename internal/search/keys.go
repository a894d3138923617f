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
	// Text holds all that a search can find, one field a line: name, email, international digits of the phone, and its
	// national digits when they are no part of those. 2,000 bytes at most; the end of the name is cut off.
	Text string
	// Terms are the positions where searches are expected to match, besides the start of the name: later words of the name,
	// the email and its parts, the forms of the phone. Sorted, without duplicates, 128 of 200 bytes each at most.
	Terms []string
}

// KeysOf returns the keys of a contact.
func KeysOf(c crm.Contact) Keys {
	var name, email, digits, national, significant string
	if c.Name != nil {
		name = Fold(*c.Name)
	}
	if c.Email != nil {
		email = cut(Fold(*c.Email), maxEmail)
	}
	if c.Phone != nil {
		digits, national, significant = crm.PhoneForms(*c.Phone)
		digits = cut(Fold(digits), maxTerm)
	}

	k := Keys{Name: cut(name, maxName)}
	if name == "" {
		k.Name = cut(nameless+email, maxName)
		if email == "" {
			k.Name = nameless + digits
		}
	}

	lines := make([]string, 0, 4)
	for _, line := range [...]string{email, digits, unlessIn(national, digits)} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if name != "" {
		room := maxText
		for _, line := range lines {
			room -= len(line) + 1
		}
		name = cut(name, room)
		lines = slices.Insert(lines, 0, name)
	}
	k.Text = strings.Join(lines, "\n")

	t := terms(make([]string, 0, 12))
	t.add(digits)
	t.add(national)
	t.add(significant)
	t.addEmail(email, maxParts)
	t.addWords(name)
	slices.Sort(t)
	k.Terms = slices.Compact(t)
	return k
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

// addEmail adds the email, and what follows each separator of the local part and each dot of the domain but the last.
// It stops at so many terms, to leave room for a name.
func (t *terms) addEmail(s string, limit int) {
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
