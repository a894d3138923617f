package storage

import (
	"kith/internal/crm"
	"kith/internal/match"
)

// People are contacts with their identities, for comparing them.
func People(
	contacts []crm.Contact, identities []crm.Identity, types map[crm.ChannelID]crm.ChannelType,
) map[crm.ContactID]match.Person {
	people := make(map[crm.ContactID]match.Person, len(contacts))
	for _, c := range contacts {
		people[c.ID] = match.Person{Contact: c, Types: types}
	}
	for _, i := range identities {
		if p, is := people[i.ContactID]; is {
			p.Identities = append(p.Identities, i)
			people[i.ContactID] = p
		}
	}
	return people
}
