package graph_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/graph"
)

// narrow makes the buffers of a connection small, so that what nobody reads stays with the server.
func narrow(_, _ string, c syscall.RawConn) (err error) {
	if e := c.Control(func(fd uintptr) {
		err = errors.Join(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10),
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4<<10))
	}); e != nil {
		return e
	}
	return err
}

// serveNarrow serves a contact with long notes over narrow connections.
func serveNarrow(t *testing.T, options ...option) (s *server, h *graph.Handler, document string) {
	t.Helper()
	store := open(t)
	contact := talkative(t, store, 1)
	s = &server{t: t, store: store, log: &syncBuffer{}}
	h = s.handler(store, options...).(*graph.Handler)
	s.Server = httptest.NewUnstartedServer(h)
	config := net.ListenConfig{Control: narrow}
	ln, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Listener.Close()
	s.Listener = ln
	s.Start()
	t.Cleanup(s.Close)
	return s, h, `{ contact(id: "` + contact + `") { ` + notes(22) + ` } }`
}

// unread is an answer that has begun and is not read; the rest of it is.
type unread struct {
	rest func() (bytes int, err error)
}

// leaveUnread asks as somebody and reads no more than the beginning of the answer.
func (s *server) leaveUnread(t *testing.T, transport, who, document string) unread {
	t.Helper()
	dialer := net.Dialer{Control: narrow}
	if transport == "socket" {
		ws, _, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"},
			HTTPHeader:   http.Header{"Authorization": {token(t, who, "acme")}},
			HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() })
		ws.SetReadLimit(-1)
		c := &client{t, ws}
		c.say(`{"type":"connection_init"}`)
		c.want("connection_ack", "")
		c.subscribe("1", document, nil)
		_, r, err := ws.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return unread{func() (int, error) { n, err := io.Copy(io.Discard, r); return int(n), err }}
	}
	conn, err := dialer.DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	begins, accept, b := "HTTP/1.1 200", "application/json", body(document, nil)
	if transport == "events" {
		begins, accept = "event: next", "text/event-stream"
	}
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: kith\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: %s\r\n"+
		"Authorization: %s\r\nContent-Length: %d\r\n\r\n%s", accept, token(t, who, "acme"), len(b), b); err != nil {
		t.Fatal(err)
	}
	var head []byte
	for one := make([]byte, 1); !bytes.Contains(head, []byte(begins)); head = append(head, one...) {
		if _, err := io.ReadFull(conn, one); err != nil {
			t.Fatal(err, string(head))
		}
	}
	return unread{func() (int, error) { n, err := io.Copy(io.Discard, conn); return int(n), err }}
}

// TestAnswersThatNobodyReadsAreBounded leaves more answers unread than may wait: those that have waited the longest are cut,
// and somebody else goes on being answered.
func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	t.Parallel()
	const limit, size, answers = 1 << 20, 22 * 40_000, 14
	const kept = 8 * limit / (size + 1000)
	for _, transport := range []string{"HTTP", "events", "socket"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s, h, document := serveNarrow(t, answerLimit(limit), graph.Patient)
			other := s.leaveUnread(t, transport, "staff", document)
			var all []unread
			for range answers {
				all = append(all, s.leaveUnread(t, transport, "admin", document))
				if n, _ := h.Backlog(); n > 8*limit {
					t.Fatalf("%d bytes wait", n)
				}
			}
			s.query("staff", `{ viewer { role } }`, nil).into(t, &struct{}{})
			for i, u := range all {
				n, _ := u.rest() // of a connection that is cut, too
				if whole, want := n >= size, i >= answers-(kept-1); whole != want {
					t.Errorf("answer %d came to %d bytes", i, n)
				}
			}
			if n, err := other.rest(); n < size || err != nil {
				t.Errorf("the answer of somebody else who has one waiting was cut: %d bytes, %v", n, err)
			}
			if _, cut := h.Backlog(); cut != answers-(kept-1) {
				t.Errorf("%d cut", cut)
			}
		})
	}
}

// TestAReaderWhoStopsIsCut leaves one answer unread.
func TestAReaderWhoStopsIsCut(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, h, document := serveNarrow(t, graph.Hasty(50*time.Millisecond))
	u := s.leaveUnread(t, "HTTP", "admin", document)
	for n := 1; n > 0; n, _ = h.Backlog() {
		if ctx.Err() != nil {
			t.Fatal("the answer still waits")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n, _ := u.rest(); n >= 22*40_000 {
		t.Error("all of it came")
	}
	// A reader who goes on has the time for each piece, which a busy machine may take.
	s, _, document = serveNarrow(t, graph.Hasty(10*time.Second))
	resp := s.query("admin", document, nil)
	if !strings.HasPrefix(resp.body, `{"data":{"contact":{"n0":"`) || len(resp.body) < 22*40_000 {
		t.Errorf("%d bytes", len(resp.body))
	}
}
