package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// maxPhoneInput bounds what is parsed: the longest number in full-width digits, with room for punctuation.
const maxPhoneInput = 160

// NormalizePhone returns the number in E.164 form: +4930123456. It takes any common notation: digits of any script,
// spaces, dashes, dots, slashes, brackets, a trunk zero in brackets, and + or 00 before the country code. A number
// without its country code is read in region, an ISO 3166 code as in DE; without a region it is refused.
//
// Letters and extensions are refused rather than dropped, for the number left would be another one. So are numbers
// that the numbering plan of their country does not have. The error is an *InvalidError.
func NormalizePhone(s, region string) (string, error) {
	if len(s) > maxPhoneInput || !utf8.ValidString(s) {
		return "", errPhone()
	}
	s, ok := cleanPhone(s)
	if !ok {
		return "", errPhone()
	}
	var tries []string
	international := strings.HasPrefix(s, "+")
	if rest, found := strings.CutPrefix(s, "00"); found {
		international = true
		tries = append(tries, "+"+rest)
	}
	region = strings.ToUpper(region)
	if !international && phonenumbers.GetCountryCodeForRegion(region) == 0 {
		return "", &InvalidError{Field: "phone", Subject: "Phone number", Reason: "needs its country code, for example +49 30 123456"}
	}
	tries = append(tries, s)
	if international { // Italy keeps the zero of "+39 (0)6 …", so first with it
		for _, t := range tries {
			if without := strings.Replace(t, "(0)", "", 1); without != t {
				tries = append(tries, without)
			}
		}
	}
	for _, t := range tries {
		n, err := phonenumbers.Parse(t, region)
		if err == nil && phonenumbers.IsValidNumber(n) {
			return phonenumbers.Format(n, phonenumbers.E164), nil
		}
	}
	return "", errPhone()
}

// vouchedPhone is the number that a channel vouches for, in E.164 form. Whether the numbering plan has it is a rule for
// what people type: a channel has reached the number, and networks go on with forms that the plan gave up (see
// [PhoneVariants]). What is no number at all, or lacks its country code, is refused as [NormalizePhone] does.
func vouchedPhone(s, region string) (string, error) {
	planned, err := NormalizePhone(s, region)
	if err == nil || len(s) > maxPhoneInput {
		return planned, err
	}
	cleaned, _ := cleanPhone(s)
	digits, international := strings.CutPrefix(cleaned, "+")
	if !international || !allDigits(digits) || digits[0] == '0' || len(digits) < minE164 || len(digits) > maxE164 {
		return "", err
	}
	return cleaned, nil
}

// maxE164 is how many digits a number may have with its country code (ITU-T E.164, section 6.2.1), minE164 how many the
// shortest has that a network abroad can reach.
const (
	minE164 = 7
	maxE164 = 15
)

func errPhone() error { return &InvalidError{Field: "phone", Subject: "Invalid phone number"} }

// cleanPhone reduces a number to ASCII digits, a leading + and (0). It reports false when there is anything that
// belongs in no number, or no digit.
func cleanPhone(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	digits := false
	for _, r := range s {
		if d, ok := Digit(r); ok {
			b = append(b, d)
			digits = true
			continue
		}
		switch {
		case r == '+' || r == '＋':
			if digits || len(b) > 0 && b[len(b)-1] == '+' {
				return "", false
			}
			b = append(b[:0], '+') // "(+49) 30": the bracket before it says nothing
		case r == '(' || r == '（':
			b = append(b, '(')
		case r == ')' || r == '）':
			b = append(b, ')')
		case blank(r), unicode.Is(unicode.Pd, r), strings.ContainsRune("./−．／·", r):
		default:
			return "", false
		}
	}
	return brackets.Replace(string(b)), digits
}

// brackets keeps the one kind that means something, around a trunk zero.
var brackets = strings.NewReplacer("(0)", "(0)", "(", "", ")", "")

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
	for n := 1; n <= 3 && n < len(international); n++ {
		code := 0
		for _, d := range international[:n] {
			code = code*10 + int(d-'0')
		}
		if international[0] == '0' || phonenumbers.GetRegionCodeForCountryCode(code) == phonenumbers.UNKNOWN_REGION {
			continue
		}
		significant = international[n:]
		return international, nationalDigits(code, significant), significant
	}
	return international, "", ""
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
