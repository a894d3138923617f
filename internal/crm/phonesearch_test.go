package crm_test

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"kith/internal/crm"
)

// example is a number that a numbering plan gives as an example, in E.164 form, and a region where it is a national one.
type example struct{ number, region string }

// examples are numbers of each region and type that the metadata has.
func examples(t *testing.T) (all []example) {
	t.Helper()
	seen := map[string]bool{}
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil || !phonenumbers.IsValidNumber(n) {
				continue
			}
			if e164 := phonenumbers.Format(n, phonenumbers.E164); !seen[e164] {
				seen[e164] = true
				all = append(all, example{e164, region})
			}
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		if n := phonenumbers.GetExampleNumberForNonGeoEntity(code); n != nil && phonenumbers.IsValidNumber(n) {
			all = append(all, example{phonenumbers.Format(n, phonenumbers.E164), ""})
		}
	}
	return all
}

// findable reports whether a search for digits finds the contact with the number.
func findable(digits, number string) bool {
	whole, national, _ := crm.PhoneForms(number)
	return strings.Contains(whole, digits) || strings.Contains(national, digits) || strings.Contains(crm.CanonicalPhone(number), digits)
}

func TestEveryNotationOfANumberIsReadAndFound(t *testing.T) {
	t.Parallel()
	regions := map[string]bool{}
	for _, e := range examples(t) {
		n, err := phonenumbers.Parse(e.number, "")
		if err != nil {
			t.Fatal(err)
		}
		digits := strings.TrimPrefix(e.number, "+")
		spaced := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
		notations := []string{
			e.number, spaced, "00 " + spaced[1:], "wa.me/" + digits, digits + "@s.whatsapp.net", "Tel.: " + spaced, spaced + ",", "'" + e.number,
			phonenumbers.Format(n, phonenumbers.RFC3966), "00" + digits, "(" + spaced + ")", "tel:" + e.number, "TEL:" + spaced, "tel:" + strings.ReplaceAll(spaced, " ", "%20"), "callto:" + e.number,
			"https://wa.me/" + digits, "https://wa.me/" + digits + "?text=Hello%20there",
			"https://api.whatsapp.com/send?phone=" + digits + "&text=1", "whatsapp://send?phone=%2B" + digits,
			digits + ":12@s.whatsapp.net", digits + "@c.us",
			"Tel " + spaced, "Mobile: " + spaced, "Телефон " + spaced, "電話：" + spaced, "phone no. " + spaced,
			`"` + spaced + `"`, "“" + spaced + "”;", "<" + e.number + ">", "=\"" + e.number + "\"",
			"\u202a" + spaced + "\u202c", strings.ReplaceAll(spaced, " ", "\u00a0"), strings.ReplaceAll(spaced, " ", "."),
			fullWidth(spaced), arabic(spaced),
		}
		if regions[e.region] { // for one number of each region all of them
			notations = notations[:8]
		}
		regions[e.region] = true
		for i, s := range notations {
			readAndFound(t, s, []string{"", e.region, "DE", "US", "BR", "IT"}[i%6], e.number)
		}
		if e.region == "" {
			continue
		}
		readAndFound(t, "011 "+digits, "US", e.number)
		readAndFound(t, "+011 "+digits, "US", e.number)
		readAndFound(t, "0011 "+digits, "AU", e.number)
		national := phonenumbers.Format(n, phonenumbers.NATIONAL)
		if back, err := phonenumbers.Parse(national, e.region); err == nil && phonenumbers.Format(back, phonenumbers.E164) == e.number {
			for _, s := range []string{national, "Tel. " + national, "tel:" + strings.ReplaceAll(national, " ", "-"), "'" + national} {
				readAndFound(t, s, e.region, e.number)
			}
		}
		keepsTrunk(t, e, n)
	}
}

// keepsTrunk checks numbers with the trunk prefix after the country code. Where the plan has
// the digits as they are typed, they are that other number.
func keepsTrunk(t *testing.T, e example, n *phonenumbers.PhoneNumber) {
	t.Helper()
	code := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	code, rest, _ := strings.Cut(code, " ")
	trunk := phonenumbers.GetNddPrefixForRegion(e.region, true)
	for _, s := range []string{code + " (0)" + rest, code + " (0) " + rest, code + " " + trunk + rest, code + " (" + trunk + ")" + rest} {
		number, err := crm.NormalizePhone(s, "")
		if err != nil {
			if strings.Contains(s, "(0)") || trunk != "" {
				t.Logf("%s: %v", s, err)
			}
			continue
		}
		if digits, ok := crm.PhoneDigits(s, ""); !ok || !findable(digits, number) {
			t.Errorf("%q is read as %s, but a search for it is one for %q, %v", s, number, digits, ok)
		}
	}
}

func readAndFound(t *testing.T, s, region, want string) {
	t.Helper()
	number, err := crm.NormalizePhone(s, region)
	if err != nil || number != want {
		t.Errorf("NormalizePhone(%q, %q) = %q, %v; want %q", s, region, number, err, want)
	}
	if digits, ok := crm.PhoneDigits(s, region); !ok || !findable(digits, want) {
		t.Errorf("PhoneDigits(%q, %q) = %q, %v, which is nowhere in %s", s, region, digits, ok, want)
	}
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r - '!' + '！'
		}
		return r
	}, s)
}

func arabic(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r - '0' + '٠'
		}
		return r
	}, s)
}

func TestPhoneDigits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, region, want string }{
		"an extension is dropped":                         {"+1 415 555 0134 ext. 7", "", "14155550134"},
		"an extension after x is dropped":                 {"(415) 555-0134 x104", "US", "4155550134"},
		"an extension of a link is dropped":               {"tel:+1-415-555-0134;ext=7", "", "14155550134"},
		"an extension after a semicolon is dropped":       {"(586) 485-7783;55", "US", "5864857783"},
		"an extension in Russian is dropped":              {"8 (495) 123-45-67 доб. 12", "RU", "84951234567"},
		"an extension without a number before it is none": {"ext. 7", "US", ""},
		"letters on keys":                                 {"1-800-FLOWERS", "US", "18003569377"},
		"letters on keys that spell no number":            {"123-NOPE", "US", ""},
		"letters after a plus":                            {"+1 800 GOT JUNK", "", "18004685865"},
		"words before a number that say nothing of it":    {"greta (415) 555-0134", "US", ""},
		"a name":                                 {"Ann Smith", "US", ""},
		"an email":                               {"2019.1130@x.example", "US", ""},
		"the end of a number":                    {"1234", "DE", "1234"},
		"leading zeros count":                    {"0017", "", "0017"},
		"leading zeros count where 00 is dialed": {"0017", "DE", "0017"},
		"00 before many digits is dialed":        {"0049 30 12345", "", "493012345"},
		"00 before few digits may be the middle": {"004930", "", "004930"},
		"a plus and a country code":              {"+49 30", "", "4930"},
		"a plus alone":                           {"+", "", ""},
		"nothing":                                {"", "", ""},
		"a trunk zero after the country code, half typed": {"+49 030 12", "", "493012"},
		"the same in brackets":                            {"+49 (0)30 12", "", "493012"},
		"the same, bracket open":                          {"+49 (0", "", "49"},
		"Italy keeps its zero, half typed":                {"+39 06 698", "", "3906698"},
		"Russia's 8 stays, half typed: 800 is free":       {"+7 800 12", "", "780012"},
		"a national number, half typed":                   {"030 12", "DE", "03012"},
		"a trunk zero that Brazil does not write":         {"011 9876", "BR", "119876"},
		"a region's own prefix, half typed":               {"011 49 30 12345", "US", "493012345"},
		"an area code that is the prefix elsewhere":       {"0114 496 0123", "GB", "01144960123"},
		"Brazil without the ninth digit":                  {"+55 11 8765-4321", "", "5511987654321"},
		"Brazil without it, at home":                      {"(11) 8765-4321", "BR", "5511987654321"},
		"Mexico with the 1":                               {"+52 1 55 8765 4321", "", "525587654321"},
		"Argentina at home":                               {"011 15-2345-6789", "AR", "5491123456789"},
		"Argentina without the 9":                         {"+54 11 2345 6789", "", "5491123456789"},
		"Ivory Coast before 2021":                         {"+225 07 12 34 56", "", "2250707123456"},
		"Benin before 2024":                               {"+229 97 12 34 56", "", "2290197123456"},
		"a number that no plan has":                       {"+1 111 111 1111", "", "11111111111"},
		"opening hours":                                   {"24/7", "US", "247"},
		"full-width digits":                               {"０３０", "DE", "030"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := crm.PhoneDigits(c.in, c.region)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("PhoneDigits(%q, %q) = %q, %v; want %q", c.in, c.region, got, ok, c.want)
			}
		})
	}
}

func BenchmarkPhoneDigits(b *testing.B) {
	for _, s := range []string{"ann smith", "030", "030 1234", "+49 30 123456", "+1 415 555 0134 ext. 7"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				crm.PhoneDigits(s, "DE")
			}
		})
	}
}
