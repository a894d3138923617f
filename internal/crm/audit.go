package crm

import (
	"bytes"
	"slices"
	"time"
)

// AuditEntry says that a person did something: who, what and when, but no values. It outlives what it is about.
type AuditEntry struct {
	// ID is the id of the event for the same change; an action without an event has a new id.
	ID     EventID
	Action AuditAction
	// ContactID is the contact that it was done to; of a session its contact when the entry is read, if any.
	ContactID *ContactID
	// SessionID is the session that was edited; nil otherwise.
	SessionID *SessionID
	// ChannelID is the channel that it was done to, or that the failure was of; nil otherwise.
	ChannelID *ChannelID
	// FailureID is the failure that was replayed or dismissed; nil otherwise.
	FailureID *FailureID
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

	ChannelCreated   AuditAction = "CHANNEL_CREATED"
	ChannelEdited    AuditAction = "CHANNEL_EDITED"
	VerifyTokenRead  AuditAction = "VERIFY_TOKEN_READ" //nolint:gosec // the name of an action, no token
	FailureReplayed  AuditAction = "FAILURE_REPLAYED"
	FailureDismissed AuditAction = "FAILURE_DISMISSED"
	SignedOut        AuditAction = "SIGNED_OUT"
)

// NewAudit makes the entry of an action without an event.
func NewAudit(action AuditAction, actor string, at time.Time) AuditEntry {
	return AuditEntry{ID: NewEventID(at), Action: action, Fields: []string{}, Actor: actor, At: at}
}

// AuditOfChannel is the entry for an edit of a channel. The action is empty when it is the same as before.
func AuditOfChannel(before, after Channel, actor string, at time.Time) AuditEntry {
	a := NewAudit("", actor, at)
	a.ChannelID = &after.ID
	for _, f := range []struct {
		name    string
		changed bool
	}{
		{"name", before.Name != after.Name},
		{"active", before.Active != after.Active},
		{"allowedDomains", !slices.Equal(before.Domains, after.Domains)},
		{"requireSignedIdentity", before.RequireSignedIdentity != after.RequireSignedIdentity},
		{"secret", !bytes.Equal(before.Secrets, after.Secrets)},
	} {
		if f.changed {
			a.Action, a.Fields = ChannelEdited, append(a.Fields, f.name)
		}
	}
	return a
}

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
