package crm

import (
	"slices"
	"time"
)

// AuditEntry says that a person did something: who, what and when, but no values. It outlives what it is about.
type AuditEntry struct {
	// ID is made of the same UUID as the id of the event for the same change; an action without an event has a new one.
	ID     AuditID
	Action AuditAction
	// ContactID is the contact that it was done to; of a session its contact when the entry is read, if any.
	ContactID *ContactID
	// OtherID is the other contact of an action on two: the survivor of a merge, the contact that something was split off to,
	// the second one of a pair; nil otherwise.
	OtherID *ContactID
	// SessionID is the session that was edited; nil otherwise.
	SessionID *SessionID
	// ChannelID is the channel that it was done to, or that the failure was of; nil otherwise.
	ChannelID *ChannelID
	// FailureID is the failure that was replayed or dismissed; nil otherwise.
	FailureID *FailureID
	// KeyID is the API key that was created or revoked; nil otherwise.
	KeyID *KeyID
	// EndpointID is the webhook endpoint that it was done to; nil otherwise.
	EndpointID *EndpointID
	// Items is how many contacts were exported; nil for other actions, and until an export has ended.
	Items *int
	// Fields are the names of the fields that were edited, those of the survivor where contacts were merged.
	Fields []string
	// Actor is who did it: the subject of a credential, or the id of a channel that proved contacts to be one.
	Actor string
	At    time.Time
}

// AuditAction is what was done.
type AuditAction string

// The actions.
const (
	ContactCreated  AuditAction = "CONTACT_CREATED"
	ContactEdited   AuditAction = "CONTACT_EDITED"
	ContactDeleted  AuditAction = "CONTACT_DELETED"
	ContactExported AuditAction = "CONTACT_EXPORTED"
	ListExported    AuditAction = "CONTACTS_EXPORTED"
	SessionEdited   AuditAction = "SESSION_EDITED"

	ContactMerged       AuditAction = "CONTACT_MERGED"
	MergeUndone         AuditAction = "MERGE_UNDONE"
	ContactSplit        AuditAction = "CONTACT_SPLIT"
	DuplicatesDismissed AuditAction = "DUPLICATES_DISMISSED"

	ChannelCreated   AuditAction = "CHANNEL_CREATED"
	ChannelEdited    AuditAction = "CHANNEL_EDITED"
	VerifyTokenRead  AuditAction = "VERIFY_TOKEN_READ" //nolint:gosec // the name of an action, no token
	FailureReplayed  AuditAction = "FAILURE_REPLAYED"
	FailureDismissed AuditAction = "FAILURE_DISMISSED"
	SignedOut        AuditAction = "SIGNED_OUT"

	KeyCreated AuditAction = "API_KEY_CREATED"
	KeyRevoked AuditAction = "API_KEY_REVOKED"

	ContactsImported AuditAction = "CONTACTS_IMPORTED"
	ImportCancelled  AuditAction = "IMPORT_CANCELLED"

	BulkDeletionStarted  AuditAction = "BULK_DELETION_STARTED"
	BulkUpdateStarted    AuditAction = "BULK_UPDATE_STARTED"
	BulkJobCancelled     AuditAction = "BULK_JOB_CANCELLED"
	EndpointCreated      AuditAction = "WEBHOOK_ENDPOINT_CREATED"
	EndpointEdited       AuditAction = "WEBHOOK_ENDPOINT_EDITED"
	EndpointDeleted      AuditAction = "WEBHOOK_ENDPOINT_DELETED"
	WebhookSecretRotated AuditAction = "WEBHOOK_SECRET_ROTATED"        //nolint:gosec // the name of an action, no secret
	FormerSecretRevoked  AuditAction = "WEBHOOK_FORMER_SECRET_REVOKED" //nolint:gosec // as above
	WebhookRedelivered   AuditAction = "WEBHOOK_REDELIVERED"
	WebhookTested        AuditAction = "WEBHOOK_TESTED"

	WorkspaceEdited AuditAction = "WORKSPACE_EDITED"
)

// EventID is the id of the event for the same change; nil for an action without one.
func (a AuditEntry) EventID() *EventID {
	switch a.Action {
	case ContactCreated, ContactEdited, ContactDeleted, SessionEdited, ContactMerged, MergeUndone, ContactSplit:
		return new(EventID(a.ID))
	}
	return nil
}

// NewAudit makes the entry of an action without an event.
func NewAudit(action AuditAction, actor string, at time.Time) AuditEntry {
	return AuditEntry{ID: AuditID(newUUID(at)), Action: action, Fields: []string{}, Actor: actor, At: at}
}

// AuditOfChannel is the entry for an edit of a channel. The action is empty when it is the same as before. Secrets are
// sealed, so the caller says which of them were changed, by their names.
func AuditOfChannel(before, after Channel, secrets []string, actor string, at time.Time) AuditEntry {
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
	} {
		if f.changed {
			a.Fields = append(a.Fields, f.name)
		}
	}
	if a.Fields = append(a.Fields, secrets...); len(a.Fields) > 0 {
		a.Action = ChannelEdited
	}
	return a
}

// AuditOf is the entry for a change of a contact or a session that a person made, as it is stored.
func AuditOf(e Event) AuditEntry {
	e = e.Kept()
	a := AuditEntry{
		ID: AuditID(e.ID), Action: ContactEdited, ContactID: e.ContactID, OtherID: e.Into, SessionID: e.SessionID, Fields: fieldsOf(e),
		Actor: e.Actor, At: e.At,
	}
	switch {
	case e.SessionID != nil:
		a.Action = SessionEdited
	case e.Kind == Created:
		a.Action = ContactCreated
	case e.Kind == Deleted:
		a.Action = ContactDeleted
	case e.Kind == MergedInto:
		a.Action = ContactMerged
	case e.Kind == SplitOff:
		a.Action = ContactSplit
	}
	return a
}

func fieldsOf(e Event) []string {
	fields := []string{}
	for _, c := range e.Changes {
		fields = append(fields, c.Field)
	}
	return fields
}

// Audit are the entries for the merge, one for each contact that was merged.
func (m Merged) Audit() []AuditEntry {
	fields := fieldsOf(m.Events[len(m.Events)-1]) // of the survivor
	var entries []AuditEntry
	for _, e := range m.Events {
		if e.Kind == MergedInto {
			a := AuditOf(e)
			a.Fields = fields
			entries = append(entries, a)
		}
	}
	return entries
}

// Audit are the entries for taking the merge back, one for each contact that came back.
func (u Undone) Audit() []AuditEntry {
	fields := fieldsOf(u.Events[len(u.Events)-1]) // of the survivor
	var entries []AuditEntry
	for _, e := range u.Events {
		if e.Kind == Created {
			a := AuditOf(e)
			a.Action, a.OtherID, a.Fields = MergeUndone, &u.Contact.ID, fields
			entries = append(entries, a)
		}
	}
	return entries
}

// Audit is the entry for the split.
func (s SplitDone) Audit() AuditEntry {
	a := AuditOf(s.Events[len(s.Events)-1])
	a.OtherID = &s.Split.ID
	return a
}
