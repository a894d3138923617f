package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// AuditConnection is a page of what people did.
type AuditConnection struct {
	service.AuditPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the entries with their cursors.
func (c *AuditConnection) Edges() []AuditEdge {
	out := make([]AuditEdge, len(c.Entries))
	for i, a := range c.Entries {
		out[i] = AuditEdge{c.List(), a}
	}
	return out
}

// Nodes are the entries.
func (c *AuditConnection) Nodes() []crm.AuditEntry { return c.Entries }

// PageInfo says whether there are more pages.
func (c *AuditConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Entries); n > 0 {
		first, last := storage.AuditPosition(c.Entries[0]), storage.AuditPosition(c.Entries[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// AuditEdge is an entry of the list, with its cursor.
type AuditEdge struct {
	List cursor.List
	Node crm.AuditEntry
}

// Cursor encodes the position in the list.
func (e *AuditEdge) Cursor() string { return cursor.Encode(e.List, storage.AuditPosition(e.Node)) }
