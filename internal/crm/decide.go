package crm

import (
	"bytes"
	"cmp"
	"slices"
)

// Known is what a workspace knows about the customer of an interaction that it has not recorded before.
type Known struct {
	// Identities are those that exist of [Interaction.ExternalIDs], in that order.
	Identities []KnownIdentity
	// Contact is the contact of the first identity, or without any identity the one that a [Proof] leads to; nil for a
	// new customer.
	Contact *Contact
	// Session is the [NewestSession] of the contact; nil without one.
	Session *Session
}

// KnownIdentity is what an identity leads to.
type KnownIdentity struct {
	ExternalID string
	ContactID  ContactID
	Session    *SessionID // the identity's newest session; nil when it never had one
}

// NewestSession is the newest session of the contact's identities; nil without one.
func NewestSession(identities []KnownIdentity, c ContactID) (newest *SessionID) {
	for _, k := range identities {
		if k.ContactID == c && k.Session != nil && (newest == nil || bytes.Compare(newest[:], k.Session[:]) < 0) {
			newest = k.Session
		}
	}
	return newest
}

// Outcome is what an interaction does to a workspace. All of it is written in one transaction.
type Outcome struct {
	// Before is the contact as it was; nil when the interaction creates it.
	Before *Contact
	// Contact is the contact afterwards.
	Contact Contact
	// Session is the session that the message belongs to, afterwards. NewSession is true when the message starts it.
	Session    Session
	NewSession bool
	// NewIdentities are to be created. Redirected are the external ids of known identities whose newest session is
	// Session from now on.
	NewIdentities []Identity
	Redirected    []string
	// Events are to be published, in this order.
	Events []Event
}

// Decide says what an interaction does. The message joins the contact's newest session while that is open, and starts a
// new one otherwise. An identity of another contact stays as it is.
func Decide(k Known, i Interaction) Outcome {
	o := Outcome{Before: k.Contact}
	if k.Contact == nil {
		o.Contact = ContactFrom(i)
		o.Events = append(o.Events, o.contactEvent(Created, Contact{}, i))
	} else {
		o.Contact = k.Contact.Clone()
		if o.Contact.Learn(i.Profile, i.ChannelID) && !k.Contact.Same(o.Contact) {
			o.Contact = o.Contact.revisionOf(*k.Contact, i.Received)
			o.Events = append(o.Events, o.contactEvent(Updated, *k.Contact, i))
		}
		o.Contact.Receive(i)
	}
	if k.Session != nil && k.Session.Status.Open() {
		o.Session = k.Session.Clone()
		o.Session.Receive(i)
	} else {
		o.Session, o.NewSession = SessionFrom(i, o.Contact.ID), true
		o.Events = append(o.Events, Event{
			ID: NewEventID(i.Received), Kind: Created, ContactID: &o.Contact.ID, SessionID: &o.Session.ID,
			Changes: o.Session.ChangesFrom(Session{}), Actor: i.ChannelID.String(), At: i.Received,
		})
	}
	o.identify(k.Identities, i)
	return o
}

func (o *Outcome) contactEvent(kind EventKind, before Contact, i Interaction) Event {
	return Event{
		ID: cmp.Or(i.Event, NewEventID(i.Received)), Kind: kind, ContactID: &o.Contact.ID, Version: o.Contact.Version,
		Changes: o.Contact.ChangesFrom(before), Actor: i.ChannelID.String(), At: i.Received,
	}
}

// identify makes every id of the interaction lead to its contact and session.
func (o *Outcome) identify(known []KnownIdentity, i Interaction) {
	for _, external := range i.ExternalIDs() {
		n := slices.IndexFunc(known, func(k KnownIdentity) bool { return k.ExternalID == external })
		switch {
		case n < 0:
			identity := IdentityFrom(i, o.Contact.ID)
			identity.ExternalID = external
			o.NewIdentities = append(o.NewIdentities, identity)
		case known[n].ContactID == o.Contact.ID && (known[n].Session == nil || *known[n].Session != o.Session.ID):
			o.Redirected = append(o.Redirected, external)
		}
	}
}

// Creates reports whether the interaction creates its contact.
func (o Outcome) Creates() bool { return o.Before == nil }

// Edits reports whether the interaction edits the contact that was there.
func (o Outcome) Edits() bool { return o.Before != nil && o.Before.Version != o.Contact.Version }

// MovesActivity reports whether the interaction moves the activity of the contact that was there.
func (o Outcome) MovesActivity() bool {
	if o.Before == nil || o.Contact.LastActivityAt == nil {
		return false
	}
	before := o.Before.LastActivityAt
	return before == nil || o.Contact.LastActivityAt.After(*before)
}

// Recorded is the outcome as the caller of the interaction gets it.
func (o Outcome) Recorded() Recorded {
	r := Recorded{Contact: &o.Contact, Session: &o.Session}
	if o.Creates() || o.Edits() {
		r.Event = &o.Events[0].ID
	}
	return r
}

// Repeated is the answer to a message that was recorded before. Without its contact it names no session either: nobody
// learns from a message which session a deleted customer had.
func Repeated(c *Contact, s *Session) Recorded {
	if c == nil || s == nil || s.ContactID == nil {
		return Recorded{Repeated: true}
	}
	return Recorded{Contact: c, Session: s, Repeated: true}
}

// Proof is a verified value that may lead an interaction without a known identity to a contact.
type Proof struct {
	Field  string   // email or phone
	Values []string // the value itself first, then its variants
}

// Proofs are what the profile proves, the strongest first.
func (p Profile) Proofs() []Proof {
	var proofs []Proof
	if p.Email != nil && p.EmailVerified {
		proofs = append(proofs, Proof{Field: "email", Values: []string{*p.Email}})
	}
	if p.Phone != nil && p.PhoneVerified {
		proofs = append(proofs, Proof{Field: "phone", Values: PhoneVariants(*p.Phone)})
	}
	return proofs
}

// LeadsTo reports whether the proof leads to the contact: it holds one of the values, and vouches for it.
func (p Proof) LeadsTo(c Contact) bool { return c.holdsAny(p.Field, p.Values) && c.Vouches(p.Field) }

// Holder is the contact that the proof leads to, the oldest of the candidates; nil if there is no such contact.
func (p Proof) Holder(candidates []Contact) *Contact {
	for _, c := range Holders(candidates, p.Field, p.Values...) {
		if p.LeadsTo(c) {
			return &c
		}
	}
	return nil
}
