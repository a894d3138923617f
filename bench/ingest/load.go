package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// patience is when an answer is given up.
	patience = 20 * time.Second
	// tries is how often a message is sent until it is answered with success.
	tries = 5
)

// target is where messages go: a webhook, or with a token the GraphQL endpoint.
type target struct {
	url, secret, token, channel string
}

// load sends messages to a target.
type load struct {
	target    target
	addr      string
	path      string
	customers int
	clients   []*client
	next      atomic.Int64 // number of the next message
	taken     atomic.Int64 // how many messages were answered with success
}

func newLoad(o options, t target) (*load, error) {
	u, err := url.Parse(t.url)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("the webhook must be an http:// address")
	}
	l := &load{target: t, addr: u.Host, path: u.RequestURI(), customers: o.customers}
	if u.Port() == "" {
		l.addr = net.JoinHostPort(u.Hostname(), "80")
	}
	l.next.Store(time.Now().UnixNano()) // other numbers than an earlier run's
	l.clients = l.connections(o.connections)
	return l, nil
}

func (l *load) connections(n int) []*client {
	all := make([]*client, n)
	for i := range all {
		all[i] = &client{addr: l.addr, reader: bufio.NewReaderSize(nil, 4<<10)}
	}
	return all
}

// request is the next message of a customer, as it goes over the wire.
func (l *load) request(customer int) []byte {
	n := l.next.Add(1)
	now := time.Now().Unix()
	var body, head string
	if l.target.token != "" {
		body = fmt.Sprintf(`{"query":"mutation($i:RecordInteractionInput!){recordInteraction(input:$i){userErrors{code}}}",`+
			`"variables":{"i":{"channelId":%q,"externalId":"49151%08d","messageId":"%d","text":"Message %d",`+
			`"profile":{"name":"Customer %d"}}}}`, l.target.channel, customer, n, n, customer)
		head = "Accept: application/json\r\nAuthorization: Bearer " + l.target.token
	} else {
		body = fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{`+
			`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881",`+
			`"phone_number_id":"106540352242922"},`+
			`"contacts":[{"profile":{"name":"Customer %d"},"wa_id":"49151%08d"}],"messages":[{"from":"49151%08d",`+
			`"id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"Message %d"}}]},"field":"messages"}]}]}`,
			customer, customer, customer, n, now, n)
		h := hmac.New(sha256.New, []byte(l.target.secret))
		_, _ = io.WriteString(h, body)
		head = "X-Hub-Signature-256: sha256=" + hex.EncodeToString(h.Sum(nil))
	}
	return fmt.Appendf(nil,
		"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
		l.path, l.addr, head, len(body), body)
}

// result is the outcome of a measurement.
type result struct {
	mu      sync.Mutex
	took    []time.Duration
	failed  int
	elapsed time.Duration
}

func (r *result) add(took time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, took)
	if err != nil {
		r.failed++
	}
}

func (r *result) print(name string) {
	slices.Sort(r.took)
	quantile := func(q float64) float64 {
		if len(r.took) == 0 {
			return 0
		}
		return float64(r.took[int(q*float64(len(r.took)-1))].Microseconds()) / 1000
	}
	fmt.Printf("%-34s %10.0f %8.1f %8.1f %8.1f %8.1f %8d\n", name,
		float64(len(r.took)-r.failed)/r.elapsed.Seconds(), quantile(.5), quantile(.95), quantile(.99), quantile(1), r.failed)
}

// send sends one message that was due at a time, again if need be, as providers do: no message is lost over a failure.
func (l *load) send(c *client, customer int, due time.Time, r *result) {
	request := l.request(customer)
	for range tries {
		err := c.do(request)
		r.add(time.Since(due), err)
		if err == nil {
			l.taken.Add(1)
			return
		}
	}
}

// each runs f on all connections concurrently, until all return.
func (l *load) each(f func(c *client)) time.Duration {
	begun := time.Now()
	var all sync.WaitGroup
	for _, c := range l.clients {
		all.Go(func() { f(c) })
	}
	all.Wait()
	return time.Since(begun)
}

// first lets each customer write once.
func (l *load) first(ctx context.Context) *result {
	var r result
	var next atomic.Int64
	r.elapsed = l.each(func(c *client) {
		for n := int(next.Add(1)) - 1; n < l.customers && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
			l.send(c, n, time.Now(), &r)
		}
	})
	return &r
}

// allOut lets customers write as fast as the connections go.
func (l *load) allOut(ctx context.Context, lasting time.Duration) *result {
	var r result
	end := time.Now().Add(lasting)
	r.elapsed = l.each(func(c *client) {
		for time.Now().Before(end) && ctx.Err() == nil {
			l.send(c, rand.IntN(l.customers), time.Now(), &r)
		}
	})
	return &r
}

// paced lets customers write at a rate.
func (l *load) paced(ctx context.Context, lasting time.Duration, rate float64) *result {
	var r result
	var next atomic.Int64
	begun := time.Now()
	r.elapsed = l.each(func(c *client) {
		for ctx.Err() == nil {
			after := time.Duration(float64(next.Add(1)) / rate * float64(time.Second))
			if after > lasting {
				return
			}
			due := begun.Add(after)
			time.Sleep(time.Until(due))
			l.send(c, rand.IntN(l.customers), due, &r)
		}
	})
	return &r
}

// burst lets one customer write so many messages concurrently, each on a separate connection, a quarter into the time in
// which others write at a rate.
func (l *load) burst(ctx context.Context, lasting time.Duration, rate float64, messages int) (others, burst *result) {
	burst = &result{}
	extra := l.connections(messages)
	var opened sync.WaitGroup
	for _, c := range extra {
		opened.Go(func() { _ = c.open() })
	}
	opened.Wait()
	hot := l.customers // one more customer
	var all sync.WaitGroup
	all.Go(func() {
		time.Sleep(lasting / 4)
		begun := time.Now()
		var each sync.WaitGroup
		for _, c := range extra {
			each.Go(func() { l.send(c, hot, begun, burst) })
		}
		each.Wait()
		burst.elapsed = time.Since(begun)
	})
	others = l.paced(ctx, lasting, rate)
	all.Wait()
	for _, c := range extra {
		c.close()
	}
	return others, burst
}

// client sends requests over one connection that stays open, and does as little as it can.
type client struct {
	addr   string
	conn   net.Conn
	reader *bufio.Reader
	answer bytes.Buffer
}

func (c *client) open() error {
	if c.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", c.addr, patience)
	if err != nil {
		return err
	}
	c.conn = conn
	c.reader.Reset(conn)
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// do sends a request and reads the answer, which must be a success.
func (c *client) do(request []byte) error {
	err := c.exchange(request)
	if err != nil {
		c.close()
	}
	return err
}

func (c *client) exchange(request []byte) error {
	if err := c.open(); err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
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
	c.answer.Reset()
	if _, err := c.answer.ReadFrom(r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK || bytes.Contains(c.answer.Bytes(), []byte(`"errors"`)) ||
		bytes.Contains(c.answer.Bytes(), []byte(`"code"`)) {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	return nil
}
