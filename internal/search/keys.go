package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"kith/internal/crm"
)

// The bounds of stored keys. An index row of PostgreSQL ends at 2,704 bytes; name key and text share one.
const (
	maxName  = 400
	maxText  = 2_000
	maxEmail = 400
	maxTerm  = 200
)

// nameless starts the name key of a contact without a name, which sorts it after every name of any script. Folding drops
// the character, and it is below [Ceiling].
const nameless = "\U0010FFFE"

// Keys are the folded texts stored with a contact for searches and for the order by name.
type Keys struct {
	// Name sorts contacts by name, and those without one by email or phone after every name: the words of the name, with one
	// space between. 400 bytes at most.
	Name string
	// Text holds all that a search can find, between ends of lines. The line of the name has two spaces before each word, and
	// lines of other ways to write it one; a line of an email begins with one and has one more behind each separator; a line of
	// a phone has one at each end. See [Fold] for what is one way to write. 2,000 bytes at most: the end of a long name is cut off, and further values
	// are left out that do not fit. Empty where there is nothing to find.
	Text string
	// Terms are whole values, by which a contact is found exactly: every email and phone has its [TermOf]. Sorted, without
	// duplicates, of 200 bytes at most.
	Terms []string
}

// KeysOf returns the keys of a contact.
func KeysOf(c crm.Contact) Keys {
	values := valuesOf(c)
	var k Keys
	var names []string
	if c.Name != nil {
		k.Name = cut(nameKey(*c.Name), maxName)
		names = nameLines(*c.Name)
	}
	if k.Name == "" {
		k.Name = cut(nameless+sortedBy(c), maxName)
	}
	k.Text = textOf(names, values)
	for _, v := range values {
		k.Terms = append(k.Terms, v.term)
	}
	slices.Sort(k.Terms)
	k.Terms = slices.Compact(k.Terms)
	return k
}

// nameKey is a name as names are sorted by: its words, or all of its characters where it has no words.
func nameKey(name string) string {
	folded := Fold(name)
	if !strings.ContainsFunc(folded, notInWords) {
		return folded
	}
	if words := wordsOf(folded); len(words) > 0 {
		return strings.Join(words, " ")
	}
	return folded
}

// sortedBy is what a contact without a name is sorted by.
func sortedBy(c crm.Contact) string {
	switch {
	case c.Email != nil:
		return Fold(*c.Email)
	case c.Phone != nil:
		digits, _, _ := crm.PhoneForms(*c.Phone)
		return Fold(digits)
	}
	return ""
}

// value is an email or a phone as it is searched.
type value struct {
	lines []string
	term  string
	more  bool // it is a further one, for which there may be no room
}

// valuesOf are the emails of a contact and then its phones, those of its own fields first.
func valuesOf(c crm.Contact) []value {
	var emails, phones []value
	add := func(field, v string, more bool) {
		if field == "phone" {
			phones = append(phones, value{phoneLines(v), TermOf(field, v), more})
		} else {
			emails = append(emails, value{emailLines(v), TermOf(field, v), more})
		}
	}
	if c.Email != nil {
		add("email", *c.Email, false)
	}
	if c.Phone != nil {
		add("phone", *c.Phone, false)
	}
	for _, f := range c.Further {
		add(f.Field, f.Value, true)
	}
	return append(emails, phones...)
}

// emailLines are the ways in which an email is searched: as written, with two letters for one, and with its numbers written
// as one.
func emailLines(email string) []string {
	folded := cut(Fold(email), maxEmail)
	if folded == "" {
		return nil
	}
	lines := []string{ofText + marked(folded)}
	if spelled := Spelled(email); spelled != "" {
		lines = append(lines, ofText+marked(cut(spelled, maxEmail)))
	}
	if local, domain, ok := strings.Cut(folded, "@"); ok {
		if number := strings.NewReplacer(".", "", "-", "", "_", "").Replace(local); number != local && digits(number) {
			lines = append(lines, ofText+marked(number+"@"+domain))
		}
	}
	return lines
}

// phoneLines are the ways in which a phone is searched: the international digits, the national ones, and those of all variants
// of the number, each where no line before contains it.
func phoneLines(phone string) []string {
	international, national, _ := crm.PhoneForms(phone)
	var lines []string
	for _, form := range []string{international, national, crm.CanonicalPhone(phone)} {
		if form = cut(Fold(form), maxTerm); form != "" && !contained(lines, form) {
			lines = append(lines, ofText+form+ofText)
		}
	}
	return lines
}

func contained(lines []string, s string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, s) })
}

// textOf is the text of these lines. Only the first [maxName] bytes of the name have precedence over further values.
func textOf(names []string, values []value) string {
	var name, rest []string
	room := maxText - 1
	for _, v := range values {
		need := size(v.lines)
		if v.more && need+min(size(names), maxName) > room {
			continue
		}
		rest = append(rest, v.lines...)
		room -= need
	}
	for _, line := range names {
		if line = cut(line, room-1); strings.TrimSpace(line) != "" {
			name = append(name, line)
			room -= len(line) + 1
		}
	}
	if len(name)+len(rest) == 0 {
		return ""
	}
	return "\n" + strings.Join(slices.Concat(name, rest), "\n") + "\n"
}

// size is how many bytes lines take, each with its end.
func size(lines []string) (n int) {
	for _, l := range lines {
		n += len(l) + 1
	}
	return n
}

// cut returns the beginning of s, at most n bytes of whole characters and without a space at the end.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " ")
}
