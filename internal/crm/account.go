package crm

import (
	"time"

	"github.com/google/uuid"
)

// AccountID names a customer as one channel knows them: the ids that the provider said belong together, and the sessions
// with them. Identities and sessions belong to an account for good; accounts belong to contacts. Merging contacts, undoing a
// merge and splitting a contact move accounts, and nothing that hangs on them, however much it is.
//
// The first account of a contact has the contact's own id, so that most contacts need no row that says whose it is.
type AccountID uuid.UUID

// FirstAccount is the account that a contact is made with.
func FirstAccount(c ContactID) AccountID { return AccountID(c) }

// NewAccountID makes an id for one more account of a contact.
func NewAccountID(at time.Time) AccountID { return AccountID(NewContactID(at)) }

// First reports whether the account is the one that the contact was made with.
func (a AccountID) First(c ContactID) bool { return a == AccountID(c) }

// NewestIdentity is the identity of an account that answers go to; nil without any. The identities are in order, oldest first.
func NewestIdentity(identities []Identity) *Identity {
	if len(identities) == 0 {
		return nil
	}
	return &identities[len(identities)-1]
}
