package graph_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/graph"
)

// wire is a WebSocket client that writes any frames, complete or not.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// rawDial opens a socket and initialises it as somebody; as nobody it does not.
func (s *server) rawDial(t *testing.T, who string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: kith\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	w := &wire{t, conn, in}
	if who == "" {
		return w
	}
	init := `{"type":"connection_init","payload":{"authorization":"` + token(t, who, "acme") + `"}}`
	w.begin(len(init), init)
	if text := w.frame(); !strings.Contains(text, "connection_ack") {
		t.Fatal(text)
	}
	return w
}

// begin writes the head of a text frame of so many bytes, and the first of them. The mask is of zeros.
func (w *wire) begin(size int, text string) {
	w.t.Helper()
	head := binary.BigEndian.AppendUint64([]byte{0x81, 0x80 | 127}, uint64(size))
	if _, err := w.conn.Write(append(append(head, 0, 0, 0, 0), text...)); err != nil {
		w.t.Fatal(err)
	}
}

// frame reads a short frame's payload.
func (w *wire) frame() string {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	head := make([]byte, 2)
	if _, err := io.ReadFull(w.in, head); err != nil {
		w.t.Fatal(err)
	}
	size := int(head[1])
	if size == 126 {
		if _, err := io.ReadFull(w.in, head); err != nil {
			w.t.Fatal(err)
		}
		size = int(binary.BigEndian.Uint16(head))
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(w.in, text); err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// ended waits until the server has dropped the connection.
func (w *wire) ended() {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, w.in); err != nil && !strings.Contains(err.Error(), "reset") {
		w.t.Error(err)
	}
}

// closing is what the server says when it closes a socket.
func closing(code websocket.StatusCode, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

func TestSocketsOfStrangersAreBounded(t *testing.T) {
	t.Parallel()
	address := func(o *graph.Options) {
		o.Address = func(r *http.Request) string { return r.Header.Get("X-Address") }
	}
	t.Run("a message of 8 KiB until the socket is acknowledged, and not a byte more", func(t *testing.T) {
		t.Parallel()
		message := func(size int) string {
			head, tail := `{"type":"pong","payload":{"x":"`, `"}}`
			return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
		}
		c := serve(t).dial(t)
		c.say(message(8 << 10))
		c.barrier()
		c.say(message(8<<10 + 1))
		c.wantClose(1009, "read limited at 8193 bytes")
	})
	t.Run("the eighth part of all unacknowledged sockets of one address, and one more when one is acknowledged", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h, graph.QuickTimes(minute, minute), address, func(o *graph.Options) { o.Connections = 40 })
		refused := func(address string, status int) {
			t.Helper()
			_, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{
				Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"X-Address": {address}},
			})
			if err == nil {
				t.Fatal("one unacknowledged socket too many")
			}
			if resp.StatusCode != status || resp.Header.Get("Retry-After") != "1" {
				t.Errorf("%d %v", resp.StatusCode, resp.Header)
			}
		}
		first := s.dial(t, "X-Address", "a", "Authorization", token(t, "staff", "acme"))
		for range 4 {
			s.dial(t, "X-Address", "a")
		}
		refused("a", http.StatusTooManyRequests)
		first.say(`{"type":"connection_init"}`)
		first.want("connection_ack", "")
		s.dial(t, "X-Address", "a")
		refused("a", http.StatusTooManyRequests)
		if open, unacknowledged := h.Connections(); open != 6 || unacknowledged != 5 {
			t.Errorf("%d open, %d unacknowledged", open, unacknowledged)
		}
		if n := h.Refused("unacknowledged"); n != 2 {
			t.Errorf("%d refused", n)
		}
		stream := s.sseRaw(t, `{"query": "subscription { contactEvents { id } }"}`,
			"Authorization", token(t, "staff", "acme"), "X-Address", "a") // whose credential is known
		if stream.status != http.StatusOK {
			t.Error(stream.status)
		}
	})
	t.Run("all unacknowledged sockets together", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h, graph.QuickTimes(minute, minute), address, func(o *graph.Options) { o.Connections = 2000 })
		for i := range 1024 / 128 {
			for range 128 {
				s.dial(t, "X-Address", fmt.Sprint(i))
			}
		}
		_, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"X-Address": {"more"}}})
		if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%v %v", resp, err)
		}
	})
}

func TestMessagesThatDoNotCome(t *testing.T) {
	t.Parallel()
	t.Run("a message that comes too slowly closes the socket", func(t *testing.T) {
		t.Parallel()
		for _, who := range []string{"", "staff"} {
			w := serve(t, graph.QuickMessages(50*time.Millisecond, 50*time.Millisecond)).rawDial(t, who)
			w.begin(1000, "{")
			if got := w.frame(); got != closing(1008, "The message came too slowly") {
				t.Errorf("%q: %q", who, got)
			}
			w.ended()
		}
	})
	t.Run("a socket whose client goes silent within a message that is too long is let go", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h, graph.QuickMessages(minute, 50*time.Millisecond))
		w := s.rawDial(t, "")
		w.begin(1<<40, strings.Repeat("x", 10_000))
		if got := w.frame(); got != closing(1009, "read limited at 8193 bytes") {
			t.Errorf("%q", got)
		}
		w.ended()
		for deadline := time.Now().Add(10 * time.Second); ; {
			open, unacknowledged := h.Connections()
			if open == 0 && unacknowledged == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d open, %d unacknowledged", open, unacknowledged)
			}
		}
	})
	t.Run("sixteen long messages of one subject may be on their way", func(t *testing.T) {
		t.Parallel()
		s := serve(t, graph.QuickMessages(minute, minute), func(o *graph.Options) { o.Connections = 100 })
		part := `{"type":"pong","payload":{"x":"` + strings.Repeat("x", 8<<10)
		rest := strings.Repeat("x", 1000) + `"}}`
		type heard struct {
			from *wire
			text string
		}
		frames := make(chan heard)
		wires := make(map[*wire]bool)
		for range 17 {
			w := s.rawDial(t, "staff")
			wires[w] = true
			w.begin(len(part)+len(rest), part)
			go func() { frames <- heard{w, w.frame()} }()
		}
		one := <-frames
		if one.text != closing(1013, "Too many long messages are on their way") {
			t.Errorf("%q", one.text)
		}
		delete(wires, one.from)
		ping := `{"type":"ping"}`
		for w := range wires {
			if _, err := io.WriteString(w.conn, rest); err != nil {
				t.Fatal(err)
			}
			w.begin(len(ping), ping)
		}
		for range wires {
			if got := <-frames; got.text != `{"type":"pong"}` {
				t.Errorf("%q", got.text)
			}
		}
		w := s.rawDial(t, "staff") // there is room again
		w.begin(len(part)+len(rest), part+rest)
		w.begin(len(ping), ping)
		if got := w.frame(); got != `{"type":"pong"}` {
			t.Errorf("%q", got)
		}
	})
}
