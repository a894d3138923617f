package transport

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/coder/websocket"

	"kith/graph/operation"
	"kith/graph/problem"
)

// The bounds of long messages, those of more than smallMessage, that have begun to come and are not complete.
const (
	maxLongMessages   = 128 // in a process
	longMessagesShare = 16  // of one subject
)

// longMessages is how many long messages are arriving. The received part of one is held until it is complete, or
// late.
type longMessages struct {
	mu    sync.Mutex
	total int
	of    map[operation.Subject]int
}

// begin reports whether one more of the subject may come; then end is to be called.
func (l *longMessages) begin(s operation.Subject) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxLongMessages || l.of[s] >= longMessagesShare {
		return false
	}
	if l.of == nil {
		l.of = make(map[operation.Subject]int)
	}
	l.total++
	l.of[s]++
	return true
}

func (l *longMessages) end(s operation.Subject) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.of[s]--; l.of[s] == 0 {
		delete(l.of, s)
	}
}

// read reads a message. One that comes too slowly, or is long where too many are, closes the socket.
func (s *socket) read() ([]byte, error) {
	_, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(s.h.times.Message, func() {
		s.close(websocket.StatusPolicyViolation, "The message came too slowly")
	})
	defer late.Stop()
	text, err := io.ReadAll(io.LimitReader(r, smallMessage+1))
	if err != nil || len(text) <= smallMessage {
		return text, err
	}
	s.mu.Lock()
	from := operation.SubjectOf(s.viewer)
	s.mu.Unlock()
	if !s.h.long.begin(from) {
		s.close(websocket.StatusTryAgainLater, "Too many long messages are on their way")
		return nil, problem.ErrBusy
	}
	defer s.h.long.end(from)
	rest, err := io.ReadAll(r)
	return append(text, rest...), err
}
