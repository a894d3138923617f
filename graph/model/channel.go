package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// ChannelConnection is a page of channels.
type ChannelConnection struct{ service.ChannelPage }

// Edges are the channels with their cursors.
func (c *ChannelConnection) Edges() []ChannelEdge {
	out := make([]ChannelEdge, len(c.Channels))
	for i, ch := range c.Channels {
		out[i] = ChannelEdge{c.List(), ch}
	}
	return out
}

// Nodes are the channels.
func (c *ChannelConnection) Nodes() []crm.Channel { return c.Channels }

// PageInfo says whether there are more pages.
func (c *ChannelConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Channels); n > 0 {
		first, last := storage.ChannelPosition(c.Channels[0]), storage.ChannelPosition(c.Channels[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// ChannelEdge is a channel in the list, with its cursor.
type ChannelEdge struct {
	List cursor.List
	Node crm.Channel
}

// Cursor encodes the position in the list.
func (e *ChannelEdge) Cursor() string { return cursor.Encode(e.List, storage.ChannelPosition(e.Node)) }
