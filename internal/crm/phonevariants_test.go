package crm_test

import (
	"slices"
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
		{"elsewhere", "+4915123456789", []string{"+4915123456789"}},
		{"a country code that only starts alike", "+5511", []string{"+5511"}},
		{"no plus", "5511987654321", []string{"5511987654321"}},
		{"not digits", "+55119876x4321", []string{"+55119876x4321"}},
		{"nothing", "", []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := crm.PhoneVariants(c.number)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzPhoneVariants(f *testing.F) {
	for _, s := range []string{"+5511987654321", "+551187654321", "+5215512345678", "+541112345678", "+5299999999999", ""} {
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
