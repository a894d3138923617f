package crm

import (
	"bytes"
	"cmp"
	"strings"
	"time"
)

// Contact is a customer of one workspace. A nil pointer is a value nobody has given.
type Contact struct {
	ID    ContactID
	Name  *string
	Email *string
	Phone *string // E.164
	Notes string

	// Version starts at one and rises by one with each edit; activity leaves it alone.
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
	// LastActivityAt is the newest inbound message's time; nil while the customer has only been written to.
	LastActivityAt *time.Time

	NameFrom  Provenance
	EmailFrom Provenance
	PhoneFrom Provenance
}

// Provenance tells who gave a field its value. It decides what a channel may write over and what may join two people.
type Provenance struct {
	Origin Origin
	// Channel wrote the value; the zero id unless Origin is Claimed or Verified.
	Channel ChannelID
}

// Origin is the kind of source that a field's value came from. The numbers are stored.
type Origin uint8

const (
	// Nobody: the field is empty.
	Nobody Origin = iota
	// Staff typed the value; no channel writes over it.
	Staff
	// Claimed: a channel passed on what the customer typed. It never joins two people.
	Claimed
	// Verified: the channel vouches for the value.
	Verified
)

// DisplayName is what a list shows for the contact: the name, else the email, else the phone, else "Unknown".
func (c Contact) DisplayName() string {
	for _, s := range []*string{c.Name, c.Email, c.Phone} {
		if s != nil {
			return *s
		}
	}
	return "Unknown"
}

// Holds reports whether the contact's field, email or phone, is the value. Case makes no difference to an email: its
// domain has none, and no provider in use tells local parts apart by it (RFC 5321, section 2.4).
func (c Contact) Holds(field, value string) bool {
	if field == "phone" {
		return c.Phone != nil && *c.Phone == value
	}
	return c.Email != nil && strings.EqualFold(*c.Email, value)
}

// Claims reports whether the contact's field, email or phone, is only what a customer typed: it proves nothing, so
// it neither joins contacts nor keeps another contact from having the value.
func (c Contact) Claims(field string) bool { return c.provenance(field).Origin == Claimed }

// Vouches reports whether the value of the contact's field, email or phone, is reliable: staff entered it or a channel
// verified it.
func (c Contact) Vouches(field string) bool {
	o := c.provenance(field).Origin
	return o == Staff || o == Verified
}

func (c Contact) provenance(field string) Provenance {
	if field == "phone" {
		return c.PhoneFrom
	}
	return c.EmailFrom
}

// Clone returns a copy that shares nothing with c.
func (c Contact) Clone() Contact {
	for _, p := range []**string{&c.Name, &c.Email, &c.Phone} {
		if *p != nil {
			*p = new(**p)
		}
	}
	if c.LastActivityAt != nil {
		c.LastActivityAt = new(*c.LastActivityAt)
	}
	return c
}

// OldestFirst compares contacts by creation; of those that were made at the same time the lower id comes first.
func OldestFirst(a, b Contact) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID[:], b.ID[:]))
}

// Same reports whether an edit from c to d changed nothing that is stored: the fields staff see and their provenance.
func (c Contact) Same(d Contact) bool {
	return equal(c.Name, d.Name) && equal(c.Email, d.Email) && equal(c.Phone, d.Phone) && c.Notes == d.Notes &&
		c.NameFrom == d.NameFrom && c.EmailFrom == d.EmailFrom && c.PhoneFrom == d.PhoneFrom
}

func equal(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Identity is one channel's id for one person, stored as received. (workspace, channel, external id) is unique.
type Identity struct {
	ContactID   ContactID
	ChannelID   ChannelID
	ExternalID  string
	DisplayName *string
	CreatedAt   time.Time
}

// ContactPatch is an edit by staff: an absent change leaves its field alone, nil or an empty string clears it.
type ContactPatch struct {
	Name  Change[*string]
	Email Change[*string]
	Phone Change[*string]
	Notes Change[*string]
	// ExpectedVersion, if set, must be the contact's version, or the edit ends in a [ConflictError].
	ExpectedVersion *int
	// AllowDuplicate lets the email or phone be one that another contact has.
	AllowDuplicate bool
}

// Change is a new value for one field, or the wish to leave it alone (the zero Change).
type Change[T any] struct {
	set   bool
	value T
}

// To is the change to v.
func To[T any](v T) Change[T] { return Change[T]{set: true, value: v} }

// Value returns the new value, and whether there is one.
func (c Change[T]) Value() (T, bool) { return c.value, c.set }
