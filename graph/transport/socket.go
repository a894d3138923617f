package transport

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
)

const subprotocol = "graphql-transport-ws"

// The bounds of a socket.
const (
	// maxSocketMessage is the length in bytes that a message from a client may have, and smallMessage the length
	// until the socket is acknowledged.
	maxSocketMessage = 256 << 10
	smallMessage     = 8 << 10
	// maxSubscriptions is how many subscriptions a socket may have at a time, and maxRunning how many queries and mutations.
	maxSubscriptions = 100
	maxRunning       = 100
)

// The close codes of graphql-transport-ws. The reference client, graphql-ws, and those built on it come back after
// closeForbidden with a new connection_init, and give up after the other ones but closeInitTimeout. So a credential that is refused,
// ends or changes closes with it: the client may have a newer one.
const (
	closeInvalid      = 4400
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeInitTimeout  = 4408
	closeDuplicate    = 4409
	closeTooManyInit  = 4429
)

// socket is one WebSocket. It speaks graphql-transport-ws exactly: it refuses with the close codes of the protocol, sends
// nothing for an operation that is over, and ends with the credential or the server.
//
// See https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
type socket struct {
	h      *Handler
	ws     *websocket.Conn
	wire   *cork
	cancel context.CancelFunc
	ended  func(why string) // reports the end of the credential
	closed chan struct{} // when the closing handshake is over
	header string        // Authorization, of connection_init or else of the request

	mu         sync.Mutex
	viewer     crm.Viewer
	state      socketState
	drains     bool
	timers     []*time.Timer
	operations map[string]*socketOperation // by the client's ids
	streams    int
	running    int
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

// offersSubprotocol reports whether the client of a WebSocket speaks the protocol.
func offersSubprotocol(r *http.Request) bool {
	for offered := range strings.SplitSeq(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(offered), subprotocol) {
			return true
		}
	}
	return false
}

// serveSocket serves a WebSocket until it is closed. The caller has checked its origin.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !offersSubprotocol(r) {
		refuse(w, typeJSON, http.StatusBadRequest, "Sec-WebSocket-Protocol must offer "+subprotocol+": Kith speaks no other subprotocol")
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &socket{
		h: h, cancel: cancel, ended: func(why string) { h.reportEnded(ctx, why) }, closed: make(chan struct{}), header: r.Header.Get("Authorization"),
		operations: make(map[string]*socketOperation),
	}
	if err := h.connections.add(s, h.address(r), nil); err != nil {
		h.turnAway(ctx, w, err)
		return
	}
	defer h.connections.remove(s)
	taken := &corkingWriter{ResponseWriter: w, limit: h.times.Write}
	ws, err := websocket.Accept(taken, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // of the origin: see above
	})
	if err != nil {
		return // and has been answered
	}
	ws.SetReadLimit(smallMessage)
	s.begin(ws, taken.taken)
	s.serve(ctx)
	s.close(websocket.StatusNormalClosure, "") // unless it is closed already
	<-s.closed
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

// serve reads the messages of the client until the socket is closed.
func (s *socket) serve(ctx context.Context) {
	ctx, ok := s.awaitInit(ctx)
	if !ok {
		return
	}
	defer context.AfterFunc(ctx, func() { s.close(websocket.StatusNormalClosure, "terminated") })() // the server ends
	for s.serveMessage(ctx) {
	}
}

// awaitInit reads up to connection_init and answers it. The context returned carries the viewer.
func (s *socket) awaitInit(ctx context.Context) (acknowledged context.Context, ok bool) {
	for {
		m, ok := s.next()
		switch {
		case !ok:
			return nil, false
		case m.Type == messageSubscribe:
			s.close(closeUnauthorized, "Unauthorized")
			return nil, false
		case m.Type == messagePing && !s.pong(&m):
			return nil, false
		case m.Type == messageInit:
			return s.initialise(ctx, &m)
		}
	}
}

// serveMessage reads and handles one message. It is false when the socket has ended.
func (s *socket) serveMessage(ctx context.Context) bool {
	m, ok := s.next()
	if !ok {
		return false
	}
	switch m.Type {
	case messageInit:
		s.close(closeTooManyInit, "Too many initialisation requests")
		return false
	case messageSubscribe:
		return s.subscribe(ctx, &m)
	case messageComplete:
		s.complete(m.ID)
	case messagePing:
		return s.pong(&m)
	}
	return true
}

// next returns the next message of the client. It is not ok when the socket has ended.
func (s *socket) next() (m message, ok bool) {
	text, err := s.read()
	if err != nil {
		if websocket.CloseStatus(err) < 0 { // not a close of the client; after a close of the server this does nothing
			s.close(websocket.StatusProtocolError, "Protocol error")
		}
		return message{}, false
	}
	if m, err = readMessage(text); err != nil {
		s.close(closeInvalid, err.Error())
		return message{}, false
	}
	return m, true
}

func (s *socket) pong(ping *message) (ok bool) {
	return s.send(appendMessage(nil, "", messagePong, ping.Payload)) == nil
}

// initialise answers connection_init.
func (s *socket) initialise(ctx context.Context, m *message) (acknowledged context.Context, ok bool) {
	s.mu.Lock()
	if s.state != opened { // late
		s.mu.Unlock()
		return nil, false
	}
	s.state = initialising
	s.mu.Unlock()
	if given := authorizationOf(m.Payload); given != "" {
		s.header = given
	}
	v, err := s.authenticate(ctx)
	if err != nil {
		s.refuseInit(ctx, err)
		return nil, false
	}
	if !s.acknowledge(ctx, v) || s.send(appendMessage(nil, "", messageAck, nil)) != nil {
		return nil, false
	}
	s.drained()
	return auth.WithViewer(ctx, v), true
}

func (s *socket) authenticate(ctx context.Context) (crm.Viewer, error) {
	asking, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	v, err := s.h.authenticate(asking, s.header)
	if err != nil {
		return crm.Viewer{}, err
	}
	s.h.connections.acknowledge(s, v)
	if why := s.h.missed(ctx, s.header, v); why != "" {
		return crm.Viewer{}, auth.Refuse(why)
	}
	return v, nil
}

// refuseInit closes the socket because of its credential.
func (s *socket) refuseInit(ctx context.Context, err error) {
	if _, ext := s.h.report.Describe(ctx, err); ext["code"] != problem.Unauthenticated {
		s.close(websocket.StatusTryAgainLater, "Try again later")
		return
	}
	reason := "Forbidden"
	if why := auth.Reason(err); why != "" {
		reason += ": " + why
	}
	s.close(closeForbidden, reason)
}

// acknowledge lets a viewer run operations. It is not ok when the socket has been closed.
func (s *socket) acknowledge(ctx context.Context, v crm.Viewer) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewer = v
	if s.state == closing {
		return false
	}
	if t := s.h.expiry(v, func() { s.refuse(whyExpired) }); t != nil {
		s.timers = append(s.timers, t)
	}
	s.timers = append(s.timers, s.keepAlive(), s.h.lookAgain(ctx, s.header, v, s.refuse))
	s.state = acknowledged
	s.ws.SetReadLimit(maxSocketMessage)
	return true
}

// keepAlive pings the client regularly. The ping of the protocol shows the client that the server is alive; the one of WebSocket,
// which every library answers, shows whether the client is.
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

// subscribe starts an operation. It is false when that ends the socket.
func (s *socket) subscribe(ctx context.Context, m *message) bool {
	s.mu.Lock()
	_, taken := s.operations[m.ID]
	switch {
	case s.state == closing:
		s.mu.Unlock()
		return false
	case taken:
		s.mu.Unlock()
		s.close(closeDuplicate, "Subscriber for "+m.ID+" already exists")
		return false
	case s.drains: // the client will ask again elsewhere
		s.mu.Unlock()
		return true
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &socketOperation{socket: s, id: m.ID, cancel: cancel}
	s.operations[o.id] = o
	s.mu.Unlock()
	refused := o.prepare(ctx, m.Payload)
	go o.run(ctx, refused)
	return true
}

// complete ends an operation for the client.
func (s *socket) complete(id string) {
	s.mu.Lock()
	o := s.operations[id]
	if o != nil {
		s.forget(o)
	}
	s.mu.Unlock()
	if o != nil {
		o.cancel()
		s.drained()
	}
}

// forget removes an operation from the socket: nothing more is sent for it. It is false if it was removed before. The caller
// holds the lock.
func (s *socket) forget(o *socketOperation) bool {
	if o.over.Swap(true) {
		return false
	}
	delete(s.operations, o.id)
	if o.counted != nil {
		*o.counted--
	}
	return true
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

// hold counts bytes as unread until the function that it returns is called.
func (s *socket) hold(bytes int) (done func()) {
	s.mu.Lock()
	r := operation.SubjectOf(s.viewer)
	s.mu.Unlock()
	u := s.h.backlog.add(r, bytes, func() { go s.cut() })
	return func() { _ = s.h.backlog.remove(u) }
}

// send sends a message. A failure cuts the socket.
func (s *socket) send(text []byte) error {
	err := s.ws.Write(context.Background(), websocket.MessageText, text)
	if err != nil {
		s.cut()
	}
	return err
}

// maxReason is the length in bytes that a close reason may have (RFC 6455, section 5.5).
const maxReason = 123

// close closes the socket and ends its operations. It does not wait for the client. It is false for a socket that is closing
// already.
func (s *socket) close(code websocket.StatusCode, reason string) bool {
	s.mu.Lock()
	if s.state == closing {
		s.mu.Unlock()
		return false
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
	return true
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
func (s *socket) refuse(why string) {
	if s.close(closeForbidden, why) {
		s.ended(why)
	}
}

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
