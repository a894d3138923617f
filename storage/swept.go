package storage

import (
	"maps"
	"sync"
	"time"

	"kith/internal/crm"
)

// sweepAll is how much further a cutoff is when the whole table is looked at again: a few records come with an earlier time.
const sweepAll = time.Hour

// Swept remembers up to when a table has nothing left to forget but what some workspaces keep for longer, so that this is not looked at
// again each time. The zero value remembers nothing.
type Swept struct {
	mu    sync.Mutex
	upTo  time.Time
	whole time.Time // the cutoff when the whole table was looked at
	apart map[crm.WorkspaceID]time.Time
}

// From is the time from which on there may be records before the cutoff; zero where all have to be looked at.
func (s *Swept) From(c Cutoff) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := maps.EqualFunc(s.apart, c.Of, func(_, _ time.Time) bool { return true })
	if len(c.Of) == 0 || !same || c.Before.Before(s.upTo) || c.Before.Sub(s.whole) >= sweepAll {
		s.upTo, s.whole, s.apart = time.Time{}, c.Before, maps.Clone(c.Of)
	}
	return s.upTo
}

// Done notes that nothing from before the cutoff is left.
func (s *Swept) Done(c Cutoff) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upTo = c.Before
}
