package postgres

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"kith/internal/crm"
)

const (
	// remembered is how many customers this process remembers.
	remembered = 16_384
	// rememberedNotes is how long the notes of a contact may be that is remembered.
	rememberedNotes = 1000
)

// customer is who writes on a channel.
type customer struct {
	workspace crm.WorkspaceID
	channel   crm.ChannelID
	external  string
}

// memory holds the contacts of customers who wrote lately, as they were then. It only saves a look: the statement that
// relies on it makes sure that the contact still has the version that is remembered.
type memory struct {
	contacts *lru.Cache[customer, crm.Contact]
}

func newMemory() memory {
	contacts, _ := lru.New[customer, crm.Contact](remembered) // fails for a size of nothing alone
	return memory{contacts}
}

func customerOf(w crm.WorkspaceID, i crm.Interaction) customer {
	return customer{w, i.ChannelID, i.ExternalID}
}

// contact is the customer's contact; nil when it is not remembered.
func (m memory) contact(c customer) *crm.Contact {
	found, ok := m.contacts.Get(c)
	if !ok {
		return nil
	}
	found = found.Clone()
	return &found
}

// keep remembers a customer's contact.
func (m memory) keep(c customer, contact *crm.Contact) {
	if contact == nil || len(contact.Notes) > rememberedNotes {
		return
	}
	m.contacts.Add(c, contact.Clone())
}

// forget forgets a customer.
func (m memory) forget(c customer) { m.contacts.Remove(c) }
