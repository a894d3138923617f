package crm

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// minDialed is how many digits must follow 00, or what else people of a region dial before a country code, for the number to
// be read as one from abroad, where no space comes between: 0017 may be the middle or the end of a number, but 00171855 and
// "00 17" begin with a country code.
const minDialed = 5

// minNational is how many digits the shortest national numbers have.
const minNational = 4

// PhoneDigits returns what to look for when somebody searches for a phone number, whole or half typed, in any notation
// that [NormalizePhone] takes, or with an extension, which is dropped. Every number that an edit makes of s contains the
// digits: in its international digits, its national ones (see [PhoneForms]) or its [CanonicalPhone]. It is not ok for
// what is no phone number. Letters count as keys only where the number is one of the numbering plan in region.
//
// Digits are kept as typed, leading zeros too, while they may be the middle of a number. What stands in no number is taken
// out: the plus, 00 or the region's own prefix before a country code, a trunk prefix after one.
func PhoneDigits(s, region string) (digits string, ok bool) {
	typed, ok := readPhone(s)
	if !ok {
		return "", false
	}
	region = strings.ToUpper(region)
	number, planned := "", false
	if len(typed.text) >= minNational {
		number, planned = typed.planned(region)
	}
	if typed.letters {
		return CanonicalPhone(number), planned
	}
	digits, international := typed.dialed(region)
	if !planned && len(digits) >= minE164 {
		number = former(digits, international, region)
	}
	if _, _, ok := variant(number); ok {
		return CanonicalPhone(number), true
	}
	if !planned {
		digits = halfTyped(digits, international, region)
		return digits, digits != ""
	}
	if whole, national, _ := PhoneForms(number); strings.Contains(whole, digits) || strings.Contains(national, digits) {
		return digits, true
	}
	return CanonicalPhone(number), true
}

// dialed is the digits without what stands before a country code, and whether a country code comes first then.
func (p typedPhone) dialed(region string) (digits string, international bool) {
	zero := "0"
	if p.international() {
		zero = ""
	}
	digits = strings.ReplaceAll(p.text, "(0)", zero)
	if rest, ok := strings.CutPrefix(digits, "+"); ok {
		return strings.TrimPrefix(rest, "00"), true
	}
	d := dialingIn(region)
	for _, prefix := range []string{d.usual, "00"} {
		rest, ok := strings.CutPrefix(digits, prefix)
		if ok && prefix != "" && (len(rest) >= minDialed || prefix == "00" && p.apart) {
			return rest, true
		}
	}
	if d.abroad != nil {
		if at := d.abroad.FindStringIndex(digits); at != nil && len(digits)-at[1] >= minDialed {
			return digits[at[1]:], true
		}
	}
	return digits, false
}

// former is digits as a number in E.164 form, which need not be in the numbering plan; empty where the country is unknown.
func former(digits string, international bool, region string) string {
	if !international {
		code := phonenumbers.GetCountryCodeForRegion(region)
		if code == 0 {
			return ""
		}
		digits = strconv.Itoa(code) + strings.TrimPrefix(digits, dialingIn(region).trunk)
	}
	return "+" + digits
}

// halfTyped is digits without a trunk zero that the number's forms do not have: after the country code, and in regions
// where national numbers are written without it.
func halfTyped(digits string, international bool, region string) string {
	country, rest := "", digits
	if international {
		country, rest = splitCountry(digits)
		region = regionOf(country)
	}
	d := dialingIn(region)
	if !international && d.written {
		return digits
	}
	if after, ok := strings.CutPrefix(rest, d.trunk); ok && strings.HasPrefix(d.trunk, "0") && after != "" && after[0] != '0' {
		return country + after
	}
	return digits
}

// regionOf is the region whose numbers have a country code; the main one where several have it.
func regionOf(country string) string {
	code, _ := strconv.Atoi(country)
	return phonenumbers.GetRegionCodeForCountryCode(code)
}

// dialing is what people of a region dial before numbers.
type dialing struct {
	abroad  *regexp.Regexp // before a country code; nil for an unknown region
	usual   string         // what matches abroad, where it is one thing or there is a usual one: 011, 0011
	trunk   string         // before a national number: 0 nearly everywhere, nothing in some
	written bool           // the national digits of [PhoneForms] begin with trunk
}

// dialings are those of the regions asked for; a server has one, and those of the country codes that people type.
var dialings sync.Map

func dialingIn(region string) dialing {
	if d, ok := dialings.Load(region); ok {
		return d.(dialing)
	}
	if !known(region) {
		return dialing{}
	}
	d := dialing{trunk: phonenumbers.GetNddPrefixForRegion(region, true), written: true}
	all, _ := phonenumbers.MetadataCollection() // read once, when the program starts
	for _, m := range all.GetMetadata() {
		if m.GetId() == region && m.GetInternationalPrefix() != "" {
			d.abroad = regexp.MustCompile("^(?:" + m.GetInternationalPrefix() + ")")
			if d.usual = cmp.Or(m.GetPreferredInternationalPrefix(), m.GetInternationalPrefix()); !allDigits(d.usual) {
				d.usual = ""
			}
		}
	}
	if example := phonenumbers.GetExampleNumber(region); example != nil {
		_, national, significant := PhoneForms(phonenumbers.Format(example, phonenumbers.E164))
		d.written = national != significant
	}
	dialings.Store(region, d)
	return d
}
