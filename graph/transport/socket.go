package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

const subprotocol = "graphql-transport-ws"

// The bounds of a socket.
const (
	// maxSocketMessage is the length in bytes that a message from a client may have, and smallMessage what it may have
	// until the socket is acknowledged.
	maxSocketMessage = 256 << 10
	smallMessage     = 8 << 10
	// maxSubscriptions is how many subscriptions a socket may have at a time, and maxRunning how many queries and mutations.
	maxSubscriptions = 100
	maxRunning       = 100
)

// The close codes of graphql-transport-ws.
const (
	closeInvalid      = 4400
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeSubprotocol  = 4406
	closeInitTimeout  = 4408
	closeDuplicate    = 4409
	closeTooManyInit  = 4429
)

// socket is one WebSocket. gqlgen's transport runs the operations; the socket stands between it and the wire and keeps the
// protocol (graphql-transport-ws) where gqlgen does not: it says no with the close codes that the protocol has, holds ids
// of operations apart that a client uses again, drops what the protocol forbids to send, sends answers of subscriptions
// past gqlgen without writing them as JSON once more, and ends when the credential or the server does.
type socket struct {
	h      *Handler
	ws     *websocket.Conn
	wire   *cork
	cancel context.CancelFunc
	closed chan struct{} // when the closing handshake is over

	// Of the goroutine that reads.
	header  string           // Authorization, of connection_init or else of the request
	arrived *socketOperation // the last one that was handed to gqlgen

	mu      sync.Mutex
	viewer  crm.Viewer
	state   socketState
	drains  bool
	timers  []*time.Timer
	byID    map[string]*socketOperation // by the client's ids
	byKey   map[string]*socketOperation // by the ids that gqlgen gets, each of which is new
	last    uint64                      // of the ids that gqlgen gets
	streams int
	running int
}

// socketState is how far the connection within the socket has come.
type socketState uint8

const (
	opened socketState = iota
	initialising
	acknowledged
	closing
)

// wantsSocket reports whether a request asks for a WebSocket.
func wantsSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// serveSocket serves a WebSocket until it is closed. That the page which opens it is ours is for who stands before.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &socket{
		h: h, cancel: cancel, closed: make(chan struct{}), header: r.Header.Get("Authorization"),
		byID: make(map[string]*socketOperation), byKey: make(map[string]*socketOperation),
	}
	if err := h.connections.add(s, h.address(r), nil); err != nil {
		h.turnAway(ctx, w, err)
		return
	}
	defer h.connections.remove(s)
	taken := &corkingWriter{ResponseWriter: w, limit: h.times.Write}
	ws, err := websocket.Accept(taken, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // the origin: see above
	})
	if err != nil {
		return // and has been answered
	}
	ws.SetReadLimit(smallMessage)
	s.begin(ws, taken.taken)
	if ws.Subprotocol() == subprotocol {
		transport.Websocket{Implementation: accepted{s}, InitFunc: s.init}.Do(w, r.WithContext(ctx), socketExecutor{s})
	} else {
		s.close(closeSubprotocol, "Subprotocol not acceptable")
	}
	s.close(websocket.StatusNormalClosure, "") // if nobody has
	<-s.closed
}

// accepted hands gqlgen a socket that has been accepted.
type accepted struct{ s *socket }

// Accept implements [transport.WebsocketImplementation].
func (a accepted) Accept(
	http.ResponseWriter, *http.Request, transport.WebsocketAcceptOptions,
) (transport.WebsocketConn, error) {
	return a.s, nil
}

// begin starts the clocks.
func (s *socket) begin(ws *websocket.Conn, wire *cork) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ws, s.wire = ws, wire
	wire.hold = s.hold
	s.timers = append(s.timers, time.AfterFunc(s.h.times.Init, func() {
		s.mu.Lock()
		late := s.state == opened
		s.mu.Unlock()
		if late {
			s.close(closeInitTimeout, "Connection initialisation timeout")
		}
	}))
	go s.drained()
}

// init answers connection_init: gqlgen's part.
func (s *socket) init(
	ctx context.Context, _ transport.InitPayload,
) (context.Context, *transport.InitPayload, error) {
	asking, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	v, err := s.h.authenticate(asking, s.header)
	if err == nil {
		s.h.connections.acknowledge(s, v)
		if why := s.h.missed(ctx, s.header, v); why != "" {
			err = auth.Refuse(why)
		}
	}
	if err != nil {
		code, reason := closeForbidden, "Forbidden"
		if _, ext := s.h.report.Describe(ctx, err); ext["code"] != problem.Unauthenticated {
			code, reason = int(websocket.StatusTryAgainLater), "Try again later"
		} else if why := auth.Reason(err); why != "" {
			reason += ": " + why
		}
		ctx = transport.WithWebsocketCloseCode(ctx, code)
		return transport.AppendCloseReason(ctx, reason), nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewer = v
	if s.state != closing {
		if t := s.h.expiry(v, func() { s.close(closeUnauthorized, "token expired") }); t != nil {
			s.timers = append(s.timers, t)
		}
		s.timers = append(s.timers, s.keepAlive(), s.h.lookAgain(ctx, s.header, v, s.refuse))
	}
	return auth.WithViewer(ctx, v), nil, nil
}

// keepAlive asks now and then whether the client is there. The ping of the protocol is for the client to see; whether it is
// there is told by the one of WebSocket, which nobody has to answer by hand.
func (s *socket) keepAlive() *time.Timer {
	var t *time.Timer
	t = time.AfterFunc(s.h.times.Ping, func() {
		_ = s.send(appendMessage(nil, "", messagePing, nil))
		ctx, cancel := context.WithTimeout(context.Background(), s.h.times.Pong)
		defer cancel()
		if s.ws.Ping(ctx) != nil {
			_ = s.ws.CloseNow()
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state != closing {
			t.Reset(s.h.times.Ping)
		}
	})
	return t
}

// Subprotocol implements [transport.WebsocketConn].
func (s *socket) Subprotocol() string { return subprotocol }

// NextReader implements [transport.WebsocketConn]: it reads the next message that is for gqlgen.
func (s *socket) NextReader() (int, io.Reader, error) {
	for {
		text, err := s.read()
		if err != nil {
			if websocket.CloseStatus(err) < 0 { // not the client's close; after one of ours this does nothing
				s.close(websocket.StatusProtocolError, "Protocol error")
			}
			return 0, nil, transport.ErrWebsocketClosed
		}
		m, err := readMessage(text)
		if err != nil {
			s.close(closeInvalid, err.Error())
			return 0, nil, transport.ErrWebsocketClosed
		}
		passOn, code, reason := s.receive(&m)
		switch {
		case code != 0:
			s.close(code, reason)
			return 0, nil, transport.ErrWebsocketClosed
		case m.Type == messagePing:
			if s.send(appendMessage(nil, "", messagePong, m.Payload)) != nil {
				return 0, nil, transport.ErrWebsocketClosed
			}
		case passOn:
			return int(websocket.MessageText), bytes.NewReader(appendMessage(nil, m.ID, m.Type, m.Payload)), nil
		}
	}
}

// receive takes note of a message, and makes of it what gqlgen is to get. A code closes the socket.
func (s *socket) receive(m *message) (passOn bool, code websocket.StatusCode, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Type {
	case messageInit:
		if s.state != opened {
			return false, closeTooManyInit, "Too many initialisation requests"
		}
		s.state = initialising
		if given := authorizationOf(m.Payload); given != "" {
			s.header = given
		}
		m.Payload = nil // gqlgen would keep it as long as the socket lasts
		return true, 0, ""
	case messageSubscribe:
		if s.state != acknowledged {
			return false, closeUnauthorized, "Unauthorized"
		}
		if s.byID[m.ID] != nil {
			return false, closeDuplicate, "Subscriber for " + m.ID + " already exists"
		}
		if s.drains {
			return false, 0, "" // the client will ask again elsewhere
		}
		s.last++
		op := &socketOperation{socket: s, id: m.ID, key: strconv.FormatUint(s.last, 10), payload: m.Payload}
		s.byID[op.id], s.byKey[op.key] = op, op
		s.arrived = op
		m.ID, m.Payload = op.key, []byte(`{"query":"-"}`) // what it says, the operation knows
		return true, 0, ""
	case messageComplete:
		op := s.byID[m.ID]
		if op == nil {
			return false, 0, ""
		}
		s.forget(op)
		m.ID = op.key
		go s.drained()
		return true, 0, ""
	}
	return false, 0, ""
}

// forget takes an operation off the socket: nothing is sent for it any more. The caller holds the lock.
func (s *socket) forget(op *socketOperation) {
	if op.over.Swap(true) {
		return
	}
	delete(s.byKey, op.key)
	delete(s.byID, op.id)
	if op.counted != nil {
		*op.counted--
	}
}

// count counts an operation in until it is forgotten, or says why there is no room for it.
func (s *socket) count(op *socketOperation, subscription bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, limit, what := &s.running, maxRunning, "queries and mutations"
	if subscription {
		n, limit, what = &s.streams, maxSubscriptions, "subscriptions"
	}
	if *n >= limit {
		return &problem.TooManyError{Reason: fmt.Sprintf("A socket can have at most %d %s at a time", limit, what)}
	}
	*n++
	op.counted = n
	return nil
}

// WriteJSON implements [transport.WebsocketConn]: it sends a message of gqlgen's, if the protocol has it sent.
func (s *socket) WriteJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	s.mu.Lock()
	switch m.Type {
	case messageAck:
		if s.state == initialising {
			s.state = acknowledged
			s.ws.SetReadLimit(maxSocketMessage)
		}
	case messageNext, messageError, messageComplete:
		op := s.byKey[m.ID]
		if op == nil { // the client has completed it, or an error has
			s.mu.Unlock()
			return nil
		}
		if m.Type != messageNext {
			s.forget(op)
		}
		m.ID = op.id
	}
	s.mu.Unlock()
	err = s.send(appendMessage(nil, m.ID, m.Type, m.Payload))
	s.drained()
	return err
}

// hold counts bytes as unread until the function that it returns is called.
func (s *socket) hold(bytes int) (done func()) {
	s.mu.Lock()
	r := operation.SubjectOf(s.viewer)
	s.mu.Unlock()
	u := s.h.backlog.add(r, bytes, func() { go s.cut() })
	return func() { _ = s.h.backlog.remove(u) }
}

// send sends a message. When that fails the socket is of no use any more.
func (s *socket) send(text []byte) error {
	err := s.ws.Write(context.Background(), websocket.MessageText, text)
	if err != nil {
		s.cut()
	}
	return err
}

// WriteClose implements [transport.WebsocketConn]. gqlgen closes when it refuses connection_init, and when all is over.
func (s *socket) WriteClose(code int, reason string) error {
	s.close(websocket.StatusCode(code), reason)
	return nil
}

// Close implements [transport.WebsocketConn]. The socket is closed with its handshake, by close.
func (s *socket) Close() error { return nil }

// maxReason is the length in bytes that a close reason may have (RFC 6455, section 5.5).
const maxReason = 123

// close closes the socket, once, and ends its operations. It does not wait for the client.
func (s *socket) close(code websocket.StatusCode, reason string) {
	s.mu.Lock()
	if s.state == closing {
		s.mu.Unlock()
		return
	}
	s.state = closing
	for _, t := range s.timers {
		t.Stop()
	}
	s.mu.Unlock()
	s.cancel()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	go func() {
		defer close(s.closed)
		// The library waits without end for the rest of a message that was too long, or never came.
		defer time.AfterFunc(s.h.times.Goodbye, func() { _ = s.wire.Close() }).Stop()
		_ = s.ws.Close(code, reason)
	}()
}

// drain implements connection: it waits for queries and mutations, whose answers would be lost.
func (s *socket) drain() {
	s.mu.Lock()
	s.drains = true
	s.mu.Unlock()
	s.drained()
}

// drained closes the socket if it drains and no query or mutation runs.
func (s *socket) drained() {
	s.mu.Lock()
	over := s.drains && s.running == 0 && s.ws != nil
	s.mu.Unlock()
	if over {
		s.close(websocket.StatusGoingAway, "Going away")
	}
}

// refuse implements connection.
func (s *socket) refuse(why string) { s.close(closeUnauthorized, why) }

// cut implements connection.
func (s *socket) cut() {
	s.cancel()
	s.mu.Lock()
	ws := s.ws
	s.mu.Unlock()
	if ws != nil {
		_ = ws.CloseNow()
	}
}
