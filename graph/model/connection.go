package model

import (
	"kith/internal/crm"
	"kith/storage"
)

// Node is a [crm.Contact], a [crm.Session] or a [crm.Channel].
type Node any

// ContactConnection is a page of contacts. Edges and Nodes hold the same contacts.
type ContactConnection struct {
	Edges    []ContactEdge
	Nodes    []crm.Contact
	PageInfo PageInfo
	Search   string
}

// ContactEdge is a contact in its place in a list.
type ContactEdge struct {
	Cursor string
	Node   crm.Contact
	Match  *storage.Match
}

// SessionConnection is a page of sessions. Edges and Nodes hold the same sessions.
type SessionConnection struct {
	Edges    []SessionEdge
	Nodes    []crm.Session
	PageInfo PageInfo
}

// SessionEdge is a session in its place in a list.
type SessionEdge struct {
	Cursor string
	Node   crm.Session
}
