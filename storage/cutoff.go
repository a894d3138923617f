package storage

import (
	"time"

	"kith/internal/crm"
)

// Cutoff says what is old enough to be forgotten: what is from before a time, of workspaces in Of before their own. The zero time
// forgets nothing.
type Cutoff struct {
	Before time.Time
	Of     map[crm.WorkspaceID]time.Time
}

// Apart are the workspaces that have times of their own, as arguments of statements.
func (c Cutoff) Apart() []int32 {
	apart := make([]int32, 0, len(c.Of))
	for w := range c.Of {
		apart = append(apart, int32(w))
	}
	return apart
}
