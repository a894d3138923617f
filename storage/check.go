package storage

import (
	"fmt"
	"strings"

	"kith/internal/crm"
)

// Inspection is how a store is to be checked.
type Inspection struct {
	// Workspace is the name of the only workspace to check; empty for all. The indexes, and what belongs to no workspace,
	// are checked either way.
	Workspace string
	// Repair repairs what can be repaired.
	Repair bool
	// Found is called with each finding, one at a time, after the attempt to repair it.
	Found func(Finding)
	// Progress, where it is given, hears now and then how many rows have been looked at and in which workspace.
	Progress func(workspace string, rows int)
}

// Finding is something in a store that is not as it should be. It holds no personal data.
type Finding struct {
	// Workspace is the name of the workspace; empty where the finding is of the whole database.
	Workspace string
	Kind      FindingKind
	// Contact is the contact in question, which need not exist; nil where the finding is of none.
	Contact *crm.ContactID
	// Part names the index, gives the number of a workspace that is not there, or says in the database's words which part of the schema
	// is meant; empty for findings of other rows.
	Part string
	// Repaired is true once it is repaired.
	Repaired bool
}

// String is the finding as a line to read.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	if f.Part != "" {
		fmt.Fprintf(&b, ": %s", f.Part)
	}
	if f.Contact != nil {
		fmt.Fprintf(&b, ", %s", *f.Contact)
	}
	if f.Workspace != "" {
		fmt.Fprintf(&b, ", workspace %q", f.Workspace)
	}
	if f.Repaired {
		b.WriteString(" (repaired)")
	}
	return b.String()
}

// FindingKind is what is wrong.
type FindingKind string

// The kinds of finding, and how each is repaired.
const (
	// StaleKeys: the stored name key or search text is not what folding gives now. They are rewritten.
	StaleKeys FindingKind = "stale search keys"
	// MissingTerms: a contact lacks terms, so that a search by word may miss it. They are added.
	MissingTerms FindingKind = "missing search terms"
	// ExtraTerm: a contact has a term that does not follow from it. It is removed.
	ExtraTerm FindingKind = "extra search term"
	// OrphanTerm: a term belongs to no contact. It is removed.
	OrphanTerm FindingKind = "search term without contact"
	// StaleGrams: the gram index lacks a contact or has other grams than the contact's. Its entry is rewritten.
	StaleGrams FindingKind = "stale gram index entry"
	// OrphanGrams: the gram index holds an entry of no contact. It is removed.
	OrphanGrams FindingKind = "gram index entry without contact"
	// MissingActivity: a contact has no place in the order of activity, so that lists miss it. It gets the time of its
	// newest message, which is the best that is known.
	MissingActivity FindingKind = "missing activity"
	// OrphanActivity: an activity belongs to no contact. It is removed.
	OrphanActivity FindingKind = "activity without contact"
	// WrongCount: the counter of contacts is off. It is set right.
	WrongCount FindingKind = "wrong contact count"
	// WrongSessionCount: a counter of sessions is off. It is set right.
	WrongSessionCount FindingKind = "wrong session count"
	// KeptValues: a change of a contact that is not there holds values. They are removed.
	KeptValues FindingKind = "values of a deleted contact in its history"
	// OrphanIdentity: an identity points at a contact that is not there, so that its messages are refused. It is removed:
	// the next message makes a contact.
	OrphanIdentity FindingKind = "identity without contact"
	// StrayIdentity: an identity points at another contact than its account belongs to. It goes to the account's.
	StrayIdentity FindingKind = "identity of another contact than its account"
	// LostSession: an identity points at a session that is not there. It points at none then: the next message starts one.
	LostSession FindingKind = "identity with a session that is not there"
	// KeptPreview: a session without a contact still shows what the customer wrote. The preview is removed.
	KeptPreview FindingKind = "preview of a session without contact"
	// KeptMessages: messages are known to have been in a session that has no contact any more. They are not said to be.
	KeptMessages FindingKind = "messages of a session without contact"
	// OrphanSession: a session points at a contact that neither is there nor is being deleted. It becomes anonymous.
	OrphanSession FindingKind = "session with a contact that is not there"
	// OrphanAccount: an account is said to belong to a contact that is not there. That is not said any more.
	OrphanAccount FindingKind = "account of a contact that is not there"
	// OrphanRedirect: an old id leads to a contact that is not there, or is that of a contact. It leads nowhere then.
	OrphanRedirect FindingKind = "old id that leads astray"
	// OrphanDelivery: a webhook delivery belongs to no endpoint, so that it is neither listed nor sent. It is removed.
	OrphanDelivery FindingKind = "webhook delivery without endpoint"
	// DeletedWorkspace: there are rows of a workspace that is not there, which were written while it was deleted. They are removed.
	DeletedWorkspace FindingKind = "rows of a deleted workspace"
	// MissingIndex: an index is not there, or the database does not take it for valid. It is built, unless it is that of a
	// primary key.
	MissingIndex FindingKind = "missing index"
	// Damage: the database itself reports an inconsistency. Only a backup repairs it.
	Damage FindingKind = "damaged database"
)
