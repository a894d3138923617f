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

// Pasted addresses are saved as the mailbox is called.
func TestNormalizeEmailOfWhatIsPasted(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mailto:ann@example.com":                              "ann@example.com",
		"MAILTO:ann@example.com?subject=Hello%20there&cc=b@c": "ann@example.com",
		"mailto:ann%2Bnews@example.com":                       "ann+news@example.com",
		"Ann Smith <ann@example.com>":                         "ann@example.com",
		`"Smith, Ann" <ann@example.com>`:                      "ann@example.com",
		"Ann Smith <ann@example.com>,":                        "ann@example.com",
		"<ann@example.com>":                                   "ann@example.com",
		"<mailto:ann@example.com>":                            "ann@example.com",
		"ann@example.com<mailto:ann@example.com>":             "ann@example.com",
		"ann@example.com,":                                    "ann@example.com",
		"ann@example.com; ":                                   "ann@example.com",
		"ann@example.com.":                                    "ann@example.com",
		`"ann@example.com"`:                                   "ann@example.com",
		"(ann@example.com)":                                   "ann@example.com",
		"'ann@example.com'":                                   "ann@example.com",
		"ann\u200b@exam\u00adple.com":                         "ann@example.com",
		"o’brien@example.com":                                 "o'brien@example.com",
		"ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ":                                     "ann@example.com",
		"jose\u0301@example.com":                              "jos\u00e9@example.com",
		`"ann.smith"@example.com`:                             "ann.smith@example.com",
		"'ann@example.com":                                    "'ann@example.com", // an apostrophe may begin a local part
	} {
		got, err := crm.NormalizeEmail(in)
		if err != nil || got != want {
			t.Errorf("NormalizeEmail(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

const unusualAddress = "Invalid email format by the rules of mail: if the mailbox exists, save it with allowUnusual"

func TestUnusualEmails(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		"ann..b@docomo.ne.jp": "ann..b@docomo.ne.jp", ".ann@docomo.ne.jp": ".ann@docomo.ne.jp", "ann.@ezweb.ne.jp": "ann.@ezweb.ne.jp",
		`"try..this."@docomo.ne.jp`: "try..this.@docomo.ne.jp", "ann@my_shop.example": "ann@my_shop.example",
		"ann@shop-.example": "ann@shop-.example", "Ann <ann..b@Docomo.NE.jp>": "ann..b@docomo.ne.jp",
		label + "aa@example.com": label + "aa@example.com",
	} {
		_, err := crm.NormalizeEmail(in)
		wantInvalid(t, err, "email", unusualAddress)
		var c crm.Contact
		patch := crm.ContactPatch{Email: crm.To(&in), AllowUnusual: true}
		if err := patch.Apply(&c, ""); err != nil || value(c.Email) != want {
			t.Errorf("%q is saved as %q, %v; want %q", in, value(c.Email), err, want)
		}
		var d crm.Contact
		again := crm.ContactPatch{Email: crm.To(&want), AllowUnusual: true}
		if err := again.Apply(&d, ""); err != nil || value(d.Email) != want {
			t.Errorf("%q is saved as %q, %v", want, value(d.Email), err)
		}
	}
	for _, in := range []string{
		"", "ann", "@example.com", "..@example.com", "ann@localhost", "ann@127.0.0.1", "ann b@example.com", "a@b@c_d.example",
		"ann@a..b.example", "ann@ex!ample.com", "ann@ex ample.com", "ann@" + label + "a.com", strings.Repeat("a", 250) + "@example.com",
	} {
		c := crm.Contact{Email: new("old@example.com")}
		patch := crm.ContactPatch{Email: crm.To(&in), AllowUnusual: true}
		if err := patch.Apply(&c, ""); in != "" && err == nil {
			t.Errorf("%q is saved as %q", in, value(c.Email))
		}
	}
}

func TestUnusualPhones(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+1 111 111 1111": "+11111111111", "00 999 123456": "+999123456", "tel:+999-12345678": "+99912345678", "+49 (0)1 2345": "+4912345",
		"+49 30 123456": "+4930123456",
	} {
		var c crm.Contact
		patch := crm.ContactPatch{Phone: crm.To(&in), AllowUnusual: true}
		if err := patch.Apply(&c, ""); err != nil || value(c.Phone) != want {
			t.Errorf("%q is saved as %q, %v; want %q", in, value(c.Phone), err, want)
		}
	}
	for _, in := range []string{"12", "030 1", "+49 1", "+1234567890123456", "+49 30 123456 ext. 7", "+1 111 FLOWERS", "nope", "030 123456"} {
		var c crm.Contact
		patch := crm.ContactPatch{Phone: crm.To(&in), AllowUnusual: true}
		if err := patch.Apply(&c, ""); err == nil {
			t.Errorf("%q is saved as %q", in, value(c.Phone))
		}
	}
}

func TestUnicodeDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"info@xn--mller-kva.example": "info@müller.example", "XN--MLLER-KVA.example": "müller.example", "xn--a.com": "xn--a.com",
		"a@xn--r8jz45g.xn--zckzah": "a@例え.テスト", "ann@example.com": "ann@example.com", "xn--": "xn--", "": "",
	} {
		if got := crm.UnicodeDomain(in); got != want {
			t.Errorf("UnicodeDomain(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestEmailKey(t *testing.T) {
	t.Parallel()
	for name, same := range map[string][]string{
		"case":                    {"ann.smith@example.com", "Ann.Smith@EXAMPLE.com"},
		"apostrophes":             {"o'brien@example.com", "O’Brien@example.com", "oʼbrien@example.com", "o＇brien@example.com"},
		"decomposed letters":      {"jos\u00e9@example.com", "jose\u0301@example.com", "JOSE\u0301@example.com"},
		"full-width letters":      {"ann@example.com", "ａｎｎ@ｅｘａｍｐｌｅ.com"},
		"a domain in ASCII":       {"a@bücher.example", "a@xn--bcher-kva.example", "a@BÜCHER.example", "a@bu\u0308cher.example"},
		"a dot after the domain":  {"a@example.com", "a@example.com."},
		"an underscore":           {"a@my_shop.example", "A@My_Shop.example"},
		"final sigma":             {"νίκος@example.com", "ΝΊΚΟΣ@example.com"},
		"something without an @":  {"Ann", "ann"},
		"nothing":                 {"", ""},
		"dots, which are spelled": {"ann..b@docomo.ne.jp", "Ann..B@docomo.ne.jp"},
	} {
		for _, s := range same {
			if got, want := crm.EmailKey(s), crm.EmailKey(same[0]); got != want || crm.EmailKey(got) != got {
				t.Errorf("%s: the key of %q is %q; want %q", name, s, got, want)
			}
			c := crm.Contact{Email: &same[0]}
			if !c.Holds("email", s) {
				t.Errorf("%s: %q is not taken for %q", name, s, same[0])
			}
		}
	}
	for _, other := range []string{"annsmith@example.com", "ann.smith+x@example.com", "änn.smith@example.com"} {
		if crm.EmailKey(other) == crm.EmailKey("ann.smith@example.com") {
			t.Errorf("%q is another mailbox", other)
		}
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
		"two dots in a domain":             "ann@example..com",
		"a label of 64 bytes":              "ann@" + label + "a.com",
		"a domain of numbers":              "ann@127.0.0.1",
		"an address literal":               "ann@[127.0.0.1]",
		"broken punycode":                  "ann@xn--a.com",
		"a space within":                   "ann smith@example.com",
		"a space in the domain":            "ann@exam ple.com",
		"two addresses":                    "ann@example.com,bob@example.com",
		"a quoted local part":              `"ann smith"@example.com`,
		"a backslash":                      `ann\smith@example.com`,
		"a NUL":                            "ann\x00@example.com",
		"a line break within":              "ann@example.com\nbcc:bob@example.com",
		"a text direction within":          "ann\u202e@example.com",
		"a full-width @ beside the @":      "ann＠home@example.com",
		"invalid UTF-8":                    "ann\xff@example.com",
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
		"\u200ba@b.c", "a\x00@b.c", "a@ß.de", "a@ǅ.com", "a@\u0345.com", "a@faß.ⅷ", "a@b.c\u0338", "\xff@b.c", "mailto:a@b.c?x", "A <a@b.c>,", `"a..b"@b.c`, "a.@b_.c", "‘a’@b.c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := crm.NormalizeEmail(s)
		if err != nil {
			if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || !invalid.Unusual {
				wantInvalid(t, err, "email", "Invalid email format")
			}
			return
		}
		if twice, err := crm.NormalizeEmail(once); err != nil || twice != once {
			t.Errorf("%q became %q and then %q, %v", s, once, twice, err)
		}
		if key := crm.EmailKey(once); crm.EmailKey(key) != key || key != crm.EmailKey(s) && !strings.ContainsAny(s, "<>?%\"'(") && s == once {
			t.Errorf("%q has the key %q", once, key)
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
