package transport

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"

	"kith/graph/answer"
)

const (
	// corkSize is how much a corked connection gathers before it writes.
	corkSize = 64 << 10
	// frameBuffer joins the head and body of a frame, for each socket: enough for single messages.
	frameBuffer = 1 << 10
)

// cork is a connection that buffers writes while it is corked: many messages go out with one call to the
// system. Each write has a separate time limit.
type cork struct {
	net.Conn

	limit time.Duration
	hold  func(bytes int) (done func()) // called with the bytes held for a reader that may be slow

	mu    sync.Mutex
	corks int
	held  *answer.Buffer // nil when nothing is held
}

// Write writes, or gathers.
func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.corks == 0 && c.held == nil {
		return c.send(p)
	}
	if len(p) >= corkSize { // not to be held twice
		if err := c.flush(); err != nil {
			return 0, err
		}
		return c.send(p)
	}
	if c.held == nil {
		c.held = answer.NewBuffer()
	}
	c.held.B = append(c.held.B, p...)
	if len(c.held.B) >= corkSize {
		return len(p), c.flush()
	}
	return len(p), nil
}

// put corks the connection, until as many calls of pull.
func (c *cork) put() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corks++
}

func (c *cork) pull() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.corks--; c.corks > 0 {
		return nil
	}
	return c.flush()
}

func (c *cork) flush() error {
	if c.held == nil {
		return nil
	}
	held := c.held
	c.held = nil
	defer held.Free()
	defer c.hold(len(held.B))()
	_, err := c.send(held.B)
	return err
}

func (c *cork) send(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// corkingWriter is a response whose connection is corked when it is taken over.
type corkingWriter struct {
	http.ResponseWriter

	limit time.Duration
	taken *cork
}

// Unwrap is for [http.ResponseController].
func (w *corkingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements [http.Hijacker].
func (w *corkingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, both, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.taken = &cork{Conn: conn, limit: w.limit}
	return w.taken, bufio.NewReadWriter(both.Reader, bufio.NewWriterSize(w.taken, frameBuffer)), nil
}
