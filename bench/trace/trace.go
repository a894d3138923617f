// Package trace makes up what staff type into the search box: keystrokes of every class that a search can be slow at,
// drawn from the demo data, so that they find what a real one would. It measures nothing.
package trace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kith/internal/demo"
	"kith/storage"
)

// Keystroke is the content of the search box after one key.
type Keystroke struct {
	Class string
	Text  string
}

// Classes are the classes of keystrokes, in the order of reports.
var Classes = []string{
	"one letter", "two letters", "name prefix", "full name", "common fragment", "rare fragment", "no match",
	"no match of common grams", "two common tokens", "reversed name", "accents", "native script", "email prefix",
	"phone fragment", "phone as typed", "end of the alphabet", "punctuation",
}

// Now is the present of all data that is measured, so that one seed always makes the same.
var Now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Keystrokes returns n keystrokes for a workspace that [demo.Fill] filled with so many contacts from the seed. Names,
// emails and phones are typed out letter by letter, as people do; between them comes one keystroke of each class that is
// seldom met and hard. About two thirds are typed out. The same arguments always give the same keystrokes.
func Keystrokes(seed uint64, contacts, n int) []Keystroke {
	r := rand.New(rand.NewPCG(seed, 0x6b657973))
	people := sample(seed, contacts, r)
	out := make([]Keystroke, 0, n)
	for len(out) < n {
		for _, name := range [][]string{people.names, people.names, people.accent, people.native} {
			out = append(out, people.typed(one(r, name))...)
		}
		out = append(out, letters("email prefix", one(r, people.emails), 3, 10)...)
		for _, class := range hard {
			out = append(out, Keystroke{Class: class, Text: people.text(class)})
		}
	}
	return out[:n]
}

// hard are the classes that nobody types letter by letter.
var hard = []string{
	"full name", "common fragment", "rare fragment", "no match", "no match of common grams", "two common tokens",
	"reversed name", "phone fragment", "phone as typed", "end of the alphabet", "punctuation",
}

// typed is a name as it grows in the box, until most people stop typing.
func (c *crowd) typed(name string) []Keystroke {
	class := "name prefix"
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case first >= 0x250:
		class = "native script"
	case strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0:
		class = "accents"
	}
	if class != "name prefix" {
		return letters(class, name, 1, 4+c.r.IntN(5))
	}
	return append(append(letters("one letter", name, 1, 1), letters("two letters", name, 2, 2)...),
		letters(class, name, 3, 5+c.r.IntN(6))...)
}

// letters are the first from to to characters of s, growing.
func letters(class, s string, from, to int) []Keystroke {
	var out []Keystroke
	for n := from; n <= min(to, utf8.RuneCountInString(s)); n++ {
		if t := head(s, n); len(out) == 0 || out[len(out)-1].Text != t {
			out = append(out, Keystroke{Class: class, Text: t})
		}
	}
	return out
}

// crowd is a sample of the workspace's people.
type crowd struct {
	r      *rand.Rand
	names  []string // in Latin letters, two words or more
	native []string
	accent []string
	emails []string
	phones []string // E.164
}

// sample takes people from all over the workspace, a few thousand at most.
func sample(seed uint64, contacts int, r *rand.Rand) *crowd {
	c := &crowd{r: r}
	o := demo.Options{Contacts: contacts, Seed: seed, Now: Now}
	step := max(1, contacts/5000)
	n := 0
	for l := range demo.Contacts(o, demo.Channels(o)) {
		if n++; n%step == 0 {
			c.add(l)
		}
	}
	return c
}

func (c *crowd) add(l storage.Loaded) {
	if name := l.Contact.Name; name != nil {
		first, _ := utf8.DecodeRuneInString(*name)
		ascii := strings.IndexFunc(*name, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
		switch {
		case first >= 0x250:
			c.native = append(c.native, *name)
		case !ascii:
			c.accent = append(c.accent, *name)
		case strings.Contains(*name, " "):
			c.names = append(c.names, *name)
		}
	}
	if l.Contact.Email != nil {
		c.emails = append(c.emails, *l.Contact.Email)
	}
	if l.Contact.Phone != nil {
		c.phones = append(c.phones, *l.Contact.Phone)
	}
}

// common and rare are fragments that very many and very few contacts hold.
var (
	common  = []string{"com", "gma", "an", "mail", "er", "ar", "in", ".com", "@g", "gmail.com", "ma", "el", "son", "+4", "outlook"}
	rare    = []string{"qu", "xa", "zyk", "jq", "wyn", "ffm", "oux", "yev", "uzz", "kwa", "ghd", "tzk", "vdo", "pfl"}
	nothing = []string{"qqqq", "zzxq", "xkcdq", "vvvw", "jjjk", "qwxz", "zqzq", "nobody here", "99999999999"}
	glue    = []string{"mailanna", "comgma", "anerin", "maranson", "gmailer", "inanar", "sonmail", "ercom", "anananan", "marerin"}
	pairs   = []string{"maria com", "an gmail", "anna mail", "er com", "jo an", "da com", "ma 4", "son gmail", "in outlook", "a e", "li ma"}
	marks   = []string{"%", "_", "@", ".", "'", "-", "\\", "o'", "a.b", "#", "@gmail", "*"}
	last    = []string{"z", "zo", "zw", "zu", "ya", "y", "yu", "zh", "x", "xu", "w", "wu", "zimm", "zh li"}
)

func (c *crowd) text(class string) string {
	switch class {
	case "full name":
		return one(c.r, c.names)
	case "common fragment":
		return one(c.r, common)
	case "rare fragment":
		if c.r.IntN(2) == 0 {
			return one(c.r, rare)
		}
		return middle(c.r, one(c.r, c.emails), 4)
	case "no match":
		return one(c.r, nothing)
	case "no match of common grams":
		return one(c.r, glue)
	case "two common tokens":
		return one(c.r, pairs)
	case "reversed name":
		words := strings.Fields(one(c.r, c.names))
		slices.Reverse(words)
		s := strings.Join(words, " ")
		return head(s, len(words[0])+1+c.r.IntN(4))
	case "phone fragment":
		return middle(c.r, one(c.r, c.phones)[1:], 3+c.r.IntN(5))
	case "phone as typed":
		return c.phone()
	case "end of the alphabet":
		return one(c.r, last)
	default:
		return one(c.r, marks)
	}
}

// phone is the beginning of a number in one of the ways people type it.
func (c *crowd) phone() string {
	digits := head(one(c.r, c.phones)[1:], 5+c.r.IntN(8))
	switch c.r.IntN(4) {
	case 0:
		return "+" + digits
	case 1:
		return "00" + digits[:2] + " " + digits[2:]
	case 2:
		return fmt.Sprintf("+%s (0)%s-%s", digits[:2], digits[2:4], digits[4:])
	}
	return digits[:2] + " " + digits[2:4] + "." + digits[4:]
}

func one(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// head is the first n characters of s.
func head(s string, n int) string {
	runes := []rune(s)
	return strings.TrimSpace(string(runes[:min(n, len(runes))]))
}

// middle is a run of n characters from within s.
func middle(r *rand.Rand, s string, n int) string {
	if len(s) <= n {
		return s
	}
	from := r.IntN(len(s) - n)
	return s[from : from+n]
}
