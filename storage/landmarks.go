package storage

import (
	"sync"
	"time"

	"kith/internal/crm"
)

// Lists are skipped through row by row as far as SkipRows, and beyond from one row in LandmarkStep on.
const (
	SkipRows     = 10_000
	LandmarkStep = 1000
)

// Landmarks are used for landmarkAge at most, and found again once they are older than landmarkFresh.
const (
	landmarkFresh = time.Minute
	landmarkAge   = time.Hour
)

// LongList is a list of a workspace that can be skipped through: of contacts in an order, or of sessions.
type LongList struct {
	Workspace    crm.WorkspaceID
	Order        Order
	Sessions     bool
	SessionOrder SessionOrder
}

// Landmarks remember where the rows of long lists are: one row in LandmarkStep. Finding these takes reading a whole index, so
// it is done once for a list and then by maintenance. Meanwhile rows come and go, so that a row reached from a landmark is
// off by as many. The zero value has none. It is safe for concurrent use.
type Landmarks struct {
	mu     sync.Mutex
	known  map[LongList]FoundLandmarks
	wanted map[LongList]bool
}

// FoundLandmarks are the positions of every LandmarkStep-th row of a list in ascending order, the first row included, how many
// rows the list had, and when.
type FoundLandmarks struct {
	At   []Position
	Rows int
	When time.Time
}

// Forget forgets all landmarks.
func (l *Landmarks) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.wanted = nil, nil
}

// For returns the landmarks of a list; not ok while they are not known.
func (l *Landmarks) For(list LongList, now time.Time) (f FoundLandmarks, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok = l.known[list]
	if ok && now.Sub(f.When) > landmarkFresh {
		if l.wanted == nil {
			l.wanted = map[LongList]bool{}
		}
		l.wanted[list] = true
	}
	return f, ok && now.Sub(f.When) <= landmarkAge
}

// Wanted is a list whose landmarks have to be found again.
func (l *Landmarks) Wanted() (list LongList, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for list := range l.wanted {
		return list, true
	}
	return LongList{}, false
}

// Set remembers the landmarks of a list.
func (l *Landmarks) Set(list LongList, f FoundLandmarks) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.wanted, list)
	if l.known == nil {
		l.known = map[LongList]FoundLandmarks{}
	}
	l.known[list] = f
}

// Near returns where to start reading so that only rest rows have to be passed over to come to the row after skip rows; nil
// for the list's own end. Beyond the last row it is the list's other end.
func (f FoundLandmarks) Near(skip int, descending bool) (from *Position, rest int) {
	at := skip // the row's number in ascending order
	if descending {
		at = f.Rows - 1 - skip
	}
	switch {
	case len(f.At) == 0:
		return nil, skip
	case descending: // the lowest landmark above the row
		n := max(0, at+LandmarkStep) / LandmarkStep
		if n >= len(f.At) {
			return nil, skip
		}
		return &f.At[n], max(0, n*LandmarkStep-1-at)
	default: // the highest landmark below the row
		n := min((at-1)/LandmarkStep, len(f.At)-1)
		return &f.At[n], at - n*LandmarkStep - 1
	}
}
