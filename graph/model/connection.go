package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// Node is a [crm.Contact], a [crm.Identity], a [crm.Session], a [crm.Channel], a [crm.Duplicate], a [crm.Failure], a
// [crm.AuditEntry], a [crm.APIKey], a [crm.WebhookEndpoint], a [crm.WebhookDelivery], a [crm.Viewer], a [ContactEvent], a [SessionEvent], or a [crm.Event] as an entry of a
// contact's history.
type Node any

// ContactConnection is a page of contacts. Nothing of it is made before it is asked for.
type ContactConnection struct {
	service.ContactPage

	// HasContacts answers for the workspace. It asks once, however often it is called.
	HasContacts func() (bool, error)
}

// Edges are the contacts with their cursors.
func (c *ContactConnection) Edges() []ContactEdge {
	out := make([]ContactEdge, len(c.Rows))
	for i, r := range c.Rows {
		out[i] = ContactEdge{c.List(), r}
	}
	return out
}

// Nodes are the contacts.
func (c *ContactConnection) Nodes() []crm.Contact {
	out := make([]crm.Contact, len(c.Rows))
	for i := range c.Rows {
		out[i] = c.Rows[i].Contact
	}
	return out
}

// PageInfo says whether there are more pages.
func (c *ContactConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Rows); n > 0 {
		p.first, p.last = &c.Rows[0].Position, &c.Rows[n-1].Position
	}
	return p
}

// ContactEdge is a contact in a list, with its cursor.
type ContactEdge struct {
	List cursor.List
	storage.ContactRow
}

// Cursor encodes the position in the list.
func (e *ContactEdge) Cursor() string { return cursor.Encode(e.List, e.Position) }

// Node is the contact.
func (e *ContactEdge) Node() crm.Contact { return e.Contact }

// SessionConnection is a page of sessions. Nothing of it is made before it is asked for.
type SessionConnection struct {
	service.SessionPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the sessions with their cursors.
func (c *SessionConnection) Edges() []SessionEdge {
	list, out := c.List(), make([]SessionEdge, len(c.Sessions))
	for i, s := range c.Sessions {
		out[i] = SessionEdge{list, c.Position(s), s}
	}
	return out
}

// Nodes are the sessions.
func (c *SessionConnection) Nodes() []crm.Session { return c.Sessions }

// PageInfo says whether there are more pages.
func (c *SessionConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious}
	if n := len(c.Sessions); n > 0 {
		first, last := c.Position(c.Sessions[0]), c.Position(c.Sessions[n-1])
		p.list, p.first, p.last = c.List(), &first, &last
	}
	return p
}

// SessionEdge is a session in a list, with its cursor.
type SessionEdge struct {
	List     cursor.List
	Position storage.Position
	Node     crm.Session
}

// Cursor encodes the position in the list.
func (e *SessionEdge) Cursor() string { return cursor.Encode(e.List, e.Position) }

// FailureConnection is a page of failures. Nothing of it is made before it is asked for.
type FailureConnection struct {
	service.FailurePage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the failures with their cursors.
func (c *FailureConnection) Edges() []FailureEdge {
	out := make([]FailureEdge, len(c.Failures))
	for i, f := range c.Failures {
		out[i] = FailureEdge{c.List(), f}
	}
	return out
}

// Nodes are the failures.
func (c *FailureConnection) Nodes() []crm.Failure { return c.Failures }

// PageInfo says whether there are more pages.
func (c *FailureConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Failures); n > 0 {
		first, last := storage.FailurePosition(c.Failures[0]), storage.FailurePosition(c.Failures[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// FailureEdge is a failure in a list, with its cursor.
type FailureEdge struct {
	List cursor.List
	Node crm.Failure
}

// Cursor encodes the position in the list.
func (e *FailureEdge) Cursor() string { return cursor.Encode(e.List, storage.FailurePosition(e.Node)) }

// DuplicateConnection is a page of pairs that may be one person. Nothing of it is made before it is asked for.
type DuplicateConnection struct {
	service.DuplicatePage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the pairs with their cursors.
func (c *DuplicateConnection) Edges() []DuplicateEdge {
	out := make([]DuplicateEdge, len(c.Duplicates))
	for i, d := range c.Duplicates {
		out[i] = DuplicateEdge{c.List(), d}
	}
	return out
}

// Nodes are the pairs.
func (c *DuplicateConnection) Nodes() []crm.Duplicate { return c.Duplicates }

// PageInfo says whether there are more pages.
func (c *DuplicateConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Duplicates); n > 0 {
		first, last := storage.DuplicatePosition(c.Duplicates[0]), storage.DuplicatePosition(c.Duplicates[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// DuplicateEdge is a pair in a list, with its cursor.
type DuplicateEdge struct {
	List cursor.List
	Node crm.Duplicate
}

// Cursor encodes the position in the list.
func (e *DuplicateEdge) Cursor() string {
	return cursor.Encode(e.List, storage.DuplicatePosition(e.Node))
}

// PageInfo says whether there are more pages, and holds the cursors that lead to them.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool

	list        cursor.List
	first, last *storage.Position // nil on an empty page
}

// StartCursor is the first row's cursor.
func (p *PageInfo) StartCursor() *string { return p.cursor(p.first) }

// EndCursor is the last row's cursor.
func (p *PageInfo) EndCursor() *string { return p.cursor(p.last) }

func (p *PageInfo) cursor(at *storage.Position) *string {
	if at == nil {
		return nil
	}
	text := cursor.Encode(p.list, *at)
	return &text
}
