package storage

import (
	"time"

	"kith/internal/crm"
)

// WorkspaceRow is a workspace as an operator sees it.
type WorkspaceRow struct {
	ID        crm.WorkspaceID
	Name      string
	CreatedAt time.Time
	Settings  crm.WorkspaceSettings
	// ErasingAt is since when it has been being erased; nil if it is not.
	ErasingAt *time.Time
}
