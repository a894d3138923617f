package crm

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// Known is what a workspace knows about the customer of an interaction that it has not recorded before.
type Known struct {
	// Identities are those that exist of [Interaction.ExternalIDs], in that order.
	Identities []KnownIdentity
	// Contact is the contact of the first identity, or without any identity the one that a [Proof] leads to; nil for a
	// new customer.
	Contact *Contact
	// Session is the newest session of the customer that [Session.IsOf] the message; nil without one.
	Session *Session
}

// KnownIdentity is what an identity leads to.
type KnownIdentity struct {
	ExternalID string
	ContactID  ContactID
	AccountID  AccountID
	Session    *SessionID // the identity's newest session; nil when it never had one
	// User is the signed user id of the identity's account on the channel; empty for none.
	User string
}

// NewestSession is the newest session of the identities of an account; nil without one.
func NewestSession(identities []KnownIdentity, a AccountID) (newest *SessionID) {
	for _, k := range identities {
		if k.AccountID == a && k.Session != nil && (newest == nil || bytes.Compare(newest[:], k.Session[:]) < 0) {
			newest = k.Session
		}
	}
	return newest
}

// OfCustomer are the identities that may say who the customer of the interaction is. A visitor who has been signed in as
// somebody else says nothing about the user: people share computers.
func OfCustomer(identities []KnownIdentity, i Interaction) []KnownIdentity {
	if !i.Signed {
		return identities
	}
	return slices.DeleteFunc(slices.Clone(identities), func(k KnownIdentity) bool {
		return k.ExternalID != i.ExternalID && k.User != "" && k.User != i.ExternalID
	})
}

// Outcome is what an interaction does to a workspace. All of it is written in one transaction.
type Outcome struct {
	// Before is the contact as it was; nil when the interaction creates it.
	Before *Contact
	// Contact is the contact afterwards.
	Contact Contact
	// Account is the customer's account. NewAccount is true when it is a further one of the contact, to be created.
	Account    AccountID
	NewAccount bool
	// Session is the session that the message belongs to, afterwards; nil where there is none. NewSession is true when the
	// message starts it.
	Session    *Session
	NewSession bool
	// NewIdentities are to be created. Redirected are the external ids of known identities whose newest session is
	// Session from now on.
	NewIdentities []Identity
	Redirected    []string
	// DisplayName is what the known identity of the interaction's external id is called from now on; nil for as before. Messages
	// leave it alone, an announced name was looked up for it.
	DisplayName *string
	// Events are to be published, in this order.
	Events []Event
	// Proven are contacts that the interaction shows to be one person.
	Proven *Proven
	// Waits is set for the announcement of a customer's new id while nothing is known of the old one: it is kept, and taken in
	// again with the first message from the old id that was written before. One that comes later is somebody else's, who got
	// the number. Of a channel [MaxWaiting] wait at most, and as long as messages are known again.
	Waits bool
}

// MaxWaiting is how many announcements of a channel wait for a message.
const MaxWaiting = 1000

// Proven says that two contacts are one person, because a channel says so.
type Proven struct {
	Contacts [2]ContactID
	Channel  ChannelID
	At       time.Time
	// Suggest is set when this is for a person to judge: a phone number went from one customer to another.
	Suggest bool
}

// Ordered are the contacts, the one with the lower id first.
func (p Proven) Ordered() (a, b ContactID) { return OrderedPair(p.Contacts[0], p.Contacts[1]) }

// OrderedPair returns two contacts as pairs of contacts are stored: the lower id first.
func OrderedPair(a, b ContactID) (ContactID, ContactID) {
	if bytes.Compare(a[:], b[:]) > 0 {
		return b, a
	}
	return a, b
}

// Decide says what an interaction does. A message joins the customer's newest session where that [Session.Takes] it, and
// starts a new one otherwise; one of the team's starts none. An identity of another contact stays as it is. An announcement
// about unknown customers does nothing: see [Outcome.Nothing].
func Decide(k Known, i Interaction) Outcome {
	all := k.Identities
	k.Identities = OfCustomer(all, i)
	o := Outcome{Before: k.Contact, Waits: i.Kind == Announced && i.Previous != "" && !knows(all, i.Previous)}
	switch {
	case k.Contact != nil:
		o.learn(*k.Contact, i)
	case i.Kind == Announced:
		return o
	default:
		o.Contact = ContactFrom(i)
		o.Events = append(o.Events, o.contactEvent(Created, Contact{}, i))
	}
	o.account(k, i)
	if i.Kind != Announced {
		o.receive(k, i)
	}
	o.identify(all, i)
	o.prove(k.Identities, i)
	return o
}

func knows(identities []KnownIdentity, external string) bool {
	return slices.ContainsFunc(identities, func(k KnownIdentity) bool { return k.ExternalID == external })
}

// learn takes in what the interaction says about the contact.
func (o *Outcome) learn(c Contact, i Interaction) {
	o.Contact = c.Clone()
	if o.Contact.Learn(i.Profile, i.ChannelID) && !c.Same(o.Contact) {
		o.Contact = o.Contact.revisionOf(c, i.Received)
		o.Events = append(o.Events, o.contactEvent(Updated, c, i))
	}
	if i.Kind != Announced {
		o.Contact.Receive(i)
	}
}

// account finds the account of the customer: that of the first identity, the first one of a new contact, and one more of a
// contact that something else led to.
func (o *Outcome) account(k Known, i Interaction) {
	switch {
	case len(k.Identities) > 0:
		o.Account = k.Identities[0].AccountID
	case k.Contact == nil:
		o.Account = FirstAccount(o.Contact.ID)
	default:
		o.Account, o.NewAccount = NewAccountID(i.Received), true
	}
}

// receive adds the message to its session.
func (o *Outcome) receive(k Known, i Interaction) {
	switch {
	case k.Session != nil && k.Session.Takes(i):
		o.Session = new(k.Session.Clone())
		o.Session.Receive(i)
	case i.Direction == Inbound:
		o.Session, o.NewSession = new(SessionFrom(i, o.Contact.ID, o.Account)), true
		o.Events = append(o.Events, Event{
			ID: NewEventID(i.Received), Kind: Created, ContactID: &o.Contact.ID, SessionID: &o.Session.ID,
			Changes: o.Session.ChangesFrom(Session{}), Actor: i.ChannelID.String(), At: i.Received,
		})
	}
}

func (o *Outcome) contactEvent(kind EventKind, before Contact, i Interaction) Event {
	return Event{
		ID: cmp.Or(i.Event, NewEventID(i.Received)), Kind: kind, ContactID: &o.Contact.ID, Version: o.Contact.Version,
		Changes: o.Contact.ChangesFrom(before), Actor: i.ChannelID.String(), At: i.Received,
	}
}

// identify makes every id of the interaction lead to its account and session. An id that was given up is not made.
func (o *Outcome) identify(known []KnownIdentity, i Interaction) {
	if i.Kind == Announced && knows(known, i.ExternalID) {
		o.DisplayName = i.Profile.Name
	}
	for _, external := range i.ExternalIDs() {
		n := slices.IndexFunc(known, func(k KnownIdentity) bool { return k.ExternalID == external })
		switch {
		case n < 0 && external == i.Previous:
		case n < 0:
			identity := IdentityFrom(i, o.Contact.ID, o.Account)
			identity.ExternalID = external
			o.NewIdentities = append(o.NewIdentities, identity)
		case o.Session != nil && known[n].AccountID == o.Account && (known[n].Session == nil || *known[n].Session != o.Session.ID):
			o.Redirected = append(o.Redirected, external)
		}
	}
}

// prove notes that two of the ids lead to different contacts.
func (o *Outcome) prove(known []KnownIdentity, i Interaction) {
	for _, k := range known {
		if k.ContactID != o.Contact.ID {
			o.Proven = &Proven{
				Contacts: [2]ContactID{o.Contact.ID, k.ContactID}, Channel: i.ChannelID, At: i.Received,
				Suggest: i.Previous != "" && i.Profile.Phone != nil,
			}
			return
		}
	}
}

// Nothing reports whether there is nothing to write.
func (o Outcome) Nothing() bool { return o.Contact.ID == ContactID{} }

// Creates reports whether the interaction creates its contact.
func (o Outcome) Creates() bool { return o.Before == nil && !o.Nothing() }

// Edits reports whether the interaction edits the contact that was there.
func (o Outcome) Edits() bool { return o.Before != nil && o.Before.Version != o.Contact.Version }

// MovesActivity reports whether the interaction moves the activity of the contact that was there.
func (o Outcome) MovesActivity() bool {
	if o.Before == nil || o.Contact.LastActivityAt == nil {
		return false
	}
	before := o.Before.LastActivityAt
	return before == nil || !o.Contact.LastActivityAt.Equal(*before)
}

// Recorded is the outcome as the caller of the interaction gets it.
func (o Outcome) Recorded() Recorded {
	if o.Nothing() {
		return Recorded{}
	}
	r := Recorded{Contact: &o.Contact, Session: o.Session, Proven: o.Proven}
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
func (p Proof) LeadsTo(c Contact) bool {
	return slices.ContainsFunc(p.Values, func(v string) bool { return c.Vouches(p.Field, v) })
}

// Holder is the contact that the proof leads to, the oldest of the candidates; nil if there is no such contact.
func (p Proof) Holder(candidates []Contact) *Contact {
	for _, c := range Holders(candidates, p.Field, p.Values...) {
		if p.LeadsTo(c) {
			return &c
		}
	}
	return nil
}
