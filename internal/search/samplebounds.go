package search

import (
	"sync"
	"time"

	"kith/internal/crm"
)

// A sample of a workspace is so many stretches of so many contacts each.
const (
	SampleStretches = 100
	SampleStretch   = 38
)

// SampleStep is by how many contacts the stretches of a workspace of a size begin after one another.
func SampleStep(size int) int { return max(1, size/SampleStretches) }

// SampleBounds remembers where the stretches of each large workspace's sample begin: at the ids that cut its contacts into
// parts of equal size. Finding these takes reading every id, so it is left to maintenance. Contacts whose ids follow each
// other were created one after the other, so their names have little in common; contacts whose names follow each other
// have much. The zero value has no bounds. It is safe for concurrent use.
type SampleBounds struct {
	mu     sync.Mutex
	known  map[crm.WorkspaceID]bounds
	wanted map[crm.WorkspaceID]int // with the workspace's size
}

type bounds struct {
	at   []crm.ContactID
	size int
	set  time.Time
}

// Bounds are found again after boundsAge, and once a workspace has grown or shrunk by one contact in boundsDrift: its new
// names may not be where its old ones are.
const (
	boundsAge   = time.Hour
	boundsDrift = 20
)

// Forget forgets all bounds.
func (s *SampleBounds) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.wanted = nil, nil
}

// For returns the bounds for a workspace of so many contacts; nil while they are not known.
func (s *SampleBounds) For(w crm.WorkspaceID, size int, now time.Time) []crm.ContactID {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.known[w]
	fit := ok && max(size-b.size, b.size-size)*boundsDrift <= b.size
	if !fit || now.Sub(b.set) > boundsAge {
		if s.wanted == nil {
			s.wanted = map[crm.WorkspaceID]int{}
		}
		s.wanted[w] = size
	}
	if !fit {
		return nil
	}
	return b.at
}

// Wanted is a workspace whose bounds have to be found, and how many contacts it has.
func (s *SampleBounds) Wanted() (w crm.WorkspaceID, size int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w, size := range s.wanted {
		return w, size, true
	}
	return 0, 0, false
}

// Set remembers the bounds of a workspace of so many contacts.
func (s *SampleBounds) Set(w crm.WorkspaceID, at []crm.ContactID, size int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.wanted, w)
	if s.known == nil {
		s.known = map[crm.WorkspaceID]bounds{}
	}
	s.known[w] = bounds{at: at, size: size, set: now}
}
