package search_test

import (
	"fmt"
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
				Name: "ann margaret smith",
				Text: "ann margaret smith\nann.smith+news@mail.example.com\n4930123456\n030123456",
				Terms: []string{
					"030123456", "30123456", "4930123456", "ann.smith+news@mail.example.com", "example.com", "mail.example.com",
					"margaret", "news@mail.example.com", "smith", "smith+news@mail.example.com",
				},
			},
		},
		"further values": {
			with(contact("Ann", "a@b.co", "+4930123456"), "Ann@c.co", "+14155552671", "+4940123456"),
			search.Keys{
				Name: "ann",
				Text: "ann\na@b.co\nann@c.co\n4930123456\n030123456\n14155552671\n4940123456\n040123456",
				Terms: []string{
					"030123456", "040123456", "14155552671", "30123456", "40123456", "4155552671", "4930123456", "4940123456", "a@b.co",
					"ann@c.co", "b.co", "c.co",
				},
			},
		},
		"further values alone":                   {with(contact("", "", ""), "+14155552671", "a@b.co"), search.Keys{Name: "\U0010FFFE", Text: "a@b.co\n14155552671", Terms: []string{"14155552671", "4155552671", "a@b.co", "b.co"}}},
		"a name alone":                           {contact("Ann", "", ""), search.Keys{Name: "ann", Text: "ann"}},
		"an email alone":                         {contact("", "a@b.co", ""), search.Keys{Name: "\U0010FFFEa@b.co", Text: "a@b.co", Terms: []string{"a@b.co", "b.co"}}},
		"a phone alone":                          {contact("", "", "+14155552671"), search.Keys{Name: "\U0010FFFE14155552671", Text: "14155552671", Terms: []string{"14155552671", "4155552671"}}},
		"nothing":                                {contact("", "", ""), search.Keys{Name: "\U0010FFFE"}},
		"a name of which nothing is left":        {contact("\u0301", "a@b.co", ""), search.Keys{Name: "\U0010FFFEa@b.co", Text: "a@b.co", Terms: []string{"a@b.co", "b.co"}}},
		"a double name has a later word":         {contact("Anne-Marie", "", ""), search.Keys{Name: "anne-marie", Text: "anne-marie", Terms: []string{"marie"}}},
		"a later double name has two":            {contact("Paul Jean-Luc", "", ""), search.Keys{Name: "paul jean-luc", Text: "paul jean-luc", Terms: []string{"jean-luc", "luc"}}},
		"an apostrophe does not part a word":     {contact("Sinéad O’Brien", "", ""), search.Keys{Name: "sinead o'brien", Text: "sinead o'brien", Terms: []string{"o'brien"}}},
		"brackets and dots do":                   {contact("J.R. Smith (Berlin)", "", ""), search.Keys{Name: "j.r. smith (berlin)", Text: "j.r. smith (berlin)", Terms: []string{"(berlin)", "berlin)", "r.", "smith"}}},
		"other scripts have words":               {contact("Иван Петров", "", ""), search.Keys{Name: "иван петров", Text: "иван петров", Terms: []string{"петров"}}},
		"a word that is all mark is a word":      {contact("Ann 😀", "", ""), search.Keys{Name: "ann 😀", Text: "ann 😀", Terms: []string{"😀"}}},
		"the same word twice is one term":        {contact("Ann Ann Ann", "", ""), search.Keys{Name: "ann ann ann", Text: "ann ann ann", Terms: []string{"ann"}}},
		"a vowel sign does not part a word":      {contact("सीता कुमारी", "", ""), search.Keys{Name: "सीता कुमारी", Text: "सीता कुमारी", Terms: []string{"कुमारी"}}},
		"the end of a domain is no term":         {contact("", "a@x.co.uk", ""), search.Keys{Name: "\U0010FFFEa@x.co.uk", Text: "a@x.co.uk", Terms: []string{"a@x.co.uk", "co.uk", "x.co.uk"}}},
		"a dash in a domain does not part it":    {contact("", "a@my-shop.de", ""), search.Keys{Name: "\U0010FFFEa@my-shop.de", Text: "a@my-shop.de", Terms: []string{"a@my-shop.de", "my-shop.de"}}},
		"a phone that is none is searchable too": {contact("", "", "call me"), search.Keys{Name: "\U0010FFFEcall me", Text: "call me", Terms: []string{"call me"}}},
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
			for _, digits := range []string{"4930123456", "030123456"} {
				if c.Phone != nil && (!strings.HasSuffix(k.Text, "\n4930123456\n030123456") || !slices.Contains(k.Terms, digits)) {
					t.Errorf("the phone is pushed out of %+v", k)
				}
			}
			if name == "an email of many parts" && !slices.Contains(k.Terms, "smith") {
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
	for _, kept := range []string{search.Fold(name)[:300], "\nann@example.com", "\n4930123456\n030123456"} {
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
