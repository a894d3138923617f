// Package service is what a signed-in person may do: read and edit contacts and sessions and hear of changes, manage channels
// and what they could not take in.
//
// Each method asks the viewer's role, checks what was asked for, and acts on storage. It refuses what the contract
// refuses: sizes out of range, orders without an index, cursors of another list. It knows nothing of GraphQL.
package service

import (
	"context"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/internal/jobs"
	"kith/internal/vault"
	"kith/storage"
)

// Store is what the service needs of storage.
type Store interface {
	storage.Settings
	storage.Generations
	storage.Contacts
	storage.Merges
	storage.Upserter
	storage.Duplicates
	storage.Sessions
	storage.SessionEditor
	storage.Channels
	storage.Failures
	storage.Events
	storage.Auditor
	storage.APIKeys
	storage.SavedViews
	storage.Jobs
	storage.WebhookEndpoints
}

// Replayer takes an item of a channel's report in once more. What was recorded before changes nothing. An error that an
// administrator can correct is crm.ErrInactive or a *crm.InvalidError.
type Replayer interface {
	Replay(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error
}

// Options are what a service works with.
type Options struct {
	// Region is the country of phone numbers without a country code in workspaces that name none; it may be empty.
	Region string
	Now    func() time.Time
	// Settings is the process's cache of the workspaces' settings; nil makes a separate one.
	Settings *storage.SettingsCache
	// Vault seals channels' secrets. Without it, or without a key in it, channels have no secrets.
	Vault *vault.Vault
	// WebhookVault seals the secrets of webhook endpoints. Without it, or without a key in it, there can be no endpoints.
	WebhookVault *vault.WebhookVault
	// Webhooks sends to webhook endpoints. Without it they cannot be managed.
	Webhooks WebhookSender
	// Retention is how long records are kept where a workspace has not set it.
	Retention Retention
	// PublicURL is where the world reaches Kith, without a slash at the end.
	PublicURL string
	// Cursors seals the cursors of contacts. Without it they are readable.
	Cursors *cursor.Sealer
	// UndoMerge is how long merging contacts can be undone.
	UndoMerge time.Duration
	// Replayer is for [Service.ReplayFailures], which is refused without one.
	Replayer Replayer
	// Events is for [Service.Subscribe] and [Service.ResumeToken].
	Events *events.Hub
	// JobCreated is called when a job waits for a [jobs.Runner]. Nil does nothing.
	JobCreated func()
	// Revoked is called for each API key that is revoked. Nil does nothing.
	Revoked func(crm.EndedSignIn)
	// Panicked is called for each panic in what is read ahead, because nobody may ask for that result. Nil does nothing.
	Panicked func(*storage.PanicError)
}

// Service is a workspace's service, for every workspace.
type Service struct {
	store   Store
	options Options
	watcher *jobs.Watcher
}

// New makes a service.
func New(store Store, o Options) *Service {
	if o.Vault == nil {
		o.Vault = &vault.Vault{}
	}
	if o.WebhookVault == nil {
		o.WebhookVault = &vault.WebhookVault{}
	}
	if o.Settings == nil {
		o.Settings = storage.NewSettingsCache(store)
	}
	if o.Panicked == nil {
		o.Panicked = func(*storage.PanicError) {}
	}
	if o.JobCreated == nil {
		o.JobCreated = func() {}
	}
	return &Service{store: store, options: o, watcher: jobs.NewWatcher(store)}
}

// settings are those of the workspace. Asking costs no call of the database most of the time: see [storage.SettingsCache].
func (s *Service) settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	return s.options.Settings.Settings(ctx, w)
}

// region is the country of the workspace's phone numbers without a country code; it may be empty.
func (s *Service) region(ctx context.Context, w crm.WorkspaceID) (string, error) {
	settings, err := s.settings(ctx, w)
	return settings.Region(s.options.Region), err
}

// clock is the time as it is stored.
func (s *Service) clock() time.Time { return s.options.Now().UTC().Truncate(time.Microsecond) }

// Edited is what became of an edit.
type Edited[T any] struct {
	// Now is the thing as it is, also beside an error that the viewer can correct: then it is the one that the edit was
	// refused for. Nil if it does not exist.
	Now *T
	// Event is the id of the event that the edit caused; nil when nothing changed.
	Event *crm.EventID
}

// Authorize is [crm.ErrForbidden] unless the viewer may do p; [crm.ErrReadOnly], which is one, where the role is what keeps a
// reader from editing.
func Authorize(v crm.Viewer, p crm.Permission) error {
	switch {
	case v.Role.Can(p):
		return nil
	case v.Role == crm.RoleReader && crm.RoleStaff.Can(p):
		return crm.ErrReadOnly
	}
	return crm.ErrForbidden
}

// byID reads the things of some ids; without ids it asks nobody.
func byID[K comparable, V any](
	ctx context.Context, v crm.Viewer, ids []K,
	read func(context.Context, crm.WorkspaceID, []K) (map[K]V, error),
) (map[K]V, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil || len(ids) == 0 {
		return nil, err
	}
	return read(ctx, v.Workspace, ids)
}
