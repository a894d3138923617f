package crm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The bounds of a merge.
const (
	MaxMerged   = 10  // contacts that one merge takes in
	MaxAccounts = 500 // accounts of a contact
	MaxOldIDs   = 250 // ids that lead to a contact
)

// The errors of merging and splitting, beside [MergedError], [ConflictError] and [ErrNotFound].
var (
	// ErrSameContact: a contact cannot be merged with itself, nor be named twice.
	ErrSameContact = errors.New("the same contact")
	// ErrTooMany: the merged contact would have more contacts, accounts, old ids or values than a contact can have.
	ErrTooMany = errors.New("too many")
	// ErrNotesTooLong: the joined notes are longer than notes can be.
	ErrNotesTooLong = errors.New("notes too long")
	// ErrNotNewest: another merge of the contact has to be undone first.
	ErrNotNewest = errors.New("not the newest merge")
	// ErrUndoExpired: the time for undoing the merge is over.
	ErrUndoExpired = errors.New("undo expired")
	// ErrTwoUsers: a site has signed both contacts in, as two users. Only staff may merge these.
	ErrTwoUsers = errors.New("two signed-in users")
	// ErrLastIdentity: a split must leave the contact something.
	ErrLastIdentity = errors.New("last identity")
)

// MergedError refuses a change of a contact that has become part of another one.
type MergedError struct{ Into Contact }

func (e *MergedError) Error() string { return "merged into " + e.Into.ID.String() }

// MergeID names a merge, and DuplicateID a pair of contacts that may be one person.
type (
	MergeID     uuid.UUID
	DuplicateID uuid.UUID
)

// Merge joins contacts into one, the survivor.
type Merge struct {
	ID    MergeID
	At    time.Time
	Event EventID // of the survivor
	Actor string
	// Survivor and Others are the contacts, with the versions that the decision was made on.
	Survivor MergePart
	Others   []MergePart
	// NameFrom, EmailFrom and PhoneFrom choose whose value is kept; nil for the one that [DecideMerge] would keep.
	NameFrom, EmailFrom, PhoneFrom *ContactID
	// Notes replaces the joined notes; nil for these.
	Notes *string
	// Undoable is how long the merge can be undone; 0 for never, so that nothing is kept for it.
	Undoable time.Duration
	// Proven is the proof that the merge is made for; nil for one by staff. Where it is not kept any more, because a person has
	// said that they are two, there is no merge.
	Proven *Proven
}

// MergePart is a contact in a merge. Version is the one that it must have; nil for any.
type MergePart struct {
	ID      ContactID
	Version *int
}

// IDs are those of the contacts, the survivor's first.
func (m Merge) IDs() []ContactID {
	ids := []ContactID{m.Survivor.ID}
	for _, o := range m.Others {
		ids = append(ids, o.ID)
	}
	return ids
}

// Check refuses a merge that no contacts could make good.
func (m Merge) Check() error {
	ids := m.IDs()
	seen := map[ContactID]bool{}
	for _, id := range ids {
		if seen[id] {
			return ErrSameContact
		}
		seen[id] = true
	}
	switch {
	case len(m.Others) == 0:
		return &InvalidError{Field: "others", Subject: "A merge", Reason: "needs another contact"}
	case len(m.Others) > MaxMerged:
		return fmt.Errorf("%d contacts: %w", len(m.Others), ErrTooMany)
	}
	for field, from := range map[string]*ContactID{"nameFrom": m.NameFrom, "emailFrom": m.EmailFrom, "phoneFrom": m.PhoneFrom} {
		if from != nil && !seen[*from] {
			return &InvalidError{Field: field, Subject: "The chosen contact", Reason: "must be one of those that are merged"}
		}
	}
	return nil
}

// MergeSide is what is known about one contact of a merge.
type MergeSide struct {
	Contact  Contact
	Accounts []AccountID
	// OldIDs are the ids of contacts that have become part of this one.
	OldIDs []ContactID
	// Users are its identities that are users whom a site has signed in. They are read for a merge that is made for a proof.
	Users []IdentityKey `json:"-"`
}

// Merged is the outcome of a merge.
type Merged struct {
	Before, Contact Contact // the survivor
	Others          []MergeSide
	Record          MergeRecord
	Events          []Event
	// Chosen says whose value each field has.
	Chosen map[string]ContactID
	// Repeated is true when all of it had been done before, and nothing was written.
	Repeated bool
}

// MergeRecord is what is kept of a merge.
type MergeRecord struct {
	ID       MergeID
	Survivor ContactID
	Others   []ContactID
	Actor    string
	At       time.Time
	Until    time.Time  // it can be undone before
	Undo     *MergeUndo // nil once that is over
}

// MergeUndo is what undoing a merge needs. It holds personal data.
type MergeUndo struct {
	Before Contact     `json:"before"`
	After  Contact     `json:"after"`
	Event  EventID     `json:"event"` // of the survivor, whose values go with the merge
	Others []MergeSide `json:"others"`
}

// DecideMerge is what a merge does. Sides has the survivor first, then the others in the order of the merge. Of each field
// the value stays that is most reliable, entered by staff, verified or claimed in this order, and of several the survivor's,
// unless the merge chooses. A name that a person has chosen from several is staff's from then on. Emails and phones that do
// not stay become further values. Notes are joined, those of the oldest
// contact first.
func DecideMerge(m Merge, sides []MergeSide) (Merged, error) {
	out := Merged{Before: sides[0].Contact, Others: sides[1:], Chosen: map[string]ContactID{}}
	for n, part := range append([]MergePart{m.Survivor}, m.Others...) {
		if v := part.Version; v != nil && *v != sides[n].Contact.Version {
			return Merged{}, &ConflictError{Current: sides[n].Contact}
		}
	}
	if m.Proven != nil && twoUsers(sides) {
		return Merged{}, ErrTwoUsers
	}
	c := out.Before.Clone()
	for _, f := range mergedFields {
		from := f.pick(sides, *f.chosen(&m))
		*f.value(&c), *f.from(&c) = *f.value(from), *f.from(from)
		out.Chosen[f.name] = from.ID
	}
	if m.Proven == nil && named(sides) > 1 {
		c.NameFrom = Provenance{Origin: Staff} // a person chose it; else each identity would give the contact its own
	}
	for _, s := range sides {
		c.addFurther("email", s.Contact.Email, s.Contact.EmailFrom)
		c.addFurther("phone", s.Contact.Phone, s.Contact.PhoneFrom)
		for _, v := range s.Contact.Further {
			c.addFurther(v.Field, &v.Value, v.From)
		}
		if at := s.Contact.LastActivityAt; at != nil && (c.LastActivityAt == nil || at.After(*c.LastActivityAt)) {
			c.LastActivityAt = new(*at)
		}
	}
	c.dropHeld()
	if err := joinNotes(&c, m, sides); err != nil {
		return Merged{}, err
	}
	if err := checkSize(c, sides); err != nil {
		return Merged{}, err
	}
	active := c.LastActivityAt
	out.Contact = c.revisionOf(out.Before, m.At)
	out.Contact.LastActivityAt = active
	out.Record = MergeRecord{
		ID: m.ID, Survivor: c.ID, Actor: m.Actor, At: out.Contact.UpdatedAt, Until: out.Contact.UpdatedAt.Add(m.Undoable),
	}
	event := cmp.Or(m.Event, NewEventID(m.At))
	if m.Undoable > 0 {
		out.Record.Undo = &MergeUndo{Before: out.Before, After: out.Contact, Event: event, Others: out.Others}
	}
	for _, s := range out.Others {
		id := s.Contact.ID
		out.Record.Others = append(out.Record.Others, id)
		out.Events = append(out.Events, Event{
			ID: newEarlierEventID(m.At), Kind: MergedInto, ContactID: &id, Version: s.Contact.Version, Into: &out.Contact.ID, Actor: m.Actor,
			At: out.Contact.UpdatedAt,
		})
	}
	out.Events = append(out.Events, Event{
		ID: event, Kind: Updated, ContactID: &out.Contact.ID, Version: out.Contact.Version,
		Changes: out.Contact.ChangesFrom(out.Before), Actor: m.Actor, At: out.Contact.UpdatedAt,
	})
	return out, nil
}

// twoUsers reports whether a site has signed in two of the contacts.
func twoUsers(sides []MergeSide) bool {
	of := map[ChannelID]ContactID{}
	for _, s := range sides {
		for _, u := range s.Users {
			if other, is := of[u.ChannelID]; is && other != s.Contact.ID {
				return true
			}
			of[u.ChannelID] = s.Contact.ID
		}
	}
	return false
}

// mergedField is a field of which one contact's value stays.
type mergedField struct {
	name   string
	value  func(*Contact) **string
	from   func(*Contact) *Provenance
	chosen func(*Merge) **ContactID
}

var mergedFields = []mergedField{
	{
		"name", func(c *Contact) **string { return &c.Name }, func(c *Contact) *Provenance { return &c.NameFrom },
		func(m *Merge) **ContactID { return &m.NameFrom },
	},
	{
		"email", func(c *Contact) **string { return &c.Email }, func(c *Contact) *Provenance { return &c.EmailFrom },
		func(m *Merge) **ContactID { return &m.EmailFrom },
	},
	{
		"phone", func(c *Contact) **string { return &c.Phone }, func(c *Contact) *Provenance { return &c.PhoneFrom },
		func(m *Merge) **ContactID { return &m.PhoneFrom },
	},
}

// pick is a copy of the contact whose value stays.
func (f mergedField) pick(sides []MergeSide, chosen *ContactID) *Contact {
	best := 0
	for n := range sides {
		c := &sides[n].Contact
		if chosen != nil && c.ID == *chosen {
			return new(c.Clone())
		}
		if reliability(*f.value(c), *f.from(c)) > reliability(*f.value(&sides[best].Contact), *f.from(&sides[best].Contact)) {
			best = n
		}
	}
	return new(sides[best].Contact.Clone())
}

// named counts the names that the contacts have.
func named(sides []MergeSide) int {
	names := map[string]bool{}
	for _, s := range sides {
		if n := s.Contact.Name; n != nil {
			names[*n] = true
		}
	}
	return len(names)
}

// reliability orders values by who gave them; nothing comes last.
func reliability(v *string, from Provenance) int {
	if v == nil {
		return -1
	}
	return slices.Index([]Origin{Nobody, Claimed, Verified, Imported, Staff}, from.Origin)
}

// joinNotes gives c the notes of the merge.
func joinNotes(c *Contact, m Merge, sides []MergeSide) error {
	if m.Notes != nil {
		notes, err := enteredNotes(*m.Notes)
		if err == nil {
			c.Notes = ""
			if notes != nil {
				c.Notes = *notes
			}
		}
		return err
	}
	oldest := slices.SortedStableFunc(slices.Values(sides), func(a, b MergeSide) int { return OldestFirst(a.Contact, b.Contact) })
	var notes []string
	for _, s := range oldest {
		if n := s.Contact.Notes; strings.TrimSpace(n) != "" && !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	c.Notes = strings.Join(notes, "\n\n")
	if _, err := NormalizeNotes(c.Notes); err != nil {
		return ErrNotesTooLong
	}
	return nil
}

func checkSize(c Contact, sides []MergeSide) error {
	accounts, old := 0, len(sides)-1
	for _, s := range sides {
		accounts += len(s.Accounts)
		old += len(s.OldIDs)
	}
	if accounts > MaxAccounts || old > MaxOldIDs || len(c.Further) > MaxFurther {
		return fmt.Errorf("%d accounts, %d old ids, %d values: %w", accounts, old, len(c.Further), ErrTooMany)
	}
	return nil
}

// ProvenMerge is the merge of two contacts that a channel shows to be one person, and whether it may be done without asking
// anybody: what staff entered must not differ. The survivor is the contact that staff has touched, else the older.
func ProvenMerge(p Proven, a, b Contact) (m Merge, may bool) {
	if touched(b) && !touched(a) || touched(a) == touched(b) && OldestFirst(b, a) < 0 {
		a, b = b, a
	}
	m = Merge{
		ID: NewMergeID(p.At), At: p.At, Event: NewEventID(p.At), Actor: p.Channel.String(),
		Survivor: MergePart{ID: a.ID}, Others: []MergePart{{ID: b.ID}},
	}
	for _, f := range mergedFields {
		x, y := *f.value(&a), *f.value(&b)
		if f.from(&a).Entered() && f.from(&b).Entered() && !equal(x, y) {
			return m, false
		}
	}
	return m, !p.Suggest
}

// touched reports whether staff has entered anything.
func touched(c Contact) bool {
	return c.Notes != "" || c.NameFrom.Entered() || c.EmailFrom.Entered() || c.PhoneFrom.Entered()
}
