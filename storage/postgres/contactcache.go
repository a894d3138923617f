package postgres

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"kith/internal/crm"
)

const (
	// cachedContacts is how many contacts are cached.
	cachedContacts = 16_384
	// cachedNotes is how long the notes of a cached contact may be.
	cachedNotes = 1000
)

// customer is who writes on a channel.
type customer struct {
	workspace crm.WorkspaceID
	channel   crm.ChannelID
	external  string
}

// contactCache holds the contacts of customers who wrote recently, as they were then. It only saves a read: the statement
// that relies on it checks that the contact still has the cached version.
type contactCache struct {
	contacts *lru.Cache[customer, crm.Contact]
}

func newContactCache() contactCache {
	contacts, _ := lru.New[customer, crm.Contact](cachedContacts) // fails only for a size of 0
	return contactCache{contacts}
}

func customerOf(w crm.WorkspaceID, i crm.Interaction) customer {
	return customer{w, i.ChannelID, i.ExternalID}
}

// contact is the customer's contact; nil when it is not cached.
func (m contactCache) contact(c customer) *crm.Contact {
	found, ok := m.contacts.Get(c)
	if !ok {
		return nil
	}
	found = found.Clone()
	return &found
}

// keep caches a customer's contact.
func (m contactCache) keep(c customer, contact *crm.Contact) {
	if contact == nil || len(contact.Notes) > cachedNotes {
		return
	}
	m.contacts.Add(c, contact.Clone())
}

// forget drops a customer's contact.
func (m contactCache) forget(c customer) { m.contacts.Remove(c) }
