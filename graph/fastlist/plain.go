package fastlist

import (
	"kith/graph/model"
	"kith/graph/resolve"
	"kith/internal/crm"
	"kith/storage"
)

// The plain fields of each type.

var plainContactConnection = plainFields[model.ContactConnection]{
	"search": func(w *List, v *model.ContactConnection) { w.string(v.Search) },
	"workspaceHasContacts": func(w *List, v *model.ContactConnection) {
		has, err := v.HasContacts()
		w.fail(err)
		w.bool(has)
	},
}

var plainContactEdge = plainFields[model.ContactEdge]{
	"cursor": func(w *List, v *model.ContactEdge) { w.cursor(v.List, v.Position) },
}

var plainContact = plainFields[crm.Contact]{
	"id":             func(w *List, v *crm.Contact) { writeID(w, v.ID) },
	"name":           func(w *List, v *crm.Contact) { writeOptional(w, v.Name, (*List).string) },
	"displayName":    func(w *List, v *crm.Contact) { w.string(v.DisplayName()) },
	"email":          func(w *List, v *crm.Contact) { writeOptional(w, v.Email, (*List).string) },
	"phone":          func(w *List, v *crm.Contact) { writeOptional(w, v.Phone, (*List).string) },
	"notes":          func(w *List, v *crm.Contact) { w.text(v.Notes) },
	"version":        func(w *List, v *crm.Contact) { w.int(v.Version) },
	"createdAt":      func(w *List, v *crm.Contact) { w.time(v.CreatedAt) },
	"updatedAt":      func(w *List, v *crm.Contact) { w.time(v.UpdatedAt) },
	"lastActivityAt": func(w *List, v *crm.Contact) { writeOptional(w, v.LastActivityAt, (*List).time) },
}

var plainSessionEdge = plainFields[model.SessionEdge]{
	"cursor": func(w *List, v *model.SessionEdge) { w.cursor(v.List, storage.SessionPosition(v.Node)) },
}

var plainSession = plainFields[crm.Session]{
	"id": func(w *List, v *crm.Session) { writeID(w, v.ID) },
	"contactName": func(w *List, v *crm.Session) {
		contact, ok := w.contactOf(v)
		if !ok {
			w.string(resolve.ContactName(nil))
			return
		}
		w.string(resolve.ContactName(&contact))
	},
	"status":        func(w *List, v *crm.Session) { writeEnum(w, v.Status) },
	"tag":           func(w *List, v *crm.Session) { writeOptional(w, v.Tag, writeEnum) },
	"lastMessageAt": func(w *List, v *crm.Session) { w.time(v.LastMessageAt) },
	"unreadCount":   func(w *List, v *crm.Session) { w.int(v.UnreadCount) },
	"startedAt":     func(w *List, v *crm.Session) { w.time(v.StartedAt) },
}

var plainIdentity = plainFields[crm.Identity]{
	"externalId":  func(w *List, v *crm.Identity) { w.string(v.ExternalID) },
	"displayName": func(w *List, v *crm.Identity) { writeOptional(w, v.DisplayName, (*List).string) },
	"createdAt":   func(w *List, v *crm.Identity) { w.time(v.CreatedAt) },
}

var plainChannel = plainFields[crm.Channel]{
	"id":                    func(w *List, v *crm.Channel) { writeID(w, v.ID) },
	"name":                  func(w *List, v *crm.Channel) { w.string(v.Name) },
	"type":                  func(w *List, v *crm.Channel) { writeEnum(w, v.Type) },
	"active":                func(w *List, v *crm.Channel) { w.bool(v.Active) },
	"requireSignedIdentity": func(w *List, v *crm.Channel) { w.bool(v.RequireSignedIdentity) },
}

var plainMatch = plainFields[storage.Match]{
	"field": func(w *List, v *storage.Match) { writeEnum(w, v.Field) },
	"kind":  func(w *List, v *storage.Match) { writeEnum(w, v.Kind) },
}

var plainCount = plainFields[storage.Count]{
	"value": func(w *List, v *storage.Count) { w.int(v.Value) },
	"exact": func(w *List, v *storage.Count) { w.bool(v.Exact) },
}

var plainPageInfo = plainFields[model.PageInfo]{
	"hasNextPage":     func(w *List, v *model.PageInfo) { w.bool(v.HasNextPage) },
	"hasPreviousPage": func(w *List, v *model.PageInfo) { w.bool(v.HasPreviousPage) },
	"startCursor":     func(w *List, v *model.PageInfo) { writeOptional(w, v.StartCursor(), (*List).string) },
	"endCursor":       func(w *List, v *model.PageInfo) { writeOptional(w, v.EndCursor(), (*List).string) },
}
