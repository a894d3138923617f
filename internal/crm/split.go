package crm

import (
	"slices"
	"time"
)

// Split takes accounts from a contact and gives them to another one.
type Split struct {
	ID      ContactID
	Version int
	// Identities name the accounts to be taken: each goes whole, with all its identities and sessions. Sessions are taken one
	// by one, and only those of an account without an identity.
	Identities []IdentityKey
	Sessions   []SessionID
	// Into is the contact that gets them; nil for a new one.
	Into  *ContactID
	At    time.Time
	Event EventID // of the contact
	Actor string
}

// IdentityKey is what an identity is known by.
type IdentityKey struct {
	ChannelID  ChannelID
	ExternalID string
}

// Key is what the identity is known by.
func (i Identity) Key() IdentityKey { return IdentityKey{i.ChannelID, i.ExternalID} }

// ID names the identity to clients, see [IdentityKey.ID].
func (i Identity) ID() IdentityID {
	if i.Sealed != (IdentityID{}) {
		return i.Sealed
	}
	return i.Key().ID()
}

// SplitKnown is what is known about a contact that is to be split.
type SplitKnown struct {
	Contact    Contact
	Accounts   []AccountID // all of the contact's
	Identities []Identity  // all of the contact's
	// Sessions are those of [Split.Sessions] that are the contact's, each with its account.
	Sessions map[SessionID]AccountID
	// Into is the contact of [Split.Into].
	Into *MergeSide
}

// SplitDone is the outcome of a split.
type SplitDone struct {
	Before, Contact Contact
	// SplitBefore is the other contact as it was; nil for a new one. Split is what it is now.
	SplitBefore *Contact
	Split       Contact
	// Accounts go to the other contact. Sessions go into NewAccount, a further account of it; the zero id without any.
	Accounts   []AccountID
	Sessions   []SessionID
	NewAccount AccountID
	Events     []Event
}

// DecideSplit is what a split does. A value that a channel gave follows its channel, unless that has an account on both
// sides; what staff entered stays.
func DecideSplit(s Split, k SplitKnown) (SplitDone, error) {
	if s.Version != k.Contact.Version {
		return SplitDone{}, &ConflictError{Current: k.Contact}
	}
	if s.Into != nil && *s.Into == s.ID {
		return SplitDone{}, ErrSameContact
	}
	out := SplitDone{Before: k.Contact, Sessions: s.Sessions}
	going, staying, err := s.sort(k)
	if err != nil {
		return SplitDone{}, err
	}
	out.Accounts = going
	if len(s.Sessions) > 0 {
		out.NewAccount = NewAccountID(s.At)
	}
	c, other := k.Contact.Clone(), Contact{}
	if k.Into != nil {
		other = k.Into.Contact.Clone()
	} else {
		other = Contact{ID: NewContactID(s.At), CreatedAt: s.At.UTC().Truncate(time.Microsecond)}
	}
	moveValues(&c, &other, channelsOf(k.Identities, going), channelsOf(k.Identities, staying))
	if len(other.Further) > MaxFurther || k.Into != nil && len(k.Into.Accounts)+len(going)+1 > MaxAccounts {
		return SplitDone{}, ErrTooMany
	}
	out.Contact = c.revisionOf(k.Contact, s.At)
	created := Event{ID: newEarlierEventID(s.At), Kind: Created, ContactID: &other.ID, Actor: s.Actor, At: out.Contact.UpdatedAt}
	if k.Into != nil {
		out.SplitBefore = &k.Into.Contact
		out.Split = other.revisionOf(k.Into.Contact, s.At)
		created.Kind, created.Changes = Updated, out.Split.ChangesFrom(k.Into.Contact)
	} else {
		out.Split = other
		out.Split.Version, out.Split.UpdatedAt = 1, other.CreatedAt
		created.Changes = out.Split.ChangesFrom(Contact{})
	}
	created.ContactID, created.Version = &out.Split.ID, out.Split.Version
	split := splitEvent(s.Event, k.Contact, out.Contact, s.Actor, s.At)
	split.Into = &out.Split.ID
	out.Events = []Event{created, split}
	return out, nil
}

// sort says which accounts go and which stay.
func (s Split) sort(k SplitKnown) (going, staying []AccountID, err error) {
	for _, key := range s.Identities {
		n := slices.IndexFunc(k.Identities, func(i Identity) bool { return i.Key() == key })
		if n < 0 {
			return nil, nil, &InvalidError{Field: "identityIds", Subject: "An identity", Reason: "is not one of the contact's"}
		}
		if a := k.Identities[n].AccountID; !slices.Contains(going, a) {
			going = append(going, a)
		}
	}
	for _, id := range s.Sessions {
		a, found := k.Sessions[id]
		switch {
		case !found:
			return nil, nil, &InvalidError{Field: "sessionIds", Subject: "A session", Reason: "is not one of the contact's"}
		case slices.ContainsFunc(k.Identities, func(i Identity) bool { return i.AccountID == a }):
			return nil, nil, &InvalidError{Field: "sessionIds", Subject: "A session", Reason: "belongs to an identity, with which it is split off"}
		}
	}
	if len(going) == 0 && len(s.Sessions) == 0 {
		return nil, nil, &InvalidError{Field: "identityIds", Subject: "A split", Reason: "needs an identity"}
	}
	for _, i := range k.Identities {
		if !slices.Contains(going, i.AccountID) && !slices.Contains(staying, i.AccountID) {
			staying = append(staying, i.AccountID)
		}
	}
	if len(staying) == 0 && len(going) > 0 {
		return nil, nil, ErrLastIdentity
	}
	return going, staying, nil
}

func channelsOf(identities []Identity, accounts []AccountID) map[ChannelID]bool {
	channels := map[ChannelID]bool{}
	for _, i := range identities {
		if slices.Contains(accounts, i.AccountID) {
			channels[i.ChannelID] = true
		}
	}
	return channels
}

// moveValues moves the values that came from channels which go, and not from any that stays.
func moveValues(c, other *Contact, going, staying map[ChannelID]bool) {
	goes := func(p Provenance) bool { return p.Origin != Staff && going[p.Channel] && !staying[p.Channel] }
	for _, f := range mergedFields {
		value, from := f.value(c), f.from(c)
		if *value == nil || !goes(*from) {
			continue
		}
		give(other, f, *value, *from)
		*value, *from = nil, Provenance{}
	}
	var left []FurtherValue
	for _, v := range c.Further {
		if !goes(v.From) {
			left = append(left, v)
			continue
		}
		for _, f := range mergedFields {
			if f.name == v.Field {
				give(other, f, &v.Value, v.From)
			}
		}
	}
	c.Further = left
	for _, f := range mergedFields {
		c.promote(f)
	}
}

// give gives a contact a value: the first of its field, or a further one.
func give(c *Contact, f mergedField, value *string, from Provenance) {
	if *f.value(c) == nil {
		*f.value(c), *f.from(c) = value, from
		c.dropHeld()
	} else if f.name != "name" {
		c.addFurther(f.name, value, from)
	}
}

// promote makes the first further value of an empty field its value.
func (c *Contact) promote(f mergedField) {
	if *f.value(c) != nil {
		return
	}
	for _, v := range c.Further {
		if v.Field == f.name {
			*f.value(c), *f.from(c) = new(v.Value), v.From
			c.dropHeld()
			return
		}
	}
}
