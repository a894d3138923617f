package crm

import "strings"

// PhoneVariants are the numbers, in E.164 form, that reach the same telephone as e164, which comes first. Three countries
// changed how their mobile numbers are written, and networks go on with either: Brazil put a 9 in front of the eight
// digits, Mexico gave up a 1 after the country code, Argentina writes a 9 there from abroad. Each variant has the same
// variants.
func PhoneVariants(e164 string) []string {
	variants := []string{e164}
	digits, ok := strings.CutPrefix(e164, "+")
	if !ok || !allDigits(digits) {
		return variants
	}
	for _, rule := range []func(string) (string, bool){brazilian, mexican, argentine} {
		if v, ok := rule(digits); ok {
			variants = append(variants, "+"+v)
		}
	}
	return variants
}

// brazilian is +55, two digits of the area, and a mobile number with or without its 9. What is left without the 9 must
// start as mobile numbers did, with 6 to 9: everything else would be somebody's landline.
func brazilian(digits string) (string, bool) {
	rest, ok := strings.CutPrefix(digits, "55")
	switch {
	case !ok:
	case len(rest) == 11 && rest[2] == '9' && rest[3] >= '6':
		return "55" + rest[:2] + rest[3:], true
	case len(rest) == 10 && rest[2] >= '6':
		return "55" + rest[:2] + "9" + rest[2:], true
	}
	return "", false
}

// mexican is +52, perhaps a 1, and ten digits, of which the first is never a 1.
func mexican(digits string) (string, bool) { return withOrWithout(digits, "52", "1") }

// argentine is +54, perhaps a 9, and ten digits.
func argentine(digits string) (string, bool) { return withOrWithout(digits, "54", "9") }

// withOrWithout is the number that has the extra digit after the country code, or lacks it, where digits does not. The
// other ten are the number at home.
func withOrWithout(digits, code, extra string) (string, bool) {
	rest, ok := strings.CutPrefix(digits, code)
	switch {
	case !ok:
	case len(rest) == 11 && strings.HasPrefix(rest, extra) && !strings.HasPrefix(rest[1:], extra):
		return code + rest[1:], true
	case len(rest) == 10 && !strings.HasPrefix(rest, extra):
		return code + extra + rest, true
	}
	return "", false
}
