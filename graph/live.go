package graph

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/internal/crm"
)

// times are how long things take that a connection waits for.
type times struct {
	// init is how long a socket may take to send connection_init.
	init time.Duration
	// ping is how often a socket is asked whether somebody is there, and pong how long the answer may take.
	ping, pong time.Duration
	// comment is how often an idle event stream shows that it is alive, for proxies that cut idle connections.
	comment time.Duration
	// write is how long a write may take. The reader has not read for that long.
	write time.Duration
	// settle is how long an event stream rests before it is ended with the server: a client that is busy with an event
	// would miss the end.
	settle time.Duration
}

var usualTimes = times{
	init:    5 * time.Second,
	ping:    20 * time.Second,
	pong:    30 * time.Second,
	comment: 12 * time.Second,
	write:   30 * time.Second,
	settle:  200 * time.Millisecond,
}

// live is the sockets and event streams that are open.
type live struct {
	most int // of all addresses; one may have half of them

	mu       sync.Mutex
	open     map[connection]string // with the address that each came from
	from     map[string]int        // how many of each address
	draining bool
	empty    chan struct{} // closed when draining and nothing is open
}

func newLive(most int) *live {
	return &live{most: most, open: make(map[connection]string), from: make(map[string]int)}
}

// connection is a socket or an event stream.
type connection interface {
	// drain ends it as soon as the client does not lose an answer, so that the client comes back elsewhere.
	drain()
	// cut ends it now.
	cut()
}

// crowded is how long a client should wait that has too many connections open.
const crowded = 5 * time.Second

// add keeps a connection from an address until remove. The error says why one more is not welcome: errDraining, errBusy, or
// a *tooManyError where the address has its share.
func (l *live) add(c connection, address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.draining:
		return errDraining
	case len(l.open) >= l.most:
		return errBusy
	case l.from[address] >= max(1, l.most/2):
		return &tooManyError{"Too many connections of this address are open", crowded}
	}
	l.open[c] = address
	l.from[address]++
	return nil
}

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func (l *live) remove(c connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address := l.open[c]
	delete(l.open, c)
	if l.from[address]--; l.from[address] == 0 {
		delete(l.from, address)
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

// errDraining ends connections with the server, and lets no more in.
var errDraining = errors.New("the server is about to stop")

// turnAway answers a connection that is not welcome.
func (h *Handler) turnAway(ctx context.Context, w http.ResponseWriter, err error) {
	refused := h.refuse(ctx, err)
	refused.tell(w.Header())
	write(w, typeJSON, refused.status, &graphql.Response{Errors: refused.errors})
}

// Connections is how many sockets and event streams are open.
func (h *Handler) Connections() int { return h.live.count() }

// expiry calls f when the viewer's credential ends. Stop the timer when done; it is nil for a credential that does not end.
func (h *Handler) expiry(v crm.Viewer, f func()) *time.Timer {
	if v.ExpiresAt.IsZero() {
		return nil
	}
	return time.AfterFunc(v.ExpiresAt.Sub(h.now()), f)
}
