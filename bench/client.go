package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// patience is when a request is given up, and counted as cut.
const patience = 10 * time.Second

// outcome is what became of a request.
type outcome int

const (
	answered outcome = iota
	failed           // another status than 200, or errors in the answer
	cut              // no answer in time
)

// client sends requests that are encoded already, one after the other, over one connection that stays open. It does as
// little as it can, because it shares the machine with what it measures.
type client struct {
	addr   string
	conn   net.Conn
	reader *bufio.Reader
	body   []byte
}

func newClient(addr string) *client {
	return &client{addr: addr, reader: bufio.NewReaderSize(nil, 64<<10)}
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// do sends one request and reads the answer to its end.
func (c *client) do(request []byte) (time.Duration, outcome) {
	begun := time.Now()
	err := c.exchange(request, begun.Add(patience))
	took := time.Since(begun)
	if err != nil {
		c.close()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return patience, cut
		}
		return took, failed
	}
	return took, answered
}

var errAnswer = errors.New("not the answer that was asked for")

func (c *client) exchange(request []byte, deadline time.Time) error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.addr, patience)
		if err != nil {
			return err
		}
		c.conn = conn
		c.reader.Reset(conn)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	r, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer func() { _ = r.Body.Close() }()
	b := bytes.NewBuffer(c.body[:0])
	_, err = io.Copy(b, r.Body)
	c.body = b.Bytes()
	switch {
	case err != nil:
		return err
	case r.StatusCode != http.StatusOK || bytes.Contains(c.body, []byte(`"errors":`)):
		return errAnswer
	case r.Close:
		c.close()
	}
	return nil
}

// turn is what one server did in one turn.
type turn struct {
	took    []time.Duration // of every request, cut ones included
	failed  int
	cut     int
	elapsed time.Duration // until the last answer
}

// take lets so many clients send requests, in order from the given one on, until the time is over.
func take(ctx context.Context, addr string, requests [][]byte, from, clients int, lasting time.Duration) turn {
	var (
		next  atomic.Int64
		mu    sync.Mutex
		all   turn
		group sync.WaitGroup
		begun = time.Now()
	)
	next.Store(int64(from))
	for range clients {
		group.Go(func() {
			c := newClient(addr)
			defer c.close()
			var mine turn
			for ctx.Err() == nil && time.Since(begun) < lasting {
				request := requests[int(next.Add(1))%len(requests)]
				took, how := c.do(request)
				mine.took = append(mine.took, took)
				switch how {
				case failed:
					mine.failed++
				case cut:
					mine.cut++
				case answered:
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, mine.took...)
			all.failed += mine.failed
			all.cut += mine.cut
		})
	}
	group.Wait()
	all.elapsed = time.Since(begun)
	return all
}
