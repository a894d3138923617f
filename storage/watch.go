package storage

import (
	"context"
	"iter"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
)

// watched is a store that somebody watches.
type watched struct {
	store  Store
	around func(call string, err *error) (done func())
}

// Watch wraps a store so that around hears of each call, by the method's name, before it begins, and what it returns when
// the call ends. What it returns is deferred, so it may recover from a panic, and may read and change the call's error.
// Close and Follow, which lasts as long as its caller, are not watched; Follow turns a panic into an error.
func Watch(store Store, around func(call string, err *error) (done func())) Store {
	return &watched{store, around}
}

// Close passes on, unwatched.
func (s *watched) Close() error { return s.store.Close() }

// Generation passes on, unwatched: it asks nobody.
func (s *watched) Generation() uint64 { return s.store.Generation() }

// Ping passes on.
func (s *watched) Ping(ctx context.Context) (err error) {
	defer s.around("Ping", &err)()
	return s.store.Ping(ctx)
}

// TestWrite passes on.
func (s *watched) TestWrite(ctx context.Context) (err error) {
	defer s.around("TestWrite", &err)()
	return s.store.TestWrite(ctx)
}

// Workspace passes on.
func (s *watched) Workspace(ctx context.Context, name string) (r0 crm.WorkspaceID, err error) {
	defer s.around("Workspace", &err)()
	return s.store.Workspace(ctx, name)
}

// ContactsByID passes on.
func (s *watched) ContactsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (r0 map[crm.ContactID]crm.Contact, err error) {
	defer s.around("ContactsByID", &err)()
	return s.store.ContactsByID(ctx, w, ids)
}

// Contacts passes on.
func (s *watched) Contacts(
	ctx context.Context, w crm.WorkspaceID, q ContactQuery,
) (r0 ContactPage, err error) {
	defer s.around("Contacts", &err)()
	return s.store.Contacts(ctx, w, q)
}

// CountContacts passes on.
func (s *watched) CountContacts(ctx context.Context, w crm.WorkspaceID, q search.Query) (r0 Count, err error) {
	defer s.around("CountContacts", &err)()
	return s.store.CountContacts(ctx, w, q)
}

// HasContacts passes on.
func (s *watched) HasContacts(ctx context.Context, w crm.WorkspaceID) (r0 bool, err error) {
	defer s.around("HasContacts", &err)()
	return s.store.HasContacts(ctx, w)
}

// IdentitiesByContact passes on.
func (s *watched) IdentitiesByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (r0 map[crm.ContactID][]crm.Identity, err error) {
	defer s.around("IdentitiesByContact", &err)()
	return s.store.IdentitiesByContact(ctx, w, ids)
}

// UpdateContact passes on.
func (s *watched) UpdateContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit,
) (r0 crm.Contact, err error) {
	defer s.around("UpdateContact", &err)()
	return s.store.UpdateContact(ctx, w, id, e)
}

// DeleteContact passes on.
func (s *watched) DeleteContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d crm.ContactDeletion,
) (err error) {
	defer s.around("DeleteContact", &err)()
	return s.store.DeleteContact(ctx, w, id, d)
}

// SessionsByID passes on.
func (s *watched) SessionsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID,
) (r0 map[crm.SessionID]crm.Session, err error) {
	defer s.around("SessionsByID", &err)()
	return s.store.SessionsByID(ctx, w, ids)
}

// Sessions passes on.
func (s *watched) Sessions(
	ctx context.Context, w crm.WorkspaceID, q SessionQuery,
) (r0 SessionPage, err error) {
	defer s.around("Sessions", &err)()
	return s.store.Sessions(ctx, w, q)
}

// SessionsByContact passes on.
func (s *watched) SessionsByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q SessionQuery,
) (r0 map[crm.ContactID]SessionPage, err error) {
	defer s.around("SessionsByContact", &err)()
	return s.store.SessionsByContact(ctx, w, ids, q)
}

// Channels passes on.
func (s *watched) Channels(ctx context.Context, w crm.WorkspaceID) (r0 []crm.Channel, err error) {
	defer s.around("Channels", &err)()
	return s.store.Channels(ctx, w)
}

// ChannelsByID passes on.
func (s *watched) ChannelsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID,
) (r0 map[crm.ChannelID]crm.Channel, err error) {
	defer s.around("ChannelsByID", &err)()
	return s.store.ChannelsByID(ctx, w, ids)
}

// CreateChannel passes on.
func (s *watched) CreateChannel(ctx context.Context, w crm.WorkspaceID, ch crm.Channel, audit ...*crm.AuditEntry) (err error) {
	defer s.around("CreateChannel", &err)()
	return s.store.CreateChannel(ctx, w, ch, audit...)
}

// UpdateChannel passes on.
func (s *watched) UpdateChannel(
	ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error, audit ...*crm.AuditEntry,
) (r0 crm.Channel, err error) {
	defer s.around("UpdateChannel", &err)()
	return s.store.UpdateChannel(ctx, w, id, change, audit...)
}

// RecordInteraction passes on.
func (s *watched) RecordInteraction(
	ctx context.Context, w crm.WorkspaceID, i crm.Interaction,
) (r0 crm.Recorded, err error) {
	defer s.around("RecordInteraction", &err)()
	return s.store.RecordInteraction(ctx, w, i)
}

// HasIdentity passes on.
func (s *watched) HasIdentity(
	ctx context.Context, w crm.WorkspaceID, channel crm.ChannelID, external []string,
) (r0 bool, err error) {
	defer s.around("HasIdentity", &err)()
	return s.store.HasIdentity(ctx, w, channel, external)
}

// Maintain passes on.
func (s *watched) Maintain(ctx context.Context) (r0 bool, err error) {
	defer s.around("Maintain", &err)()
	return s.store.Maintain(ctx)
}

// Check passes on.
func (s *watched) Check(ctx context.Context, i Inspection) (err error) {
	defer s.around("Check", &err)()
	return s.store.Check(ctx, i)
}

// Load passes on.
func (s *watched) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[Loaded]) (err error) {
	defer s.around("Load", &err)()
	return s.store.Load(ctx, w, contacts)
}

// UpdateSession passes on.
func (s *watched) UpdateSession(
	ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e crm.SessionEdit,
) (r0 crm.Session, err error) {
	defer s.around("UpdateSession", &err)()
	return s.store.UpdateSession(ctx, w, id, e)
}

// CountSessions passes on.
func (s *watched) CountSessions(
	ctx context.Context, w crm.WorkspaceID, f SessionFilter,
) (r0 SessionCounts, err error) {
	defer s.around("CountSessions", &err)()
	return s.store.CountSessions(ctx, w, f)
}

// ChannelByID passes on.
func (s *watched) ChannelByID(ctx context.Context, id crm.ChannelID) (r0 crm.WorkspaceID, r1 crm.Channel, err error) {
	defer s.around("ChannelByID", &err)()
	return s.store.ChannelByID(ctx, id)
}

// EachChannel passes on.
func (s *watched) EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) (err error) {
	defer s.around("EachChannel", &err)()
	return s.store.EachChannel(ctx, f)
}

// AddFailure passes on.
func (s *watched) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) (err error) {
	defer s.around("AddFailure", &err)()
	return s.store.AddFailure(ctx, w, f)
}

// Failures passes on.
func (s *watched) Failures(ctx context.Context, w crm.WorkspaceID, p Page) (r0 FailurePage, err error) {
	defer s.around("Failures", &err)()
	return s.store.Failures(ctx, w, p)
}

// FailuresByID passes on.
func (s *watched) FailuresByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID,
) (r0 map[crm.FailureID]crm.Failure, err error) {
	defer s.around("FailuresByID", &err)()
	return s.store.FailuresByID(ctx, w, ids)
}

// CountFailures passes on.
func (s *watched) CountFailures(ctx context.Context, w crm.WorkspaceID) (r0 Count, err error) {
	defer s.around("CountFailures", &err)()
	return s.store.CountFailures(ctx, w)
}

// RemoveFailure passes on.
func (s *watched) RemoveFailure(
	ctx context.Context, w crm.WorkspaceID, id crm.FailureID, audit ...*crm.AuditEntry,
) (err error) {
	defer s.around("RemoveFailure", &err)()
	return s.store.RemoveFailure(ctx, w, id, audit...)
}

// FailuresOfContact passes on.
func (s *watched) FailuresOfContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID,
) (r0 []crm.Failure, err error) {
	defer s.around("FailuresOfContact", &err)()
	return s.store.FailuresOfContact(ctx, w, id)
}

// AddAudit passes on.
func (s *watched) AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) (err error) {
	defer s.around("AddAudit", &err)()
	return s.store.AddAudit(ctx, w, a)
}

// Audit passes on.
func (s *watched) Audit(ctx context.Context, w crm.WorkspaceID, p Page) (r0 AuditPage, err error) {
	defer s.around("Audit", &err)()
	return s.store.Audit(ctx, w, p)
}

// Events passes on.
func (s *watched) Events(ctx context.Context, w crm.WorkspaceID, after crm.Place, n int) (r0 []crm.Event, err error) {
	defer s.around("Events", &err)()
	return s.store.Events(ctx, w, after, n)
}

// PlaceOf passes on.
func (s *watched) PlaceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (r0 crm.Place, err error) {
	defer s.around("PlaceOf", &err)()
	return s.store.PlaceOf(ctx, w, id)
}

// LastPlace passes on.
func (s *watched) LastPlace(ctx context.Context, w crm.WorkspaceID) (r0 crm.Place, r1 crm.EventID, err error) {
	defer s.around("LastPlace", &err)()
	return s.store.LastPlace(ctx, w)
}

// Follow passes on, unwatched: it lasts as long as its caller.
func (s *watched) Follow(ctx context.Context, wake func(crm.WorkspaceID)) (err error) {
	defer Recovered(&err)
	return s.store.Follow(ctx, wake)
}

// HistoryByContact passes on.
func (s *watched) HistoryByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p Page,
) (r0 map[crm.ContactID]EventPage, err error) {
	defer s.around("HistoryByContact", &err)()
	return s.store.HistoryByContact(ctx, w, ids, p)
}

// ForgetEvents passes on.
func (s *watched) ForgetEvents(ctx context.Context, before time.Time) (r0 bool, err error) {
	defer s.around("ForgetEvents", &err)()
	return s.store.ForgetEvents(ctx, before)
}

// EndSignIn passes on.
func (s *watched) EndSignIn(ctx context.Context, e crm.EndedSignIn) (err error) {
	defer s.around("EndSignIn", &err)()
	return s.store.EndSignIn(ctx, e)
}

// EndedSignIns passes on.
func (s *watched) EndedSignIns(ctx context.Context, since time.Time) (r0 []crm.EndedSignIn, err error) {
	defer s.around("EndedSignIns", &err)()
	return s.store.EndedSignIns(ctx, since)
}

// ForgetSignIns passes on.
func (s *watched) ForgetSignIns(ctx context.Context, before time.Time) (err error) {
	defer s.around("ForgetSignIns", &err)()
	return s.store.ForgetSignIns(ctx, before)
}

// ForgetMessages passes on.
func (s *watched) ForgetMessages(ctx context.Context, before time.Time) (r0 bool, err error) {
	defer s.around("ForgetMessages", &err)()
	return s.store.ForgetMessages(ctx, before)
}

// ForgetFailures passes on.
func (s *watched) ForgetFailures(ctx context.Context, before time.Time) (r0 bool, err error) {
	defer s.around("ForgetFailures", &err)()
	return s.store.ForgetFailures(ctx, before)
}
