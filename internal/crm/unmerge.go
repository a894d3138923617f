package crm

import (
	"cmp"
	"slices"
	"time"
)

// Undo takes a merge back.
type Undo struct {
	Merge MergeID
	At    time.Time
	Event EventID // of the survivor
	Actor string
}

// UndoKnown is what is known about a merge that is to be undone.
type UndoKnown struct {
	Record MergeRecord
	// Survivor is the contact with its accounts and old ids as they are now.
	Survivor MergeSide
	// Newest is false when the survivor has taken in others since, or has become part of another contact.
	Newest bool
}

// Undone is the outcome of taking a merge back.
type Undone struct {
	Before, Contact Contact // the survivor
	// Restored are the contacts that come back, with the accounts and old ids that go back with them.
	Restored []MergeSide
	// Kept are the fields that were edited since the merge, which stay as they are with the survivor.
	Kept   []string
	Events []Event
}

// DecideUndo is what undoing a merge does. Each contact comes back under its old id as it was, with those of its accounts
// that are still the survivor's, and so with everything that was said in them since. A field of the survivor goes back to
// what it was unless it was edited since.
func DecideUndo(u Undo, k UndoKnown) (Undone, error) {
	switch {
	case !k.Newest:
		return Undone{}, ErrNotNewest
	case k.Record.Undo == nil || !u.At.Before(k.Record.Until):
		return Undone{}, ErrUndoExpired
	}
	before, undo := k.Survivor.Contact, k.Record.Undo
	c := before.Clone()
	out := Undone{Before: before}
	for _, f := range mergedFields {
		was, merged := undo.Before.Clone(), undo.After
		switch now := *f.value(&c); {
		case equal(now, *f.value(&merged)) && *f.from(&c) == *f.from(&merged):
			*f.value(&c), *f.from(&c) = *f.value(&was), *f.from(&was)
		case !equal(now, *f.value(&was)):
			out.Kept = append(out.Kept, f.name)
		}
	}
	switch c.Notes {
	case undo.After.Notes:
		c.Notes = undo.Before.Notes
	case undo.Before.Notes:
	default:
		out.Kept = append(out.Kept, "notes")
	}
	c.Further = slices.DeleteFunc(slices.Clone(c.Further), func(v FurtherValue) bool {
		return slices.Contains(undo.After.Further, v) && !slices.Contains(undo.Before.Further, v)
	})
	c.dropHeld()
	c.addFurther("email", undo.Before.Email, undo.Before.EmailFrom) // where another one is kept
	c.addFurther("phone", undo.Before.Phone, undo.Before.PhoneFrom)
	out.Contact = c.revisionOf(before, u.At)
	for _, s := range undo.Others {
		s.Contact.Version++
		s.Contact.UpdatedAt = out.Contact.UpdatedAt
		s.Accounts = common(s.Accounts, k.Survivor.Accounts)
		s.OldIDs = common(s.OldIDs, k.Survivor.OldIDs)
		out.Restored = append(out.Restored, s)
		id := s.Contact.ID
		out.Events = append(out.Events, Event{
			ID: newEarlierEventID(u.At), Kind: Created, ContactID: &id, Version: s.Contact.Version,
			Changes: s.Contact.ChangesFrom(Contact{}), Actor: u.Actor, At: out.Contact.UpdatedAt,
		})
	}
	split := splitEvent(u.Event, before, out.Contact, u.Actor, u.At)
	if len(out.Restored) == 1 {
		split.Into = &out.Restored[0].Contact.ID
	}
	out.Events = append(out.Events, split)
	return out, nil
}

// Among is what is kept for undoing a merge once the survivor has only these accounts left, of which some hold an identity or
// a session: a contact is kept no longer, nor are its values, when accounts of it were split off and those that are left of it
// hold nothing. An account that holds nothing is what a contact has that was made for a split-off account. It is nil where
// there is nothing left to undo.
func (u *MergeUndo) Among(accounts, holding []AccountID) *MergeUndo {
	gone := func(s MergeSide) bool {
		return len(common(s.Accounts, accounts)) < len(s.Accounts) && len(common(s.Accounts, holding)) == 0
	}
	left := *u
	left.Others = slices.DeleteFunc(slices.Clone(u.Others), gone)
	switch len(left.Others) {
	case 0:
		return nil
	case len(u.Others):
		return u
	}
	known := []Contact{u.Before}
	for _, s := range left.Others {
		known = append(known, s.Contact)
	}
	left.After = u.After.Clone()
	for _, f := range mergedFields {
		if !slices.ContainsFunc(known, func(c Contact) bool { return equal(*f.value(&c), *f.value(&left.After)) }) {
			*f.value(&left.After), *f.from(&left.After) = nil, Provenance{}
		}
	}
	left.After.Further = slices.DeleteFunc(left.After.Further, func(v FurtherValue) bool {
		return !slices.ContainsFunc(known, func(c Contact) bool { return c.Holds(v.Field, v.Value) })
	})
	return &left
}

// splitEvent is the event of a contact that something was split off from. It names the fields that changed and not their
// values: these may be another person's, whose history is not this contact's.
func splitEvent(id EventID, before, after Contact, actor string, at time.Time) Event {
	changes := after.ChangesFrom(before)
	for i := range changes {
		changes[i].Old, changes[i].New = nil, nil
	}
	return Event{
		ID: cmp.Or(id, NewEventID(at)), Kind: SplitOff, ContactID: &after.ID, Version: after.Version,
		Changes: changes, Actor: actor, At: after.UpdatedAt,
	}
}

// common are the elements of a that are in b.
func common[T comparable](a, b []T) []T {
	return slices.DeleteFunc(slices.Clone(a), func(v T) bool { return !slices.Contains(b, v) })
}
