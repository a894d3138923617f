package storage

import (
	"context"

	"kith/internal/crm"
)

// guarded is a store that refuses calls about workspaces that are deleted. Its other methods are generated from the contract.
type guarded struct {
	Store
	settings *SettingsCache
}

// Guard wraps a store so that each call about a workspace that is being erased, or is not there any more, fails with
// crm.ErrWorkspaceGone. It knows of an erasure within [SettingsAge]. Only [Settings] and [Eraser] are let through.
func Guard(store Store, settings *SettingsCache) Store { return &guarded{store, settings} }

// admit returns why a call about a workspace is refused; nil if it is not.
func (s *guarded) admit(ctx context.Context, w crm.WorkspaceID) error {
	_, err := s.settings.Settings(ctx, w)
	return err
}

// known is a store that creates no workspaces.
type known struct{ Store }

// KnownOnly wraps a store so that Workspace creates none: one that is not there is crm.ErrNotFound.
func KnownOnly(store Store) Store { return known{store} }

// Workspace implements [Workspaces].
func (s known) Workspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	return s.FindWorkspace(ctx, name)
}
