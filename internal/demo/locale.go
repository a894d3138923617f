package demo

import (
	"bufio"
	"embed"
	"fmt"
	"strings"
	"sync"

	"kith/internal/crm"
)

// The lists are in one file a language: a heading in brackets, then names with commas between, the most frequent first,
// or lines of messages. "Novák/Nováková" is a surname of men and of women, "王=wang" a name and its Latin spelling, and
// {n} in a message is a number.
//
//go:embed data
var data embed.FS

// locale is a language with the people who speak it.
type locale struct {
	language string
	weight   int // of 1000 people
	// channels weighs the channel types in the order of crm.ChannelTypes.
	channels wheel
	from     []*country // a country that is listed more often is so much the more frequent
	style    style

	women, men []name
	surnames   []surname
	domains    []string
	lines      map[crm.SessionTag][]line
	replies    []line
	media      []line
}

// style is how names are written.
type style struct {
	familyFirst bool
	together    bool    // no space between the parts
	latin       float64 // share of people who write their name in plain Latin letters
	second      float64 // share with two surnames side by side
	hyphen      float64 // share with two surnames joined by a hyphen
	middle      float64 // share with a second given name
	initial     bool    // the second given name is shown as its first letter
}

type name struct {
	text  string
	latin string // in plain Latin letters
	ascii string // small letters and hyphens alone, as in an email address
}

type surname struct{ men, women name }

// line is a message, in two halves where a number belongs in the middle.
type line struct {
	before, after string
	numbered      bool
}

// The headings of messages that belong to no tag.
const (
	replyHeading = "REPLY"
	mediaHeading = "MEDIA"
)

// The session tags, and how often each comes up.
var (
	tags = []crm.SessionTag{crm.ProductInquiry, crm.ProjectGuidance, crm.PricingQuote, crm.TechnicalSupport,
		crm.OrderStatus, crm.Complaint, crm.General}
	tagWheel = newWheel(22, 10, 14, 16, 22, 6, 10)
)

// lists is everything that data is drawn from, read once.
type lists struct {
	locales   []*locale
	pick      wheel
	companies []string
	notes     []string
}

// loaded reads the lists when they are first asked for.
var loaded = sync.OnceValue(func() lists {
	latin := style{latin: 0.05, hyphen: 0.03, middle: 0.04}
	native := func(share float64) style { return style{latin: share} }
	eastern := style{familyFirst: true, together: true, latin: 0.3}
	l := lists{locales: []*locale{
		//                 weight  HTML FB IG TG WA TT   countries
		people("en", 200, newWheel(38, 14, 14, 4, 22, 8), "US US US US GB GB GB CA AU IE NG KE", style{hyphen: 0.02, middle: 0.09, initial: true}),
		people("de", 110, newWheel(42, 6, 9, 6, 34, 3), "DE DE DE DE DE DE DE AT CH", latin),
		people("fr", 70, newWheel(38, 18, 14, 2, 24, 4), "FR FR FR FR FR BE CH CA MA", style{latin: 0.08, hyphen: 0.05, middle: 0.02}),
		people("es", 80, newWheel(20, 14, 16, 4, 40, 6), "ES ES ES MX MX MX AR CO CL", style{latin: 0.1, second: 0.38, middle: 0.05}),
		people("pt", 60, newWheel(16, 10, 22, 4, 42, 6), "BR BR BR BR PT", style{latin: 0.1, second: 0.4, middle: 0.03}),
		people("it", 40, newWheel(24, 16, 18, 6, 32, 4), "IT", latin),
		people("pl", 30, newWheel(36, 34, 12, 2, 12, 4), "PL", style{latin: 0.08, hyphen: 0.05, middle: 0.02}),
		people("tr", 40, newWheel(20, 8, 28, 4, 36, 4), "TR", latin),
		people("nl", 30, newWheel(36, 8, 10, 3, 40, 3), "NL NL NL BE", style{latin: 0.03, hyphen: 0.05}),
		people("sv", 20, newWheel(46, 24, 16, 2, 8, 4), "SE SE SE SE FI", latin),
		people("da", 10, newWheel(46, 26, 16, 2, 6, 4), "DK NO", latin),
		people("fi", 10, newWheel(46, 10, 14, 6, 20, 4), "FI", latin),
		people("cs", 10, newWheel(46, 24, 12, 2, 14, 2), "CZ", latin),
		people("vi", 40, newWheel(12, 46, 8, 6, 2, 26), "VN", style{familyFirst: true, latin: 0.25}),
		people("ru", 50, newWheel(30, 1, 6, 50, 10, 3), "RU", native(0.1)),
		people("uk", 20, newWheel(26, 8, 14, 44, 4, 4), "UA", native(0.1)),
		people("el", 20, newWheel(34, 30, 16, 2, 16, 2), "GR", native(0.25)),
		people("ar", 55, newWheel(14, 16, 18, 8, 38, 6), "EG EG EG SA SA AE MA", native(0.25)),
		people("he", 10, newWheel(30, 14, 10, 6, 38, 2), "IL", native(0.25)),
		people("hi", 35, newWheel(16, 10, 20, 8, 46, 0), "IN", native(0.55)),
		people("zh", 30, newWheel(60, 10, 8, 8, 10, 4), "CN CN CN TW", eastern),
		people("ja", 15, newWheel(66, 4, 20, 1, 1, 8), "JP", style{familyFirst: true, latin: 0.25}),
		people("ko", 15, newWheel(62, 4, 24, 4, 2, 4), "KR", eastern),
	}}
	weights := make([]int, len(l.locales))
	for i, loc := range l.locales {
		weights[i] = loc.weight
	}
	l.pick = newWheel(weights...)
	l.companies = words(sections("companies")[""])
	l.notes = sections("notes")[""]
	return l
})

func people(language string, weight int, channels wheel, from string, s style) *locale {
	loc := &locale{language: language, weight: weight, channels: channels, style: s, lines: make(map[crm.SessionTag][]line)}
	for code := range strings.FieldsSeq(from) {
		c, ok := countries[code]
		if !ok {
			panic(fmt.Sprintf("demo data of %s: no country %s", language, code))
		}
		loc.from = append(loc.from, c)
	}
	file := sections(language)
	loc.women, loc.men = names(file["women"], language), names(file["men"], language)
	for _, s := range words(file["surnames"]) {
		men, women, both := strings.Cut(s, "/")
		if !both {
			women = men
		}
		loc.surnames = append(loc.surnames, surname{men: newName(men, language), women: newName(women, language)})
	}
	loc.domains = words(file["domains"])
	for _, tag := range tags {
		loc.lines[tag] = messages(file[string(tag)])
		if loc.lines[tag] == nil {
			loc.lines[tag] = messages(file[string(crm.General)])
		}
	}
	loc.replies, loc.media = messages(file[replyHeading]), messages(file[mediaHeading])
	return loc
}

// sections reads a file into its lines by heading.
func sections(file string) map[string][]string {
	f, err := data.Open("data/" + file + ".txt")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	defer func() { _ = f.Close() }()
	heading, m := "", make(map[string][]string)
	for in := bufio.NewScanner(f); in.Scan(); {
		s := strings.TrimSpace(in.Text())
		if inner, ok := strings.CutPrefix(s, "["); ok {
			heading = strings.TrimSuffix(inner, "]")
		} else if s != "" {
			m[heading] = append(m[heading], s)
		}
	}
	return m
}

// words splits lines at commas.
func words(lines []string) []string {
	var all []string
	for _, l := range lines {
		for w := range strings.SplitSeq(l, ",") {
			if w = strings.TrimSpace(w); w != "" {
				all = append(all, w)
			}
		}
	}
	return all
}

func names(lines []string, language string) []name {
	var all []name
	for _, w := range words(lines) {
		all = append(all, newName(w, language))
	}
	return all
}

func messages(lines []string) []line {
	var all []line
	for _, s := range lines {
		var l line
		l.before, l.after, l.numbered = strings.Cut(s, "{n}")
		all = append(all, l)
	}
	return all
}
