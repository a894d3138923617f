package crm_test

import (
	"errors"
	"strings"
	"testing"

	"kith/internal/crm"
)

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for name, c := range map[string]struct{ in, want string }{
		"an ordinary address stays as it is":                 {"ann@example.com", "ann@example.com"},
		"space around it is dropped":                         {" \tann@example.com\n", "ann@example.com"},
		"Unicode space and what a paste brings along too":    {"\u00a0\u3000\u200bann@example.com\ufeff", "ann@example.com"},
		"the domain becomes lower case, the local part not":  {"Ann.Smith@Example.COM", "Ann.Smith@example.com"},
		"an apostrophe and a plus are allowed":               {"o'brien+news@example.com", "o'brien+news@example.com"},
		"every other mark of RFC 5322 is allowed":            {"!#$%&*-/=?^_`{|}~@example.com", "!#$%&*-/=?^_`{|}~@example.com"},
		"an international domain is kept in letters":         {"ann@BÜCHER.example", "ann@bücher.example"},
		"the same domain in ASCII is the same address":       {"ann@xn--bcher-kva.example", "ann@bücher.example"},
		"a full-width dot in a domain is a dot":              {"ann@例え。テスト", "ann@例え.テスト"},
		"letters of any script may stand before the @":       {"用户@example.com", "用户@example.com"},
		"a local part of 64 bytes is the longest":            {long + "a@example.com", long + "a@example.com"},
		"a sharp s in a domain is not another domain":        {"a@straße.de", "a@straße.de"},
		"many levels of domain are fine":                     {"a@b.c.d.example.co.uk", "a@b.c.d.example.co.uk"},
		"a local part of digits is fine":                     {"12345@qq.com", "12345@qq.com"},
		"a domain label that starts with a digit is fine":    {"a@163.com", "a@163.com"},
		"a local part is not folded, whatever it looks like": {"ﬁ@example.com", "ﬁ@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := crm.NormalizeEmail(c.in)
			if err != nil || got != c.want {
				t.Errorf("NormalizeEmail(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestNormalizeEmailRefuses(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for name, in := range map[string]string{
		"nothing":                          "",
		"no @":                             "ann.example.com",
		"two @":                            "ann@home@example.com",
		"nothing before the @":             "@example.com",
		"nothing after the @":              "ann@",
		"a domain without a dot":           "ann@localhost",
		"a domain that starts with a dot":  "ann@.example.com",
		"a domain that ends with a dot":    "ann@example.com.",
		"two dots in a domain":             "ann@example..com",
		"a label that starts with a dash":  "ann@-example.com",
		"a label that ends with a dash":    "ann@example-.com",
		"an underscore in a domain":        "ann@ex_ample.com",
		"a label of 64 bytes":              "ann@" + label + "a.com",
		"a domain of numbers":              "ann@127.0.0.1",
		"an address literal":               "ann@[127.0.0.1]",
		"broken punycode":                  "ann@xn--a.com",
		"a dot first":                      ".ann@example.com",
		"a dot last":                       "ann.@example.com",
		"two dots in a row":                "ann..smith@example.com",
		"a space within":                   "ann smith@example.com",
		"a space in the domain":            "ann@exam ple.com",
		"a name beside the address":        "Ann <ann@example.com>",
		"two addresses":                    "ann@example.com,bob@example.com",
		"a quoted local part":              `"ann smith"@example.com`,
		"a backslash":                      `ann\smith@example.com`,
		"a NUL":                            "ann\x00@example.com",
		"a line break within":              "ann@example.com\nbcc:bob@example.com",
		"a text direction within":          "ann\u202e@example.com",
		"a full-width @ beside the @":      "ann＠home@example.com",
		"invalid UTF-8":                    "ann\xff@example.com",
		"a local part of 65 bytes":         label + "aa@example.com",
		"more than 254 bytes":              "ann@" + strings.Repeat(label+".", 3) + label + ".com",
		"a megabyte":                       strings.Repeat("a", 1<<20) + "@example.com",
		"mixed directions within a domain": "ann@אa.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := crm.NormalizeEmail(in)
			wantInvalid(t, err, "email", "Invalid email format")
			if got != "" {
				t.Errorf("a refused address came back as %q", got)
			}
		})
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{
		"ann@example.com", " Ann.O'Brien+x@BÜCHER.example ", "a@xn--bcher-kva.example", "用户@例え。テスト", "a@b", "@", "a@@b.c",
		"\u200ba@b.c", "a\x00@b.c", "a@ß.de", "a@ǅ.com", "a@\u0345.com", "a@faß.ⅷ", "a@b.c\u0338", "\xff@b.c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := crm.NormalizeEmail(s)
		if err != nil {
			wantInvalid(t, err, "email", "Invalid email format")
			return
		}
		if twice, err := crm.NormalizeEmail(once); err != nil || twice != once {
			t.Errorf("%q became %q and then %q, %v", s, once, twice, err)
		}
		if len(once) > 254 || strings.Count(once, "@") != 1 || strings.ContainsAny(once, " \n\x00<>,\"") {
			t.Errorf("%q became %q", s, once)
		}
	})
}

func wantInvalid(t *testing.T, err error, field, reason string) {
	t.Helper()
	invalid, ok := errors.AsType[*crm.InvalidError](err)
	if !ok || invalid.Field != field || invalid.Message() != reason {
		t.Errorf("error is %v; want %s: %s", err, field, reason)
	}
}
