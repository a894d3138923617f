package storage

import (
	"context"
	"slices"

	"kith/internal/crm"
	"kith/internal/search"
)

// TakenJob is a job that a process has taken on, with its workspace.
type TakenJob struct {
	Workspace crm.WorkspaceID
	crm.Job
}

// JobTx is the transaction of one step of a job, in the job's workspace. Its methods see what the step has written so far. An
// error that the methods of [Contacts] and [SessionEditor] name, or one of a change, leaves the transaction as it was, so that the row can be
// refused and the step goes on; return any other one from the step.
type JobTx interface {
	// Rows returns the first n rows that wait, in their order.
	Rows(ctx context.Context, n int) ([]crm.JobRow, error)

	// MatchingContacts returns which of the contacts are in the list that q describes; its order and page do not matter. Until the
	// step ends, no other transaction changes or deletes them.
	MatchingContacts(ctx context.Context, q ContactQuery, ids []crm.ContactID) (map[crm.ContactID]bool, error)

	// DeleteContact is [Contacts.DeleteContact].
	DeleteContact(ctx context.Context, id crm.ContactID, d crm.ContactDeletion) error

	// UpdateContact is [Contacts.UpdateContact].
	UpdateContact(ctx context.Context, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error)

	// UpsertContacts is [Upserter.UpsertContacts] without a key.
	UpsertContacts(ctx context.Context, b crm.UpsertBatch) ([]crm.Upserted, error)

	// UpdateSession is [SessionEditor.UpdateSession].
	UpdateSession(ctx context.Context, id crm.SessionID, e crm.SessionEdit) (crm.Session, error)
}

// Matching are the hits that match the search of q.
func Matching(q ContactQuery, hits []search.Hit) map[crm.ContactID]bool {
	rows := Ranked(q, hits)
	out := make(map[crm.ContactID]bool, len(rows))
	for _, r := range rows {
		out[r.Contact.ID] = true
	}
	return out
}

// Lets reports whether a session passes the filter. A contact that has become part of another does not count as that one.
func (f SessionFilter) Lets(s crm.Session) bool {
	status, tag, channel := f.Passes(KindOf(s))
	switch {
	case !status || !tag || !channel:
		return false
	case f.Contact != nil && (s.ContactID == nil || *s.ContactID != *f.Contact):
		return false
	case f.Anonymous != nil && *f.Anonymous != (s.ContactID == nil):
		return false
	case f.Accounts != nil && !slices.Contains(f.Accounts, s.ChannelAccount):
		return false
	case f.Unread != nil && *f.Unread != (s.UnreadCount > 0):
		return false
	}
	return true
}
