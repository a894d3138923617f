package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// SavedViewConnection is a page of saved views.
type SavedViewConnection struct{ service.ViewPage }

// Edges are the saved views with their cursors.
func (c *SavedViewConnection) Edges() []SavedViewEdge {
	out := make([]SavedViewEdge, len(c.Views))
	for i, v := range c.Views {
		out[i] = SavedViewEdge{c.List(), v}
	}
	return out
}

// Nodes are the saved views.
func (c *SavedViewConnection) Nodes() []crm.SavedView { return c.Views }

// PageInfo says whether there are more pages.
func (c *SavedViewConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Views); n > 0 {
		first, last := storage.ViewPosition(c.Views[0]), storage.ViewPosition(c.Views[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// SavedViewEdge is a saved view in the list, with its cursor.
type SavedViewEdge struct {
	List cursor.List
	Node crm.SavedView
}

// Cursor encodes the position in the list.
func (e *SavedViewEdge) Cursor() string { return cursor.Encode(e.List, storage.ViewPosition(e.Node)) }
