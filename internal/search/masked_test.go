package search_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/search"
)

// seen is the tier and the match of a contact in a search, by those who see values masked or by others; -1 where it is not found.
func seen(c crm.Contact, text, region string, masked bool) (int, search.Match) {
	k, q := search.KeysOf(c), search.Parse(text, region)
	if masked {
		q = q.Masked(crm.Masker{Region: region})
	}
	shown := q.Keys(search.Hit{Contact: &c, Name: k.Name, Text: k.Text})
	tier, ok := q.Rank(shown)
	if !ok || !search.Contains(k.Text, q.Tokens()) { // the database looks for these in what is stored
		return -1, search.Match{}
	}
	return tier, q.Match(shown)
}

var hidden = map[string]crm.Contact{
	"a name and values": with(contact("Zoë Quill", "max.mustermann+shop@firma-24.example", "+4930901820"), "mm@x.co", "+14155552671"),
	"values alone":      contact("", "max.mustermann@firma.example", "+390669881234"),
	"an email as name":  contact("max.mustermann@firma.example", "max.mustermann@firma.example", ""),
	"a phone as name":   contact("+49 30 90 18 20", "", "+4930901820"),
	"both within":       contact("Zoë 030 901820 max.mustermann@firma.example", "", "+4930901820"),
	"a short local":     contact("", "m@firma.example", "+5215512345678"),
	"other letters":     contact("", "张伟@例子.中国", ""),
}

// TestAMaskedValueIsFoundByNothingButAllOfIt tries every part of every value.
func TestAMaskedValueIsFoundByNothingButAllOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range hidden {
		values := append(c.FurtherOf("email"), c.FurtherOf("phone")...)
		for _, v := range []*string{c.Email, c.Phone} {
			if v != nil {
				values = append(values, *v)
			}
		}
		for _, v := range values {
			if tier, m := seen(c, v, "", true); tier != search.TierWhole || m.Kind != search.MatchExact {
				t.Errorf("%s: %q is found in tier %d as %v", name, v, tier, m)
			}
			forms := []string{v}
			international, national, _ := crm.PhoneForms(v)
			if v[0] == '+' {
				forms = append(forms, international, national, "00"+international)
			}
			for _, form := range forms {
				runes := []rune(form)
				for i := range runes {
					for j := i + 1; j <= len(runes); j++ {
						part := string(runes[i:j])
						if crm.EmailKey(part) == crm.EmailKey(v) || samePhone(part, v) || strings.HasPrefix("zoe quill", search.Fold(part)) {
							continue
						}
						if tier, _ := seen(c, part, "", true); tier >= 0 && !inName(c, part) {
							t.Errorf("%s: %q of %q is found in tier %d", name, part, v, tier)
						}
					}
				}
			}
		}
	}
}

// samePhone reports whether digits are a whole phone, as it is written abroad or at home.
func samePhone(s, phone string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "00")
	for _, form := range append(crm.PhoneVariants(phone), crm.CanonicalPhone(phone)) {
		international, national, significant := crm.PhoneForms("+" + strings.TrimPrefix(form, "+"))
		if s != "" && (s == international || s == national || s == significant) {
			return true
		}
	}
	return false
}

// inName reports whether the contact would be found without its values.
func inName(c crm.Contact, text string) bool {
	if c.Name == nil || (crm.Masker{}).Hidden(c) {
		return false
	}
	tier, _ := seen(crm.Contact{Name: c.Name}, text, "", false)
	return tier >= 0
}

func TestWholeValuesAreFoundInEveryNotation(t *testing.T) {
	t.Parallel()
	c := hidden["a name and values"]
	for text, want := range map[string]int{
		"MAX.Mustermann+shop@Firma-24.example":        search.TierWhole,
		"<max.mustermann+shop@firma-24.example>":      search.TierWhole,
		"mailto:max.mustermann+shop@firma-24.example": search.TierWhole,
		"Z. Quill <mm@x.co>":                          search.TierWhole,
		"+49 30 901820":                               search.TierWhole,
		"0049 (0)30 / 90 18 20":                       search.TierWhole,
		"030 901820":                                  search.TierWhole,
		"tel:+49-30-901820":                           search.TierWhole,
		"+1 (415) 555-2671":                           search.TierWhole,
		"(415) 555-2671":                              search.TierWhole,
		"quill 030 901820":                            search.TierWords,
		"uil mm@x.co":                                 search.TierAnywhere,
		"mm@x.co +49 30 901820":                       search.TierWords,
		"90 18 20":                                    -1,
		"555-2671":                                    -1,
		"max.mustermann@firma-24.example":             -1,
		"quill firma-24.example":                      -1,
		"quill 0171 901820":                           -1,
	} {
		if got, _ := seen(c, text, "", true); got != want {
			t.Errorf("%q: tier %d, want %d", text, got, want)
		}
	}
	if got, _ := seen(c, "901820", "DE", true); got != -1 {
		t.Error("the number without its area code is found")
	}
	if got, _ := seen(c, "415 555 2671", "US", true); got != search.TierWhole {
		t.Errorf("a number of the region: tier %d", got)
	}
}

// TestNamesAreFoundAsEver compares the search of masked contacts with one of contacts that have names alone.
func TestNamesAreFoundAsEver(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{
		"Ann Smith", "Anna-Sophie Müller", "Jo Jonesson", "J. R. R. Tolkien", "O'Brien", "María de la Cruz", "Ægir Øst", "山田 花子",
		"김민수", "Наталья Иванова", "Söhne GmbH", "Example Ltd", "gmail fan", "Ann @ Home", "x_y", "100%", "😀",
	}
	pieces := strings.Fields(`a an ann s smi mith sophie mueller muller anna sm jo jonesson jrr tolk obrien delacruz aegir ost 山 花子 ㄱㅁㅅ
		нат ив soehne ltd example gmail com fan home x_y % 😀 ample co`)
	for range 20_000 {
		name := names[rng.IntN(len(names))]
		c := contact(name, pieces[rng.IntN(len(pieces))]+"@example.com", "+4930901820")
		text := pieces[rng.IntN(len(pieces))]
		for rng.IntN(2) == 0 {
			text += " " + pieces[rng.IntN(len(pieces))]
		}
		wantTier, wantMatch := seen(contact(name, "", ""), text, "", false)
		gotTier, gotMatch := seen(c, text, "", true)
		if gotTier != wantTier || gotMatch != wantMatch {
			t.Fatalf("%q of %q: tier %d, %s, want %d, %s", text, name, gotTier, cmp.Diff(wantMatch, gotMatch), wantTier, name)
		}
	}
}
