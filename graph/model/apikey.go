package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// APIKeyConnection is a page of API keys. Nothing of it is made before it is asked for.
type APIKeyConnection struct {
	service.APIKeyPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the keys with their cursors.
func (c *APIKeyConnection) Edges() []APIKeyEdge {
	out := make([]APIKeyEdge, len(c.Keys))
	for i, k := range c.Keys {
		out[i] = APIKeyEdge{c.List(), k}
	}
	return out
}

// Nodes are the keys.
func (c *APIKeyConnection) Nodes() []crm.APIKey { return c.Keys }

// PageInfo says whether there are more pages.
func (c *APIKeyConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Keys); n > 0 {
		first, last := storage.APIKeyPosition(c.Keys[0]), storage.APIKeyPosition(c.Keys[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// APIKeyEdge is a key in a list, with its cursor.
type APIKeyEdge struct {
	List cursor.List
	Node crm.APIKey
}

// Cursor encodes the position in the list.
func (e *APIKeyEdge) Cursor() string { return cursor.Encode(e.List, storage.APIKeyPosition(e.Node)) }
