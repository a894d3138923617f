// Package desk is what a signed-in person may do: read and edit contacts, read sessions, manage channels.
//
// Each method asks the viewer's role, checks what was asked for, and acts on storage. It refuses what the contract
// refuses: sizes out of range, orders without an index, cursors of another list. It knows nothing of GraphQL.
package desk

import (
	"context"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// Store is what the desk needs of storage.
type Store interface {
	storage.Contacts
	storage.Sessions
	storage.Channels
}

// Desk is a workspace's desk, for every workspace.
type Desk struct {
	store  Store
	region string
	now    func() time.Time
}

// New makes a desk. Phone numbers without a country code are read in region, which may be empty.
func New(store Store, region string, now func() time.Time) *Desk {
	return &Desk{store: store, region: region, now: now}
}

// clock is the time as it is stored.
func (d *Desk) clock() time.Time { return d.now().UTC().Truncate(time.Microsecond) }

// Authorize is [crm.ErrForbidden] unless the viewer may do p.
func Authorize(v crm.Viewer, p crm.Permission) error {
	if !v.Role.Can(p) {
		return crm.ErrForbidden
	}
	return nil
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
