package crm_test

import (
	"testing"

	"kith/internal/crm"
)

func TestAPhoneNumberIsWrittenAsItsCountryGroupsIt(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{
		"+4930901820":    "+49 30 901820",
		"+14155550134":   "+1 415-555-0134",
		"+33142685300":   "+33 1 42 68 53 00",
		"+5511987654321": "+55 11 98765-4321",
		"+390612345678":  "+39 06 1234 5678",
		"+2348031234567": "+234 803 123 4567",
		"+999123456789":  "+999123456789", // in no numbering plan
	} {
		c := crm.Contact{Phone: &stored}
		if got := c.PhoneInternational(); got == nil || *got != want {
			t.Errorf("%s is written %v, want %s", stored, *got, want)
		}
	}
	if got := (crm.Contact{}).PhoneInternational(); got != nil {
		t.Errorf("no number is written %s", *got)
	}
}

func BenchmarkPhoneInternational(b *testing.B) {
	phone := "+4930901820"
	c := crm.Contact{Phone: &phone}
	for b.Loop() {
		c.PhoneInternational()
	}
}
