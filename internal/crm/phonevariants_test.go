package crm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

func TestPhoneVariants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, number string
		want         []string
	}{
		{"Brazil with the 9", "+5511987654321", []string{"+5511987654321", "+551187654321"}},
		{"Brazil without the 9", "+551187654321", []string{"+551187654321", "+5511987654321"}},
		{"Brazil, 6 is the lowest that mobile numbers began with", "+558561234567", []string{"+558561234567", "+5585961234567"}},
		{"a Brazilian landline", "+551133334444", []string{"+551133334444"}},
		{"a newer Brazilian mobile number that would be a landline without its 9", "+5511943334444", []string{"+5511943334444"}},
		{"a Brazilian number too short", "+55118765432", []string{"+55118765432"}},
		{"Mexico with the 1", "+5215512345678", []string{"+5215512345678", "+525512345678"}},
		{"Mexico without the 1", "+525512345678", []string{"+525512345678", "+5215512345678"}},
		{"Mexico, too many digits", "+52155123456789", []string{"+52155123456789"}},
		{"Argentina with the 9", "+5491112345678", []string{"+5491112345678", "+541112345678"}},
		{"Argentina without the 9", "+541112345678", []string{"+541112345678", "+5491112345678"}},
		{"Ivory Coast, Orange, with its 07", "+2250707123456", []string{"+2250707123456", "+22507123456"}},
		{"Ivory Coast, Orange, without", "+22507123456", []string{"+22507123456", "+2250707123456"}},
		{"Ivory Coast, MTN", "+22545123456", []string{"+22545123456", "+2250545123456"}},
		{"Ivory Coast, Moov", "+22540123456", []string{"+22540123456", "+2250140123456"}},
		{"Ivory Coast, a number that 05 was never put before", "+2250507123456", []string{"+2250507123456"}},
		{"an Ivorian landline", "+22520212223", []string{"+22520212223"}},
		{"an Ivorian landline of ten digits", "+2252720212223", []string{"+2252720212223"}},
		{"Benin with 01", "+2290197123456", []string{"+2290197123456", "+22997123456"}},
		{"Benin without", "+22997123456", []string{"+22997123456", "+2290197123456"}},
		{"Benin, ten digits without 01", "+2290297123456", []string{"+2290297123456"}},
		{"elsewhere", "+4915123456789", []string{"+4915123456789"}},
		{"a country code that only starts alike", "+5511", []string{"+5511"}},
		{"no plus", "5511987654321", []string{"5511987654321"}},
		{"not digits", "+55119876x4321", []string{"+55119876x4321"}},
		{"nothing", "", []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := crm.PhoneVariants(c.number)
			for _, v := range got {
				if key := crm.CanonicalPhone(v); key != crm.CanonicalPhone(c.number) || !slices.Contains(got, "+"+key) && strings.HasPrefix(v, "+") {
					t.Errorf("the canonical digits of %s are %s", v, key)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCanonicalPhone(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+551187654321": "5511987654321", "+5511987654321": "5511987654321", "+551133334444": "551133334444",
		"+5215512345678": "525512345678", "+541123456789": "5491123456789", "+22507123456": "2250707123456",
		"+22997123456": "2290197123456", "+4930123456": "4930123456", "hello": "hello", "": "",
	} {
		if got := crm.CanonicalPhone(number); got != want {
			t.Errorf("CanonicalPhone(%q) = %q; want %q", number, got, want)
		}
	}
}

func FuzzPhoneVariants(f *testing.F) {
	for _, s := range []string{"+5511987654321", "+551187654321", "+5215512345678", "+541112345678", "+5299999999999", "+22507123456", "+2250707123456", "+22997123456", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		variants := crm.PhoneVariants(s)
		if variants[0] != s {
			t.Errorf("%q: the first variant is %q", s, variants[0])
		}
		want := slices.Sorted(slices.Values(variants))
		for _, v := range variants {
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(crm.PhoneVariants(v)))); diff != "" {
				t.Errorf("%q has other variants than %q (-%[2]q +%[1]q):\n%s", v, s, diff)
			}
		}
	})
}
