package storage

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
)

// CountLimit is how far anybody may have a list counted.
const CountLimit = 10_000

// Order names a list's order. Each has its index; there is no other.
type Order uint8

// The orders. Which of them a list may have depends on whether it is a search; see [Order.Check].
const (
	LastActivity Order = iota // contacts that were never active come as the oldest
	Name                      // the folded name, nameless contacts last
	Created
	Email // in lower case, contacts without one last
	Relevance
)

// Check refuses an order that a list under the search cannot have, with a *crm.InvalidError: Relevance needs a search;
// LastActivity, Created and Email refuse one.
func (o Order) Check(q search.Query) error {
	switch searching := !q.Empty(); {
	case searching && o != Relevance && o != Name:
		return &crm.InvalidError{Field: "orderBy", Reason: "must be RELEVANCE or NAME under a search"}
	case !searching && o != LastActivity && o != Name && o != Created && o != Email:
		return &crm.InvalidError{
			Field: "orderBy", Reason: "can be RELEVANCE only under a search; without one LAST_ACTIVITY, NAME, CREATED or EMAIL",
		}
	}
	return nil
}

// ContactQuery describes one page of one list of contacts.
type ContactQuery struct {
	Search     search.Query // the empty one lists every contact
	Filter     ContactFilter
	Order      Order
	Descending bool
	Page       Page
}

// Page is a window on an ordered list: the first Size rows after After, or with FromEnd the last Size rows before Before.
// The other bound, where it is given too, only cuts the window short.
type Page struct {
	Size    int // 1 or more
	FromEnd bool
	After   *Position // exclusive
	Before  *Position // exclusive
	// Skip is how many rows are passed over before the page, at the end that reading starts at. It goes without After and
	// Before.
	Skip int
}

// Position is where a row is in its list: what cursors carry. Which parts count depends on the order.
type Position struct {
	Tier int       // Relevance, duplicates
	Key  string    // Relevance, Name, Email
	At   time.Time // LastActivity, Created, sessions
	ID   uuid.UUID // all
}

// ContactPage is a window on a list of contacts. More is set when there are rows beyond it in the direction it was read.
type ContactPage struct {
	Rows []ContactRow
	More bool
}

// ContactRow is a contact with its position.
type ContactRow struct {
	Contact  crm.Contact
	Position Position
	// Match says how the row came to be in a search; nil without one.
	Match *search.Match
}

// Count is a number of contacts; when it is not Exact there are at least so many.
type Count struct {
	Value int
	Exact bool
}

// Counted is the count of n matches, which were counted up to one beyond most.
func Counted(n, most int) Count {
	return Count{Value: min(n, most), Exact: n <= most}
}

// SessionOrder names the order of a list of sessions; there is no other. Sessions of the same moment are in the order of their
// ids.
type SessionOrder uint8

// The orders of sessions.
const (
	LastMessage SessionOrder = iota
	Started                  // as the channel says, so that a session that started earlier may have the higher id
)

// Position is the position of a session in a list of this order.
func (o SessionOrder) Position(s crm.Session) Position {
	at := s.LastMessageAt
	if o == Started {
		at = s.StartedAt
	}
	return Position{At: at, ID: uuid.UUID(s.ID)}
}

// SessionQuery describes one page of sessions. The zero order is the default: the newest last message first, then the higher id.
type SessionQuery struct {
	Filter    SessionFilter
	Order     SessionOrder
	Ascending bool
	Page      Page
}

// SessionFilter lets a session pass when it meets every condition given; values within one condition are alternatives.
type SessionFilter struct {
	Contact   *crm.ContactID
	Anonymous *bool
	Channels  []crm.ChannelID     // nil for any, empty for none
	Statuses  []crm.SessionStatus // nil for any, empty for none
	Tags      []crm.SessionTag    // nil for any, empty for none; the empty tag for sessions without one
	Accounts  []string            // the workspace's accounts that were written to; nil for any, empty for none
	Unread    *bool               // whether there are unread messages
}

// Empty reports whether the filter lets every session pass.
func (f SessionFilter) Empty() bool {
	return f.Contact == nil && f.Anonymous == nil && f.Channels == nil && f.Statuses == nil && f.Tags == nil && f.Accounts == nil &&
		f.Unread == nil
}

// SessionPage is a window on a list of sessions. More is set when there are rows beyond it in the direction it was read.
type SessionPage struct {
	Sessions []crm.Session
	More     bool
}

// SessionCounts are numbers of sessions. Untagged is the number without a tag.
type SessionCounts struct {
	Total    int // of those that pass the whole filter
	Status   map[crm.SessionStatus]int
	Tag      map[crm.SessionTag]int
	Untagged int
	Channel  map[crm.ChannelID]int
}

// ChannelPosition is the position of a channel in its list: oldest first, which is by id.
func ChannelPosition(c crm.Channel) Position { return Position{ID: uuid.UUID(c.ID)} }

// ViewPosition is the position of a saved view in its list: oldest first, which is by id.
func ViewPosition(v crm.SavedView) Position { return Position{ID: uuid.UUID(v.ID)} }

// FailurePage is a window on the list of failures. More is set when there are rows beyond it in the direction it was read.
type FailurePage struct {
	Failures []crm.Failure
	More     bool
}

// FailurePosition is the position of a failure in its list: newest first, which is by id.
func FailurePosition(f crm.Failure) Position { return Position{ID: uuid.UUID(f.ID)} }

// DuplicateQuery describes one page of pairs of contacts that may be one person.
type DuplicateQuery struct {
	Contact *crm.ContactID       // only pairs with this contact; nil for all
	Reasons crm.DuplicateReasons // only pairs with one of these reasons; none for all
	Page    Page
}

// DuplicatePage is a window on the list of pairs. More is set when there are rows beyond it in the direction it was read.
type DuplicatePage struct {
	Duplicates []crm.Duplicate
	More       bool
}

// DuplicatePosition is the position of a pair in every list of pairs: the surest first, then the higher id.
func DuplicatePosition(d crm.Duplicate) Position {
	return Position{Tier: int(d.Reasons), ID: uuid.UUID(d.ID)}
}

// AuditPage is a window on what people did. More is set when there are rows beyond it in the direction it was read.
type AuditPage struct {
	Entries []crm.AuditEntry
	More    bool
}

// AuditPosition is the position of an entry in its list: newest first, which is by id.
func AuditPosition(a crm.AuditEntry) Position { return Position{ID: uuid.UUID(a.ID)} }

// APIKeyPage is a window on the list of API keys. More is set when there are rows beyond it in the direction it was read.
type APIKeyPage struct {
	Keys []crm.APIKey
	More bool
}

// APIKeyPosition is the position of a key in its list: newest first, which is by id.
func APIKeyPosition(k crm.APIKey) Position { return Position{ID: uuid.UUID(k.ID)} }

// JobPage is a window on the list of jobs. More is set when there are rows beyond it in the direction it was read.
type JobPage struct {
	Jobs []crm.Job
	More bool
}

// JobPosition is the position of a job in its list: newest first, which is by id.
func JobPosition(j crm.Job) Position { return Position{ID: uuid.UUID(j.ID)} }

// JobRefusalPage is a window on the rows that a job refused. More is set when there are rows beyond it in the direction it was
// read.
type JobRefusalPage struct {
	Refusals []crm.JobRefusal
	More     bool
}

// JobRefusalPosition is the position of a refused row in its list, which is that of the rows.
func JobRefusalPosition(r crm.JobRefusal) Position { return Position{Tier: r.Row.Position} }

// EventPage is a window on a contact's history. More is set when there are rows beyond it in the direction it was read.
type EventPage struct {
	Events []crm.Event
	More   bool
}

// EventPosition is the position of an event in a contact's history: newest first, which is by id.
func EventPosition(e crm.Event) Position { return Position{ID: uuid.UUID(e.ID)} }

// ProofsAtOnce is how many proofs are read at a time.
const ProofsAtOnce = 100

// Proof says that two contacts of a workspace are one person.
type Proof struct {
	Workspace crm.WorkspaceID
	crm.Proven
}

// Loaded is a contact with all that belongs to it.
type Loaded struct {
	Contact    crm.Contact
	Identities []crm.Identity
	// Sessions of the contact, each of the identity on its channel.
	Sessions []crm.Session
}

// Accounts are the accounts of the contact's identities and sessions, by channel: the first account of the contact on the
// channel of its first identity, and another on each other one.
func (l Loaded) Accounts() map[crm.ChannelID]crm.AccountID {
	out := map[crm.ChannelID]crm.AccountID{}
	add := func(ch crm.ChannelID) {
		if _, is := out[ch]; is {
			return
		}
		out[ch] = crm.NewAccountID(l.Contact.CreatedAt)
		if len(out) == 1 {
			out[ch] = crm.FirstAccount(l.Contact.ID)
		}
	}
	for _, i := range l.Identities {
		add(i.ChannelID)
	}
	for _, s := range l.Sessions {
		add(s.ChannelID)
	}
	return out
}

// Histories puts the changes of contacts into the order in which the page reads them, and cuts them to a page of each.
func Histories(p Page, of map[crm.ContactID][]crm.Event) map[crm.ContactID]EventPage {
	out := make(map[crm.ContactID]EventPage, len(of))
	for id, events := range of {
		slices.SortFunc(events, func(a, b crm.Event) int {
			if NewestFirst(EventPosition(a), EventPosition(b)) == p.FromEnd {
				return 1
			}
			return -1
		})
		if rows, more := Window(p, events, EventPosition, NewestFirst); len(rows) > 0 {
			out[id] = EventPage{Events: rows, More: more}
		}
	}
	return out
}
