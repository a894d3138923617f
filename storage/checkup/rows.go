package checkup

import (
	"slices"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// Contact is a contact with what is stored beside it. Its key is the id.
type Contact struct {
	ID crm.ContactID
	// Keys are what folding gives now, Stored is what is stored of them: all but the terms.
	Keys, Stored search.Keys
	// LacksTerms: not all of the terms of Keys are stored.
	LacksTerms bool
	// Active: the contact has an activity.
	Active bool
	// Indexed: the gram index needs no entry of the contact, has the right one, or has one that Grams will repair.
	Indexed bool
}

func (c Contact) findings() (kinds []storage.FindingKind) {
	if c.Keys.Name != c.Stored.Name || c.Keys.Text != c.Stored.Text {
		kinds = append(kinds, storage.StaleKeys)
	}
	if !c.Active {
		kinds = append(kinds, storage.MissingActivity)
	}
	if !c.Indexed {
		kinds = append(kinds, storage.StaleGrams)
	}
	if c.LacksTerms {
		kinds = append(kinds, storage.MissingTerms)
	}
	return kinds
}

// WantedTerm is a term that a contact should have.
type WantedTerm struct {
	Row     int // the contact's in its batch
	Contact crm.ContactID
	Term    string
}

// WantedTerms are the terms that the contacts of a batch should have.
func WantedTerms(batch []Contact) []WantedTerm {
	wanted := make([]WantedTerm, 0, 8*len(batch))
	for i, c := range batch {
		for _, term := range c.Keys.Terms {
			wanted = append(wanted, WantedTerm{Row: i, Contact: c.ID, Term: term})
		}
	}
	return wanted
}

// Wants reports whether a term is one of the contact's.
func Wants(c crm.Contact, term string) bool { return slices.Contains(search.KeysOf(c).Terms, term) }

// Term is a search term. Its key is the term, then the contact's id.
type Term struct {
	Term       string
	Contact    crm.Contact // as far as keys are made of it; the id alone where HasContact is false
	HasContact bool
}

func (t Term) finding() storage.FindingKind {
	switch {
	case !t.HasContact:
		return storage.OrphanTerm
	case !Wants(t.Contact, t.Term):
		return storage.ExtraTerm
	}
	return ""
}

// Activity is when a contact was active last. Its key is the contact.
type Activity struct {
	Contact    crm.ContactID
	HasContact bool
}

func (a Activity) finding() storage.FindingKind {
	if !a.HasContact {
		return storage.OrphanActivity
	}
	return ""
}

// Identity is whom a channel knows. Its key is the channel, then the external id.
type Identity struct {
	Channel                crm.ChannelID
	External               string
	Contact                crm.ContactID
	Session                *crm.SessionID // nil before the first message
	HasContact, HasSession bool
	// Stray: its account is another contact's, which is there.
	Stray bool
}

func (i Identity) finding() storage.FindingKind {
	switch {
	case !i.HasContact:
		return storage.OrphanIdentity
	case i.Stray:
		return storage.StrayIdentity
	case i.Session != nil && !i.HasSession:
		return storage.LostSession
	}
	return ""
}

// Session is a session. Its key is the id.
type Session struct {
	ID      crm.SessionID
	Account *crm.AccountID // nil where it is anonymous
	Contact *crm.ContactID // the account's; nil where it is anonymous
	// HasContact: the contact is there, or sessions are still being detached from it.
	HasContact bool
	// Preview: it has a preview.
	Preview bool
	// Messages: messages point at it. It may be false, without a look, where the session has a contact.
	Messages bool
}

func (s Session) findings() (kinds []storage.FindingKind) {
	if s.Contact != nil {
		if !s.HasContact {
			kinds = append(kinds, storage.OrphanSession)
		}
		return kinds
	}
	if s.Messages {
		kinds = append(kinds, storage.KeptMessages)
	}
	if s.Preview {
		kinds = append(kinds, storage.KeptPreview)
	}
	return kinds
}

// Account says whose an account is. Its key is the id.
type Account struct {
	ID         crm.AccountID
	Contact    crm.ContactID
	HasContact bool
}

func (a Account) finding() storage.FindingKind {
	if !a.HasContact {
		return storage.OrphanAccount
	}
	return ""
}

// Redirect is an old id of a contact. Its key is the old id.
type Redirect struct {
	Old, Survivor crm.ContactID
	// HasSurvivor: the survivor is there. IsContact: a contact has the old id.
	HasSurvivor, IsContact bool
}

func (r Redirect) finding() storage.FindingKind {
	if !r.HasSurvivor || r.IsContact {
		return storage.OrphanRedirect
	}
	return ""
}

// Delivery is a webhook delivery. Its key is the id.
type Delivery struct {
	ID          crm.DeliveryID
	HasEndpoint bool
}

func (d Delivery) finding() storage.FindingKind {
	if !d.HasEndpoint {
		return storage.OrphanDelivery
	}
	return ""
}

// Change is something that happened to a contact or a session. Its key is the id.
type Change struct {
	ID         crm.EventID
	Kind       crm.EventKind
	Contact    *crm.ContactID
	OfSession  bool
	HasContact bool
}

// The deletion alone may name a contact that is not there. What happened to a session names none.
func (c Change) finding() storage.FindingKind {
	if c.Contact == nil || c.OfSession || c.HasContact || c.Kind == crm.Deleted {
		return ""
	}
	return storage.KeptValues
}
