package crm

import "time"

// AuditEntry says that a person edited, deleted or exported something: who, what and when, but no values. It outlives what
// it is about.
type AuditEntry struct {
	// ID is that of the event which told of the same; an export has one of its own.
	ID     EventID
	Action AuditAction
	// ContactID is the contact that it was done to; of a session its contact when the entry is read, if any.
	ContactID *ContactID
	// SessionID is the session that was edited; nil otherwise.
	SessionID *SessionID
	// Fields are the names of the fields that were edited.
	Fields []string
	// Actor is who did it: the subject of a credential.
	Actor string
	At    time.Time
}

// AuditAction is what was done.
type AuditAction string

// The actions.
const (
	ContactEdited   AuditAction = "CONTACT_EDITED"
	ContactDeleted  AuditAction = "CONTACT_DELETED"
	ContactExported AuditAction = "CONTACT_EXPORTED"
	SessionEdited   AuditAction = "SESSION_EDITED"
)

// AuditOf is the entry for a change of a contact or a session that a person made, as it is stored.
func AuditOf(e Event) AuditEntry {
	e = e.Kept()
	a := AuditEntry{
		ID: e.ID, Action: ContactEdited, ContactID: e.ContactID, SessionID: e.SessionID, Fields: []string{}, Actor: e.Actor, At: e.At,
	}
	switch {
	case e.SessionID != nil:
		a.Action = SessionEdited
	case e.Kind == Deleted:
		a.Action = ContactDeleted
	}
	for _, c := range e.Changes {
		a.Fields = append(a.Fields, c.Field)
	}
	return a
}
