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

// Fences keeps where the stretches of each large workspace's sample begin: at the ids that cut its contacts into parts of
// equal size. To find these takes reading every id, so it is left to maintenance. Contacts whose ids follow each other came
// one after the other, so their names have little in common; those whose names do, have. The zero value knows no fences.
// It is safe for concurrent use.
type Fences struct {
	mu     sync.Mutex
	known  map[crm.WorkspaceID]fenced
	wanted map[crm.WorkspaceID]int // with the workspace's size
}

type fenced struct {
	at   []crm.ContactID
	size int
	set  time.Time
}

// Fences are set anew so often, and when a workspace has grown or shrunk by one in so many: before, its new names may not
// be where its old ones are.
const (
	fencesLast  = time.Hour
	fencesDrift = 20
)

// Forget forgets all fences.
func (f *Fences) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known, f.wanted = nil, nil
}

// Of returns the fences of a workspace of so many contacts; nil while they are not known.
func (f *Fences) Of(w crm.WorkspaceID, size int, now time.Time) []crm.ContactID {
	f.mu.Lock()
	defer f.mu.Unlock()
	of, ok := f.known[w]
	fit := ok && max(size-of.size, of.size-size)*fencesDrift <= of.size
	if !fit || now.Sub(of.set) > fencesLast {
		if f.wanted == nil {
			f.wanted = map[crm.WorkspaceID]int{}
		}
		f.wanted[w] = size
	}
	if !fit {
		return nil
	}
	return of.at
}

// Wanted is a workspace that has to be given fences, and how many contacts it has.
func (f *Fences) Wanted() (w crm.WorkspaceID, size int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w, size := range f.wanted {
		return w, size, true
	}
	return 0, 0, false
}

// Set gives a workspace of so many contacts its fences.
func (f *Fences) Set(w crm.WorkspaceID, at []crm.ContactID, size int, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.wanted, w)
	if f.known == nil {
		f.known = map[crm.WorkspaceID]fenced{}
	}
	f.known[w] = fenced{at: at, size: size, set: now}
}
