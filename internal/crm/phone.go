package crm

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// NormalizePhone returns the number in E.164 form: +4930123456. It takes what people type and paste (see [typedPhone]). A
// number without its country code is read in region, an ISO 3166 code as in DE; without a region it is refused. A trunk
// prefix may stand after the country code, in brackets or not.
//
// An extension is refused, for the number left would be another one, and so are numbers that the numbering plan of their
// country does not have. The error is an *InvalidError, with Unusual where [vouchedPhone] takes the number.
func NormalizePhone(s, region string) (string, error) {
	typed, ok := readPhone(s)
	if !ok {
		return "", errPhone()
	}
	number, planned := typed.planned(region)
	switch {
	case typed.extension && (planned || typed.international()):
		return "", &InvalidError{Field: "phone", Subject: "Phone number", Reason: "cannot have an extension: put it into the notes"}
	case planned && !typed.extension:
		return number, nil
	case typed.letters || typed.extension:
		return "", errPhone()
	}
	if _, ok := typed.reachable(); ok {
		return "", &InvalidError{
			Field: "phone", Unusual: true,
			Subject: "Invalid phone number for its country: if it is right, save it with allowUnusual",
		}
	}
	if !typed.international() && !known(region) {
		return "", &InvalidError{Field: "phone", Subject: "Phone number", Reason: "needs its country code, for example +49 30 123456"}
	}
	return "", errPhone()
}

// vouchedPhone is the number that somebody vouches for, in E.164 form: a channel, which has reached it, or staff, who say
// that it is right. Whether the numbering plan has it is a rule for slips of the finger, and networks go on with forms that
// the plan gave up (see [PhoneVariants]). What is no number at all, or lacks its country code, is refused as
// [NormalizePhone] does.
func vouchedPhone(s, region string) (string, error) {
	number, err := NormalizePhone(s, region)
	if err == nil {
		return number, nil
	}
	if typed, ok := readPhone(s); ok && !typed.extension && !typed.letters {
		if number, ok := typed.reachable(); ok {
			return number, nil
		}
	}
	return "", err
}

// planned is the number in E.164 form, if its country's numbering plan has it. Digits without a country code are read in
// region.
func (p typedPhone) planned(region string) (string, bool) {
	if !p.international() && !known(region) {
		return "", false
	}
	for _, try := range p.readings(dialingIn(strings.ToUpper(region)).usual) {
		n, err := phonenumbers.Parse(try, strings.ToUpper(region))
		if err == nil && phonenumbers.IsValidNumber(n) {
			return phonenumbers.Format(n, phonenumbers.E164), true
		}
	}
	return "", false
}

// readings are the ways to read what was typed, the likeliest first. abroad is what people of the region dial before a
// country code. Italy keeps the zero of "+39 (0)6 …", so first with it; where no number has a trunk prefix, such as in
// Poland, people write a zero all the same.
func (p typedPhone) readings(abroad string) []string {
	var tries []string
	digits := strings.TrimPrefix(p.text, "+")
	for _, prefix := range []string{abroad, "00"} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok && prefix != "" {
			tries = append(tries, "+"+rest)
		}
	}
	tries = append(tries, p.text)
	if digits != p.text && strings.HasPrefix(digits, "0") { // no country code starts with 0
		tries = append(tries, digits)
	}
	if !p.international() {
		return tries
	}
	for _, t := range tries {
		if without := strings.Replace(t, "(0)", "", 1); without != t {
			tries = append(tries, without)
		}
	}
	if country, rest := splitCountry(strings.TrimPrefix(tries[0], "+")); strings.HasPrefix(rest, "0") {
		tries = append(tries, "+"+country+rest[1:])
	}
	return tries
}

// reachable is the number as it stands, if it has a country code and a length that networks take.
func (p typedPhone) reachable() (string, bool) {
	digits := strings.Replace(p.text, "(0)", "", 1)
	rest, ok := strings.CutPrefix(digits, "+")
	if !ok {
		rest, ok = strings.CutPrefix(digits, "00")
	}
	if !ok || !allDigits(rest) || rest[0] == '0' || len(rest) < minE164 || len(rest) > maxE164 {
		return "", false
	}
	return "+" + rest, true
}

// known reports whether numbers can be read in the region.
func known(region string) bool {
	return phonenumbers.GetCountryCodeForRegion(strings.ToUpper(region)) != 0
}

// maxE164 is how many digits a number may have with its country code (ITU-T E.164, section 6.2.1), minE164 how many the
// shortest has that a network abroad can reach.
const (
	minE164 = 7
	maxE164 = 15
)

func errPhone() error { return &InvalidError{Field: "phone", Subject: "Invalid phone number"} }

// Digit returns the ASCII digit of the same value as r; ok is false when r is no decimal digit of any script.
func Digit(r rune) (d byte, ok bool) {
	if r < utf8.RuneSelf {
		return byte(r), '0' <= r && r <= '9'
	}
	// Unicode keeps the ten digits of a script together and in order, so a range holds a multiple of ten.
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return byte('0' + (r-rune(x.Lo))%10), true
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return byte('0' + (r-rune(x.Lo))%10), true
		}
	}
	return 0, false
}

// PhoneForms returns the digits that people know a number in E.164 form by: the international ones without the plus,
// the national ones with the trunk prefix where the country writes one, and the national ones without it. The last two
// are empty for a string that is no such number.
func PhoneForms(e164 string) (international, national, significant string) {
	international = strings.TrimPrefix(e164, "+")
	if international == e164 || !allDigits(international) {
		return international, "", ""
	}
	country, significant := splitCountry(international)
	if country == "" {
		return international, "", ""
	}
	code, _ := strconv.Atoi(country)
	return international, nationalDigits(code, significant), significant
}

// splitCountry parts international digits into the country code and the rest. The code is empty where nobody has it.
func splitCountry(digits string) (country, rest string) {
	for n := 1; n <= 3 && n < len(digits) && digits[0] != '0'; n++ {
		code, err := strconv.Atoi(digits[:n])
		if err == nil && phonenumbers.GetRegionCodeForCountryCode(code) != phonenumbers.UNKNOWN_REGION {
			return digits[:n], digits[n:]
		}
	}
	return "", digits
}

func nationalDigits(code int, significant string) string {
	n := &phonenumbers.PhoneNumber{}
	country, number, zeros := int32(code), uint64(0), int32(0)
	if len(significant) > 17 {
		return significant
	}
	for i, d := range []byte(significant) {
		number = number*10 + uint64(d-'0')
		if number == 0 && i < len(significant)-1 {
			zeros++
		}
	}
	n.CountryCode, n.NationalNumber = &country, &number
	if zeros > 0 {
		leading := true
		n.ItalianLeadingZero, n.NumberOfLeadingZeros = &leading, &zeros
	}
	formatted := phonenumbers.Format(n, phonenumbers.NATIONAL)
	b := make([]byte, 0, len(formatted))
	for _, d := range []byte(formatted) {
		if '0' <= d && d <= '9' {
			b = append(b, d)
		}
	}
	if !strings.HasSuffix(string(b), significant) { // Argentina writes its mobile numbers another way at home
		return significant
	}
	return string(b)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
