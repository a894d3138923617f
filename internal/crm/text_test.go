package crm_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"kith/internal/crm"
)

const (
	family = "👨‍👩‍👧‍👦" // 25 bytes, one character
	zalgo  = "a\u0301\u0302\u0303\u0304\u0305\u0306"
)

func TestNormalizeName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want, reason string }{
		"a name stays as it is":                        {in: "Ann Smith", want: "Ann Smith"},
		"space around it is dropped":                   {in: " \n Ann Smith\t", want: "Ann Smith"},
		"runs of any space become one":                 {in: "Ann \u00a0\u3000 Smith", want: "Ann Smith"},
		"nothing is no name":                           {in: ""},
		"space is no name":                             {in: " \u3000\n"},
		"what cannot be seen is no name":               {in: "\u200b\u200d\ufe0f\u3164\u2060"},
		"a name from right to left":                    {in: "محمد عبد\u200cالله", want: "محمد عبد\u200cالله"},
		"a direction mark stays":                       {in: "משה\u200f (ירושלים)", want: "משה\u200f (ירושלים)"},
		"isolates of a paste are dropped":              {in: "\u2068Ann Smith\u2069", want: "Ann Smith"},
		"an override is refused":                       {in: "Ann\u202ehtimS", reason: "Name cannot contain line breaks or other control characters"},
		"a line break is refused":                      {in: "Ann\nSmith", reason: "Name cannot contain line breaks or other control characters"},
		"a NUL is refused":                             {in: "Ann\x00", reason: "Name cannot contain line breaks or other control characters"},
		"a C1 control character is refused":            {in: "Ann\u009bSmith", reason: "Name cannot contain line breaks or other control characters"},
		"invalid UTF-8 is refused":                     {in: "Ann\xff", reason: "Name must be valid UTF-8 text"},
		"an emoji with joiners stays whole":            {in: "Fam " + family, want: "Fam " + family},
		"200 characters are the most":                  {in: strings.Repeat("é", 200), want: strings.Repeat("é", 200)},
		"accents do not count":                         {in: strings.Repeat("e\u0301", 200), want: strings.Repeat("e\u0301", 200)},
		"201 characters are too many":                  {in: strings.Repeat("a", 201), reason: "Name can have at most 200 characters"},
		"200 characters of many bytes are too much":    {in: strings.Repeat(zalgo, 200), reason: "Name takes more than 2,000 bytes; shorten it"},
		"a megabyte is too long":                       {in: strings.Repeat("a", 1<<20), reason: "Name can have at most 200 characters"},
		"percent, backslash and quotes are characters": {in: `100% "O'Neil" \_`, want: `100% "O'Neil" \_`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := crm.NormalizeName(c.in)
			if c.reason != "" {
				wantInvalid(t, err, "name", c.reason)
				return
			}
			if err != nil || value(got) != c.want || (got == nil) != (c.want == "") {
				t.Errorf("NormalizeName(%q) = %q, %v; want %q", c.in, value(got), err, c.want)
			}
		})
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a name stays as it is":                     {"Ann Smith", "Ann Smith"},
		"line breaks become spaces":                 {"Ann\r\n\tSmith", "Ann Smith"},
		"control characters are dropped":            {"An\x00n\u009b \u202eSmith\u2069", "Ann Smith"},
		"invalid UTF-8 is dropped":                  {"An\xffn", "Ann"},
		"a long name is cut":                        {strings.Repeat("é", 300), strings.Repeat("é", 200)},
		"no space stays where it was cut":           {strings.Repeat("a", 199) + " b c", strings.Repeat("a", 199)},
		"a character is not cut apart":              {strings.Repeat(family, 100), strings.Repeat(family, 80)},
		"a single endless character is cut all the": {"a" + strings.Repeat("\u0301", 5000), "a" + strings.Repeat("\u0301", 999)},
		"what cannot be seen is no name":            {"\u200b \u2060\x00", ""},
		"nothing is no name":                        {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := crm.CleanName(c.in)
			if value(got) != c.want || (got == nil) != (c.want == "") {
				t.Errorf("CleanName(%q) = %q; want %q", c.in, value(got), c.want)
			}
			if got != nil {
				if again, err := crm.NormalizeName(*got); err != nil || value(again) != *got {
					t.Errorf("staff could not save %q: %q, %v", *got, value(again), err)
				}
			}
		})
	}
}

func TestNormalizeTitle(t *testing.T) {
	t.Parallel()
	if got, err := crm.NormalizeTitle("  Main  number "); err != nil || got != "Main number" {
		t.Errorf("got %q, %v", got, err)
	}
	_, err := crm.NormalizeTitle(" \n")
	wantInvalid(t, err, "name", "Name cannot be empty")
	_, err = crm.NormalizeTitle(strings.Repeat("a", 201))
	wantInvalid(t, err, "name", "Name can have at most 200 characters")
}

func TestNormalizeNotes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want, reason string }{
		"notes stay as typed":                          {in: "  a\n\tb \n", want: "  a\n\tb \n"},
		"every line break is a newline":                {in: "a\r\nb\rc\n\r\nd", want: "a\nb\nc\n\nd"},
		"10,000 characters are the most":               {in: strings.Repeat("é", 10_000), want: strings.Repeat("é", 10_000)},
		"accents do not count":                         {in: strings.Repeat("e\u0301", 10_000), want: strings.Repeat("e\u0301", 10_000)},
		"10,001 characters are too many":               {in: strings.Repeat("a", 10_001), reason: "Notes can have at most 10,000 characters"},
		"a megabyte is too long":                       {in: strings.Repeat("a", 1<<20), reason: "Notes can have at most 10,000 characters"},
		"10,000 characters of many bytes are too much": {in: strings.Repeat(zalgo, 7_000), reason: "Notes take more than 80,000 bytes; shorten them"},
		"a NUL is refused":                             {in: "a\x00", reason: "Notes cannot contain control characters other than line breaks and tabs"},
		"invalid UTF-8 is refused":                     {in: "a\xc3", reason: "Notes must be valid UTF-8 text"},
		"nothing is fine":                              {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := crm.NormalizeNotes(c.in)
			if c.reason != "" {
				wantInvalid(t, err, "notes", c.reason)
				return
			}
			if err != nil || got != c.want {
				t.Errorf("NormalizeNotes(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a short message stays as it is":            {"Hello, is it in stock?", "Hello, is it in stock?"},
		"lines become one":                          {"Hello\r\n\r\n  is it\tin stock?\n", "Hello is it in stock?"},
		"control characters are dropped":            {"a\x00b\x1b[31m\u202e", "ab[31m"},
		"invalid UTF-8 is dropped":                  {"a\xffb", "ab"},
		"nothing is no preview":                     {"", ""},
		"space is no preview":                       {" \n\u3000", ""},
		"140 characters are the most":               {strings.Repeat("é", 140), strings.Repeat("é", 140)},
		"a longer one ends in an ellipsis":          {strings.Repeat("é", 141), strings.Repeat("é", 139) + "…"},
		"no space stays before the ellipsis":        {strings.Repeat("a", 138) + " bcd", strings.Repeat("a", 138) + "…"},
		"an emoji is not cut apart":                 {strings.Repeat(family, 60), strings.Repeat(family, 39) + "…"},
		"a single endless character is cut all the": {"a" + strings.Repeat("\u0301", 50_000), "a" + strings.Repeat("\u0301", 498) + "…"},
		"markup is text":                            {"<b>hi</b> & bye", "<b>hi</b> & bye"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := crm.Preview(c.in)
			if value(got) != c.want || (got == nil) != (c.want == "") {
				t.Errorf("Preview(%q) = %q; want %q", c.in, value(got), c.want)
			}
		})
	}
}

func FuzzPreview(f *testing.F) {
	for _, s := range []string{
		"Hello", " a\n b ", strings.Repeat("é", 141), strings.Repeat(family, 60), "a" + strings.Repeat("\u0301", 600), "\xff\x00", "\u202e",
		strings.Repeat("🇩🇪", 200), strings.Repeat("\u0600", 300), strings.Repeat("क्", 200), "\r\n", "\u200d…",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := crm.Preview(s)
		if once == nil {
			return
		}
		if len(*once) > 1_000 || uniseg.GraphemeClusterCount(*once) > crm.MaxPreview || strings.ContainsAny(*once, "\n\r\t\x00") {
			t.Errorf("%q became %q", s, *once)
		}
		if twice := crm.Preview(*once); !cmp.Equal(once, twice) {
			t.Errorf("%q became %q and then %q", s, *once, value(twice))
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"Ann Smith", " a\n b ", strings.Repeat("é", 201), family, "\xff\x00", "\u202e", "\u2068a\u2069", "\u3164"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if clean := crm.CleanName(s); clean != nil {
			if again, err := crm.NormalizeName(*clean); err != nil || value(again) != *clean {
				t.Errorf("%q was cleaned to %q, which is then %q, %v", s, *clean, value(again), err)
			}
		}
		once, err := crm.NormalizeName(s)
		if err != nil || once == nil {
			return
		}
		if twice, err := crm.NormalizeName(*once); err != nil || value(twice) != *once || !utf8.ValidString(*once) {
			t.Errorf("%q became %q and then %q, %v", s, *once, value(twice), err)
		}
	})
}

func FuzzIDs(f *testing.F) {
	f.Add("contact_0198c2a4f1b27c3d8e9fa0b1c2d3e4f5")
	f.Add("session_0198c2a4f1b27c3d8e9fa0b1c2d3e4f5")
	f.Add("channel_0198C2A4F1B27C3D8E9FA0B1C2D3E4F5")
	f.Add("contact_0198c2a4-f1b2-7c3d-8e9f-a0b1c2d3e4f5")
	f.Add("contact_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		kinds := 0
		if id, ok := crm.ParseContactID(s); ok {
			kinds++
			if id.String() != s {
				t.Errorf("%q was read as %s", s, id)
			}
		}
		if id, ok := crm.ParseSessionID(s); ok {
			kinds++
			if id.String() != s {
				t.Errorf("%q was read as %s", s, id)
			}
		}
		if id, ok := crm.ParseChannelID(s); ok {
			kinds++
			if id.String() != s {
				t.Errorf("%q was read as %s", s, id)
			}
		}
		if kinds > 1 {
			t.Errorf("%q is an id of several kinds", s)
		}
	})
}

func BenchmarkPreviewOfAMegabyte(b *testing.B) {
	text := strings.Repeat(" \n", 1<<19)
	for b.Loop() {
		crm.Preview(text)
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// invalidFields lists the fields of all *crm.InvalidErrors that err joins.
func invalidFields(err error) (fields []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if invalid, ok := errors.AsType[*crm.InvalidError](e); ok {
				fields = append(fields, invalid.Field)
			}
		}
	}
	return fields
}
