package crm_test

import (
	"strings"
	"testing"

	"kith/internal/crm"
)

const (
	needsCountry = "Phone number needs its country code, for example +49 30 123456"
	extension    = "Phone number cannot have an extension: put it into the notes"
	unusual      = "Invalid phone number for its country: if it is right, save it with allowUnusual"
)

func TestNormalizePhone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, region, want string }{
		"E.164 stays as it is":                             {"+4930123456", "", "+4930123456"},
		"spaces, dashes, dots and slashes mean nothing":    {" +49 30-12.34/56 ", "", "+4930123456"},
		"dashes and spaces of print mean nothing":          {"+49\u00a030\u201312\u20113456", "", "+4930123456"},
		"00 is a plus":                                     {"0049 30 123456", "", "+4930123456"},
		"00 is a plus where people dial 011 too":           {"0049 30 123456", "US", "+4930123456"},
		"a region's own prefix is a plus":                  {"011 49 30 123456", "US", "+4930123456"},
		"a trunk zero in brackets is dropped":              {"+49 (0)30 123456", "", "+4930123456"},
		"a trunk zero in brackets after 00 is dropped":     {"0049 (0) 30 123456", "", "+4930123456"},
		"a country code in brackets is one":                {"(+49) 30 123456", "", "+4930123456"},
		"Italy keeps its zero":                             {"+39 (0)6 69881234", "", "+390669881234"},
		"an area code in brackets is one":                  {"+1 (415) 555-2671", "", "+14155552671"},
		"a national number is read in the region":          {"030 123456", "DE", "+4930123456"},
		"the region may be written small":                  {"030 123456", "de", "+4930123456"},
		"a national number with brackets":                  {"(030) 123456", "DE", "+4930123456"},
		"a national number with another trunk prefix":      {"8 (912) 345-67-89", "RU", "+79123456789"},
		"a national number without a trunk prefix":         {"415-555-2671", "US", "+14155552671"},
		"a number of another country despite the region":   {"+44 20 7946 0958", "DE", "+442079460958"},
		"full-width digits":                                {"＋４９（０）３０ １２３４５６", "", "+4930123456"},
		"Arabic digits":                                    {"+٤٩ ٣٠ ١٢٣٤٥٦", "", "+4930123456"},
		"Persian digits":                                   {"۰۳۰ ۱۲۳۴۵۶", "DE", "+4930123456"},
		"Devanagari digits":                                {"+९१ ९८७६५ ४३२१०", "", "+919876543210"},
		"direction marks of a paste mean nothing":          {"\u202a+49 30 123456\u202c", "", "+4930123456"},
		"a link to call":                                   {"tel:+49-30-123456", "", "+4930123456"},
		"a link to call at home":                           {"tel:30123456;phone-context=+49", "", "+4930123456"},
		"a link with escapes":                              {"tel:%2B49%2030%20123456", "", "+4930123456"},
		"a link of WhatsApp":                               {"https://wa.me/4930123456?text=Hi", "", "+4930123456"},
		"a link of WhatsApp without its scheme":            {"wa.me/4930123456", "US", "+4930123456"},
		"a link that sends":                                {"https://api.whatsapp.com/send/?phone=4930123456&text=x", "", "+4930123456"},
		"an id of WhatsApp":                                {"4930123456@s.whatsapp.net", "US", "+4930123456"},
		"a word before it":                                 {"Tel. +49 30 123456", "", "+4930123456"},
		"several words before it":                          {"Mobile phone no.: +49 30 123456", "", "+4930123456"},
		"a word behind it":                                 {"+49 30 123456 (Mobile)", "", "+4930123456"},
		"a word behind it without brackets":                {"030 123456 Büro", "DE", "+4930123456"},
		"a symbol before it":                               {"☎\ufe0f +49 30 123456", "", "+4930123456"},
		"an emoji before it":                               {"📞: 030 123456", "DE", "+4930123456"},
		"an address of a gateway":                          {"whatsapp:+4930123456", "", "+4930123456"},
		"a word in another script":                         {"тел.: 030 123456", "DE", "+4930123456"},
		"a text of a spreadsheet":                          {"'+4930123456", "", "+4930123456"},
		"a formula of a spreadsheet":                       {`="+4930123456"`, "", "+4930123456"},
		"an entry of a list":                               {`"+49 30 123456",`, "", "+4930123456"},
		"square brackets":                                  {"+49 [0] 30 123456", "", "+4930123456"},
		"a trunk zero after the country code":              {"+49 030 123456", "", "+4930123456"},
		"another trunk prefix after the country code":      {"+7 8 912 345 67 89", "", "+79123456789"},
		"a trunk prefix of two digits":                     {"+36 06 30 123 4567", "", "+36301234567"},
		"a trunk prefix that a country gave up":            {"+370 8 612 34567", "", "+37061234567"},
		"a trunk zero where there is none":                 {"+48 0 22 512 34 56", "", "+48225123456"},
		"a plus before a national number":                  {"+0407 123 456", "AU", "+61407123456"},
		"a plus before 00":                                 {"+0049 30 123456", "", "+4930123456"},
		"a plus before a region's own prefix":              {"+011 49 30 123456", "US", "+4930123456"},
		"letters on keys":                                  {"1-800-FLOWERS", "US", "+18003569377"},
		"letters on keys with a country code":              {"+1 (800) Got-Junk", "", "+18004685865"},
		"a number of no country":                           {"+800 1234 5678", "", "+80012345678"},
		"an unknown region does not hinder a country code": {"+49 30 123456", "XX", "+4930123456"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := crm.NormalizePhone(c.in, c.region)
			if err != nil || got != c.want {
				t.Errorf("NormalizePhone(%q, %q) = %q, %v; want %q", c.in, c.region, got, err, c.want)
			}
		})
	}
}

func TestNormalizePhoneRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, region, want string }{
		"a national number without a region":                     {"030 123456", "", needsCountry},
		"a national number in an unknown region":                 {"030 123456", "XX", needsCountry},
		"letters of no number":                                   {"1-800-NOPE", "US", "Invalid phone number"},
		"a word after it that has nothing to do with telephones": {"+49 30 123456 please", "", "Invalid phone number"},
		"letters first":                                          {"FLOWERS 1-800", "US", "Invalid phone number"},
		"two letters":                                            {"1-800-35693AB", "US", "Invalid phone number"},
		"an extension":                                           {"+49 30 123456 ext. 7", "", extension},
		"an extension after x":                                   {"(415) 555-2671 x104", "US", extension},
		"an extension after #":                                   {"+1 415 555 2671 #104", "", extension},
		"an extension after a semicolon":                         {"+49 30 123456;ext=7", "", extension},
		"an extension of a link":                                 {"tel:+49-30-123456;ext=7", "", extension},
		"an extension after a pause":                             {"+1 303-977-1001,,127#", "", extension},
		"an extension in Russian":                                {"+7 495 123-45-67 доб. 12", "", extension},
		"an extension in German":                                 {"+49 30 123456 Durchwahl 7", "", extension},
		"an extension of no number":                              {"12 ext. 7", "US", "Invalid phone number"},
		"two numbers":                                            {"+49 30 123456, +49 30 123457", "", "Invalid phone number"},
		"a number that its country does not have":                {"+1 111 111 1111", "", unusual},
		"an unassigned country code":                             {"+999 12345678", "", unusual},
		"00 before no country code":                              {"00 999 123456", "", unusual},
		"nothing":                                                {"", "DE", "Invalid phone number"},
		"no digits":                                              {"+ ()", "DE", "Invalid phone number"},
		"words beside the number":                                {"call +49 30 123456", "", "Invalid phone number"},
		"a star":                                                 {"*100#", "DE", "Invalid phone number"},
		"too few digits":                                         {"+49 1", "", "Invalid phone number"},
		"too many digits":                                        {"+49 30 123456789012345", "", "Invalid phone number"},
		"a plus within":                                          {"49+30123456", "DE", "Invalid phone number"},
		"two pluses":                                             {"++49 30 123456", "", "Invalid phone number"},
		"a NUL":                                                  {"+49 30 123456\x00", "", "Invalid phone number"},
		"invalid UTF-8":                                          {"+49 30 123456\xff", "", "Invalid phone number"},
		"a megabyte":                                             {strings.Repeat("1", 1<<20), "DE", "Invalid phone number"},
		"a short number that only works at home":                 {"110", "DE", "Invalid phone number"},
		"an email":                                               {"ann@example.com", "DE", "Invalid phone number"},
		"letters are wrong before a missing code":                {"nope", "", "Invalid phone number"},
		"other numerals that are no decimal digit":               {"+49 30 Ⅻ①②", "", "Invalid phone number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := crm.NormalizePhone(c.in, c.region)
			wantInvalid(t, err, "phone", c.want)
		})
	}
}

func TestPhoneForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, international, national, significant string }{
		"a country with a trunk zero":            {"+4930123456", "4930123456", "030123456", "30123456"},
		"a country with another trunk prefix":    {"+79123456789", "79123456789", "89123456789", "9123456789"},
		"a country with a long trunk prefix":     {"+36301234567", "36301234567", "06301234567", "301234567"},
		"a country without one":                  {"+14155552671", "14155552671", "4155552671", "4155552671"},
		"a country whose zero is part of it":     {"+390669881234", "390669881234", "0669881234", "0669881234"},
		"a country that writes it another way":   {"+5491123456789", "5491123456789", "91123456789", "91123456789"},
		"a country code of three digits":         {"+353861234567", "353861234567", "0861234567", "861234567"},
		"a number of no country":                 {"+80012345678", "80012345678", "12345678", "12345678"},
		"something that is no number":            {"hello", "hello", "", ""},
		"an endless number does not overflow":    {"+49" + strings.Repeat("9", 40), "49" + strings.Repeat("9", 40), strings.Repeat("9", 40), strings.Repeat("9", 40)},
		"a plus and nothing else":                {"+", "", "", ""},
		"nothing":                                {"", "", "", ""},
		"a country code and nothing else":        {"+49", "49", "", ""},
		"a country code that starts with a zero": {"+0930123456", "0930123456", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			international, national, significant := crm.PhoneForms(c.in)
			if international != c.international || national != c.national || significant != c.significant {
				t.Errorf("PhoneForms(%q) = %q, %q, %q; want %q, %q, %q", c.in,
					international, national, significant, c.international, c.national, c.significant)
			}
		})
	}
}

func TestDigit(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]byte{'0': '0', '9': '9', '٣': '3', '۷': '7', '९': '9', '０': '0', '𝟘': '0', '𝟿': '9', '𝟎': '0', '༩': '9'} {
		if got, ok := crm.Digit(r); !ok || got != want {
			t.Errorf("Digit(%q) = %q, %v; want %q", r, got, ok, want)
		}
	}
	for _, r := range "a/:²Ⅻ一" {
		if _, ok := crm.Digit(r); ok {
			t.Errorf("%q is taken for a decimal digit", r)
		}
	}
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{
		"+4930123456", "0049 (0)30 123456", "030/123456", "＋４９ ３０", "٠٣٠ ١٢٣٤٥٦", "+39 (0)6 69881234", "1-800-FLOWERS", "(", "+()(0)",
		"8 912 345-67-89", "+5491123456789", "+800 1234 5678", "\xff", "(0)(0)30", "+1 (415) 555-2671", "00+49",
	} {
		f.Add(s, "DE")
		f.Add(s, "")
		f.Add(s, "US")
	}
	f.Add("015 2345 6789", "AR")
	f.Fuzz(func(t *testing.T, s, region string) {
		digits, ok := crm.PhoneDigits(s, region)
		if ok && (digits == "" || strings.Trim(digits, "0123456789") != "") {
			t.Errorf("%q is searched as %q", s, digits)
		}
		once, err := crm.NormalizePhone(s, region)
		if err != nil {
			return
		}
		if twice, err := crm.NormalizePhone(once, region); err != nil || twice != once {
			t.Errorf("%q became %q and then %q, %v", s, once, twice, err)
		}
		international, national, significant := crm.PhoneForms(once)
		if "+"+international != once || !strings.HasSuffix(international, significant) || !strings.HasSuffix(national, significant) {
			t.Errorf("%q has the forms %q, %q, %q", once, international, national, significant)
		}
		if !ok || !findable(digits, once) {
			t.Errorf("%q in %q is %s, but searched as %q, %v", s, region, once, digits, ok)
		}
	})
}
