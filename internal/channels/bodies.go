package channels

import (
	"container/list"
	"sync"
	"time"
)

const (
	// maxBodies is how many bytes of deliveries may be in memory at a time, and maxAddressBodies how many of those that
	// nobody has vouched for yet may be of one address.
	maxBodies        = 32 << 20
	maxAddressBodies = maxBodies / 2
	// patience is how long a body may take before it gives way to others that want its place.
	patience = time.Second
)

// bodies bounds what is in memory of all deliveries until each is answered. When there is no room for more, the delivery
// that has been on its way longest without being believed is given up, so that those who send slowly, or nothing further,
// keep nobody out who sends at once.
type bodies struct {
	now func() time.Time

	mu        sync.Mutex
	total     int
	addresses map[string]int // of those that are not believed yet
	arriving  *list.List     // of *held that are not believed yet, the oldest first
}

func newBodies(now func() time.Time) *bodies {
	return &bodies{now: now, addresses: map[string]int{}, arriving: list.New()}
}

// held is what one delivery has in memory.
type held struct {
	bodies  *bodies
	address string
	since   time.Time
	giveUp  func() // ends the reading of the body
	size    int
	gone    bool          // given up: its bytes count no longer
	place   *list.Element // among those that arrive; nil once it is believed
}

// arrive makes room for a delivery that is about to come from an address, which giveUp ends.
func (b *bodies) arrive(address string, giveUp func()) *held {
	h := &held{bodies: b, address: address, since: b.now(), giveUp: giveUp}
	b.mu.Lock()
	defer b.mu.Unlock()
	h.place = b.arriving.PushBack(h)
	return h
}

// room is what became of a wish for more of it.
type room int

const (
	granted room = iota
	noRoom       // of all deliveries
	noAddressRoom
	givenUp
)

// grow takes room for n more bytes.
func (h *held) grow(n int) room {
	b := h.bodies
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case h.gone:
		return givenUp
	case h.place != nil && !b.free(h, func(o *held) bool { return o.address == h.address }, func() bool {
		return b.addresses[h.address]+n <= maxAddressBodies
	}):
		return noAddressRoom
	case !b.free(h, func(*held) bool { return true }, func() bool { return b.total+n <= maxBodies }):
		return noRoom
	}
	h.count(n)
	return granted
}

// free gives up deliveries among those that may be, the oldest first, until there is enough room for h. It reports whether
// there is.
func (b *bodies) free(h *held, may func(*held) bool, enough func() bool) bool {
	for e := b.arriving.Front(); e != nil && !enough(); {
		o := e.Value.(*held)
		e = e.Next()
		if b.now().Sub(o.since) < patience {
			break // and so are all that came later
		}
		if o != h && may(o) {
			o.gone = true
			o.count(-o.size)
			b.arriving.Remove(o.place)
			o.place = nil
			o.giveUp()
		}
	}
	return enough()
}

// count adds n bytes to what h has. The caller holds the lock.
func (h *held) count(n int) {
	h.size += n
	h.bodies.total += n
	if h.place == nil {
		return
	}
	if h.bodies.addresses[h.address] += n; h.bodies.addresses[h.address] == 0 {
		delete(h.bodies.addresses, h.address)
	}
}

// believe lets the delivery stay until it is answered, and reports whether it has not been given up before.
func (h *held) believe() bool {
	h.bodies.mu.Lock()
	defer h.bodies.mu.Unlock()
	if h.gone || h.place == nil {
		return !h.gone
	}
	size := h.size
	h.count(-size)
	h.bodies.arriving.Remove(h.place)
	h.place = nil
	h.count(size)
	return true
}

// shrink gives n bytes back.
func (h *held) shrink(n int) {
	h.bodies.mu.Lock()
	defer h.bodies.mu.Unlock()
	if !h.gone {
		h.count(-n)
	}
}

// leave gives back all that there is.
func (h *held) leave() {
	h.bodies.mu.Lock()
	defer h.bodies.mu.Unlock()
	if h.gone {
		return
	}
	h.gone = true
	h.count(-h.size)
	if h.place != nil {
		h.bodies.arriving.Remove(h.place)
		h.place = nil
	}
}

// inMemory is how many bytes of deliveries are in memory.
func (b *bodies) inMemory() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}
