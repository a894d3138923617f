package crm

import "strings"

// PhoneVariants are the numbers, in E.164 form, that reach the same telephone as e164, which comes first. Some countries
// changed how their mobile numbers are written, and networks go on with either: Brazil put a 9 in front of the eight
// digits, Mexico gave up a 1 after the country code, Argentina writes a 9 there from abroad, Ivory Coast (2021) and Benin
// (2024) put two digits before the eight. Each variant has the same variants.
func PhoneVariants(e164 string) []string {
	variants := []string{e164}
	if other, _, ok := variant(e164); ok {
		variants = append(variants, other)
	}
	return variants
}

// CanonicalPhone returns the digits that all variants of a number share, without a plus: the international digits of the
// form that its country's numbering plan has now, 5511987654321 for +551187654321 too. Of a number without variants it is
// the international digits.
func CanonicalPhone(e164 string) string {
	if other, newer, ok := variant(e164); ok && newer {
		e164 = other
	}
	return strings.TrimPrefix(e164, "+")
}

// variant is the other form of a number in E.164 form, and whether the numbering plan has that one now.
func variant(e164 string) (other string, newer, ok bool) {
	digits, ok := strings.CutPrefix(e164, "+")
	if !ok || !allDigits(digits) {
		return "", false, false
	}
	for country, rule := range rules {
		rest, ok := strings.CutPrefix(digits, country)
		if !ok {
			continue
		}
		if other, ok := rule.other(rest); ok {
			return "+" + country + other, (len(other) > len(rest)) == rule.longer, true
		}
	}
	return "", false, false
}

// rules are the countries whose numbers have two forms. other turns the digits after the country code into the other form
// and back; longer says that the plan has the longer one now. For Argentina that is the form of mobile numbers, which is
// what people have.
var rules = map[string]struct {
	other  func(string) (string, bool)
	longer bool
}{
	"55":  {brazilian, true},
	"52":  {mexican, false},
	"54":  {argentine, true},
	"225": {ivorian, true},
	"229": {beninese, true},
}

// brazilian is +55, two digits of the area, and a mobile number with or without its 9. What is left without the 9 must
// start as mobile numbers did, with 6 to 9: everything else would be somebody's landline.
func brazilian(rest string) (string, bool) {
	switch {
	case len(rest) == 11 && rest[2] == '9' && rest[3] >= '6':
		return rest[:2] + rest[3:], true
	case len(rest) == 10 && rest[2] >= '6':
		return rest[:2] + "9" + rest[2:], true
	}
	return "", false
}

// mexican is +52, perhaps a 1, and ten digits, of which the first is never a 1.
func mexican(rest string) (string, bool) { return withOrWithout(rest, "1") }

// argentine is +54, perhaps a 9, and ten digits.
func argentine(rest string) (string, bool) { return withOrWithout(rest, "9") }

// ivorian is +225 and eight digits, or ten that begin with the operator's: 01 for Moov, 05 for MTN, 07 for Orange. The
// second of the eight digits gave the operator. Landlines, which began with 2 or 3, are left alone: their digits do not
// reveal the operator.
func ivorian(rest string) (string, bool) {
	switch {
	case len(rest) == 8 && ivorianOperator(rest) != "":
		return ivorianOperator(rest) + rest, true
	case len(rest) == 10 && rest[:2] == ivorianOperator(rest[2:]):
		return rest[2:], true
	}
	return "", false
}

// ivorianOperator is what was put before eight digits; empty for a landline.
func ivorianOperator(eight string) string {
	switch {
	case eight[0] >= '1' && eight[0] <= '3':
		return ""
	case eight[1] <= '3':
		return "01"
	case eight[1] <= '6':
		return "05"
	}
	return "07"
}

// beninese is +229 and eight digits, or 01 and the eight.
func beninese(rest string) (string, bool) {
	switch {
	case len(rest) == 8:
		return "01" + rest, true
	case len(rest) == 10 && strings.HasPrefix(rest, "01"):
		return rest[2:], true
	}
	return "", false
}

// withOrWithout is the number that has the extra digit before it, or lacks it, where rest does not. The other ten are the
// number at home.
func withOrWithout(rest, extra string) (string, bool) {
	switch {
	case len(rest) == 11 && strings.HasPrefix(rest, extra) && !strings.HasPrefix(rest[1:], extra):
		return rest[1:], true
	case len(rest) == 10 && !strings.HasPrefix(rest, extra):
		return extra + rest, true
	}
	return "", false
}
