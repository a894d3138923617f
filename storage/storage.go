package storage

import (
	"context"
	"iter"
	"time"

	"kith/internal/crm"
)

// Store is everything Kith asks of a database. Take the small role interface that you need.
type Store interface {
	Workspaces
	WorkspaceFinder
	Settings
	Eraser
	Contacts
	Upserter
	Merges
	Duplicates
	Sessions
	SessionEditor
	Channels
	Webhooks
	Recorder
	Failures
	Events
	Auditor
	SignIns
	APIKeys
	SavedViews
	Jobs
	WebhookEndpoints
	CursorKeys
	Canaries
	Keeper

	Generations

	// Ping answers nil when the database can take a statement now.
	Ping(ctx context.Context) error
	// TestWrite commits a write that changes nothing that anybody can see, and answers nil when the database takes writes.
	TestWrite(ctx context.Context) error
	// Close waits for running statements and frees what the store holds.
	Close() error
}

// Workspaces maps the names that credentials carry to the numbers used inside.
type Workspaces interface {
	// Workspace returns the number of the workspace of that name, and creates the workspace when nobody has asked for it
	// before. Any number of simultaneous first calls get the same number. Numbers are random: none is given again, even by
	// a database that was put back to a time before it was given. A workspace that is being erased is crm.ErrWorkspaceGone.
	// What is erased, or erased and created again, meanwhile is noticed within [SettingsAge].
	Workspace(ctx context.Context, name string) (crm.WorkspaceID, error)
}

// WorkspaceFinder finds workspaces without creating them.
type WorkspaceFinder interface {
	// FindWorkspace returns the number of the workspace of that name; [crm.ErrNotFound] if it does not exist, and
	// crm.ErrWorkspaceGone when it is being erased.
	FindWorkspace(ctx context.Context, name string) (crm.WorkspaceID, error)
}

// Settings keeps what workspaces decide for themselves.
type Settings interface {
	// Settings returns the settings of a workspace: those of [crm.NewWorkspaceSettings] until some are changed. A workspace that
	// is not there, or is being erased, is crm.ErrWorkspaceGone.
	Settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error)

	// UpdateSettings loads the settings, hands them to change, which may also fill in audit, and saves what change left behind, in
	// one transaction. An error from change rolls back and is returned as it is, with the settings; change may run more than
	// once. A workspace that is not there, or is being erased, is crm.ErrWorkspaceGone.
	UpdateSettings(
		ctx context.Context, w crm.WorkspaceID, change func(*crm.WorkspaceSettings) error, audit *crm.AuditEntry,
	) (crm.WorkspaceSettings, error)

	// Retentions returns the retention of each workspace that has set any.
	Retentions(ctx context.Context) (map[crm.WorkspaceID]crm.WorkspaceRetention, error)
}

// Eraser lists workspaces and deletes them with everything in them.
type Eraser interface {
	// EachWorkspace returns every workspace, by name.
	EachWorkspace(ctx context.Context) ([]WorkspaceRow, error)

	// BeginErasing marks the workspace of that name as being erased, so that nobody finds it or its settings any more (see
	// [Guard]), and returns its number. One that is marked already stays marked. One that is not there is crm.ErrNotFound.
	BeginErasing(ctx context.Context, name string, at time.Time) (crm.WorkspaceID, error)

	// EraseWorkspace deletes a bounded part of a workspace that is marked, and reports whether there is more. With end, what
	// deletes the last of it deletes the workspace as well: its name is free from then on. One that is not marked is
	// crm.ErrNotFound; of one that is not there any more, it deletes what was written too late.
	EraseWorkspace(ctx context.Context, w crm.WorkspaceID, end bool) (more bool, err error)
}

// Generations shows when caches of a database may be stale.
type Generations interface {
	// Generation changes once the store has found that the database is not the one it was: another server has
	// taken over, it was put back to an earlier time, its file was replaced. It may rise without a reason. When
	// it does, drop what you have cached from the store. Asking costs nothing.
	Generation() uint64
}

// Contacts keeps customers and their identities.
type Contacts interface {
	// ContactsByID returns the contacts that exist among ids.
	ContactsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error)

	// Contacts returns one page of the list that q describes, in the list's order in both directions. An order that
	// q.Search does not allow is a *crm.InvalidError; see [Order.Check].
	Contacts(ctx context.Context, w crm.WorkspaceID, q ContactQuery) (ContactPage, error)

	// ExportContacts hands the whole list that q describes, from q.Page.After on, to each: in the list's order, in parts of at
	// most [ExportSize] contacts, with their identities if they are asked for. All of it is as it was at one moment, however long
	// that takes; meanwhile the store keeps a connection and old versions of what others write, so be quick. Memory does not
	// grow with the list. An error from each ends it and is returned as it is.
	ExportContacts(
		ctx context.Context, w crm.WorkspaceID, q ContactQuery, identities bool, each func(Exported) error,
	) error

	// CountContacts counts the contacts of the list that q describes; its order and page do not matter. Under a search or a
	// filter it stops at most and says that the number is not exact; without these the number is exact and costs no scan.
	CountContacts(ctx context.Context, w crm.WorkspaceID, q ContactQuery, most int) (Count, error)

	// HasContacts reports whether the workspace has any contact.
	HasContacts(ctx context.Context, w crm.WorkspaceID) (bool, error)

	// IdentitiesByContact returns the identities of each of the contacts, oldest first. A contact without any is absent.
	IdentitiesByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error)

	// IdentitiesByID returns the identities that exist among ids.
	IdentitiesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.IdentityID) (map[crm.IdentityID]crm.Identity, error)

	// UpdateContact loads a contact, hands it to e.Change, and saves what Change left behind, in one transaction.
	//
	// When Change left the contact the same (see [crm.Contact.Same]) nothing is written; else the version rises by one
	// and UpdatedAt becomes e.At. Only the fields that Same compares are saved. An error from Change rolls back and is
	// returned as it is; Change may run more than once, so keep it free of effects. With e.Unique, an email or phone
	// that Change set and another contact of the workspace holds, other than as a claim (see [crm.Contact.Claims]), is
	// a *crm.TakenError naming the oldest such contact; of two simultaneous edits to the same value one is refused. A
	// contact that is not there is crm.ErrNotFound.
	UpdateContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error)

	// DeleteContact removes the contact, its identities and its notes for good, and empties its events except the
	// deletion: only their sequence numbers stay. Once [Keeper.Maintain] is through, nothing stored leads from one of its
	// sessions to it. From the moment it returns, every read shows the contact's sessions without a contact, however many
	// they are; detaching them physically may go on in [Keeper.Maintain]. With the contact these sessions lose the
	// preview of what it wrote. A contact that is not there is crm.ErrNotFound. What failed reports of the contact's
	// identities are kept goes too, and so do those of nobody who is known that mention one (see [Failures] and
	// [crm.Failure.Mentions]).
	DeleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion) error
}

// Upserter takes in contacts as another system knows them.
type Upserter interface {
	// UpsertContacts does what [crm.DecideUpserts] says, in one transaction. Contacts and events are written as an edit writes
	// them. Of two calls with the same b.Key one writes, and the other answers what that answered: see [crm.KeptUpsert]; where
	// b.Digest is another one, it is [crm.ErrKeyReused].
	UpsertContacts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) ([]crm.Upserted, error)

	// PreviewUpserts returns what [Upserter.UpsertContacts] would, and writes nothing. Contacts that it would create have ids that
	// they will not have.
	PreviewUpserts(ctx context.Context, w crm.WorkspaceID, b crm.UpsertBatch) ([]crm.Upserted, error)

	// ForgetUpserts drops what calls from before a time answered: repeated, they are new ones. It does one bounded batch and
	// reports whether there is more.
	ForgetUpserts(ctx context.Context, before time.Time) (more bool, err error)
}

// Merges makes several contacts one, and parts them again. What belongs to a contact hangs on its accounts, see
// [crm.AccountID]; these move.
type Merges interface {
	// MergeContacts does what [crm.DecideMerge] says, in one transaction that does not grow with the number of sessions. The
	// others' ids lead to the survivor from then on, see [Merges.Survivors]. The audit has [crm.Merged.Audit]. When that is all they do already, nothing is
	// written and the answer is Repeated. A contact that is not there is crm.ErrNotFound, and so is the proof of [crm.Merge.Proven]; one that
	// has become part of another than the survivor a *crm.MergedError.
	MergeContacts(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error)

	// PreviewMerge returns what [Merges.MergeContacts] would, and writes nothing. Beside an error that a person can change
	// (see [crm.Merge.Check] and [crm.DecideMerge]) Before and Others are what was found.
	PreviewMerge(ctx context.Context, w crm.WorkspaceID, m crm.Merge) (crm.Merged, error)

	// UndoMerge does what [crm.DecideUndo] says, in one transaction. The audit has [crm.Undone.Audit]. A merge that is not
	// there is crm.ErrNotFound.
	UndoMerge(ctx context.Context, w crm.WorkspaceID, u crm.Undo) (crm.Undone, error)

	// SplitContact does what [crm.DecideSplit] says, in one transaction. The audit has [crm.SplitDone.Audit]. A contact that is
	// not there is crm.ErrNotFound, one that has become part of another a *crm.MergedError.
	SplitContact(ctx context.Context, w crm.WorkspaceID, split crm.Split) (crm.SplitDone, error)

	// Survivors returns the contact that each of the ids has become part of. An id that has not is absent.
	Survivors(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.ContactID, error)

	// OldIDs returns the ids of the contacts that have become part of each of the contacts, the lowest first. A contact
	// without any is absent.
	OldIDs(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.ContactID, error)

	// MergesOf returns what is kept of the merges into the contacts, the oldest first.
	MergesOf(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) ([]crm.MergeRecord, error)

	// UndoableMerges returns the newest merge into each of the contacts, without what undoes it, if that can be undone at that
	// time. A contact without one is absent.
	UndoableMerges(
		ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, at time.Time,
	) (map[crm.ContactID]crm.MergeRecord, error)

	// AccountIdentities returns the identities of each of the accounts, oldest first. An account without any is absent.
	AccountIdentities(ctx context.Context, w crm.WorkspaceID, ids []crm.AccountID) (map[crm.AccountID][]crm.Identity, error)

	// Proofs returns contacts of any workspace that an interaction has shown to be one person and that nobody has dealt with
	// yet, oldest first, [ProofsAtOnce] at most. SettleProven says that it is done: where both are still there, they are a
	// pair for a person to judge.
	Proofs(ctx context.Context) ([]Proof, error)
	SettleProven(ctx context.Context, w crm.WorkspaceID, p crm.Proven) error
}

// Duplicates keeps pairs of contacts that may be one person. A pair goes with its contacts: when one is deleted or has become
// part of the other, it is no pair any more.
type Duplicates interface {
	// Duplicates returns one page of the pairs that staff have not reviewed, the most certain first (see [crm.DuplicateReasons]), then the
	// newest.
	Duplicates(ctx context.Context, w crm.WorkspaceID, q DuplicateQuery) (DuplicatePage, error)

	// CountDuplicates counts these pairs as far as most; the page of q does not matter.
	CountDuplicates(ctx context.Context, w crm.WorkspaceID, q DuplicateQuery, most int) (Count, error)

	// DuplicatesByID returns the pairs that exist among ids and that nobody has judged.
	DuplicatesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID) (map[crm.DuplicateID]crm.Duplicate, error)

	// DismissDuplicates says that the pairs are two people each, so that they are not a pair again, nor merged for a proof, and
	// keeps the audit entry of each (see [crm.Dismissal.Audit]). What a channel proves later makes a pair of them once more,
	// unless that was a reason of the pair that was dismissed. It returns those that it dismissed; the others are not there, or were
	// dismissed before.
	DismissDuplicates(
		ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID, d crm.Dismissal,
	) ([]crm.DuplicateID, error)
}

// Sessions keeps conversations.
type Sessions interface {
	// SessionsByID returns the sessions that exist among ids.
	SessionsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error)

	// Sessions returns one page of the sessions that pass q.Filter, in the order of q.
	Sessions(ctx context.Context, w crm.WorkspaceID, q SessionQuery) (SessionPage, error)

	// SessionsByContact returns one page of the sessions of each of the contacts, in the order of q, in one statement. q applies
	// to each contact on its own. A contact without any is absent.
	SessionsByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q SessionQuery) (map[crm.ContactID]SessionPage, error)

	// CountSessionsByContact counts the sessions of each of the contacts that pass f as far as most, in one statement. A contact
	// without any is absent.
	CountSessionsByContact(
		ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, f SessionFilter, most int,
	) (map[crm.ContactID]Count, error)
}

// Channels keeps the places where customers write in. A workspace has few of them.
type Channels interface {
	// Channels returns every channel of the workspace, oldest first.
	Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error)

	// ChannelsByID returns the channels that exist among ids.
	ChannelsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error)

	// CreateChannel stores a new channel under the id it brings.
	CreateChannel(ctx context.Context, w crm.WorkspaceID, c crm.Channel, audit ...*crm.AuditEntry) error

	// UpdateChannel loads a channel, hands it to change and saves its name, whether it is active, its domains, whether it
	// requires signed identities, and its secrets. Change may also fill in audit. An error from change rolls back and is
	// returned as it is. A channel that is not there is crm.ErrNotFound.
	UpdateChannel(
		ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error, audit ...*crm.AuditEntry,
	) (crm.Channel, error)
}

// SessionEditor changes and counts conversations.
type SessionEditor interface {
	// UpdateSession loads a session, hands it to e.Change, and saves the status, the tag and the number of unread messages
	// that Change left behind, in one transaction; a message that arrives meanwhile waits and is unread. When Change left
	// these three the same, nothing is written. An error from Change rolls back and is returned as it is; Change may run
	// more than once. A session that is not there is crm.ErrNotFound.
	UpdateSession(ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e crm.SessionEdit) (crm.Session, error)

	// CountSessions counts the sessions that pass f, by status, tag and channel; exact, and without a scan of the
	// sessions unless f names a contact, an account, or whether there are unread messages. For each of the three the counts leave f's own condition on it aside: they
	// are what choosing another value would show. Values that nothing has are absent.
	CountSessions(ctx context.Context, w crm.WorkspaceID, f SessionFilter) (SessionCounts, error)
}

// Webhooks finds channels for those who call from outside and know no workspace.
type Webhooks interface {
	// ChannelByID returns a channel of any workspace, with its workspace. One that is not there is crm.ErrNotFound.
	ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)

	// EachChannel calls f for every channel of every workspace; an error of f ends it and is returned as it is.
	EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) error
}

// Failures keeps what channels reported and could not be taken in.
type Failures interface {
	// AddFailure keeps a failure. The same payload of the same channel again changes nothing. A channel that is not there
	// is crm.ErrNotFound.
	AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error

	// Failures returns one page of the failures, newest first.
	Failures(ctx context.Context, w crm.WorkspaceID, p Page) (FailurePage, error)

	// FailuresByID returns the failures that exist among ids.
	FailuresByID(ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID) (map[crm.FailureID]crm.Failure, error)

	// CountFailures counts the workspace's failures as far as most.
	CountFailures(ctx context.Context, w crm.WorkspaceID, most int) (Count, error)

	// FailuresOfContact returns the failures of the contact's identities, those that go with it, oldest first.
	FailuresOfContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) ([]crm.Failure, error)

	// ForgetFailures drops the failures from before the cutoff. It does one bounded batch and reports whether there is more.
	ForgetFailures(ctx context.Context, c Cutoff) (more bool, err error)

	// RemoveFailure removes a failure that was replayed or dismissed. One that is not there is
	// crm.ErrNotFound.
	RemoveFailure(ctx context.Context, w crm.WorkspaceID, id crm.FailureID, audit ...*crm.AuditEntry) error
}

// Events is the record of what changed. Every change of a contact or a session writes its events in its own transaction.
//
// A change gets its sequence number only when it is committed, one after the other in each workspace, so that a reader who
// goes by these numbers skips nothing, however transactions overlapped. Until then it is in the history and not among the
// events.
type Events interface {
	// Events returns the events of the workspace after a sequence number, in order, n at most.
	Events(ctx context.Context, w crm.WorkspaceID, after crm.Sequence, n int) ([]crm.Event, error)

	// SequenceOf returns the sequence number of an event, and gives it one when it has none yet. An event that is not
	// there any more, or never was, is crm.ErrNotFound.
	SequenceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Sequence, error)

	// LastSequence returns the sequence number of the workspace's newest event, and its id, which is zero where the event
	// is not kept any more; 0 when there was none.
	LastSequence(ctx context.Context, w crm.WorkspaceID) (crm.Sequence, crm.EventID, error)

	// Follow calls wake soon after a workspace has new events to read, of whatever process, until ctx ends; sometimes for
	// nothing. Wakes are hints: one may be lost when a connection breaks, so poll now and then as well. It also gives
	// changes their sequence numbers and publishes activity: this process's and, within seconds, those of processes that
	// died. wake must not block. The error is never nil; it is the context's when ctx ends.
	Follow(ctx context.Context, wake func(crm.WorkspaceID)) error

	// HistoryByContact returns one page of each of the contacts' own changes, newest first: Created and Updated, with
	// values. p applies to each contact on its own. It needs no sequence numbers. A contact that is not there, or has
	// none, is absent.
	HistoryByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p Page) (map[crm.ContactID]EventPage, error)

	// CountHistoryByContact counts each of the contacts' own changes as far as most, in one statement. A contact that is not
	// there, or has none, is absent.
	CountHistoryByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, most int) (map[crm.ContactID]Count, error)

	// EventsByID returns the events that are kept among ids, whether or not they have a sequence number. An event of a contact
	// that has been deleted since is absent, except that of its deletion.
	EventsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.EventID) (map[crm.EventID]crm.Event, error)

	// ForgetEvents drops what is older than before and serves no history: activity, events of sessions and of deleted
	// contacts; what serves it loses its sequence number. It does one bounded batch and reports whether there is more. What an
	// enabled webhook endpoint has yet to get, and what came after it, is kept for [crm.WebhookHold] longer.
	ForgetEvents(ctx context.Context, before time.Time) (more bool, err error)

	// ForgetHistory drops what is older than the cutoff and serves history alone, because ForgetEvents has taken its sequence number.
	// It does one bounded batch and reports whether there is more.
	ForgetHistory(ctx context.Context, c Cutoff) (more bool, err error)
}

// Auditor keeps who did what, without the values. [Contacts.UpdateContact], [Contacts.DeleteContact] and
// [SessionEditor.UpdateSession] write their entries in their own transactions; so do [Channels.CreateChannel],
// [Channels.UpdateChannel] and [Failures.RemoveFailure] with those that they are given. One without an action is not kept.
type Auditor interface {
	// AddAudit keeps the entry of something that no other call does.
	AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) error

	// SetAuditItems sets [crm.AuditEntry.Items] of an entry. One that is not there is no error.
	SetAuditItems(ctx context.Context, w crm.WorkspaceID, id crm.AuditID, n int) error

	// Audit returns one page of the entries, newest first.
	Audit(ctx context.Context, w crm.WorkspaceID, p Page) (AuditPage, error)

	// CountAudit counts the entries as far as most.
	CountAudit(ctx context.Context, w crm.WorkspaceID, most int) (Count, error)

	// AuditByID returns the entries that exist among ids.
	AuditByID(ctx context.Context, w crm.WorkspaceID, ids []crm.AuditID) (map[crm.AuditID]crm.AuditEntry, error)

	// ForgetAudit drops the entries from before the cutoff. It does one bounded batch and reports whether there is more.
	ForgetAudit(ctx context.Context, c Cutoff) (more bool, err error)
}

// SignIns keeps which sign-ins of staff were over before their time. They are of no workspace: their ids are random.
type SignIns interface {
	// EndSignIn keeps that a sign-in is over. Of several ends of one the last one's At stays, and of Before and Until the
	// latest.
	EndSignIn(ctx context.Context, e crm.EndedSignIn) error

	// EndedSignIns returns those that were ended at since or later, in no order.
	EndedSignIns(ctx context.Context, since time.Time) ([]crm.EndedSignIn, error)

	// ForgetSignIns drops those whose Until lies before.
	ForgetSignIns(ctx context.Context, before time.Time) error
}

// APIKeys keeps the keys that programs sign in with.
type APIKeys interface {
	// CreateAPIKey stores a new key under the id it brings, and the audit entry.
	CreateAPIKey(ctx context.Context, w crm.WorkspaceID, k crm.APIKey, audit crm.AuditEntry) error

	// RevokeAPIKey removes a key for good. In the same transaction it keeps that what was signed in with it is over, as
	// [SignIns.EndSignIn] does with [crm.KeyID.Revoked], and the audit entry. A key that is not there is crm.ErrNotFound.
	RevokeAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, audit crm.AuditEntry) error

	// APIKeys returns one page of the workspace's keys, newest first.
	APIKeys(ctx context.Context, w crm.WorkspaceID, p Page) (APIKeyPage, error)

	// CountAPIKeys counts the workspace's keys as far as most.
	CountAPIKeys(ctx context.Context, w crm.WorkspaceID, most int) (Count, error)

	// APIKeysByID returns the keys that exist among ids.
	APIKeysByID(ctx context.Context, w crm.WorkspaceID, ids []crm.KeyID) (map[crm.KeyID]crm.APIKey, error)

	// FindAPIKey returns a key of any workspace. One that is not there is crm.ErrNotFound.
	FindAPIKey(ctx context.Context, id crm.KeyID) (crm.OwnedKey, error)

	// UseAPIKey keeps that a key was used at a time, unless a later one is kept. A key that is not there is no error.
	UseAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, at time.Time) error
}

// CursorKeys keeps the key that the cursors of lists are sealed with.
type CursorKeys interface {
	// CursorKey returns the database's key: 32 random bytes, made by the first call and the same in every process.
	CursorKey(ctx context.Context) ([]byte, error)
}

// Canaries keeps a text that is encrypted with the operator's key, and shows by that whether a key is the right one.
type Canaries interface {
	// Canary returns what was kept last; nil when nothing was.
	Canary(ctx context.Context) ([]byte, error)

	// SetCanary keeps next in the place of former, which is nil for nothing, and reports whether it did. When something else than
	// former is kept by now, it changes nothing.
	SetCanary(ctx context.Context, former, next []byte) (done bool, err error)
}

// Recorder takes in what channels report.
type Recorder interface {
	// RecordInteraction finds or makes the contact and the session of one message and adds the message to them, in one
	// transaction, so that any number of simultaneous calls for one customer end with one contact and one open session.
	//
	//   - A message that was recorded before changes nothing and gets the contact and session as they are now; neither when
	//     the contact has been deleted since.
	//   - What an interaction does is decided by [crm.Decide]; one that revises or withdraws a message changes the preview of
	//     a session whose newest message it is, and nothing else.
	//   - The contact is the identity's, else the one of the identity by the alias; else the oldest that holds the
	//     profile's verified email, else verified phone, as a
	//     value that staff entered or a channel verified; else a new one. See [crm.Contact.Learn] for what a profile changes.
	//   - An identity under the former id gets the external id, unless one has that id already.
	//   - An alias that is not known becomes an identity too, and one that is another contact's stays that.
	//   - The session is the newest of the account that the message names, on the same account of the workspace, where it takes
	//     the message (see [crm.Session.Takes]); else an inbound message starts an active one, and one of the team's has none.
	//   - A user whom a site has signed in gets a contact apart from those of its other users, whatever email they share.
	//   - An inbound message moves LastActivityAt, forward only, and leaves version and UpdatedAt alone. A profile that
	//     changed a field raises the version.
	//
	// A channel that is not there is crm.ErrNotFound, one that is not active crm.ErrInactive.
	RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error)

	// ForgetMessages drops what messages are known again by that came before the day of before: such a message is a new one
	// when it is reported again. Announcements that wait go as well, see [crm.Outcome.Waits]. It does one bounded batch and reports whether there is more.
	ForgetMessages(ctx context.Context, before time.Time) (more bool, err error)

	// HasIdentity reports whether the channel knows a customer by one of the external ids.
	HasIdentity(ctx context.Context, w crm.WorkspaceID, channel crm.ChannelID, external []string) (bool, error)
}

// Keeper is the work behind the scenes.
type Keeper interface {
	// Maintain does one bounded batch of the work that earlier calls left behind, in every workspace: it detaches the
	// sessions of deleted contacts and brings search structures of workspaces that have grown up to date. It reports
	// whether there is more to do now. Any number of processes may run it concurrently.
	Maintain(ctx context.Context) (more bool, err error)

	// Check compares what is stored with what should be stored, in every workspace: search keys and terms with what
	// folding gives now, rows with the rows they point at, counters with a count, indexes with those there should be. It
	// reports each finding, and with i.Repair repairs what it can, each contact in a separate transaction that checks it
	// again. It reads in bounded batches, so that others may go on writing meanwhile; what they write is no finding. The
	// error is of the check itself; findings are not errors. An i.Workspace that is not there is crm.ErrNotFound.
	Check(ctx context.Context, i Inspection) error

	// Stats reads figures about the whole database in one short statement, for monitoring.
	Stats(ctx context.Context) (Stats, error)

	// Load adds contacts with their identities and sessions in bulk, as they are: ids, versions and times included. It is
	// for demo data and imports into a workspace; the channels must be there. What was loaded before an error stays.
	Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[Loaded]) error
}

// SavedViews keeps the lists that staff have given names.
type SavedViews interface {
	// CreateView stores a new view under the id it brings. It fails with crm.ErrViewTaken, or with crm.ErrTooManyViews where
	// the workspace has crm.MaxViews already; simultaneous calls may exceed that a little.
	CreateView(ctx context.Context, w crm.WorkspaceID, v crm.SavedView) error

	// UpdateView loads a view, hands it to change and saves its name, address and version. An error of change is returned as it
	// is, with the view; others are crm.ErrNotFound and crm.ErrViewTaken.
	UpdateView(ctx context.Context, w crm.WorkspaceID, id crm.ViewID, change func(*crm.SavedView) error) (crm.SavedView, error)

	// DeleteView removes a view. One that is not there is crm.ErrNotFound.
	DeleteView(ctx context.Context, w crm.WorkspaceID, id crm.ViewID) error

	// Views returns every view of the workspace, the oldest first.
	Views(ctx context.Context, w crm.WorkspaceID) ([]crm.SavedView, error)
}

// Jobs keeps work over many rows that is done in steps, how far it has come, and the rows that it refused.
type Jobs interface {
	// CreateJob stores a new job under the id it brings, with the audit entries. Where the workspace has a job of this id it is
	// crm.ErrJobExists, and nothing is written.
	CreateJob(ctx context.Context, w crm.WorkspaceID, j crm.Job, audit ...*crm.AuditEntry) error

	// Jobs returns one page of the workspace's jobs of the kinds, newest first.
	Jobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, p Page) (JobPage, error)

	// CountJobs counts the workspace's jobs of the kinds as far as most.
	CountJobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, most int) (Count, error)

	// JobsByID returns the jobs that exist among ids.
	JobsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.JobID) (map[crm.JobID]crm.Job, error)

	// TakeJob leases the unfinished job of one of the kinds, in any workspace, that has waited longest, see [crm.Job.Take]. No two
	// simultaneous calls get the same job. If no job waits it is crm.ErrNotFound.
	TakeJob(ctx context.Context, kinds []crm.JobKind, now, until time.Time) (TakenJob, error)

	// StepJob does one step of a job: what do does and what it returns, see [crm.Job.Step], are written in one transaction, or
	// nothing is. A job that has another revision by now than j, that has ended, or is not there is a crm.ErrJobMoved, without do
	// having been called. So each row is handled and counted once, however many processes are at a job and wherever they end. The
	// rows that were handled and not refused are gone with it. do may run more than once: keep it free of effects but those on the
	// JobTx. Its error is returned as it is, and nothing is written.
	StepJob(ctx context.Context, w crm.WorkspaceID, j crm.Job, do func(context.Context, JobTx) (crm.JobStep, error)) (crm.Job, error)

	// JobRows returns the first n rows of a job that wait behind a position, in their order, and leaves them there.
	JobRows(ctx context.Context, w crm.WorkspaceID, id crm.JobID, after, n int) ([]crm.JobRow, error)

	// CancelJob ends a job, with the audit entries. A step that runs meanwhile is not saved. One that has ended is
	// crm.ErrJobEnded, with the job; one that is not there crm.ErrNotFound.
	CancelJob(ctx context.Context, w crm.WorkspaceID, id crm.JobID, at time.Time, audit ...*crm.AuditEntry) (crm.Job, error)

	// JobRefusals returns one page of the rows that a job refused, in the order of the rows.
	JobRefusals(ctx context.Context, w crm.WorkspaceID, id crm.JobID, p Page) (JobRefusalPage, error)

	// ForgetJobs drops the rows that were not handled when their job ended, and the jobs that ended before a time with all their
	// rows, in every workspace. It does one bounded batch and reports whether there is more.
	ForgetJobs(ctx context.Context, before time.Time) (more bool, err error)
}

// WebhookEndpoints keeps where a workspace's events are sent to, and what became of them.
type WebhookEndpoints interface {
	// CreateEndpoint stores a new endpoint under the id it brings, and the audit entry. It gets the events after the newest one.
	// It fails with crm.ErrTooManyEndpoints where the workspace has crm.MaxEndpoints already; simultaneous calls may exceed that
	// a little.
	CreateEndpoint(ctx context.Context, w crm.WorkspaceID, e crm.WebhookEndpoint, audit crm.AuditEntry) error

	// UpdateEndpoint loads an endpoint, hands it to change, which may also fill in audit, and saves all but its progress. Where
	// change switched it on, what could not be delivered is pending again and due. An error from change rolls back and is
	// returned as it is. An endpoint that is not there is crm.ErrNotFound.
	UpdateEndpoint(
		ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, change func(*crm.WebhookEndpoint) error, audit *crm.AuditEntry,
	) (crm.WebhookEndpoint, error)

	// DeleteEndpoint removes an endpoint and its deliveries. One that is not there is crm.ErrNotFound.
	DeleteEndpoint(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, audit crm.AuditEntry) error

	// Endpoints returns every endpoint of the workspace, the oldest first.
	Endpoints(ctx context.Context, w crm.WorkspaceID) ([]crm.WebhookEndpoint, error)

	// EachEndpoint calls f for every endpoint of every workspace; an error of f ends it and is returned as it is.
	EachEndpoint(ctx context.Context, f func(crm.WorkspaceID, crm.WebhookEndpoint) error) error

	// Deliveries returns one page of an endpoint's deliveries, newest first.
	Deliveries(ctx context.Context, w crm.WorkspaceID, q DeliveryQuery) (DeliveryPage, error)

	// CountDeliveries counts these as far as most; the page of q does not matter.
	CountDeliveries(ctx context.Context, w crm.WorkspaceID, q DeliveryQuery, most int) (Count, error)

	// DeliveriesByID returns the deliveries that exist among ids.
	DeliveriesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.DeliveryID) (map[crm.DeliveryID]crm.WebhookDelivery, error)

	// AddDelivery stores a delivery that is over, and the audit entry. An endpoint that is not there is crm.ErrNotFound.
	AddDelivery(ctx context.Context, w crm.WorkspaceID, d crm.WebhookDelivery, audit crm.AuditEntry) error

	// Redeliver makes a delivery of an event pending and due at audit.At, as if it had never been tried. It is crm.ErrNotFound
	// where the delivery is not there, is of no event, or its event is not kept any more, and crm.ErrEndpointOff where the
	// endpoint is not enabled.
	Redeliver(ctx context.Context, w crm.WorkspaceID, id crm.DeliveryID, audit crm.AuditEntry) (crm.WebhookDelivery, error)

	// DueEndpoints returns at most n enabled endpoints, of any workspace, that are not leased and have events to read or
	// deliveries that are due.
	DueEndpoints(ctx context.Context, now time.Time, n int) ([]OwnedEndpoint, error)

	// LeaseEndpoint gives an endpoint to owner until a time and returns it with its pending deliveries, in the order of their
	// events. It is crm.ErrLeaseLost where the endpoint is not there, is not enabled, or is leased to another at the time.
	LeaseEndpoint(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l EndpointLease) (LeasedEndpoint, error)

	// ExtendLease changes until when owner has the endpoint. It is crm.ErrLeaseLost where owner has not.
	ExtendLease(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l EndpointLease) error

	// SaveRound stores what owner has done, in one transaction. It is crm.ErrLeaseLost, and nothing is stored, where another has
	// leased the endpoint since. Of the deliveries that are not pending [crm.KeptDeliveries] stay.
	SaveRound(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, r WebhookRound) error
}
