package api

import (
	"testing"
	"time"
)

type (
	contact struct {
		ID             string
		Name           *string
		DisplayName    string
		Email          *string
		Phone          *string
		Notes          string
		Version        int
		LastActivityAt *time.Time
	}
	session struct {
		ID                 string
		Contact            *struct{ ID string }
		ContactName        string
		Channel            struct{ ID string }
		Status             string
		LastMessagePreview *string
		LastMessageAt      time.Time
		UnreadCount        int
	}
	pageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
	userError struct {
		Code    string
		Field   []string
		Message string
		Contact *contact
	}
	report struct {
		Contact    *contact
		Session    *session
		UserErrors []userError
	}
	edit struct {
		Contact    *contact
		UserErrors []userError
	}
	contactList struct {
		Nodes                []contact
		PageInfo             pageInfo
		TotalCount           struct{ Value int }
		WorkspaceHasContacts bool
	}
	sessionList struct {
		Nodes    []session
		PageInfo pageInfo
	}
)

const (
	contactFields  = ` id name displayName email phone notes version lastActivityAt `
	sessionFields  = ` id contact { id } contactName channel { id } status lastMessagePreview lastMessageAt unreadCount `
	reportedFields = ` id status lastMessagePreview lastMessageAt unreadCount `
	pageInfoFields = ` pageInfo { hasNextPage hasPreviousPage startCursor endCursor } `
	errorFields    = ` userErrors { code field message contact { ` + contactFields + ` } } `

	// recordInteraction asks for what a channel credential may see.
	recordInteraction = `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) {
		contact { id } session { id } ` + errorFields + ` } }`
	recordAndRead = `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) {
		contact { ` + contactFields + ` } session { ` + reportedFields + ` } ` + errorFields + ` } }`
	updateContact = `mutation ($input: UpdateContactInput!) { updateContact(input: $input) {
		contact { ` + contactFields + ` } ` + errorFields + ` } }`
	deleteContact = `mutation ($id: ID!) { deleteContact(input: { id: $id }) { deletedContactId ` + errorFields + ` } }`
	createChannel = `mutation ($name: String!, $type: ChannelType!) { createChannel(input: { name: $name, type: $type }) {
		channel { id } userErrors { code } } }`
	getContact  = `query ($id: ID!) { contact(id: $id) { ` + contactFields + ` } }`
	getContacts = `query ($search: String, $orderBy: ContactOrder, $first: Int, $after: String, $last: Int, $before: String) {
		contacts(search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
			nodes { ` + contactFields + ` } workspaceHasContacts ` + pageInfoFields + ` } }`
	getSessions = `query ($filter: SessionFilter, $first: Int, $after: String) {
		sessions(filter: $filter, first: $first, after: $after) { nodes { ` + sessionFields + ` } ` + pageInfoFields + ` } }`
)

// channel makes a channel and returns its id.
func channel(t *testing.T, admin client, name, kind string) string {
	t.Helper()
	type created struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	return must[created](t, admin, createChannel, vars{"name": name, "type": kind}).CreateChannel.Channel.ID
}

// record reports a message, which must be taken, as an admin, who may see what came of it.
func record(t *testing.T, admin client, input vars) report {
	t.Helper()
	r := must[struct{ RecordInteraction report }](t, admin, recordAndRead, vars{"input": input}).RecordInteraction
	if len(r.UserErrors) > 0 {
		t.Fatalf("report %v: %v", input, r.UserErrors)
	}
	return r
}

// update edits a contact.
func update(t *testing.T, c client, input vars) edit {
	t.Helper()
	return must[struct{ UpdateContact edit }](t, c, updateContact, vars{"input": input}).UpdateContact
}

// contacts lists contacts.
func contacts(t *testing.T, c client, v vars) contactList {
	t.Helper()
	return must[struct{ Contacts contactList }](t, c, getContacts, v).Contacts
}

// sessions lists sessions.
func sessions(t *testing.T, c client, filter vars) sessionList {
	t.Helper()
	return must[struct{ Sessions sessionList }](t, c, getSessions, vars{"filter": filter, "first": 100}).Sessions
}

// names are the display names of contacts, in order.
func names(list []contact) []string {
	all := []string{}
	for _, c := range list {
		all = append(all, c.DisplayName)
	}
	return all
}
