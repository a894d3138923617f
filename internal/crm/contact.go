package crm

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
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

	// Further are more emails and phones, oldest first.
	Further []FurtherValue
}

// Provenance is who gave a field its value. It decides what a channel may write over and what may join two people.
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
	// Imported: another system has the value, which an admin or a program vouches for. No channel writes over it.
	Imported
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

// Holds reports whether the contact's field, email or phone, is the value. Emails are compared by their [EmailKey].
func (c Contact) Holds(field, value string) bool { return c.source(field, value) != nil }

// Claims reports whether the value, which the contact holds in its email or phone, is only what a customer typed: it proves
// nothing, so it neither joins contacts nor keeps another contact from having the value.
func (c Contact) Claims(field, value string) bool {
	from := c.source(field, value)
	return from != nil && from.Origin == Claimed
}

// Vouches reports whether the contact holds the value in its email or phone and it is reliable: staff entered it or a
// channel verified it.
func (c Contact) Vouches(field, value string) bool {
	from := c.source(field, value)
	return from != nil && from.Vouches()
}

// Vouches reports whether the value is reliable: it was entered or a channel verified it.
func (p Provenance) Vouches() bool { return p.Entered() || p.Origin == Verified }

// Entered reports whether the value is the team's own: staff entered it, or it was imported.
func (p Provenance) Entered() bool { return p.Origin == Staff || p.Origin == Imported }

// source is where a value comes from that the contact holds; nil where it does not hold the value.
func (c Contact) source(field, value string) *Provenance {
	switch {
	case field == "phone" && c.Phone != nil && *c.Phone == value:
		return &c.PhoneFrom
	case field == "email" && c.Email != nil && sameEmail(*c.Email, value):
		return &c.EmailFrom
	}
	for _, v := range c.Further {
		if v.same(field, value) {
			return &v.From
		}
	}
	return nil
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
	c.Further = slices.Clone(c.Further)
	return c
}

// OldestFirst compares contacts by creation; of those that were made at the same time the lower id comes first.
func OldestFirst(a, b Contact) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID[:], b.ID[:]))
}

// Same reports whether an edit from c to d changed nothing that is stored: the fields staff see and their provenance.
func (c Contact) Same(d Contact) bool {
	return equal(c.Name, d.Name) && equal(c.Email, d.Email) && equal(c.Phone, d.Phone) && c.Notes == d.Notes &&
		c.NameFrom == d.NameFrom && c.EmailFrom == d.EmailFrom && c.PhoneFrom == d.PhoneFrom &&
		slices.Equal(c.Further, d.Further)
}

// ChangesFrom are the fields that differ between a contact before and c after an edit, in the order name, email, phone,
// notes. From the zero contact it is every field that has a value.
func (c Contact) ChangesFrom(before Contact) []FieldChange {
	return changes(
		FieldChange{"name", before.Name, c.Name},
		FieldChange{"email", before.Email, c.Email},
		FieldChange{"phone", before.Phone, c.Phone},
		FieldChange{"notes", orNil(before.Notes), orNil(c.Notes)},
	)
}

func equal(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Identity is one channel's id for one person, stored as received. (workspace, channel, external id) is unique.
type Identity struct {
	ContactID   ContactID
	AccountID   AccountID
	ChannelID   ChannelID
	ExternalID  string
	DisplayName *string
	CreatedAt   time.Time
	// Sealed is what a viewer knows the identity by who sees it masked, so that the external id cannot be told from it; zero for
	// others.
	Sealed IdentityID
}

// ContactPatch is an edit by staff: an absent change leaves its field alone, nil clears it. A blank name, email or phone is refused:
// clients with zero values send one where they mean none. Blank notes are no notes.
type ContactPatch struct {
	Name  Change[*string]
	Email Change[*string]
	Phone Change[*string]
	Notes Change[*string]
	// ExpectedVersion, if set, must be the contact's version, or the edit ends in a [ConflictError].
	ExpectedVersion *int
	// AllowDuplicate lets the email or phone be one that another contact has.
	AllowDuplicate bool
	// AllowUnusual lets the email or phone be one that rules do not allow but that may exist: see [InvalidError].
	AllowUnusual bool
}

// Apply makes the edit on c. Phone numbers without a country code are read in region, as in [NormalizePhone].
//
// An edit made on another version is a *ConflictError with the contact as it is, before anything else is looked at.
// Only fields being changed are validated; what is wrong with them comes as joined *InvalidErrors, and c is left alone.
// A value that the contact has already changes nothing, not even who is said to have given it.
func (p ContactPatch) Apply(c *Contact, region string) error {
	if p.ExpectedVersion != nil && *p.ExpectedVersion != c.Version {
		return &ConflictError{Current: *c}
	}
	p, err := p.read(region)
	if err == nil {
		p.write(c, Staff)
	}
	return err
}

// read is the patch with its values as they are stored; what is wrong with them comes as joined *InvalidErrors.
func (p ContactPatch) read(region string) (ContactPatch, error) {
	var nameErr, emailErr, phoneErr, notesErr error
	p.Name, nameErr = normalize(p.Name, stated("name", "Name", NormalizeName))
	readEmail, readPhone := NormalizeEmail, NormalizePhone
	if p.AllowUnusual {
		readEmail, readPhone = unusualEmail, vouchedPhone
	}
	p.Email, emailErr = normalize(p.Email, stated("email", "Email", value(readEmail)))
	p.Phone, phoneErr = normalize(p.Phone, stated("phone", "Phone", value(func(s string) (string, error) { return readPhone(s, region) })))
	p.Notes, notesErr = normalize(p.Notes, enteredNotes)
	return p, errors.Join(nameErr, emailErr, phoneErr, notesErr)
}

// write sets the values of a patch that was read.
func (p ContactPatch) write(c *Contact, from Origin) {
	teamWrites(p.Name, from, &c.Name, &c.NameFrom)
	teamWrites(p.Email, from, &c.Email, &c.EmailFrom)
	teamWrites(p.Phone, from, &c.Phone, &c.PhoneFrom)
	if v, ok := p.Notes.Value(); ok {
		c.Notes = ""
		if v != nil {
			c.Notes = *v
		}
	}
	c.dropHeld()
}

func normalize(c Change[*string], rule func(string) (*string, error)) (Change[*string], error) {
	v, ok := c.Value()
	if !ok || v == nil {
		return c, nil
	}
	v, err := rule(*v)
	return To(v), err
}

// stated is the rule for a field where blank is no value.
func stated(field, subject string, rule func(string) (*string, error)) func(string) (*string, error) {
	return func(s string) (*string, error) {
		if strings.TrimFunc(s, blank) == "" {
			return nil, &InvalidError{Field: field, Subject: subject, Reason: "cannot be empty; send null to remove it"}
		}
		return rule(s)
	}
}

// enteredNotes are notes as staff enter them, where blank means none.
func enteredNotes(s string) (*string, error) {
	if strings.TrimFunc(s, blank) == "" {
		return nil, nil
	}
	return value(NormalizeNotes)(s)
}

// value is a rule that always gives a value.
func value(rule func(string) (string, error)) func(string) (*string, error) {
	return func(s string) (*string, error) {
		s, err := rule(s)
		return &s, err
	}
}

func teamWrites(c Change[*string], origin Origin, field **string, from *Provenance) {
	v, ok := c.Value()
	if !ok || equal(v, *field) {
		return
	}
	*field, *from = v, Provenance{}
	if v != nil {
		from.Origin = origin
	}
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
