package transport

import (
	"context"
	"net/http"
	"sync"
	"time"

	"kith/graph/problem"
	"kith/internal/crm"
)

// The bounds of sockets that have not been acknowledged: nobody has shown a credential on them yet.
const (
	maxUnacknowledged   = 1024
	unacknowledgedShare = 8 // one address may have the eighth part of them
)

// connections are the sockets and event streams that are open.
type connections struct {
	most    int // of all addresses; one may have half of them
	unknown int // how many may be unacknowledged

	mu        sync.Mutex
	open      map[connection]*openConnection
	from      map[string]int // how many of each address
	waiting   int            // how many are unacknowledged
	waitingOf map[string]int // and of each address
	refused   map[string]int64
	draining  bool
	empty     chan struct{} // closed when draining and nothing is open
}

// openConnection is the state of an open connection.
type openConnection struct {
	address      string
	acknowledged bool
	viewer       crm.Viewer // once it is acknowledged
}

func newConnections(most int) *connections {
	return &connections{
		most: most, unknown: min(most, maxUnacknowledged),
		open: make(map[connection]*openConnection), from: make(map[string]int), waitingOf: make(map[string]int),
		refused: make(map[string]int64),
	}
}

// connection is a socket or an event stream.
type connection interface {
	// drain ends it as soon as the client does not lose an answer, so that the client comes back elsewhere.
	drain()
	// cut ends it now.
	cut()
	// refuse ends it because its credential is no longer valid.
	refuse(why string)
}

// crowded is how long a client should wait that has too many connections open, and hurried one that has too many which
// are not acknowledged yet.
const (
	crowded = 5 * time.Second
	hurried = time.Second
)

// add keeps a connection from an address until remove. Without a viewer it is unacknowledged, until acknowledge. The error
// is problem.ErrDraining, problem.ErrBusy, or a *problem.TooManyError where the address has its share.
func (l *connections) add(c connection, address string, v *crm.Viewer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	reason, err := l.refusal(address, v != nil)
	if err != nil {
		l.refused[reason]++
		return err
	}
	l.from[address]++
	if v != nil {
		l.open[c] = &openConnection{address, true, *v}
		return nil
	}
	l.open[c] = &openConnection{address: address}
	l.waiting++
	l.waitingOf[address]++
	return nil
}

// The reasons why a connection is not welcome, as metrics name them.
const (
	refusedDraining       = "draining"
	refusedFull           = "full"
	refusedAddress        = "address"
	refusedUnacknowledged = "unacknowledged"
)

// ConnectionRefusals are the reasons that [Handler.Refused] counts by.
func ConnectionRefusals() []string {
	return []string{refusedDraining, refusedFull, refusedAddress, refusedUnacknowledged}
}

// refusal says why one more connection is not welcome. The caller holds the lock.
func (l *connections) refusal(address string, acknowledged bool) (reason string, err error) {
	switch {
	case l.draining:
		return refusedDraining, problem.ErrDraining
	case len(l.open) >= l.most:
		return refusedFull, problem.ErrBusy
	case l.from[address] >= max(1, l.most/2):
		return refusedAddress, &problem.TooManyError{Reason: "Too many connections of this address are open", Wait: crowded}
	case acknowledged:
		return "", nil
	case l.waiting >= l.unknown:
		return refusedUnacknowledged, problem.ErrBusy
	case l.waitingOf[address] >= max(4, l.unknown/unacknowledgedShare):
		return refusedUnacknowledged, &problem.TooManyError{Reason: "Too many connections of this address wait for connection_init", Wait: hurried}
	}
	return "", nil
}

// acknowledge notes that somebody has shown a credential on a connection.
func (l *connections) acknowledge(c connection, v crm.Viewer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.open[c]; p != nil {
		l.settle(p)
		p.viewer = v
	}
}

// settle takes a connection from those that are unacknowledged. The caller holds the lock.
func (l *connections) settle(p *openConnection) {
	if p.acknowledged {
		return
	}
	p.acknowledged = true
	l.waiting--
	if l.waitingOf[p.address]--; l.waitingOf[p.address] == 0 {
		delete(l.waitingOf, p.address)
	}
}

func (l *connections) count() (open, unacknowledged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), l.waiting
}

func (l *connections) remove(c connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.open[c]
	delete(l.open, c)
	l.settle(p)
	if l.from[p.address]--; l.from[p.address] == 0 {
		delete(l.from, p.address)
	}
	if l.draining && len(l.open) == 0 {
		close(l.empty)
	}
}

// drain refuses new connections and ends the open ones. The channel is closed when all have ended.
func (l *connections) drain() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.draining {
		l.draining, l.empty = true, make(chan struct{})
		if len(l.open) == 0 {
			close(l.empty)
		}
		for c := range l.open {
			go c.drain()
		}
	}
	return l.empty
}

func (l *connections) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		go c.cut()
	}
}

// Shutdown ends every socket and every event stream, in a way that makes clients come back elsewhere, and lets queries
// and mutations that are running over a socket finish. Those left when ctx ends are cut off. It does not end plain
// requests. The error is the context's.
func (h *Handler) Shutdown(ctx context.Context) error {
	defer h.end()
	select {
	case <-h.connections.drain():
		return nil
	case <-ctx.Done():
		h.connections.cut()
		return ctx.Err()
	}
}

// turnAway answers a connection that is not welcome.
func (h *Handler) turnAway(ctx context.Context, w http.ResponseWriter, err error) {
	writeRefusal(w, eventAnswers, h.report.Refuse(ctx, err))
}

// Connections is how many sockets and event streams are open, and how many sockets of them have not been acknowledged.
func (h *Handler) Connections() (open, unacknowledged int) { return h.connections.count() }

// Refused is how many connections have been turned away so far for a reason, one of [ConnectionRefusals].
func (h *Handler) Refused(reason string) int64 {
	h.connections.mu.Lock()
	defer h.connections.mu.Unlock()
	return h.connections.refused[reason]
}

// Backlog is how many bytes of answers wait for their readers, and how many connections have been cut so far because they
// were too many.
func (h *Handler) Backlog() (bytes int, cut int64) { return h.backlog.counts() }

// expiry calls f when the viewer's credential ends. Stop the timer when done; it is nil for a credential that does not end.
func (h *Handler) expiry(v crm.Viewer, f func()) *time.Timer {
	if v.ExpiresAt.IsZero() {
		return nil
	}
	return time.AfterFunc(v.ExpiresAt.Sub(h.now()), f)
}
