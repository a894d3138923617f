package search_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"kith/internal/crm"
	"kith/internal/search"
)

func TestRank(t *testing.T) {
	t.Parallel()
	ann := contact("Ann-Sophie Smith", "a.smythe@mail.example.com", "+4930123456")
	bob := with(contact("Bob", "bob@x.co", "+4930123456"), "rob.smith@y.co", "+14155552671", "bobby@z.co")
	jo := contact("Jo Jonesson", "", "")
	peters := contact("Bas Peters-de Jong", "", "")
	for name, c := range map[string]struct {
		contact crm.Contact
		query   string
		tier    int
		match   search.Match
	}{
		"the whole name":                       {ann, "ANN-SOPHIE smith", search.TierName, search.Match{Field: search.MatchName, Kind: search.MatchExact}},
		"the name's start":                     {ann, "an", search.TierName, search.Match{Field: search.MatchName, Kind: search.MatchPrefix}},
		"the start of two words":               {ann, "ann-sophie sm", search.TierName, search.Match{Field: search.MatchName, Kind: search.MatchPrefix}},
		"a later word":                         {ann, "smi", search.TierWords, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"a part of a double name":              {ann, "sophie", search.TierWords, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"two later words":                      {ann, "sophie smi", search.TierLater, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"later words across a hyphen":          {peters, "de j", search.TierLater, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"words in another order":               {ann, "smith ann", search.TierNames, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"surname and initial":                  {ann, "Smith, A.", search.TierNames, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"a word that is in another one too":    {jo, "jonesson jo", search.TierNames, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"a part of the email":                  {ann, "smythe", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"a domain":                             {ann, "example.com", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"the end of a domain":                  {ann, ".com", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"the whole email":                      {ann, "A.Smythe@mail.example.com", search.TierWhole, search.Match{Field: search.MatchEmail, Kind: search.MatchExact}},
		"a mailbox":                            {ann, "Smythe, A. <a.smythe@mail.example.com>", search.TierWhole, search.Match{Field: search.MatchEmail, Kind: search.MatchExact}},
		"a mailto link":                        {ann, "mailto:a.smythe@mail.example.com?subject=Hi", search.TierWhole, search.Match{Field: search.MatchEmail, Kind: search.MatchExact}},
		"words of two fields":                  {ann, "ann example", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"a phone's start":                      {ann, "+49 30", search.TierWords, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"a phone's national start":             {ann, "030/12", search.TierWords, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"a phone's end":                        {ann, "3456", search.TierEnd, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"a whole phone":                        {ann, "0049 (0)30 123456", search.TierWhole, search.Match{Field: search.MatchPhone, Kind: search.MatchExact}},
		"a whole national phone":               {ann, "030 123456", search.TierWhole, search.Match{Field: search.MatchPhone, Kind: search.MatchExact}},
		"a name and a whole phone":             {ann, "ann (030) 123456", search.TierWords, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"a part of the name":                   {ann, "mith", search.TierAnywhere, search.Match{Field: search.MatchName, Kind: search.MatchAnywhere}},
		"a part of the email's words":          {ann, "ythe", search.TierAnywhere, search.Match{Field: search.MatchEmail, Kind: search.MatchAnywhere}},
		"the middle of a phone":                {ann, "12 34", search.TierAnywhere, search.Match{Field: search.MatchPhone, Kind: search.MatchAnywhere}},
		"parts of words":                       {ann, "mith ophi", search.TierAnywhere, search.Match{Field: search.MatchName, Kind: search.MatchAnywhere}},
		"a name written as one":                {ann, "annsophie", search.TierWords, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"the email of nobody":                  {contact("", "bob@x.co", ""), "bob", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"a name like an email":                 {contact("ann@x.co", "ann@x.co", ""), "ann@x.co", search.TierWhole, search.Match{Field: search.MatchEmail, Kind: search.MatchExact}},
		"a whole phone without a trunk prefix": {contact("", "", "+14155552671"), "(415) 555-2671", search.TierEnd, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"a whole further email":                {bob, "bobby@z.co", search.TierWhole, search.Match{Field: search.MatchEmail, Kind: search.MatchExact}},
		"a part of a further email":            {bob, "smith", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"the middle of a further email":        {bob, "ith@", search.TierAnywhere, search.Match{Field: search.MatchEmail, Kind: search.MatchAnywhere}},
		"a whole further phone":                {bob, "+1 (415) 555-2671", search.TierWhole, search.Match{Field: search.MatchPhone, Kind: search.MatchExact}},
		"the start of a further phone":         {bob, "+1 415", search.TierWords, search.Match{Field: search.MatchPhone, Kind: search.MatchWord}},
		"the middle of a further phone":        {bob, "5526", search.TierAnywhere, search.Match{Field: search.MatchPhone, Kind: search.MatchAnywhere}},
		"the name and a further email":         {bob, "bob smith", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"digits of an email":                   {contact("", "4155552671@x.co", "+14155552671"), "415555", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"an email's numbers as one":            {contact("", "2019.1130@x.co", ""), "2019.1130", search.TierWords, search.Match{Field: search.MatchEmail, Kind: search.MatchWord}},
		"a name of two vowels for one":         {contact("Jürgen Müller", "", ""), "juergen mueller", search.TierWords, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
		"a name of one vowel for two":          {contact("Juergen Mueller", "", ""), "müller", search.TierWords, search.Match{Field: search.MatchName, Kind: search.MatchWord}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, k := search.Parse(c.query, ""), search.KeysOf(c.contact)
			tier, ok := q.Rank(k)
			if !ok || tier != c.tier {
				t.Errorf("Rank(%q) = %d, %v; want %d", c.query, tier, ok, c.tier)
			}
			if match := q.Match(k); match != c.match {
				t.Errorf("Match(%q) = %v; want %v", c.query, match, c.match)
			}
		})
	}

	for _, query := range []string{"smith bob", "smithann", "+49 31", "%", "smith\x00x", "comm"} {
		if tier, ok := search.Parse(query, "").Rank(search.KeysOf(ann)); ok {
			t.Errorf("%q matches as %d", query, tier)
		}
	}
	if _, ok := search.Parse("jo jonesson", "").Rank(search.KeysOf(contact("Al Jonesson", "", ""))); ok {
		t.Error("one word is found for two")
	}
}

func TestPhonesMatchHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	k := search.KeysOf(contact("", "", "+4930123456"))
	for _, typed := range []string{
		"+4930123456", "+49 30 123456", "+49 (0)30 123456", "+49(0)30/12 34-56", "0049 30 123456", "00493012", "030 123456", "(030) 123456",
		"030-12.34.56", "30123456", "4930", "23 45", "０３０１２", "٠٣٠ ١٢٣", "+49–30–123456", "(+49) 30", "\u202a+49 30 123456\u202c",
	} {
		if _, ok := search.Parse(typed, "").Rank(k); !ok {
			t.Errorf("%q does not find the number", typed)
		}
		for end := range typed { // as the person types
			if q := search.Parse(typed[:end], ""); !q.Empty() && q.Text()[0] >= '0' {
				if _, ok := q.Rank(k); !ok && !strings.HasPrefix(q.Text(), "00") { // what that means is settled by the contacts
					t.Errorf("%q on the way to %q does not find the number", typed[:end], typed)
				}
			}
		}
	}
}

// random makes contacts and queries that resemble each other. It is seeded, so a failure comes again.
type random struct{ *rand.Rand }

func (r random) of(choices ...string) string { return choices[r.IntN(len(choices))] }

func (r random) contact() crm.Contact {
	words := []string{"Ann", "anna", "Hannah", "Smith", "O’Brien", "Anne-Marie", "Müller", "Straße", "山田", "太郎", "Иван", "😀", "49", "J.R.", "김철수", "%_\\", "van", "der"}
	var name, email, phone string
	for range r.IntN(4) {
		name += r.of(words...) + r.of(" ", "  ", "-", " ")
	}
	if r.IntN(3) > 0 {
		email = r.of("ann", "a.smith", "j-r_x", "49301") + r.of("", "+news", ".anna") + "@" + r.of("example.com", "mail.smith.co.uk", "bücher.de")
	}
	if r.IntN(3) > 0 {
		phone = r.of("+4930123456", "+14155552671", "+390669881234", "+79123456789", "+442079460958")
	}
	c := contact(name, email, phone)
	for range r.IntN(3) {
		c = with(c, r.of("rob@x.co", "+4940123456", "a.smith@example.com", "+14155550000"))
	}
	return c
}

// query draws pieces of the contact's own fields, or of another's.
func (r random) query(c crm.Contact) string {
	var q string
	for range 1 + r.IntN(3) {
		var fields []string
		for _, f := range []*string{c.Name, c.Email, c.Phone} {
			if f != nil {
				fields = append(fields, *f)
			}
		}
		for _, v := range c.Further {
			fields = append(fields, v.Value)
		}
		if len(fields) == 0 {
			return "x"
		}
		s := []rune(r.of(fields...))
		from := r.IntN(len(s))
		q += string(s[from:from+1+r.IntN(min(len(s)-from, 8))]) + r.of(" ", " ", "", "  ")
	}
	return q
}

func TestRankAgreesWithAPlainSearch(t *testing.T) {
	t.Parallel()
	r := random{rand.New(rand.NewPCG(1, 2))}
	matches := 0
	for range 10_000 {
		c := r.contact()
		from := c
		if r.IntN(3) == 0 {
			from = r.contact()
		}
		q, k := search.Parse(r.query(from), ""), search.KeysOf(c)
		bounded(t, k)
		if q.Empty() {
			continue
		}
		tier, ok := q.Rank(k)
		if want := search.Contains(k.Text, q.Tokens()); ok != want {
			t.Fatalf("%q in %q: %v; want %v", q.Tokens(), k.Text, ok, want)
		}
		if !ok {
			continue
		}
		matches++
		_ = q.Match(k)
		if (tier == search.TierName) != strings.HasPrefix(k.Name, q.Text()) && tier != search.TierWhole {
			t.Fatalf("%q in %+v: tier %d", q.Text(), k, tier)
		}

		bucket := search.Bucket(k.Name)
		indexed := map[int64]bool{}
		for _, g := range search.TextGrams(7, bucket, k.Text) {
			indexed[g] = true
		}
		grams := search.Grams(7, bucket, q.Tokens())
		for _, g := range grams {
			if !indexed[g] {
				t.Fatalf("%q is in %q, but its gram %d is not", q.Tokens(), k.Text, g)
			}
		}
		if search.Indexable(q.Tokens()) != (len(grams) > 0) {
			t.Fatalf("%q has %d grams", q.Tokens(), len(grams))
		}
	}
	if matches < 3_000 {
		t.Errorf("only %d matches: the queries are not what they should be", matches)
	}
}

func BenchmarkRank(b *testing.B) {
	k := search.KeysOf(contact("Ann Margaret Smith", "ann.smith@example.com", "+4930123456"))
	for _, typed := range []string{"ann", "smith ann", "argar", "nobody"} {
		b.Run(typed, func(b *testing.B) {
			q := search.Parse(typed, "")
			b.ReportAllocs()
			for b.Loop() {
				q.Rank(k)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	c := contact("Ann Margaret Smith", "ann.smith@example.com", "+4930123456")
	q, k := search.Parse("example", ""), search.KeysOf(c)
	b.ReportAllocs()
	for b.Loop() {
		q.Match(k)
	}
}
