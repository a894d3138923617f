package crm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSurerReasonsAreHigherNumbers(t *testing.T) {
	t.Parallel()
	surest := []string{"PROVEN", "EMAIL_SPELLING", "PHONE_VARIANT", "CHANNEL_ID", "CLAIMED", "NAME_AND_EMAIL"}
	var all []DuplicateReason
	for _, name := range surest {
		r, ok := ParseDuplicateReason(name)
		if !ok || r.String() != name || len(all) > 0 && r >= all[len(all)-1] {
			t.Errorf("%s is %d", name, r)
		}
		all = append(all, r)
	}
	if diff := cmp.Diff(all, ReasonsOf(ClaimedValue, SameNameAndEmail, PhoneVariant, SameChannelID, ProvenSame, EmailSpelling).Each()); diff != "" {
		t.Error(diff)
	}
	if len(ReasonsOf().Each()) != 0 {
		t.Error("no reason is one")
	}
	if _, ok := ParseDuplicateReason("LOOKS"); ok {
		t.Error("a reason that there is not")
	}
}
