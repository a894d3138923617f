package crm

import "strings"

// PhoneVariants are the numbers, in E.164 form, that reach the same telephone as e164, which comes first. Some countries
// changed how their mobile numbers are written, and networks go on with either: Brazil put a 9 in front of the eight
// digits, Mexico gave up a 1 after the country code, Argentina writes a 9 there from abroad, Ivory Coast (2021) and Benin
// (2024) put two digits before the eight. Each variant has the same variants.
func PhoneVariants(e164 string) []string {
	variants := []string{e164}
	digits, ok := strings.CutPrefix(e164, "+")
	if !ok || !allDigits(digits) {
		return variants
	}
	for _, rule := range []func(string) (string, bool){brazilian, mexican, argentine, ivorian, beninese} {
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

// ivorian is +225 and eight digits, or ten that begin with the operator's: 01 for Moov, 05 for MTN, 07 for Orange. The
// second of the eight digits gave the operator. Landlines, which began with 2 or 3, are left alone: their digits do not
// reveal the operator.
func ivorian(digits string) (string, bool) {
	rest, ok := strings.CutPrefix(digits, "225")
	switch {
	case !ok:
	case len(rest) == 8 && ivorianOperator(rest) != "":
		return "225" + ivorianOperator(rest) + rest, true
	case len(rest) == 10 && rest[:2] == ivorianOperator(rest[2:]):
		return "225" + rest[2:], true
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
func beninese(digits string) (string, bool) {
	rest, ok := strings.CutPrefix(digits, "229")
	switch {
	case !ok:
	case len(rest) == 8:
		return "22901" + rest, true
	case len(rest) == 10 && strings.HasPrefix(rest, "01"):
		return "229" + rest[2:], true
	}
	return "", false
}

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
