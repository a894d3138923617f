package crm

import (
	"cmp"
	"slices"
	"time"
)

// ContactEdit is a change to one contact. Event is the id of the event that it causes, if it changes anything; Actor is
// who makes it. With Unique, an email or phone that another contact has is refused.
type ContactEdit struct {
	At     time.Time
	Event  EventID
	Actor  string
	Unique bool
	// Change edits the contact in place. It may run twice. What it returns ends the edit, and is returned as it is.
	Change func(*Contact) error
}

// Decide is the contact after the edit, and the event to publish; nil when the edit changes nothing.
func (e ContactEdit) Decide(before Contact) (Contact, *Event, error) {
	after := before.Clone()
	if err := e.Change(&after); err != nil {
		return Contact{}, nil, err
	}
	if before.Same(after) {
		return before, nil, nil
	}
	after = after.revisionOf(before, e.At)
	return after, &Event{
		ID: cmp.Or(e.Event, NewEventID(e.At)), Kind: Updated, ContactID: &after.ID, Version: after.Version,
		Changes: after.ChangesFrom(before), Actor: e.Actor, At: after.UpdatedAt,
	}, nil
}

// revisionOf is c as the next version of before.
func (c Contact) revisionOf(before Contact, at time.Time) Contact {
	c.ID, c.CreatedAt, c.LastActivityAt = before.ID, before.CreatedAt, before.LastActivityAt
	c.Version, c.UpdatedAt = before.Version+1, at.UTC().Truncate(time.Microsecond)
	return c
}

// FieldValue is a value of a contact's email or phone.
type FieldValue struct{ Field, Value string }

// UniqueValues are the values that an edit gives to fields that must be unique.
func UniqueValues(before, after Contact) []FieldValue {
	var values []FieldValue
	for _, f := range []struct {
		field    string
		old, new *string
	}{{"email", before.Email, after.Email}, {"phone", before.Phone, after.Phone}} {
		if f.new != nil && !equal(f.old, f.new) {
			values = append(values, FieldValue{f.field, *f.new})
		}
	}
	return values
}

// CheckUnique refuses the value for the contact with a [TakenError] when one of the holders has it already, unless as a
// claim.
func (v FieldValue) CheckUnique(id ContactID, holders []Contact) error {
	for _, h := range Holders(holders, v.Field, v.Value) {
		if h.ID != id && !h.Claims(v.Field, v.Value) {
			return &TakenError{Field: v.Field, Holder: h}
		}
	}
	return nil
}

// Holders are the candidates that hold one of the values in a field, each once, oldest first.
func Holders(candidates []Contact, field string, values ...string) []Contact {
	out := slices.SortedFunc(slices.Values(candidates), OldestFirst)
	out = slices.CompactFunc(out, func(a, b Contact) bool { return a.ID == b.ID })
	return slices.DeleteFunc(out, func(c Contact) bool { return !c.holdsAny(field, values) })
}

func (c Contact) holdsAny(field string, values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return c.Holds(field, v) })
}

// ContactDeletion is the end of one contact. Event is the id of the event that it causes; Actor is who deletes it.
type ContactDeletion struct {
	At    time.Time
	Event EventID
	Actor string
}

// Decide is the event to publish when the contact is deleted.
func (d ContactDeletion) Decide(c Contact) Event {
	return Event{
		ID: cmp.Or(d.Event, NewEventID(d.At)), Kind: Deleted, ContactID: &c.ID, Version: c.Version, Actor: d.Actor, At: d.At,
	}
}

// SessionEdit is a change to one session. Event is the id of the event that it causes, if it changes anything; Actor is
// who makes it.
type SessionEdit struct {
	At     time.Time
	Event  EventID
	Actor  string
	Change func(*Session) error // as that of [ContactEdit]
}

// Decide is the session after the edit, and the event to publish; nil when the edit changes nothing. An edit reaches the
// status, the tag and the number of unread messages.
func (e SessionEdit) Decide(before Session) (Session, *Event, error) {
	edited := before.Clone()
	if err := e.Change(&edited); err != nil {
		return Session{}, nil, err
	}
	after := before
	after.Status, after.Tag, after.UnreadCount = edited.Status, edited.Tag, edited.UnreadCount
	changes := after.ChangesFrom(before)
	if len(changes) == 0 {
		return before, nil, nil
	}
	switch {
	case after.Status.Open():
		after.ClosedAt = nil
	case before.Status.Open():
		after.ClosedAt = new(e.At.UTC().Truncate(time.Microsecond))
	}
	return after, &Event{
		ID: cmp.Or(e.Event, NewEventID(e.At)), Kind: Updated, ContactID: after.ContactID, SessionID: &after.ID,
		Changes: changes, Actor: e.Actor, At: e.At,
	}, nil
}
