package demo

import (
	"math/rand/v2"
	"strconv"
	"unicode/utf8"
)

// person is who a contact is, whether or not anybody has been told.
type person struct {
	locale *locale
	home   *country
	first  name
	last   name
	name   string // as the person writes it
}

func (g *generator) person() person {
	r := g.r
	loc := g.lists.locales[g.lists.pick.spin(r)]
	woman := r.Uint64()&1 == 0
	p := person{locale: loc, home: anyOf(r, loc.from), first: firstName(r, loc, woman), last: lastName(r, loc, woman)}
	p.name = g.written(p, woman)
	return p
}

func firstName(r *rand.Rand, loc *locale, woman bool) name {
	if woman {
		return common(r, loc.women)
	}
	return common(r, loc.men)
}

func lastName(r *rand.Rand, loc *locale, woman bool) name {
	s := common(r, loc.surnames)
	if woman {
		return s.women
	}
	return s.men
}

// written puts a name together: mostly first and last, and what the language and chance add to them.
func (g *generator) written(p person, woman bool) string {
	r, s := g.r, p.locale.style
	text := func(n name) string { return n.text }
	space := " "
	if chance(r, s.latin) {
		text = func(n name) string { return n.latin }
	} else if s.together {
		space = ""
	}
	b := g.buf[:0]
	if chance(r, 0.03) {
		return text(p.first)
	}
	if s.familyFirst {
		b = append(b, text(p.last)...)
		b = append(b, space...)
		return string(append(b, text(p.first)...))
	}
	b = append(b, text(p.first)...)
	if chance(r, s.middle) {
		b = append(b, ' ')
		middle := text(firstName(r, p.locale, woman))
		if s.initial {
			_, n := utf8.DecodeRuneInString(middle)
			b = append(append(b, middle[:n]...), '.')
		} else {
			b = append(b, middle...)
		}
	}
	b = append(append(b, ' '), text(p.last)...)
	switch u := r.Float64(); {
	case u < s.second:
		b = append(append(b, ' '), text(lastName(r, p.locale, woman))...)
	case u < s.second+s.hyphen:
		b = append(append(b, '-'), text(lastName(r, p.locale, woman))...)
	}
	return string(b)
}

// The ways to make an address of a name.
var (
	addressWheel = newWheel(30, 16, 12, 8, 6, 6, 8, 6, 8)
	domainWheel  = newWheel(42, 24, 10, 8, 7, 9)
	freeMail     = []string{0: "gmail.com", 2: "outlook.com", 3: "yahoo.com", 4: "icloud.com"}
)

const (
	localDomain   = 1
	companyDomain = 5
)

// email makes an address that no other contact has. A plain one is given away once; after that come the usual digits at
// the end, four at most, and at last the contact's own number, of five digits or more.
func (g *generator) email(p person, i int) string {
	r := g.r
	kind := domainWheel.spin(r)
	var domain string
	switch kind {
	case localDomain:
		domain = common(r, p.locale.domains)
	case companyDomain:
		domain = anyOf(r, g.lists.companies)
	default:
		domain = freeMail[kind]
	}
	b := local(g.buf[:0], addressWheel.spin(r), p.first.ascii, p.last.ascii)
	n := len(b)
	at := func(b []byte) []byte { return append(append(b, '@'), domain...) }
	if kind == companyDomain || chance(r, 0.5) {
		if b = at(b); g.emails.add(b) {
			return string(b)
		}
	}
	year := 1958 + r.IntN(50)
	if b = at(appendTwo(b[:n], year%100)); chance(r, 0.7) && g.emails.add(b) {
		return string(b)
	}
	if b = at(strconv.AppendInt(b[:n], int64(year), 10)); chance(r, 0.6) && g.emails.add(b) {
		return string(b)
	}
	if b = at(strconv.AppendInt(b[:n], int64(100+r.IntN(900)), 10)); g.emails.add(b) {
		return string(b)
	}
	return string(at(strconv.AppendInt(b[:n], int64(10_000+i), 10)))
}

// local writes the part before the @, without digits.
func local(b []byte, way int, first, last string) []byte {
	switch way {
	case 0:
		return append(append(append(b, first...), '.'), last...)
	case 1:
		return append(append(b, first...), last...)
	case 2:
		return append(append(b, first[0]), last...)
	case 3:
		return append(append(append(b, first[0]), '.'), last...)
	case 4:
		return append(append(append(b, first...), '_'), last...)
	case 5:
		return append(append(append(b, last...), '.'), first...)
	case 6:
		return append(b, first...)
	case 7:
		return append(append(b, last...), first[0])
	default:
		return append(append(append(b, first...), '.'), last[0])
	}
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
