package match_test

import (
	"slices"
	"testing"

	"kith/internal/crm"
	"kith/internal/match"
)

var (
	shop  = crm.ChannelID{1}
	other = crm.ChannelID{2}
	types = map[crm.ChannelID]crm.ChannelType{shop: crm.WhatsApp, other: crm.WhatsApp, {3}: crm.Facebook, {4}: crm.Facebook}
)

func person(name, email, phone string, ids ...crm.IdentityKey) match.Person {
	p := match.Person{Types: types}
	staff := crm.Provenance{Origin: crm.Staff}
	if name != "" {
		p.Contact.Name, p.Contact.NameFrom = &name, staff
	}
	if email != "" {
		p.Contact.Email, p.Contact.EmailFrom = &email, staff
	}
	if phone != "" {
		p.Contact.Phone, p.Contact.PhoneFrom = &phone, staff
	}
	for _, k := range ids {
		p.Identities = append(p.Identities, crm.Identity{ChannelID: k.ChannelID, ExternalID: k.ExternalID})
	}
	return p
}

func claimed(p match.Person) match.Person {
	p.Contact.EmailFrom.Origin, p.Contact.PhoneFrom.Origin = crm.Claimed, crm.Claimed
	return p
}

func further(p match.Person, email string) match.Person {
	p.Contact.Further = []crm.FurtherValue{{Field: "email", Value: email, From: crm.Provenance{Origin: crm.Verified}}}
	return p
}

func TestReasons(t *testing.T) {
	t.Parallel()
	number := func(ch crm.ChannelID) crm.IdentityKey {
		return crm.IdentityKey{ChannelID: ch, ExternalID: "4930901820"}
	}
	none := []crm.DuplicateReason{}
	for name, c := range map[string]struct {
		a, b match.Person
		want []crm.DuplicateReason
	}{
		"nothing in common":           {person("Ann Lee", "ann@lee.example", "+4930901820"), person("Ben Lee", "ben@lee.example", "+4930901821"), none},
		"nothing at all":              {person("", "", ""), person("", "", ""), none},
		"the same name alone":         {person("Ann Lee", "", ""), person("Ann Lee", "", ""), none},
		"letters' case":               {person("", "Ann@Lee.example", ""), person("", "ann@lee.example", ""), []crm.DuplicateReason{crm.EmailSpelling}},
		"an international domain":     {person("", "ann@bücher.example", ""), person("", "ann@xn--bcher-kva.example", ""), []crm.DuplicateReason{crm.EmailSpelling}},
		"dots at Gmail":               {person("", "ann.b.lee@gmail.com", ""), person("", "annblee@googlemail.com", ""), []crm.DuplicateReason{crm.EmailSpelling}},
		"dots elsewhere":              {person("", "ann.lee@web.example", ""), person("", "annlee@web.example", ""), none},
		"a tag":                       {person("", "ann+shop@lee.example", ""), person("", "ann@lee.example", ""), []crm.DuplicateReason{crm.EmailSpelling}},
		"a further email":             {further(person("", "x@y.example", ""), "Ann@lee.example"), person("", "ann@lee.example", ""), []crm.DuplicateReason{crm.EmailSpelling}},
		"an office":                   {person("", "info@lee.example", ""), person("", "info@lee.example", ""), none},
		"a typed email":               {claimed(person("", "ann@lee.example", "")), person("", "ann@lee.example", ""), []crm.DuplicateReason{crm.ClaimedValue}},
		"a Brazilian nine":            {person("", "", "+5511987654321"), person("", "", "+551187654321"), []crm.DuplicateReason{crm.PhoneVariant}},
		"a typed phone":               {person("", "", "+4930901820"), claimed(person("", "", "+4930901820")), []crm.DuplicateReason{crm.ClaimedValue}},
		"a number on two channels":    {person("", "", "", number(shop)), person("", "", "", number(other)), []crm.DuplicateReason{crm.SameChannelID}},
		"an id of two pages":          {person("", "", "", crm.IdentityKey{ChannelID: crm.ChannelID{3}, ExternalID: "7"}), person("", "", "", crm.IdentityKey{ChannelID: crm.ChannelID{4}, ExternalID: "7"}), none},
		"name and local part":         {person("Ann Lee", "ann.lee@web.example", ""), person("ANN LÉE", "ann.lee@gmx.de", ""), []crm.DuplicateReason{crm.SameNameAndEmail}},
		"name and company":            {person("Ann Lee", "ann@lee.example", ""), person("Ann Lee", "al@lee.example", ""), []crm.DuplicateReason{crm.SameNameAndEmail}},
		"name and a public mail host": {person("Ann Lee", "ann@gmx.de", ""), person("Ann Lee", "al@gmx.de", ""), none},
		"one word and a company":      {person("Ann", "ann@lee.example", ""), person("Ann", "al@lee.example", ""), none},
		"several, the surest first": {
			person("Ann Lee", "ann@lee.example", "+4930901820", number(shop)), person("Ann Lee", "Ann@lee.example", "+4930901820", number(other)),
			[]crm.DuplicateReason{crm.EmailSpelling, crm.PhoneVariant, crm.SameChannelID, crm.SameNameAndEmail},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]match.Person{{c.a, c.b}, {c.b, c.a}} {
				reasons := match.Reasons(pair[0], pair[1])
				if got := reasons.Each(); !slices.Equal(got, c.want) {
					t.Errorf("reasons %v, want %v", got, c.want)
				}
				if share := shares(pair[0], pair[1]); share != (len(c.want) > 0) {
					t.Errorf("share a key: %v", share)
				}
			}
		})
	}
}

// shares reports whether two people have a key in common, without which nobody compares them.
func shares(a, b match.Person) bool {
	return slices.ContainsFunc(a.Keys(), func(k match.Key) bool { return slices.Contains(b.Keys(), k) })
}

func TestAContactHasFewKeys(t *testing.T) {
	t.Parallel()
	p := person("Ann Lee", "ann@lee.example", "+4930901820")
	for n := range 50 {
		p.Contact.Further = append(p.Contact.Further, crm.FurtherValue{Field: "email", Value: string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@x.example"})
	}
	if n := len(p.Keys()); n > 12 {
		t.Errorf("%d keys", n)
	}
}
