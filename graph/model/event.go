package model

import (
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// ContactEvent is something that happened to a contact.
type ContactEvent struct {
	ID            crm.EventID // also the id of the event
	Kind          crm.EventKind
	ContactID     crm.ContactID
	Into          *crm.ContactID // of MergedInto
	Version       int
	ChangedFields []string
	Actor         string
	At            time.Time
}

// NewContactEvent is an event of a contact for subscribers.
func NewContactEvent(e *crm.Event) ContactEvent {
	out := ContactEvent{
		ID: e.ID, Kind: e.Kind, Into: e.Into, Version: e.Version, ChangedFields: changedFields(e), Actor: e.Actor, At: e.At,
	}
	if e.ContactID != nil {
		out.ContactID = *e.ContactID
	}
	return out
}

// DeletedContactID is the id of a contact that is not there any more; nil for other kinds.
func (e *ContactEvent) DeletedContactID() *crm.ContactID {
	if e.Kind != crm.Deleted && e.Kind != crm.MergedInto {
		return nil
	}
	return &e.ContactID
}

// SessionEvent is something that happened to a session, or to all sessions of a contact.
type SessionEvent struct {
	ID            crm.EventID
	EventID       crm.EventID // what subscriptions continue after
	Kind          SessionEventKind
	SessionID     *crm.SessionID
	ContactID     *crm.ContactID
	ChangedFields []string
	Actor         string
	At            time.Time
}

// DeletedContactID is the id of a contact that was deleted; nil for other kinds.
func (e *SessionEvent) DeletedContactID() *crm.ContactID {
	if e.Kind != ContactDeleted {
		return nil
	}
	return e.ContactID
}

// SessionEventKind is what happened to a session.
type SessionEventKind string

// The kinds.
const (
	SessionCreated  = SessionEventKind(crm.Created)
	SessionUpdated  = SessionEventKind(crm.Updated)
	SessionActivity = SessionEventKind(crm.Activity)
	// ContactDeleted is the end of a contact, seen from its sessions.
	ContactDeleted SessionEventKind = "CONTACT_DELETED"
	// ContactChanged is a merge or a split, seen from the sessions of the contact that lost them.
	ContactChanged SessionEventKind = "CONTACT_CHANGED"
)

// ConcernsContacts reports whether an event is one of a contact.
func ConcernsContacts(e *crm.Event) bool { return e.SessionID == nil && e.ContactID != nil }

// ConcernsSessions reports whether an event is one of a session, or of a contact that loses all or some of its sessions.
func ConcernsSessions(e *crm.Event) bool {
	return e.SessionID != nil || e.Kind == crm.Deleted || e.Kind == crm.MergedInto || e.Kind == crm.SplitOff
}

// NewSessionEvent is an event that [ConcernsSessions], for subscribers.
func NewSessionEvent(e *crm.Event) SessionEvent {
	out := SessionEvent{
		ID: e.ID, EventID: e.ID, Kind: SessionEventKind(e.Kind), SessionID: e.SessionID, ContactID: e.ContactID,
		ChangedFields: changedFields(e), Actor: e.Actor, At: e.At,
	}
	if e.SessionID == nil {
		out.ID, out.Kind, out.ChangedFields = e.ID.OfSessions(), ContactChanged, []string{}
	}
	if e.Kind == crm.Deleted {
		out.Kind = ContactDeleted
	}
	return out
}

func changedFields(e *crm.Event) []string {
	fields := make([]string, len(e.Changes))
	for i := range e.Changes {
		fields[i] = e.Changes[i].Field
	}
	return fields
}

// ContactChangeConnection is a page of a contact's history.
type ContactChangeConnection struct {
	service.HistoryPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the changes with their cursors.
func (c *ContactChangeConnection) Edges() []ContactChangeEdge {
	list, out := c.List(), make([]ContactChangeEdge, len(c.Changes))
	for i, e := range c.Changes {
		out[i] = ContactChangeEdge{list, e}
	}
	return out
}

// Nodes are the changes.
func (c *ContactChangeConnection) Nodes() []crm.Event { return c.Changes }

// PageInfo says whether there are more pages.
func (c *ContactChangeConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Changes); n > 0 {
		first, last := storage.EventPosition(c.Changes[0]), storage.EventPosition(c.Changes[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// ContactChangeEdge is a change in a contact's history, with its cursor.
type ContactChangeEdge struct {
	List cursor.List
	Node crm.Event
}

// Cursor encodes the position in the list.
func (e *ContactChangeEdge) Cursor() string {
	return cursor.Encode(e.List, storage.EventPosition(e.Node))
}
