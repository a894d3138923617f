package graph

import (
	"context"
	"errors"
	"sync"
	"time"

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
	mu       sync.Mutex
	open     map[connection]struct{}
	draining bool
	empty    chan struct{} // closed when draining and nothing is open
}

// connection is a socket or an event stream.
type connection interface {
	// drain ends it as soon as the client does not lose an answer, so that the client comes back elsewhere.
	drain()
	// cut ends it now.
	cut()
}

// add reports whether one more connection is welcome, and keeps it until remove.
func (l *live) add(c connection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		return false
	}
	if l.open == nil {
		l.open = make(map[connection]struct{})
	}
	l.open[c] = struct{}{}
	return true
}

func (l *live) remove(c connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
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

// errDraining ends a stream with the server.
var errDraining = errors.New("the server is about to stop")

// expiry calls f when the viewer's credential ends. Stop the timer when done; it is nil for a credential that does not end.
func (h *Handler) expiry(v crm.Viewer, f func()) *time.Timer {
	if v.ExpiresAt.IsZero() {
		return nil
	}
	return time.AfterFunc(v.ExpiresAt.Sub(h.now()), f)
}
