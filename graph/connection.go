package graph

import (
	"kith/graph/model"
	"kith/internal/crm"
	"kith/internal/desk"
)

func contactConnection(p desk.ContactPage) model.ContactConnection {
	c := model.ContactConnection{
		Edges:    make([]model.ContactEdge, len(p.Rows)),
		Nodes:    make([]crm.Contact, len(p.Rows)),
		PageInfo: model.PageInfo{HasNextPage: p.HasNext, HasPreviousPage: p.HasPrevious},
		Search:   p.Search,
	}
	for i, row := range p.Rows {
		c.Edges[i] = model.ContactEdge{Cursor: p.Cursor(row), Node: row.Contact, Match: row.Match}
		c.Nodes[i] = row.Contact
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}

func sessionConnection(p desk.SessionPage) model.SessionConnection {
	c := model.SessionConnection{
		Edges:    make([]model.SessionEdge, len(p.Sessions)),
		Nodes:    p.Sessions,
		PageInfo: model.PageInfo{HasNextPage: p.HasNext, HasPreviousPage: p.HasPrevious},
	}
	for i, s := range p.Sessions {
		c.Edges[i] = model.SessionEdge{Cursor: p.Cursor(s), Node: s}
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}
