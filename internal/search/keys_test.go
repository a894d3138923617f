package search_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/search"
)

// contact makes a contact of what is not empty.
func contact(name, email, phone string) crm.Contact {
	field := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return crm.Contact{Name: field(name), Email: field(email), Phone: field(phone)}
}

// with is the contact with further values, emails where they have an @ and phones else.
func with(c crm.Contact, values ...string) crm.Contact {
	for _, v := range values {
		field := "phone"
		if strings.Contains(v, "@") {
			field = "email"
		}
		c.Further = append(c.Further, crm.FurtherValue{Field: field, Value: v})
	}
	return c
}

func TestKeysOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contact crm.Contact
		want    search.Keys
	}{
		"everything": {
			contact("Ánn Margaret  Smith", "Ann.Smith+news@mail.Example.com", "+4930123456"),
			search.Keys{
				Name:  "ann margaret smith",
				Text:  "\n  ann  margaret  smith\n annmargaret\n ann. smith+ news@ mail. example. com\n 4930123456 \n 030123456 \n",
				Terms: []string{"4930123456", "ann.smith+news@mail.example.com"},
			},
		},
		"further values": {
			with(contact("Ann", "a@b.co", "+4930123456"), "Ann@c.co", "+14155552671", "+4940123456"),
			search.Keys{
				Name:  "ann",
				Text:  "\n  ann\n a@ b. co\n ann@ c. co\n 4930123456 \n 030123456 \n 14155552671 \n 4940123456 \n 040123456 \n",
				Terms: []string{"14155552671", "4930123456", "4940123456", "a@b.co", "ann@c.co"},
			},
		},
		"further values alone":                   {with(contact("", "", ""), "+14155552671", "a@b.co"), search.Keys{Name: "\U0010FFFE", Text: "\n a@ b. co\n 14155552671 \n", Terms: []string{"14155552671", "a@b.co"}}},
		"a name alone":                           {contact("Ann", "", ""), search.Keys{Name: "ann", Text: "\n  ann\n"}},
		"an email alone":                         {contact("", "a@b.co", ""), search.Keys{Name: "\U0010FFFEa@b.co", Text: "\n a@ b. co\n", Terms: []string{"a@b.co"}}},
		"a phone alone":                          {contact("", "", "+14155552671"), search.Keys{Name: "\U0010FFFE14155552671", Text: "\n 14155552671 \n", Terms: []string{"14155552671"}}},
		"nothing":                                {contact("", "", ""), search.Keys{Name: "\U0010FFFE"}},
		"a name of which nothing is left":        {contact("\u0301", "a@b.co", ""), search.Keys{Name: "\U0010FFFEa@b.co", Text: "\n a@ b. co\n", Terms: []string{"a@b.co"}}},
		"a double name":                          {contact("Anne-Marie", "", ""), search.Keys{Name: "anne marie", Text: "\n  anne  marie\n anne- marie\n annemarie\n"}},
		"an apostrophe does not part a word":     {contact("Sinéad O’Brien", "", ""), search.Keys{Name: "sinead obrien", Text: "\n  sinead  obrien\n sinead o'brien\n"}},
		"initials":                               {contact("J. R. R. Klein", "", ""), search.Keys{Name: "j r r klein", Text: "\n  j  r  r  klein\n j. r. r. klein\n jrr\n"}},
		"brackets":                               {contact("Smith (Berlin)", "", ""), search.Keys{Name: "smith berlin", Text: "\n  smith  berlin\n smith (berlin)\n"}},
		"particles":                              {contact("Rosa de la Cruz", "", ""), search.Keys{Name: "rosa de la cruz", Text: "\n  rosa  de  la  cruz\n delacruz\n"}},
		"a given name that is a particle too":    {contact("Al Jonesson", "", ""), search.Keys{Name: "al jonesson", Text: "\n  al  jonesson\n"}},
		"numbers":                                {contact("Studio 54-12 24/7", "", ""), search.Keys{Name: "studio 54 12 24 7", Text: "\n  studio  54  12  24  7\n studio 54- 12 24/ 7\n 5412247\n"}},
		"two letters for one":                    {contact("Jürgen Smith", "", ""), search.Keys{Name: "jurgen smith", Text: "\n  jurgen  smith\n juergen\n"}},
		"one letter for two":                     {contact("Juergen Smith", "", ""), search.Keys{Name: "juergen smith", Text: "\n  juergen  smith\n jurgen\n"}},
		"a script without spaces":                {contact("山田 花子", "", ""), search.Keys{Name: "山田 花子", Text: "\n  山田  花子\n 山田花子\n"}},
		"a name of punctuation alone":            {contact("--", "", ""), search.Keys{Name: "--", Text: "\n - -\n"}},
		"an email of numbers":                    {contact("", "2019.1130@x.co", ""), search.Keys{Name: "\U0010FFFE2019.1130@x.co", Text: "\n 2019. 1130@ x. co\n 20191130@ x. co\n", Terms: []string{"2019.1130@x.co"}}},
		"text in place of a phone is searchable": {contact("", "", "call me"), search.Keys{Name: "\U0010FFFEcall me", Text: "\n call me \n", Terms: []string{"call me"}}},
		"a vowel sign is part of a word":         {contact("सीता कुमारी", "", ""), search.Keys{Name: "सीता कुमारी", Text: "\n  सीता  कुमारी\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := search.KeysOf(c.contact)
			if len(got.Terms) == 0 {
				got.Terms = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]crm.Contact{
		"a long name":          contact(strings.Repeat("é王 ", 600), strings.Repeat("ab.", 80)+"@example.com", "+4930123456"),
		"a name of many words": contact(strings.Repeat("a1-b2-c3-d4-e5-f6 g7 ", 90), "", ""),
		"a name that grows":    contact(strings.Repeat("ﷺ", 200), strings.Repeat("ﷺ", 21)+"@example.com", "+4930123456"),
		"one endless word":     contact("x "+strings.Repeat("王", 600), "", ""),
		"many further values": with(
			contact(strings.Repeat("a王 ", 300), "ann@example.com", "+4930123456"), slices.Repeat([]string{strings.Repeat("é.", 70) + "@x.co"}, 50)...,
		),
		"an email of many parts": contact("Ann Smith", strings.Repeat("a.", 30)+"b@c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.com", "+4930123456"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := search.KeysOf(c)
			bounded(t, k)
			if c.Phone != nil && !strings.HasSuffix(k.Text, "\n 4930123456 \n 030123456 \n") {
				t.Errorf("the phone is pushed out of %+v", k)
			}
			if name == "an email of many parts" && !strings.Contains(k.Text, "  smith") {
				t.Errorf("the name is pushed out of %+v", k)
			}
		})
	}
}

func TestEveryFurtherValueHasItsTerm(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range crm.MaxFurther / 2 {
		values = append(values, fmt.Sprintf("%s.%d@mail.example.com", strings.Repeat("a.b-", 50), i), fmt.Sprintf("+49301234%02d", i))
	}
	name := strings.Repeat("王 é-", 300)
	k := search.KeysOf(with(contact(name, "ann@example.com", "+4930123456"), values...))
	bounded(t, k)
	for _, v := range values {
		field := "email"
		if v[0] == '+' {
			field = "phone"
		}
		if !slices.Contains(k.Terms, search.TermOf(field, v)) {
			t.Errorf("%s has no term", v)
		}
	}
	for _, kept := range []string{strings.Repeat("  王  e", 40), "\n ann@ example. com", "\n 4930123456 \n 030123456"} {
		if !strings.Contains(k.Text, kept) {
			t.Errorf("%q is pushed out of %q", kept, k.Text)
		}
	}
}

func bounded(t *testing.T, k search.Keys) {
	t.Helper()
	if len(k.Name) > 400 || len(k.Text) > 2_000 || len(k.Terms) > 128 {
		t.Errorf("%d bytes of name, %d of text, %d terms", len(k.Name), len(k.Text), len(k.Terms))
	}
	if !utf8.ValidString(k.Name) || !utf8.ValidString(k.Text) {
		t.Error("a character is cut apart")
	}
	for i, term := range k.Terms {
		if len(term) > 200 || term == "" || !utf8.ValidString(term) || i > 0 && term <= k.Terms[i-1] {
			t.Errorf("term %q", term)
		}
		if first, _, _ := strings.Cut(k.Text, "\n"); strings.Contains(term, "\n") || !strings.HasPrefix(k.Name, first[:min(len(first), 100)]) && !strings.HasPrefix(k.Name, "\U0010FFFE") {
			t.Errorf("name %q, text %q", k.Name, k.Text)
		}
	}
}

func BenchmarkKeysOf(b *testing.B) {
	c := contact("Ann Margaret Smith", "ann.smith@example.com", "+4930123456")
	b.ReportAllocs()
	for b.Loop() {
		search.KeysOf(c)
	}
}

// The keys of existing contacts are those of the version that stored them.
func TestKeysAreThoseThatAreStored(t *testing.T) {
	t.Parallel()
	r := random{rand.New(rand.NewPCG(3, 4))}
	h := sha256.New()
	for range 1000 {
		fmt.Fprintf(h, "%q\n", search.KeysOf(r.contact()))
	}
	const stored = "8ecaa4177d6d23b7fe6bac6c607fb4e025a79e3b6e3bd7329a929e9d02ebb234"
	if got := hex.EncodeToString(h.Sum(nil)); got != stored {
		t.Errorf("contacts get other keys than the stored ones: add a migration that fills stale_keys, then write %s here", got)
	}
}
