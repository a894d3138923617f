package graph

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/problem"
	"kith/internal/crm"
)

// times are how long things take that a connection waits for.
type times struct {
	// init is how long a socket may take to send connection_init.
	init time.Duration
	// message is how long a message of a socket may take to come, from its beginning on.
	message time.Duration
	// goodbye is how long a socket that has been closed is kept for the client's part of the handshake.
	goodbye time.Duration
	// look is how often it is asked whether the credential of an open connection still is good.
	look time.Duration
	// ping is how often a socket is asked whether somebody is there, and pong how long the answer may take.
	ping, pong time.Duration
	// comment is how often an idle event stream shows that it is alive, for proxies that cut idle connections.
	comment time.Duration
	// write is how long a write may take. The reader has not read for that long.
	write time.Duration
	// piece is how long a piece of a large answer may take over HTTP, and answer how long all of it.
	piece, answer time.Duration
	// settle is how long an event stream rests before it is ended with the server: a client that is busy with an event
	// would miss the end.
	settle time.Duration
}

var usualTimes = times{
	init:    5 * time.Second,
	message: 15 * time.Second,
	goodbye: 6 * time.Second,
	look:    30 * time.Second,
	ping:    20 * time.Second,
	pong:    30 * time.Second,
	comment: 12 * time.Second,
	write:   30 * time.Second,
	piece:   10 * time.Second,
	answer:  time.Minute,
	settle:  200 * time.Millisecond,
}

// The bounds of sockets that have not been acknowledged: nobody has shown a credential on them yet.
const (
	maxUnacknowledged   = 1024
	unacknowledgedShare = 8 // one address may have the eighth part of them
)

// live is the sockets and event streams that are open.
type live struct {
	most    int // of all addresses; one may have half of them
	unknown int // how many may be unacknowledged

	mu        sync.Mutex
	open      map[connection]*place
	from      map[string]int // how many of each address
	waiting   int            // how many are unacknowledged
	waitingOf map[string]int // and of each address
	refused   map[string]int64
	draining  bool
	empty     chan struct{} // closed when draining and nothing is open
}

// place is what is known of a connection that is open.
type place struct {
	address      string
	acknowledged bool
	viewer       crm.Viewer // once it is acknowledged
}

func newLive(most int) *live {
	return &live{
		most: most, unknown: min(most, maxUnacknowledged),
		open: make(map[connection]*place), from: make(map[string]int), waitingOf: make(map[string]int),
		refused: make(map[string]int64),
	}
}

// connection is a socket or an event stream.
type connection interface {
	// drain ends it as soon as the client does not lose an answer, so that the client comes back elsewhere.
	drain()
	// cut ends it now.
	cut()
	// refuse ends it because its credential is not good any more.
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
func (l *live) add(c connection, address string, v *crm.Viewer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	reason, err := l.refusal(address, v != nil)
	if err != nil {
		l.refused[reason]++
		return err
	}
	l.from[address]++
	if v != nil {
		l.open[c] = &place{address, true, *v}
		return nil
	}
	l.open[c] = &place{address: address}
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
func (l *live) refusal(address string, acknowledged bool) (reason string, err error) {
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
func (l *live) acknowledge(c connection, v crm.Viewer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.open[c]; p != nil {
		l.settle(p)
		p.viewer = v
	}
}

// settle takes a connection from those that are unacknowledged. The caller holds the lock.
func (l *live) settle(p *place) {
	if p.acknowledged {
		return
	}
	p.acknowledged = true
	l.waiting--
	if l.waitingOf[p.address]--; l.waitingOf[p.address] == 0 {
		delete(l.waitingOf, p.address)
	}
}

func (l *live) count() (open, unacknowledged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), l.waiting
}

func (l *live) remove(c connection) {
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

// drain lets nobody in any more and ends what is open. The channel is closed when all of it has ended.
func (l *live) drain() <-chan struct{} {
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

func (l *live) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		go c.cut()
	}
}

// Shutdown ends every socket and every event stream, in a way that makes clients come back elsewhere, and lets queries
// and mutations that are running over a socket finish. What is left when ctx ends is cut off. It does not end plain
// requests. The error is the context's.
func (h *Handler) Shutdown(ctx context.Context) error {
	defer h.end()
	select {
	case <-h.live.drain():
		return nil
	case <-ctx.Done():
		h.live.cut()
		return ctx.Err()
	}
}

// turnAway answers a connection that is not welcome.
func (h *Handler) turnAway(ctx context.Context, w http.ResponseWriter, err error) {
	refused := h.report.Refuse(ctx, err)
	refused.SetRetryAfter(w.Header())
	write(w, typeJSON, refused.Status, &graphql.Response{Errors: refused.Errors})
}

// Connections is how many sockets and event streams are open, and how many sockets of them have not been acknowledged.
func (h *Handler) Connections() (open, unacknowledged int) { return h.live.count() }

// Refused is how many connections have been turned away so far for a reason, one of [ConnectionRefusals].
func (h *Handler) Refused(reason string) int64 {
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	return h.live.refused[reason]
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
