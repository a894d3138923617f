package resolve

import (
	"context"
	"sync"

	"kith/internal/crm"
	"kith/internal/service"
)

// maxSurvivors is how many contacts of a workspace are remembered.
const maxSurvivors = 10_000

// survivors remembers which contacts the filters of subscriptions stand for, so that not every event needs a call to storage.
// Call forget for each event that may change that, and when a subscription begins: nobody may have heard the events before.
type survivors struct {
	mu   sync.Mutex
	byID map[crm.WorkspaceID]map[crm.ContactID]crm.ContactID
}

// forget drops what is known about a workspace.
func (s *survivors) forget(w crm.WorkspaceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, w)
}

// of is the contact, or the one that it has become part of.
func (s *survivors) of(
	ctx context.Context, from *service.Service, v crm.Viewer, contact crm.ContactID,
) (crm.ContactID, error) {
	known := s.known(v.Workspace)
	s.mu.Lock()
	survivor, ok := known[contact]
	s.mu.Unlock()
	if ok {
		return survivor, nil
	}
	found, err := from.Survivors(ctx, v, []crm.ContactID{contact})
	if err != nil {
		return crm.ContactID{}, err
	}
	survivor = contact
	if id, ok := found[contact]; ok {
		survivor = id
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known[contact] = survivor // which nobody looks at any more where it has been forgotten meanwhile
	return survivor, nil
}

// known is what is known about a workspace.
func (s *survivors) known(w crm.WorkspaceID) map[crm.ContactID]crm.ContactID {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.byID[w]
	if known == nil || len(known) >= maxSurvivors {
		known = make(map[crm.ContactID]crm.ContactID)
		if s.byID == nil {
			s.byID = make(map[crm.WorkspaceID]map[crm.ContactID]crm.ContactID)
		}
		s.byID[w] = known
	}
	return known
}
