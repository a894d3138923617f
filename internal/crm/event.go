package crm

import (
	"slices"
	"strconv"
	"time"
)

// Event is something that happened to a contact or a session of a workspace, as it is kept: for subscribers and for the
// contact's history.
type Event struct {
	ID EventID
	// Sequence is the event's number among the workspace's published events, without gaps; 0 until it is given one, which
	// happens only after the change is committed.
	Sequence Sequence
	Kind     EventKind
	// ContactID is the contact that the event is of; for one of a session the session's contact when the event is read, if
	// any. An event of a contact that has been deleted since is of nothing: it has neither, and only keeps its sequence
	// number from being a gap.
	ContactID *ContactID
	// SessionID is the session that the event is of; nil for one of a contact.
	SessionID *SessionID
	// Into is the contact that ContactID has become part of, where Kind is MergedInto. Where it is SplitOff, Into is the contact
	// that sessions went to; nil where several contacts came back from a merge. It is nil for all other kinds.
	Into *ContactID
	// Version is the contact's after the change; 0 for an event of a session.
	Version int
	Changes []FieldChange
	// Actor is who did it: the subject of a staff credential, or a channel's id.
	Actor string
	At    time.Time
}

// Kept is what is stored of the event. One of a session is stored without the contact: nothing may lead from a session to
// a contact that is gone.
func (e Event) Kept() Event {
	if e.SessionID != nil {
		e.ContactID = nil
	}
	return e
}

// ChangeID names the event to clients as an entry of the contact's history.
func (e Event) ChangeID() ChangeID { return ChangeID(e.ID) }

// IsHistory reports whether the event is an entry of a contact's history.
func (e Event) IsHistory() bool {
	return e.ContactID != nil && e.SessionID == nil &&
		(e.Kind == Created || e.Kind == Updated || e.Kind == MergedInto || e.Kind == SplitOff)
}

// Sequence is the sequence number of an event in its workspace, from 1.
type Sequence int64

// EventKind is what happened.
type EventKind string

// The kinds. Activity is a new message and nothing else; it is published at most once a second for each contact and
// each session, and no later than a second after the message. Deleted is a contact's only: its sessions stay.
const (
	Created  EventKind = "CREATED"
	Updated  EventKind = "UPDATED"
	Deleted  EventKind = "DELETED"
	Activity EventKind = "ACTIVITY"
	// MergedInto: the contact has become part of another one. Its sessions are that contact's now.
	MergedInto EventKind = "MERGED"
	// SplitOff: sessions of the contact are another contact's now.
	SplitOff EventKind = "SPLIT"
)

// FieldChange is one field's change: of a contact name, email, phone or notes; of a session status, tag or unreadCount.
// Old and New are nil where there was or is no value, and once the contact is deleted.
type FieldChange struct {
	Field string  `json:"field"`
	Old   *string `json:"old,omitempty"`
	New   *string `json:"new,omitempty"`
}

// ChangesFrom are the fields that differ between a session before and s after an edit, in the order status, tag,
// unreadCount.
func (s Session) ChangesFrom(before Session) []FieldChange {
	return changes(
		FieldChange{"status", orNil(string(before.Status)), orNil(string(s.Status))},
		FieldChange{"tag", (*string)(before.Tag), (*string)(s.Tag)},
		FieldChange{"unreadCount", new(strconv.Itoa(before.UnreadCount)), new(strconv.Itoa(s.UnreadCount))},
	)
}

func changes(fields ...FieldChange) []FieldChange {
	return slices.DeleteFunc(fields, func(f FieldChange) bool { return equal(f.Old, f.New) })
}

// orNil is nil for the empty text.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
