package storagetest

import (
	"context"
	"iter"
	"maps"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// Counter is a store that counts its calls by the method's name.
type Counter struct {
	store storage.Store
	mu    sync.Mutex
	calls map[string]int
}

// Count wraps a store. Closing the counter closes the store.
func Count(store storage.Store) *Counter {
	return &Counter{store: store, calls: map[string]int{}}
}

// Calls is how often each method was called since the start or the last Reset.
func (c *Counter) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// Total is the number of all calls since the start or the last Reset.
func (c *Counter) Total() int {
	total := 0
	for _, n := range c.Calls() {
		total += n
	}
	return total
}

// Reset starts again at zero.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.calls)
}

func (c *Counter) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[method]++
}

// Ping counts and passes on.
func (c *Counter) Ping(ctx context.Context) error {
	c.add("Ping")
	return c.store.Ping(ctx)
}

// Close counts and passes on.
func (c *Counter) Close() error {
	c.add("Close")
	return c.store.Close()
}

// Workspace counts and passes on.
func (c *Counter) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	c.add("Workspace")
	return c.store.Workspace(ctx, name)
}

// ContactsByID counts and passes on.
func (c *Counter) ContactsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	c.add("ContactsByID")
	return c.store.ContactsByID(ctx, w, ids)
}

// Contacts counts and passes on.
func (c *Counter) Contacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) (storage.ContactPage, error) {
	c.add("Contacts")
	return c.store.Contacts(ctx, w, q)
}

// CountContacts counts and passes on.
func (c *Counter) CountContacts(ctx context.Context, w crm.WorkspaceID, search string) (storage.Count, error) {
	c.add("CountContacts")
	return c.store.CountContacts(ctx, w, search)
}

// HasContacts counts and passes on.
func (c *Counter) HasContacts(ctx context.Context, w crm.WorkspaceID) (bool, error) {
	c.add("HasContacts")
	return c.store.HasContacts(ctx, w)
}

// IdentitiesByContact counts and passes on.
func (c *Counter) IdentitiesByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID][]crm.Identity, error) {
	c.add("IdentitiesByContact")
	return c.store.IdentitiesByContact(ctx, w, ids)
}

// UpdateContact counts and passes on.
func (c *Counter) UpdateContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e storage.Edit,
) (crm.Contact, error) {
	c.add("UpdateContact")
	return c.store.UpdateContact(ctx, w, id, e)
}

// DeleteContact counts and passes on.
func (c *Counter) DeleteContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d storage.Deletion) error {
	c.add("DeleteContact")
	return c.store.DeleteContact(ctx, w, id, d)
}

// SessionsByID counts and passes on.
func (c *Counter) SessionsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID,
) (map[crm.SessionID]crm.Session, error) {
	c.add("SessionsByID")
	return c.store.SessionsByID(ctx, w, ids)
}

// Sessions counts and passes on.
func (c *Counter) Sessions(ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery) (storage.SessionPage, error) {
	c.add("Sessions")
	return c.store.Sessions(ctx, w, q)
}

// SessionsByContact counts and passes on.
func (c *Counter) SessionsByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery,
) (map[crm.ContactID]storage.SessionPage, error) {
	c.add("SessionsByContact")
	return c.store.SessionsByContact(ctx, w, ids, q)
}

// Channels counts and passes on.
func (c *Counter) Channels(ctx context.Context, w crm.WorkspaceID) ([]crm.Channel, error) {
	c.add("Channels")
	return c.store.Channels(ctx, w)
}

// ChannelsByID counts and passes on.
func (c *Counter) ChannelsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	c.add("ChannelsByID")
	return c.store.ChannelsByID(ctx, w, ids)
}

// CreateChannel counts and passes on.
func (c *Counter) CreateChannel(ctx context.Context, w crm.WorkspaceID, ch crm.Channel) error {
	c.add("CreateChannel")
	return c.store.CreateChannel(ctx, w, ch)
}

// UpdateChannel counts and passes on.
func (c *Counter) UpdateChannel(
	ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error,
) (crm.Channel, error) {
	c.add("UpdateChannel")
	return c.store.UpdateChannel(ctx, w, id, change)
}

// RecordInteraction counts and passes on.
func (c *Counter) RecordInteraction(ctx context.Context, w crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	c.add("RecordInteraction")
	return c.store.RecordInteraction(ctx, w, i)
}

// Maintain counts and passes on.
func (c *Counter) Maintain(ctx context.Context) (bool, error) {
	c.add("Maintain")
	return c.store.Maintain(ctx)
}

// Check counts and passes on.
func (c *Counter) Check(ctx context.Context, i storage.Inspection) error {
	c.add("Check")
	return c.store.Check(ctx, i)
}

// Load counts and passes on.
func (c *Counter) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[storage.Loaded]) error {
	c.add("Load")
	return c.store.Load(ctx, w, contacts)
}

// UpdateSession counts and passes on.
func (c *Counter) UpdateSession(
	ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e storage.SessionEdit,
) (crm.Session, error) {
	c.add("UpdateSession")
	return c.store.UpdateSession(ctx, w, id, e)
}

// CountSessions counts and passes on.
func (c *Counter) CountSessions(
	ctx context.Context, w crm.WorkspaceID, f storage.SessionFilter,
) (storage.SessionCounts, error) {
	c.add("CountSessions")
	return c.store.CountSessions(ctx, w, f)
}

// ChannelByID counts and passes on.
func (c *Counter) ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error) {
	c.add("ChannelByID")
	return c.store.ChannelByID(ctx, id)
}

// EachChannel counts and passes on.
func (c *Counter) EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) error {
	c.add("EachChannel")
	return c.store.EachChannel(ctx, f)
}

// AddFailure counts and passes on.
func (c *Counter) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error {
	c.add("AddFailure")
	return c.store.AddFailure(ctx, w, f)
}

// Failures counts and passes on.
func (c *Counter) Failures(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.FailurePage, error) {
	c.add("Failures")
	return c.store.Failures(ctx, w, p)
}

// FailuresByID counts and passes on.
func (c *Counter) FailuresByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID,
) (map[crm.FailureID]crm.Failure, error) {
	c.add("FailuresByID")
	return c.store.FailuresByID(ctx, w, ids)
}

// CountFailures counts and passes on.
func (c *Counter) CountFailures(ctx context.Context, w crm.WorkspaceID) (storage.Count, error) {
	c.add("CountFailures")
	return c.store.CountFailures(ctx, w)
}

// RemoveFailure counts and passes on.
func (c *Counter) RemoveFailure(ctx context.Context, w crm.WorkspaceID, id crm.FailureID) error {
	c.add("RemoveFailure")
	return c.store.RemoveFailure(ctx, w, id)
}

// FailuresOfContact counts and passes on.
func (c *Counter) FailuresOfContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) ([]crm.Failure, error) {
	c.add("FailuresOfContact")
	return c.store.FailuresOfContact(ctx, w, id)
}

// AddAudit counts and passes on.
func (c *Counter) AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) error {
	c.add("AddAudit")
	return c.store.AddAudit(ctx, w, a)
}

// Audit counts and passes on.
func (c *Counter) Audit(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.AuditPage, error) {
	c.add("Audit")
	return c.store.Audit(ctx, w, p)
}

// Events counts and passes on.
func (c *Counter) Events(ctx context.Context, w crm.WorkspaceID, after crm.Place, n int) ([]crm.Event, error) {
	c.add("Events")
	return c.store.Events(ctx, w, after, n)
}

// PlaceOf counts and passes on.
func (c *Counter) PlaceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (crm.Place, error) {
	c.add("PlaceOf")
	return c.store.PlaceOf(ctx, w, id)
}

// LastPlace counts and passes on.
func (c *Counter) LastPlace(ctx context.Context, w crm.WorkspaceID) (crm.Place, error) {
	c.add("LastPlace")
	return c.store.LastPlace(ctx, w)
}

// Follow counts and passes on.
func (c *Counter) Follow(ctx context.Context, wake func(crm.WorkspaceID)) error {
	c.add("Follow")
	return c.store.Follow(ctx, wake)
}

// HistoryByContact counts and passes on.
func (c *Counter) HistoryByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p storage.Page,
) (map[crm.ContactID]storage.EventPage, error) {
	c.add("HistoryByContact")
	return c.store.HistoryByContact(ctx, w, ids, p)
}

// ForgetEvents counts and passes on.
func (c *Counter) ForgetEvents(ctx context.Context, before time.Time) (bool, error) {
	c.add("ForgetEvents")
	return c.store.ForgetEvents(ctx, before)
}
